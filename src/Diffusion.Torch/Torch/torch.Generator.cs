using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers with a state of its own.</summary>
    public class Generator : IDisposable
    {
        private nint handle;

        internal Generator(nint handle)
        {
            this.handle = handle != 0 ? handle : throw Native.Error();
            device = CPU;
        }

        /// <summary>A generator with this seed, on the CPU unless told otherwise.</summary>
        public Generator(ulong seed = 0, torch.Device? device = null)
            : this(Native.dt_generator_new((int)(device?.type ?? DeviceType.CPU), device?.index ?? -1, seed)) =>
            this.device = device ?? CPU;

        ~Generator() => Dispose(false);

        /// <summary>The process's own generator on the CPU.</summary>
        public static Generator Default => new(Native.dt_generator_default());

        public IntPtr Handle =>
            handle != 0 ? handle : throw new InvalidOperationException("The generator has been disposed.");

        public torch.Device device { get; private set; }

        /// <summary>The state as a tensor of bytes, to be given back by <see cref="set_state"/>.</summary>
        public Tensor get_state()
        {
            var state = Native.Tensor(Native.dt_generator_get_state(Handle));
            GC.KeepAlive(this);
            return state;
        }

        public void set_state(Tensor value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Native.Check(Native.dt_generator_set_state(Handle, value.Handle));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }

        public Generator manual_seed(long seed)
        {
            Native.Check(Native.dt_generator_set_seed(Handle, unchecked((ulong)seed)));
            GC.KeepAlive(this);
            return this;
        }

        /// <summary>Takes a seed that nobody can guess, and returns it.</summary>
        public long seed()
        {
            var seed = unchecked((long)Native.dt_generator_seed(Handle, 1));
            GC.KeepAlive(this);
            return seed;
        }

        /// <summary>The seed that was set last.</summary>
        public long initial_seed()
        {
            var seed = unchecked((long)Native.dt_generator_seed(Handle, 0));
            GC.KeepAlive(this);
            return seed;
        }

        protected virtual void Dispose(bool disposing) => Native.dt_generator_free(Interlocked.Exchange(ref handle, 0));

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }
    }
}
