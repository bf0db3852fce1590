using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>The bound's terms of a batch as a loss of the variances that a network answers.</summary>
internal sealed class LearnedVarianceLoss : IDisposable
{
    private readonly Schedule _schedule;
    private readonly Prediction _prediction;
    private readonly bool _isRange;
    private readonly TimeTable _logSmall;
    private readonly TimeTable _logSpread;
    private readonly TimeTable _errorFactor;

    internal LearnedVarianceLoss(Schedule schedule, Prediction prediction, ReverseVariance variance)
    {
        (_schedule, _prediction) = (schedule, prediction);
        _isRange = variance == ReverseVariance.LearnedRange;
        _logSmall = new TimeTable(schedule, (int t) => At(t).LogSmall);
        _logSpread = new TimeTable(schedule, (int t) => At(t).LogLarge - At(t).LogSmall);
        _errorFactor = new TimeTable(schedule, (int t) => At(t).ErrorFactor);
    }

    /// <summary>The terms [B] in bits a dimension; their gradient is that of <paramref name="output"/> alone.</summary>
    /// <param name="x0">[B, …] data of 8 bits in [−1, 1].</param>
    /// <param name="t">[B] times.</param>
    /// <param name="error">[B, …] prediction less target, of which no gradient is taken.</param>
    /// <param name="output">[B, …] what the network says of the variance.</param>
    internal Tensor Bits(Tensor x0, Tensor t, Tensor error, Tensor output)
    {
        using var scope = NewDisposeScope();
        var small = _logSmall.At(t, x0);
        var logVariance = _isRange
            ? output.add(1).mul(_logSpread.At(t, x0)).div(2).add(small)
            : LogOf(output, small.exp());
        var fixedError = error.detach();
        var shape = (logVariance - small - 1 + (small - logVariance).exp()).div(2);
        var nats = shape.add(fixedError.square().mul(_errorFactor.At(t, x0)).mul(logVariance.neg().exp()));
        var terms = nats.flatten(1).mean([1]);
        return WithReconstruction(terms, x0, t, fixedError, logVariance).div(double.Log(2)).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var table in new[] { _logSmall, _logSpread, _errorFactor })
            table.Dispose();
    }

    private LearnedVarianceTerm At(int t) => LearnedVarianceTerm.At(_schedule, t, _prediction);

    // A variance below β̃ is never right, and a negative one is none: both count as β̃, with the gradient that leads up.
    private static Tensor LogOf(Tensor variance, Tensor least)
    {
        var raised = variance.detach().maximum(least).sub(variance.detach());
        return variance.add(raised).log();
    }

    // At t = 1 the term is L₀. Its slope is known in closed form, so that doubles give both: few images are there at once.
    private Tensor WithReconstruction(Tensor terms, Tensor x0, Tensor t, Tensor error, Tensor logVariance)
    {
        var times = t.cpu().to_type(ScalarType.Int64).data<long>().ToArray();
        if (!times.Contains(1))
            return terms;
        var errorToX0 = At(1).ErrorToX0;
        var rows = terms.unbind(0);
        for (var i = 0; i < times.Length; i++)
            if (times[i] == 1)
                rows[i] = Reconstruction(x0[i], x0[i] + error[i] * errorToX0, logVariance[i]);
        return stack(rows);
    }

    private static Tensor Reconstruction(Tensor x0, Tensor means, Tensor logVariance)
    {
        var data = Doubles(x0);
        var centres = Doubles(means);
        var logs = Doubles(logVariance);
        var slopes = new double[data.Length];
        var nats = 0.0;
        for (var i = 0; i < data.Length; i++)
        {
            if (!double.IsFinite(centres[i]) || !double.IsFinite(double.Exp(logs[i])) || double.Exp(logs[i]) == 0)
                return logVariance.mean().mul(double.NaN);
            var pixel = (byte)double.Clamp(double.Round((data[i] + 1) * byte.MaxValue / 2), 0, byte.MaxValue);
            var decoded = new Gaussian(centres[i], double.Exp(logs[i]));
            nats -= DiscreteDecoder.LogProbability(pixel, decoded);
            // Half: the output is the logarithm of the variance, the slope is that of the deviation's.
            slopes[i] = -DiscreteDecoder.LogProbabilitySlope(pixel, decoded) / 2;
        }
        var gradient = tensor(slopes).reshape(logVariance.shape).to_type(logVariance.dtype).to(logVariance.device);
        return (logVariance - logVariance.detach()).mul(gradient).mean().add(nats / data.Length);
    }

    private static double[] Doubles(Tensor values) =>
        values.detach().cpu().to_type(ScalarType.Float64).contiguous().data<double>().ToArray();
}
