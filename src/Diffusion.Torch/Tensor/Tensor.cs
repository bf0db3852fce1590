using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// A tensor of libtorch. It owns one native reference, which <see cref="Dispose()"/>, the dispose scope it was made
    /// in, or at last the finalizer gives back. One thread at a time may use a tensor.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private static long totalCount;
        private static long peakCount;
        private nint handle;

        internal Tensor(nint handle, bool register = true)
        {
            this.handle = handle;
            // Dispose() does nothing for an undefined tensor, so that nobody may count it.
            if (handle == 0)
            {
                return;
            }
            var count = Interlocked.Increment(ref totalCount);
            if (count > peakCount)
            {
                peakCount = count;
            }
            if (register)
            {
                OwningDisposeScope = DisposeScopeManager.ThreadSingleton.Register(this);
            }
        }

        internal DisposeScope? OwningDisposeScope { get; set; }

        /// <summary>Takes over a native reference that somebody else owned.</summary>
        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);

        /// <summary>How many tensors are alive in this process.</summary>
        public static long TotalCount => Interlocked.Read(ref totalCount);

        /// <summary>The largest number of tensors that were alive at once.</summary>
        public static long PeakCount => Interlocked.Read(ref peakCount);

        /// <summary>A name for the user's own purposes.</summary>
        public string? name { get; set; }

        /// <summary>The native reference; throws once the tensor is disposed.</summary>
        public IntPtr Handle =>
            handle != 0 ? handle : throw new InvalidOperationException("The tensor has been disposed.");

        /// <summary>Whether the tensor has been disposed.</summary>
        public bool IsInvalid => handle == 0;

        ~Tensor() => Dispose(false);

        /// <summary>Gives the native reference back. Doing so twice is harmless.</summary>
        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var owned = Interlocked.Exchange(ref handle, 0);
            if (owned == 0)
            {
                return;
            }
            Interlocked.Decrement(ref totalCount);
            Native.dt_free(owned);
            if (disposing)
            {
                DisposeScopeManager.ThreadSingleton.Disposing(this);
                OwningDisposeScope?.Forget(this);
            }
        }

        /// <summary>Hands the native reference to the caller, who must give it back.</summary>
        public IntPtr DecoupleFromNativeHandle()
        {
            _ = Handle;
            return MoveHandle();
        }

        internal IntPtr MoveHandle()
        {
            GC.SuppressFinalize(this);
            var owned = Interlocked.Exchange(ref handle, 0);
            if (owned != 0)
            {
                Interlocked.Decrement(ref totalCount);
            }
            return owned;
        }

        /// <summary>Keeps the tensor alive beyond its scope: the next outer scope owns it.</summary>
        public torch.Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        /// <summary>Takes the tensor out of all scopes: the caller disposes it.</summary>
        public torch.Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        /// <summary>Moves the tensor into the scope that owns <paramref name="other"/>.</summary>
        public torch.Tensor MoveToOtherDisposeScope(torch.Tensor other) =>
            MoveToOtherDisposeScope(NotNull(other).OwningDisposeScope);

        /// <summary>Moves the tensor into a scope, or out of all of them.</summary>
        public torch.Tensor MoveToOtherDisposeScope(DisposeScope? other)
        {
            if (OwningDisposeScope is not null)
            {
                OwningDisposeScope.MoveToOther(other, this);
            }
            else
            {
                other?.Attach(this);
            }
            return this;
        }

        /// <summary>Another tensor over the same native object; null if that is undefined.</summary>
        internal static Tensor? Maybe(nint owned) => owned == 0 ? null : new Tensor(owned);

        /// <summary>Whether the other object is a tensor of the same type, shape and values.</summary>
        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        public override int GetHashCode() => base.GetHashCode();
    }
}
