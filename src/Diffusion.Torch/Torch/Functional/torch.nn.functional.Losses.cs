using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op mseLossOp = new("mse_loss");
            private static readonly Op l1LossOp = new("l1_loss");
            private static readonly Op smoothL1LossOp = new("smooth_l1_loss");
            private static readonly Op huberLossOp = new("huber_loss");
            private static readonly Op crossEntropyOp = new("cross_entropy_loss");
            private static readonly Op nllLossOp = new("nll_loss_nd");
            private static readonly Op binaryCrossEntropyOp = new("binary_cross_entropy");
            private static readonly Op binaryCrossEntropyWithLogitsOp = new("binary_cross_entropy_with_logits");
            private static readonly Op klDivOp = new("kl_div");

            /// <summary>(x − y)².</summary>
            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                mseLossOp.Call(NotNull(input), target, (long)reduction);

            /// <summary>|x − y|.</summary>
            public static Tensor l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                l1LossOp.Call(NotNull(input), target, (long)reduction);

            public static Tensor smooth_l1_loss(
                Tensor input,
                Tensor target,
                Reduction reduction = Reduction.Mean,
                double beta = 1.0
            ) => smoothL1LossOp.Call(NotNull(input), target, (long)reduction, beta);

            public static Tensor huber_loss(
                Tensor input,
                Tensor target,
                double delta = 1.0,
                Reduction reduction = Reduction.Mean
            ) => huberLossOp.Call(NotNull(input), target, (long)reduction, delta);

            public static Tensor cross_entropy(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                long ignore_index = -100,
                Reduction reduction = Reduction.Mean,
                double label_smoothing = 0.0
            ) =>
                crossEntropyOp.Call(
                    NotNull(input),
                    target,
                    Arg.Optional(weight),
                    (long)reduction,
                    ignore_index,
                    label_smoothing
                );

            public static Tensor nll_loss(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                Reduction reduction = Reduction.Mean
            ) => nllLossOp.Call(NotNull(input), target, Arg.Optional(weight), (long)reduction);

            public static Tensor binary_cross_entropy(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                Reduction reduction = Reduction.Mean
            ) => binaryCrossEntropyOp.Call(NotNull(input), target, Arg.Optional(weight), (long)reduction);

            public static Tensor binary_cross_entropy_with_logits(
                Tensor input,
                Tensor target,
                Tensor? weight = null,
                Reduction reduction = Reduction.Mean,
                Tensor? pos_weights = null
            ) =>
                binaryCrossEntropyWithLogitsOp.Call(
                    NotNull(input),
                    target,
                    Arg.Optional(weight),
                    Arg.Optional(pos_weights),
                    (long)reduction
                );

            /// <summary>The Kullback–Leibler divergence of log-probabilities from a target (in logs or not).</summary>
            public static Tensor kl_div(
                Tensor input,
                Tensor target,
                bool log_target = true,
                Reduction reduction = Reduction.Mean
            ) => klDivOp.Call(NotNull(input), target, (long)reduction, log_target);
        }
    }
}
