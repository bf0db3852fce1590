using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Gradients of functions of tensors.</summary>
    public static partial class autograd
    {
        /// <summary>
        /// The gradients of the sum of <paramref name="outputs"/> (weighted by <paramref name="grad_outputs"/>) with
        /// respect to <paramref name="inputs"/>. With <paramref name="allow_unused"/>, the entry of an input that the
        /// outputs don't depend on is null; without it that is an error.
        /// </summary>
        public static unsafe IList<Tensor> grad(
            IList<Tensor> outputs,
            IList<Tensor> inputs,
            IList<Tensor>? grad_outputs = null,
            bool retain_graph = false,
            bool create_graph = false,
            bool allow_unused = false
        )
        {
            var outs = Handles(outputs, nameof(outputs));
            var ins = Handles(inputs, nameof(inputs));
            var grads = grad_outputs is null ? new nint[outs.Length] : Handles(grad_outputs, nameof(grad_outputs));
            var found = new nint[ins.Length];
            fixed (
                nint* o = outs,
                    i = ins,
                    g = grads,
                    f = found
            )
            {
                Native.Check(
                    Native.dt_autograd_grad(
                        o,
                        outs.Length,
                        i,
                        ins.Length,
                        g,
                        grads.Length,
                        retain_graph || create_graph ? 1 : 0,
                        create_graph ? 1 : 0,
                        allow_unused ? 1 : 0,
                        f
                    )
                );
            }
            GC.KeepAlive(outputs);
            GC.KeepAlive(inputs);
            GC.KeepAlive(grad_outputs);
            return found.Select(handle => Tensor.Maybe(handle)!).ToArray();
        }

        /// <summary>Adds the gradients of <paramref name="tensors"/> to the leaves they depend on.</summary>
        public static unsafe void backward(
            IList<Tensor> tensors,
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        )
        {
            var outs = Handles(tensors, nameof(tensors));
            var grads = grad_tensors is null ? new nint[outs.Length] : Handles(grad_tensors, nameof(grad_tensors));
            var ins = inputs is null ? [] : Handles(inputs, nameof(inputs));
            fixed (
                nint* o = outs,
                    g = grads,
                    i = ins
            )
            {
                Native.Check(
                    Native.dt_backward(
                        o,
                        outs.Length,
                        g,
                        grads.Length,
                        retain_graph ?? create_graph ? 1 : 0,
                        create_graph ? 1 : 0,
                        i,
                        ins.Length
                    )
                );
            }
            GC.KeepAlive(tensors);
            GC.KeepAlive(grad_tensors);
            GC.KeepAlive(inputs);
        }

        public static void backward(
            Tensor tensor,
            IList<Tensor>? grad_tensors = null,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        ) => backward([NotNull(tensor)], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(
            Tensor tensor,
            Tensor grad_tensor,
            bool? retain_graph = null,
            bool create_graph = false,
            IList<Tensor>? inputs = null
        ) => backward([NotNull(tensor)], [NotNull(grad_tensor)], retain_graph, create_graph, inputs);

        private static nint[] Handles(IList<Tensor> tensors, string argument)
        {
            ArgumentNullException.ThrowIfNull(tensors, argument);
            var handles = new nint[tensors.Count];
            for (var i = 0; i < handles.Length; i++)
            {
                handles[i] = (tensors[i] ?? throw new ArgumentNullException(argument, $"Tensor {i} is null.")).Handle;
            }
            return handles;
        }
    }
}
