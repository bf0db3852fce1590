using Diffusion.Engine;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Op groupNormOp = new("group_norm");
            private static readonly Op layerNormOp = new("layer_norm");
            private static readonly Op batchNormOp = new("batch_norm");
            private static readonly Op instanceNormOp = new("instance_norm");
            private static readonly Op dropoutOp = new("dropout");
            private static readonly Op dropoutInPlaceOp = new("dropout_");
            private static readonly Op featureDropoutOp = new("feature_dropout");
            private static readonly Op featureDropoutInPlaceOp = new("feature_dropout_");

            public static Tensor group_norm(
                Tensor input,
                long num_groups,
                Tensor? weight = null,
                Tensor? bias = null,
                double eps = 1e-5
            ) => groupNormOp.Call(input, num_groups, Arg.Optional(weight), Arg.Optional(bias), eps);

            public static Tensor layer_norm(
                Tensor input,
                long[] normalized_shape,
                Tensor? weight = null,
                Tensor? bias = null,
                double eps = 1e-5
            ) => layerNormOp.Call(input, normalized_shape, Arg.Optional(weight), Arg.Optional(bias), eps);

            public static Tensor batch_norm(
                Tensor input,
                Tensor? running_mean,
                Tensor? running_var,
                Tensor? weight = null,
                Tensor? bias = null,
                bool training = false,
                double momentum = 0.1,
                double eps = 1e-5
            ) =>
                batchNormOp.Call(
                    input,
                    Arg.Optional(weight),
                    Arg.Optional(bias),
                    Arg.Optional(running_mean),
                    Arg.Optional(running_var),
                    training,
                    momentum,
                    eps,
                    true
                );

            public static Tensor instance_norm(
                Tensor input,
                Tensor? running_mean = null,
                Tensor? running_var = null,
                Tensor? weight = null,
                Tensor? bias = null,
                bool use_input_stats = true,
                double momentum = 0.1,
                double eps = 1e-5
            ) =>
                instanceNormOp.Call(
                    input,
                    Arg.Optional(weight),
                    Arg.Optional(bias),
                    Arg.Optional(running_mean),
                    Arg.Optional(running_var),
                    use_input_stats,
                    momentum,
                    eps,
                    true
                );

            /// <summary>x / max(‖x‖ₚ, eps) along a dimension.</summary>
            public static Tensor normalize(Tensor input, double p = 2.0, long dim = 1L, double eps = 1e-12)
            {
                using var norm = NotNull(input).norm((int)dim, true, (float)p);
                using var bounded = norm.clamp_min(eps);
                return input.div(bounded);
            }

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                inplace ? dropoutInPlaceOp.InPlace(input, p, training) : dropoutOp.Call(input, p, training);

            /// <summary>Drops whole channels.</summary>
            public static Tensor dropout2d(Tensor input, double p = 0.5, bool training = true, bool inplace = false) =>
                inplace
                    ? featureDropoutInPlaceOp.InPlace(input, p, training)
                    : featureDropoutOp.Call(input, p, training);

            /// <summary>
            /// softmax(Q Kᵀ / √d + mask) V for Q [N, …, L, d], K [N, …, S, d], V [N, …, S, e]. A mask of truth values
            /// says which keys take part; any other is added to the scores. p is the probability of dropout.
            /// </summary>
            public static Tensor scaled_dot_product_attention(
                Tensor query,
                Tensor key,
                Tensor value,
                Tensor? attn_mask = null,
                double p = 0.0,
                bool is_casual = false
            )
            {
                ArgumentNullException.ThrowIfNull(query);
                ArgumentNullException.ThrowIfNull(key);
                ArgumentNullException.ThrowIfNull(value);
                if (is_casual && attn_mask is not null)
                {
                    throw new ArgumentException("A causal mask excludes a mask of one's own.", nameof(attn_mask));
                }
                if (p <= 0 && Kernels.TryAttention(query, key, value, attn_mask, is_casual) is { } attended)
                {
                    return attended;
                }
                using var scope = NewDisposeScope();
                var scores = query.mul(1 / double.Sqrt(query.size(-1))).matmul(key.transpose(-2, -1));
                if (is_casual)
                {
                    attn_mask = ones([query.size(-2), key.size(-2)], ScalarType.Bool, query.device).tril_();
                }
                if (attn_mask is not null)
                {
                    scores =
                        attn_mask.dtype == ScalarType.Bool
                            ? scores.masked_fill(attn_mask.logical_not(), double.NegativeInfinity)
                            : scores.add(attn_mask);
                }
                var weights = scores.softmax(-1);
                if (p > 0)
                {
                    weights = dropout(weights, p);
                }
                return weights.matmul(value).MoveToOuterDisposeScope();
            }
        }
    }
}
