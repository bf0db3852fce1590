using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op detachOp = new("detach");
        private static readonly Op detachInPlaceOp = new("detach_");

        /// <summary>Whether gradients are recorded for this tensor.</summary>
        public bool requires_grad
        {
            get
            {
                var result = Native.Check(Native.dt_requires_grad(Handle)) != 0;
                GC.KeepAlive(this);
                return result;
            }
            set
            {
                Native.Check(Native.dt_set_requires_grad(Handle, value ? 1 : 0));
                GC.KeepAlive(this);
            }
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>Keeps the gradient of a tensor that isn't a leaf.</summary>
        public void retain_grad()
        {
            Native.Check(Native.dt_retain_grad(Handle));
            GC.KeepAlive(this);
        }

        /// <summary>The gradient that the last backward passes left here, or null.</summary>
        public Tensor? grad
        {
            get
            {
                var result = Maybe(Native.dt_grad(Handle));
                GC.KeepAlive(this);
                return result;
            }
            set
            {
                Native.Check(Native.dt_set_grad(Handle, value?.Handle ?? 0));
                GC.KeepAlive(this);
                GC.KeepAlive(value);
            }
        }

        public void backward() => torch.autograd.backward([this]);

        public void backward(
            IList<Tensor>? grad_tensors = null,
            bool retain_graph = false,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        ) => torch.autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);

        public Tensor detach() => detachOp.Call(this);

        public Tensor detach_() => detachInPlaceOp.InPlace(this);

        /// <summary>Makes this tensor another name for the data of <paramref name="source"/>.</summary>
        public Tensor set_(Tensor source)
        {
            ArgumentNullException.ThrowIfNull(source);
            Native.Check(Native.dt_set_data(Handle, source.Handle));
            GC.KeepAlive(this);
            GC.KeepAlive(source);
            return this;
        }
    }
}
