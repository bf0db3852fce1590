using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op matrixTransposeOp = new("transpose", "int");
        private static readonly Op uniqueDimOp = new("unique_dim");
        private static readonly Op uniqueOp = new("_unique2");
        private static readonly Op realOp = new("real");
        private static readonly Op imagOp = new("imag");

        public Tensor T => permute(Enumerable.Range(0, (int)Dimensions).Reverse().Select(i => (long)i).ToArray());

        /// <summary>The last two dimensions swapped.</summary>
        public Tensor mT => matrixTransposeOp.Call(this, -2, -1);

        public Tensor H => adjoint();

        public Tensor mH => adjoint();

        public Tensor real => realOp.Call(this);

        public Tensor imag => imagOp.Call(this);

        /// <summary>The different elements (or slices along a dimension).</summary>
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(
            bool sorted = true,
            bool return_inverse = false,
            bool return_counts = false,
            int? dim = null
        )
        {
            var (output, inverse, counts) = dim is null
                ? uniqueOp.Triple(this, sorted, return_inverse, return_counts)
                : uniqueDimOp.Triple(this, dim.Value, sorted, return_inverse, return_counts);
            if (!return_inverse)
            {
                inverse.Dispose();
            }
            if (!return_counts)
            {
                counts.Dispose();
            }
            return (output, return_inverse ? inverse : null, return_counts ? counts : null);
        }

        public IList<Tensor> nonzero_as_list()
        {
            using var indices = nonzero();
            return indices.unbind(1);
        }
    }
}
