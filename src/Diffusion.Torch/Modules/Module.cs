namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>
        /// Base of every network and layer: a tree of named parameters, buffers and submodules.
        /// </summary>
        /// <remarks>
        /// Assign parts to fields and call <see cref="RegisterComponents"/> at the end of the constructor: the
        /// fields' names become the names in <see cref="state_dict"/>. Not thread-safe.
        /// </remarks>
        public partial class Module : IDisposable
        {
            private bool _training = true;

            /// <summary>The module's name, given to the constructor.</summary>
            protected string? name;

            /// <summary>The kind of device that the last move went to.</summary>
            protected DeviceType _deviceType = DeviceType.CPU;

            /// <summary>The index of the device that the last move went to; −1 where there is only one.</summary>
            protected int _deviceIndex = -1;

            /// <summary>Creates a module without parts.</summary>
            /// <param name="name">A name for messages; usually the class name.</param>
            /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
            protected Module(string name)
            {
                ArgumentNullException.ThrowIfNull(name);
                this.name = name;
            }

            internal bool IsDisposed { get; private set; }

            /// <summary>Whether the module is in training mode (the default) rather than in evaluation mode.</summary>
            public virtual bool training => _training;

            /// <summary>The name given to the constructor.</summary>
            public virtual string GetName() => name!;

            /// <summary>Switches this module and all below it to training mode, or out of it.</summary>
            /// <param name="train">True for training, false for evaluation.</param>
            public virtual void train(bool train = true)
            {
                _training = train;
                foreach (var (_, child) in named_children())
                    child.train(train);
            }

            /// <summary>Switches this module and all below it to evaluation: no dropout, fixed statistics.</summary>
            public virtual void eval() => train(false);

            /// <summary>Calls a function on every module below this one, then on this one.</summary>
            /// <param name="fn">The function.</param>
            /// <returns>This module.</returns>
            public virtual Module apply(Action<Module> fn)
            {
                ArgumentNullException.ThrowIfNull(fn);
                foreach (var (_, child) in named_children())
                    child.apply(fn);
                fn(this);
                return this;
            }

            /// <summary>Clears the gradients of all parameters.</summary>
            /// <param name="set_to_none">True to free them, false to fill them with zeros.</param>
            public virtual void zero_grad(bool set_to_none = true)
            {
                foreach (var parameter in parameters())
                {
                    using var grad = parameter.grad;
                    if (grad is null)
                        continue;
                    if (set_to_none)
                        parameter.grad = null;
                    else
                        grad.zero_();
                }
            }

            /// <summary>Frees the parameters and buffers of this module and of all below it.</summary>
            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            /// <summary>Frees what the module owns.</summary>
            /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
            protected virtual void Dispose(bool disposing)
            {
                if (!disposing || IsDisposed)
                    return;
                IsDisposed = true;
                foreach (var parameter in _parameterByName.Values)
                    parameter.DetachFromDisposeScope().Dispose();
                foreach (var (buffer, _) in _bufferByName.Values)
                    buffer.DetachFromDisposeScope().Dispose();
                foreach (var (_, child) in named_children())
                    child.Dispose();
            }
        }
    }
}
