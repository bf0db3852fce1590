using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Inpainting: draws what is missing of images to fit what is known (Lugmayr et al. 2022, RePaint).
/// </summary>
/// <remarks>The formulas are those of <see cref="Diffusion.Math.Guidance.Inpainting"/>.</remarks>
public static class Inpainting
{
    /// <summary>
    /// Shows the network α·y + σ·z where y is known, with fresh noise z, and turns its answer there into the one that means
    /// x̂₀ = y (RePaint, eq. 8). With a plan of <see cref="Samplers.Resampling"/> that is RePaint's algorithm 1; with
    /// any other plan it is replacement alone, whose new parts fit the known ones less well than they should.
    /// </summary>
    /// <param name="denoiser">The network.</param>
    /// <param name="known">
    /// y, of a shape that broadcasts to the state's, clean. Kept, not copied: it must live as long as the result.
    /// </param>
    /// <param name="mask">
    /// Boolean, of a shape that broadcasts to the state's: true where y is known. Kept as well.
    /// </param>
    /// <param name="noise">Fresh standard normal noise of the state's shape; called once for each network call.</param>
    /// <exception cref="ArgumentException">
    /// The mask is not boolean; or, thrown when called, a shape doesn't fit the state's.
    /// </exception>
    public static Denoiser Of(Denoiser denoiser, Tensor known, Tensor mask, Func<Tensor> noise)
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        ArgumentNullException.ThrowIfNull(known);
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentNullException.ThrowIfNull(noise);
        if (mask.dtype != ScalarType.Bool)
            throw new ArgumentException(
                $"mask must be boolean, true where the image is known, but is {mask.dtype}; compare it with a threshold.",
                nameof(mask)
            );
        return new Denoiser(
            denoiser.Prediction,
            (x, at) =>
            {
                using var scope = NewDisposeScope();
                CheckBroadcasts(known, x, nameof(known));
                CheckBroadcasts(mask, x, nameof(mask));
                var meant = Prediction.X0.To(denoiser.Prediction, at.Level);
                var noisy = known * at.Level.Alpha + noise() * at.Level.Sigma;
                var (answer, variances) = Answer.Split(x, denoiser.Call(where(mask, noisy, x), at));
                var certain = known * meant.ModelCoefficient + x * meant.XtCoefficient;
                return Answer.Join(where(mask, certain, answer), variances).MoveToOuterDisposeScope();
            }
        );
    }

    private static void CheckBroadcasts(Tensor tensor, Tensor x, string name)
    {
        var (own, whole) = (tensor.shape, x.shape);
        if (
            own.Length > whole.Length
            || own.Reverse().Zip(whole.Reverse()).Any(p => p.First != p.Second && p.First != 1)
        )
            throw new ArgumentException(
                $"{name} has shape [{string.Join(", ", own)}], which doesn't broadcast to the state's, "
                    + $"[{string.Join(", ", whole)}].",
                name
            );
    }
}
