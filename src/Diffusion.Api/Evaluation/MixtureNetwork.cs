using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// The perfect network of data that is a Gaussian mixture, as a function of tensors: whatever takes a network can be
/// tried on it, and its exact answer compared (samplers, likelihoods, guidance, losses). Differentiable in x.
/// </summary>
/// <remarks>
/// It answers what <see cref="GaussianMixture.Predict"/> does. Between two times of the schedule the log-SNR is
/// interpolated linearly, as <see cref="NoiseCurve.Of(Schedule)"/> does. Not thread-safe.
/// </remarks>
public sealed class MixtureNetwork : IDisposable
{
    private readonly Schedule _schedule;
    private readonly Prediction _prediction;
    private readonly int _dimension;
    private readonly Tensor _logWeights;
    private readonly Tensor _means;
    private readonly Tensor _variances;

    /// <summary>Makes the network of a mixture.</summary>
    /// <param name="mixture">The data: d components are the numbers of one image, in row-major order.</param>
    /// <param name="schedule">The schedule that times are counted on.</param>
    /// <param name="prediction">What the network predicts; default <see cref="Prediction.Epsilon"/>.</param>
    public MixtureNetwork(GaussianMixture mixture, Schedule schedule, Prediction? prediction = null)
    {
        ArgumentNullException.ThrowIfNull(mixture);
        ArgumentNullException.ThrowIfNull(schedule);
        (_schedule, _prediction, _dimension) = (schedule, prediction ?? Prediction.Epsilon, mixture.Dimension);
        long[] shape = [mixture.Parts.Length, _dimension];
        using var scope = NewDisposeScope();
        _logWeights = tensor(mixture.Weights.Select(double.Log).ToArray()).DetachFromDisposeScope();
        _means = Table(part => part.Mean);
        _variances = Table(part => part.Variance);

        Tensor Table(Func<Gaussian, double> value) =>
            tensor(mixture.Parts.SelectMany(part => part.Components.Select(value)).ToArray())
                .reshape(shape)
                .DetachFromDisposeScope();
    }

    /// <summary>The conditional mean of the training target, as a perfect network answers it.</summary>
    /// <param name="x">[B, …] of d numbers each, on the CPU, of any floating type; computed in double precision.</param>
    /// <param name="time">[B] 0-based times, whole or not.</param>
    /// <returns>Of x's shape and type.</returns>
    /// <exception cref="ArgumentException">Shapes don't fit.</exception>
    public Tensor Call(Tensor x, Tensor time)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(time);
        var count = x.dim() < 1 ? 0 : x.shape[0];
        if (count == 0 || x.numel() != count * _dimension || time.numel() != count)
            throw new ArgumentException(
                $"x has shape [{string.Join(", ", x.shape)}] and time [{string.Join(", ", time.shape)}]; wanted are"
                    + $" images of {_dimension} numbers with one time each.",
                nameof(x)
            );
        using var scope = NewDisposeScope();
        var levels = NetworkAnswer.Numbers(time, "time").Select(LevelAt).ToArray();
        var alpha = Column(level => level.Alpha);
        var sigma = Column(level => level.Sigma);
        var state = x.to_type(ScalarType.Float64).reshape(count, 1, _dimension);

        // [B, parts, d]: x_t ~ N(αμ, α²v + σ²) in every part.
        var total = alpha * alpha * _variances + sigma * sigma;
        var distance = state - alpha * _means;
        var density = (distance * distance / total + total.log()).sum(2).mul(-0.5) + _logWeights;
        var share = density.softmax(1).unsqueeze(2);
        var data = (share * (_means * sigma * sigma + alpha * _variances * state) / total).sum(1);
        var noise = (share * sigma * distance / total).sum(1);
        var answer =
            Column(level => _prediction.Target(level).X0Coefficient).squeeze(1) * data
            + Column(level => _prediction.Target(level).NoiseCoefficient).squeeze(1) * noise;
        return answer.reshape(x.shape).to_type(x.dtype).MoveToOuterDisposeScope();

        Tensor Column(Func<NoiseLevel, double> value) => tensor(levels.Select(value).ToArray()).reshape(count, 1, 1);
    }

    /// <summary>Frees the tables.</summary>
    public void Dispose()
    {
        foreach (var table in new[] { _logWeights, _means, _variances })
            table.Dispose();
    }

    private NoiseLevel LevelAt(double networkTime)
    {
        var t = networkTime + 1;
        var below = (int)double.Floor(t);
        return below == t
            ? _schedule[below]
            : NoiseLevel.FromLogSnr(double.Lerp(_schedule.LogSnr(below), _schedule.LogSnr(below + 1), t - below));
    }
}
