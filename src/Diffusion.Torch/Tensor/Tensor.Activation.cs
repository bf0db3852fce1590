using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op celuInPlaceOp = new("celu_");
        private static readonly Op celuOp = new("celu");
        private static readonly Op eluInPlaceOp = new("elu_");
        private static readonly Op eluOp = new("elu");
        private static readonly Op geluInPlaceOp = new("gelu_");
        private static readonly Op geluOp = new("gelu");
        private static readonly Op gluOp = new("glu");
        private static readonly Op hardsigmoidInPlaceOp = new("hardsigmoid_");
        private static readonly Op hardsigmoidOp = new("hardsigmoid");
        private static readonly Op hardswishInPlaceOp = new("hardswish_");
        private static readonly Op hardswishOp = new("hardswish");
        private static readonly Op hardtanhInPlaceOp = new("hardtanh_");
        private static readonly Op hardtanhOp = new("hardtanh");
        private static readonly Op leakyReluInPlaceOp = new("leaky_relu_");
        private static readonly Op leakyReluOp = new("leaky_relu");
        private static readonly Op logSigmoidOp = new("log_sigmoid");
        private static readonly Op logSoftmaxIntOp = new("log_softmax", "int");
        private static readonly Op preluOp = new("prelu");
        private static readonly Op relu6InPlaceOp = new("relu6_");
        private static readonly Op relu6Op = new("relu6");
        private static readonly Op reluInPlaceOp = new("relu_");
        private static readonly Op reluOp = new("relu");
        private static readonly Op seluInPlaceOp = new("selu_");
        private static readonly Op seluOp = new("selu");
        private static readonly Op sigmoidInPlaceOp = new("sigmoid_");
        private static readonly Op sigmoidOp = new("sigmoid");
        private static readonly Op siluInPlaceOp = new("silu_");
        private static readonly Op siluOp = new("silu");
        private static readonly Op softmaxIntOp = new("softmax", "int");
        private static readonly Op softplusOp = new("softplus");
        private static readonly Op thresholdInPlaceOp = new("threshold_");
        private static readonly Op thresholdOp = new("threshold");

        public Tensor relu() => reluOp.Call(this);

        public Tensor relu_() => reluInPlaceOp.InPlace(this);

        public Tensor relu6() => relu6Op.Call(this);

        public Tensor celu() => celu(1.0);

        public Tensor celu(Scalar alpha) => celuOp.Call(this, alpha);

        public Tensor elu(double alpha = 1) => elu(alpha, 1.0, 1.0);

        public Tensor elu(Scalar alpha, Scalar scale, Scalar input_scale) =>
            eluOp.Call(this, alpha, scale, input_scale);

        public Tensor gelu() => geluOp.Call(this);

        public Tensor glu(long dim = -1) => gluOp.Call(this, dim);

        public Tensor hardsigmoid() => hardsigmoidOp.Call(this);

        public Tensor hardswish() => hardswishOp.Call(this);

        public Tensor hardtanh(Scalar min, Scalar max) => hardtanhOp.Call(this, min, max);

        public Tensor leaky_relu(Scalar negative_slope) => leakyReluOp.Call(this, negative_slope);

        public Tensor leaky_relu_(Scalar negative_slope) => leakyReluInPlaceOp.InPlace(this, negative_slope);

        public Tensor selu() => seluOp.Call(this);

        public Tensor silu() => siluOp.Call(this);

        public Tensor silu_() => siluInPlaceOp.InPlace(this);

        public Tensor log_sigmoid() => logSigmoidOp.Call(this);

        public Tensor sigmoid() => sigmoidOp.Call(this);

        public Tensor sigmoid_() => sigmoidInPlaceOp.InPlace(this);

        public Tensor softplus(double beta = 1, double threshold = 20) => softplusOp.Call(this, beta, threshold);

        public Tensor softmax(long dim, ScalarType? dtype = null) => softmaxIntOp.Call(this, dim, dtype);

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => logSoftmaxIntOp.Call(this, dim, dtype);

        public Tensor prelu(Tensor target) => preluOp.Call(this, target);

        public Tensor threshold(Scalar threshold, Scalar value) => thresholdOp.Call(this, threshold, value);

        public Tensor threshold_(Scalar threshold, Scalar value) => thresholdInPlaceOp.InPlace(this, threshold, value);

        public Tensor relu6_() => relu6InPlaceOp.InPlace(this);

        public Tensor celu_() => celu_(1.0);

        public Tensor celu_(Scalar alpha) => celuInPlaceOp.InPlace(this, alpha);

        public Tensor elu_(double alpha = 1) => elu_(alpha, 1.0, 1.0);

        public Tensor elu_(Scalar alpha, Scalar scale, Scalar input_scale) =>
            eluInPlaceOp.InPlace(this, alpha, scale, input_scale);

        public Tensor gelu_() => geluInPlaceOp.InPlace(this);

        public Tensor hardsigmoid_() => hardsigmoidInPlaceOp.InPlace(this);

        public Tensor hardswish_() => hardswishInPlaceOp.InPlace(this);

        public Tensor hardtanh_(Scalar min, Scalar max) => hardtanhInPlaceOp.InPlace(this, min, max);

        public Tensor selu_() => seluInPlaceOp.InPlace(this);
    }
}
