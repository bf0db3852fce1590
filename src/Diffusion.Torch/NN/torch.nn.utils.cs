using Diffusion.Engine;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Helpers for the parameters of a network.</summary>
        public static partial class utils
        {
            private const double NormGuard = 1e-6;

            /// <summary>
            /// Scales all gradients by one factor so that their joint norm isn't above a limit: Pascanu et al. 2013,
            /// arXiv:1211.5063.
            /// </summary>
            /// <param name="tensors">The parameters; those without a gradient are left out.</param>
            /// <param name="max_norm">The limit.</param>
            /// <param name="norm_type">The p of the p-norm; infinity for the largest magnitude.</param>
            /// <returns>The norm before scaling; 0 where there are no gradients.</returns>
            public static double clip_grad_norm_(
                IEnumerable<Parameter> tensors,
                double max_norm,
                double norm_type = 2.0
            )
            {
                ArgumentNullException.ThrowIfNull(tensors);
                if (!(max_norm >= 0))
                    throw new ArgumentOutOfRangeException(nameof(max_norm), max_norm, "A norm's limit is 0 or more.");
                if (!(norm_type > 0))
                    throw new ArgumentOutOfRangeException(
                        nameof(norm_type),
                        norm_type,
                        "The p of a p-norm is above 0."
                    );
                using var noGrad = no_grad();
                var parameters = tensors.ToList();
                if (norm_type == 2 && Kernels.TryClip(parameters, max_norm, NormGuard) is { } known)
                    return known;
                using var scope = NewDisposeScope();
                var gradients = Gradients(parameters);
                if (gradients.Count == 0)
                    return 0;
                var norms = stack(gradients.Select(gradient => Norm(gradient, norm_type)).ToArray());
                var total = Norm(norms, norm_type).ToDouble();
                var scale = max_norm / (total + NormGuard);
                // Not "scale < 1": a total of NaN must reach the gradients rather than vanish.
                if (!(scale >= 1))
                {
                    foreach (var gradient in gradients)
                        gradient.mul_(scale);
                }
                return total;
            }

            /// <summary>Clamps every element of every gradient to ±a limit.</summary>
            /// <param name="tensors">The parameters; those without a gradient are left out.</param>
            /// <param name="clip_value">The limit.</param>
            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                ArgumentNullException.ThrowIfNull(tensors);
                if (!(clip_value >= 0))
                    throw new ArgumentOutOfRangeException(nameof(clip_value), clip_value, "A limit is 0 or more.");
                using var noGrad = no_grad();
                using var scope = NewDisposeScope();
                foreach (var gradient in Gradients(tensors))
                    gradient.clamp_(-clip_value, clip_value);
            }

            /// <summary>All parameters one after the other, as a vector.</summary>
            /// <param name="tensors">The parameters.</param>
            public static Tensor parameters_to_vector(IEnumerable<Parameter> tensors)
            {
                ArgumentNullException.ThrowIfNull(tensors);
                using var scope = NewDisposeScope();
                return cat(tensors.Select(parameter => parameter.reshape(-1)).ToArray()).MoveToOuterDisposeScope();
            }

            /// <summary>Copies a vector's parts into the parameters, in order.</summary>
            /// <param name="vec">The vector.</param>
            /// <param name="tensors">The parameters.</param>
            /// <exception cref="ArgumentException">The vector's size isn't that of the parameters.</exception>
            public static void vector_to_parameters(Tensor vec, IEnumerable<Parameter> tensors)
            {
                ArgumentNullException.ThrowIfNull(vec);
                ArgumentNullException.ThrowIfNull(tensors);
                var targets = tensors.ToList();
                var size = targets.Sum(parameter => parameter.numel());
                if (vec.ndim != 1 || vec.shape[0] != size)
                {
                    throw new ArgumentException(
                        $"The parameters have {size} elements, but the vector is [{string.Join(", ", vec.shape)}].",
                        nameof(vec)
                    );
                }
                using var noGrad = no_grad();
                using var scope = NewDisposeScope();
                var start = 0L;
                foreach (var parameter in targets)
                {
                    var length = parameter.numel();
                    parameter.copy_(vec.narrow(0, start, length).view(parameter.shape));
                    start += length;
                }
            }

            private static List<Tensor> Gradients(IEnumerable<Parameter> parameters) =>
                parameters.Select(parameter => parameter.grad).OfType<Tensor>().ToList();

            private static Tensor Norm(Tensor tensor, double p) =>
                double.IsPositiveInfinity(p) ? tensor.abs().max() : tensor.norm((float)p);
        }
    }
}
