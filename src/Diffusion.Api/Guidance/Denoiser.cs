using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// A network as a sampler sees it: a function of the state and of where it is evaluated, and what its answer means.
/// Guidance is functions from denoisers to denoisers. Immutable.
/// </summary>
public sealed class Denoiser
{
    private readonly Func<Tensor, Evaluation, Tensor> _answer;

    /// <summary>A denoiser by any function.</summary>
    /// <param name="prediction">What it predicts.</param>
    /// <param name="answer">
    /// From the state [B, …] and its level and time to the prediction, a new tensor of that shape; of twice the
    /// channels where variances stand behind it.
    /// </param>
    public Denoiser(Prediction prediction, Func<Tensor, Evaluation, Tensor> answer)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(answer);
        (Prediction, _answer) = (prediction, answer);
    }

    /// <summary>What it predicts.</summary>
    public Prediction Prediction { get; }

    /// <summary>The denoiser that a network without classes is.</summary>
    /// <param name="network">Function of (x [B, …], time [B]), for example <c>unet.call</c>.</param>
    /// <param name="prediction">What it predicts.</param>
    /// <param name="networkTime">
    /// What it is told for (time, B, device); default <see cref="NetworkTime.Of(double, long, Device)"/>.
    /// </param>
    public static Denoiser Of(
        Func<Tensor, Tensor, Tensor> network,
        Prediction prediction,
        Func<double, long, Device, Tensor>? networkTime = null
    )
    {
        ArgumentNullException.ThrowIfNull(network);
        networkTime ??= NetworkTime.Of;
        return new Denoiser(prediction, (x, at) => network(x, networkTime(at.Time, x.shape[0], x.device)));
    }

    /// <summary>Asks.</summary>
    /// <param name="x">[B, …] the state.</param>
    /// <param name="at">Its noise level and time.</param>
    /// <returns>A new tensor, in terms of <see cref="Prediction"/>.</returns>
    public Tensor Call(Tensor x, Evaluation at)
    {
        ArgumentNullException.ThrowIfNull(x);
        return _answer(x, at);
    }

    /// <summary>The same denoiser, its answers converted to another prediction.</summary>
    /// <param name="prediction">What it shall predict. Its own gives it back as it is.</param>
    /// <exception cref="InvalidOperationException">
    /// Thrown by <see cref="Call"/> at a level where one doesn't determine the other.
    /// </exception>
    public Denoiser As(Prediction prediction)
    {
        ArgumentNullException.ThrowIfNull(prediction);
        return prediction == Prediction
            ? this
            : new Denoiser(
                prediction,
                (x, at) =>
                {
                    using var scope = NewDisposeScope();
                    var map = Prediction.To(prediction, at.Level);
                    var (own, variances) = Answer.Split(x, _answer(x, at));
                    return Answer.Join(LinearCombination.Of(map.Terms(own, x)), variances).MoveToOuterDisposeScope();
                }
            );
    }
}
