using Diffusion.Math;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Guidance by a gradient that is added to the score: a classifier's, or that of any differentiable function of the state
/// or of x̂₀ (Dhariwal and Nichol 2021, section 4; Song et al. 2021, SDE paper, eq. 14).
/// </summary>
/// <remarks>Gradients are recorded here even where the caller has turned them off, as samplers do.</remarks>
public static class ScoreGuidance
{
    /// <summary>
    /// The score plus w·∇ ln p(y | x_t); for ε that is ε − w·σ·∇ ln p(y | x_t) (Dhariwal and Nichol 2021, algorithm 2).
    /// With w = 1 and the exact likelihood, samples are drawn from p(x | y).
    /// </summary>
    /// <param name="denoiser">The network.</param>
    /// <param name="logLikelihood">
    /// From the state [B, …] and its level and time to ln p(y | x_t) of each sample, [B] or their sum; made of
    /// differentiable operations, each sample's from its own state alone. For example a classifier trained on noisy
    /// images.
    /// </param>
    /// <param name="scale">w; where it is 0 the gradient is not asked for.</param>
    /// <exception cref="InvalidOperationException">
    /// Thrown when called: the likelihood doesn't depend on the state, or the level is one where a score can't be added
    /// (<see cref="Diffusion.Math.Guidance.ScoreFactor"/>).
    /// </exception>
    public static Denoiser ByLikelihood(
        Denoiser denoiser,
        Func<Tensor, Evaluation, Tensor> logLikelihood,
        GuidanceScale scale
    )
    {
        ArgumentNullException.ThrowIfNull(logLikelihood);
        return Of(
            denoiser,
            scale,
            (x, at) =>
            {
                var gradient = Gradient(x, state => logLikelihood(state, at));
                return (denoiser.Call(x, at), gradient);
            }
        );
    }

    /// <summary>
    /// Guidance by a loss on x̂₀, as with CLIP: the score minus w·∇ loss(x̂₀(x_t)), where x̂₀ is what the network makes of
    /// x_t (Chung et al. 2023, Diffusion Posterior Sampling, eq. 10 and 15; Bansal et al. 2023). With loss = −ln p(y | x₀)
    /// and w = 1 an approximation of ln p(y | x_t): it ignores how uncertain x̂₀ is, and ends too narrow.
    /// </summary>
    /// <param name="denoiser">The network.</param>
    /// <param name="loss">From x̂₀ [B, …] to the loss of each sample, [B] or their sum; differentiable.</param>
    /// <param name="scale">w; where it is 0 the gradient is not asked for.</param>
    /// <param name="throughNetwork">
    /// Whether the gradient goes through the network, which takes about three times as long. Otherwise ε̂ counts as a
    /// constant, whatever the network predicts, and the gradient is ∇ loss(x̂₀)/α: cheap, much stronger at high noise.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// Thrown when called: the loss doesn't depend on x̂₀, or the level is pure noise, from which x̂₀ or the score doesn't
    /// follow.
    /// </exception>
    public static Denoiser ByLoss(
        Denoiser denoiser,
        Func<Tensor, Tensor> loss,
        GuidanceScale scale,
        bool throughNetwork = true
    )
    {
        ArgumentNullException.ThrowIfNull(loss);
        return Of(
            denoiser,
            scale,
            (x, at) =>
            {
                if (throughNetwork)
                {
                    Tensor? seen = null;
                    var slope = Gradient(
                        x,
                        state =>
                        {
                            var answer = denoiser.Call(state, at);
                            seen = answer.detach();
                            return loss(X0(denoiser.Prediction, at.Level, state, answer));
                        }
                    );
                    return (seen!, slope.neg_());
                }
                var fixedAnswer = denoiser.Call(x, at);
                // x̂₀ = (x_t − σ·ε̂)/α.
                var gradient = Gradient(X0(denoiser.Prediction, at.Level, x, fixedAnswer), loss);
                return (fixedAnswer, gradient.mul_(-1 / at.Level.Alpha));
            }
        );
    }

    private static Denoiser Of(
        Denoiser denoiser,
        GuidanceScale scale,
        Func<Tensor, Evaluation, (Tensor Answer, Tensor Gradient)> asked
    )
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        ArgumentNullException.ThrowIfNull(scale);
        return new Denoiser(
            denoiser.Prediction,
            (x, at) =>
            {
                var w = scale.At(at);
                if (w == 0)
                    return denoiser.Call(x, at);
                using var scope = NewDisposeScope();
                var factor = w * Diffusion.Math.Guidance.ScoreFactor(denoiser.Prediction, at.Level);
                var (answer, gradient) = asked(x, at);
                var (own, variances) = Answer.Split(x, answer);
                return Answer
                    .Join(LinearCombination.Of([(1, own), (factor, gradient)]), variances)
                    .MoveToOuterDisposeScope();
            }
        );
    }

    private static Tensor X0(Prediction prediction, NoiseLevel level, Tensor x, Tensor answer)
    {
        var map = prediction.To(Prediction.X0, level);
        return LinearCombination.Of(map.Terms(Answer.Split(x, answer).Prediction, x));
    }

    private static Tensor Gradient(Tensor x, Func<Tensor, Tensor> value)
    {
        using var recorded = enable_grad();
        var state = x.detach().requires_grad_(true);
        var sum = value(state).sum();
        if (!sum.requires_grad)
            throw new InvalidOperationException(
                "What guides doesn't depend on the state by differentiable operations, so it has no gradient."
            );
        return autograd.grad([sum], [state])[0];
    }
}
