using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op mishOp = new("mish");
            private static readonly Op mishInPlaceOp = new("mish_");

            public static Tensor relu(Tensor x, bool inplace = false) =>
                inplace ? NotNull(x).relu_() : NotNull(x).relu();

            public static Tensor relu6(Tensor x, bool inplace = false) =>
                inplace ? NotNull(x).relu6_() : NotNull(x).relu6();

            public static Tensor silu(Tensor x, bool inplace = false) =>
                inplace ? NotNull(x).silu_() : NotNull(x).silu();

            public static Tensor gelu(Tensor x, bool inplace) => inplace ? NotNull(x).gelu_() : NotNull(x).gelu();

            public static Tensor gelu(Tensor x) => NotNull(x).gelu();

            public static Tensor sigmoid(Tensor x, bool inplace) =>
                inplace ? NotNull(x).sigmoid_() : NotNull(x).sigmoid();

            public static Tensor sigmoid(Tensor x) => NotNull(x).sigmoid();

            public static Tensor tanh(Tensor x, bool inplace = false) =>
                inplace ? NotNull(x).tanh_() : NotNull(x).tanh();

            public static Tensor elu(Tensor x, double alpha, bool inplace = false) =>
                inplace ? NotNull(x).elu_(alpha) : NotNull(x).elu(alpha);

            public static Tensor celu(Tensor x, double alpha, bool inplace = false) =>
                inplace ? NotNull(x).celu_(alpha) : NotNull(x).celu(alpha);

            public static Tensor selu(Tensor x, bool inplace = false) =>
                inplace ? NotNull(x).selu_() : NotNull(x).selu();

            public static Tensor mish(Tensor x, bool inplace = false) =>
                inplace ? mishInPlaceOp.InPlace(NotNull(x)) : mishOp.Call(NotNull(x));

            public static Tensor glu(Tensor input, long dim = -1) => NotNull(input).glu(dim);

            public static Tensor hardsigmoid(Tensor input, bool inplace = false) =>
                inplace ? NotNull(input).hardsigmoid_() : NotNull(input).hardsigmoid();

            public static Tensor hardswish(Tensor input, bool inplace = false) =>
                inplace ? NotNull(input).hardswish_() : NotNull(input).hardswish();

            public static Tensor hardtanh(
                Tensor x,
                double min_val = -1.0,
                double max_val = 1.0,
                bool inplace = false
            ) => inplace ? NotNull(x).hardtanh_(min_val, max_val) : NotNull(x).hardtanh(min_val, max_val);

            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false) =>
                inplace ? NotNull(input).leaky_relu_(negative_slope) : NotNull(input).leaky_relu(negative_slope);

            public static Tensor logsigmoid(Tensor x) => NotNull(x).log_sigmoid();

            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) =>
                NotNull(x).softplus(beta, threshold);

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) =>
                NotNull(input).softmax(dim, dtype);

            public static Tensor softmin(Tensor x, long dim)
            {
                using var negative = NotNull(x).neg();
                return negative.softmax(dim);
            }

            public static Tensor log_softmax(Tensor x, long dim) => NotNull(x).log_softmax(dim);
        }
    }
}
