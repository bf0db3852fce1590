using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>A denoiser's answer: a prediction of the state's shape and perhaps variances behind it.</summary>
internal static class Answer
{
    /// <summary>Takes both apart; without variances the second is null.</summary>
    /// <exception cref="ArgumentException">The answer has neither the state's shape nor twice its channels.</exception>
    internal static (Tensor Prediction, Tensor? Variances) Split(Tensor x, Tensor answer)
    {
        if (answer.shape.AsSpan().SequenceEqual(x.shape))
            return (answer, null);
        if (x.dim() > 1 && answer.dim() == x.dim() && answer.shape[1] == 2 * x.shape[1])
        {
            var halves = answer.chunk(2, dim: 1);
            if (halves[0].shape.AsSpan().SequenceEqual(x.shape))
                return (halves[0], halves[1]);
        }
        throw new ArgumentException(
            $"The denoiser's answer has shape [{string.Join(", ", answer.shape)}]; it must have the state's, "
                + $"[{string.Join(", ", x.shape)}], or twice its channels with variances behind the prediction."
        );
    }

    /// <summary>Puts both together again.</summary>
    internal static Tensor Join(Tensor prediction, Tensor? variances) =>
        variances is null ? prediction : cat([prediction, variances], 1);
}
