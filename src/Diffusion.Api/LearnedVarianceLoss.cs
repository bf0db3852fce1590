using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>The bound's terms of a batch as a loss of the variances that a network answers.</summary>
internal sealed class LearnedVarianceLoss : IDisposable
{
    // Whose exponential, and a square of that, a double holds; no network that is trained comes near.
    private const double LargestLog = 700;

    // Finite in 32 bits.
    private const double SteepestSlope = 1e38;

    private readonly Schedule _schedule;
    private readonly Prediction _prediction;
    private readonly bool _isRange;
    private readonly TimeTable _logSmall;
    private readonly TimeTable _logSpread;
    private readonly TimeTable _errorShare;

    internal LearnedVarianceLoss(Schedule schedule, Prediction prediction, ReverseVariance variance)
    {
        (_schedule, _prediction) = (schedule, prediction);
        _isRange = variance == ReverseVariance.LearnedRange;
        _logSmall = new TimeTable(schedule, (int t) => At(t).LogSmall);
        _logSpread = new TimeTable(schedule, (int t) => At(t).LogLarge - At(t).LogSmall);
        // Over β̃, as the other quotient by σ² is.
        _errorShare = new TimeTable(schedule, (int t) => At(t).ErrorFactor * double.Exp(-At(t).LogSmall));
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
        var first = RowsOfFirst(t);
        // Rows at t = 1 are L₀'s. Here they count as β̃, lest an infinite quotient of theirs becomes a gradient of 0·∞.
        var counted =
            first.Length == 0 ? logVariance : where(t.to(x0.device).reshape(small.shape).eq(1), small, logVariance);
        var above = counted - small;
        // ½·(ln(σ²/β̃) − 1) + (½ + share·error²)·β̃/σ²: the quotient once, so that it never meets a 0 when it is infinite.
        var weight = fixedError.square().mul(_errorShare.At(t, x0)).add(0.5);
        var terms = above.sub(1).div(2).add(above.neg().exp().mul(weight)).flatten(1).mean([1]);
        return WithReconstruction(terms, first, x0, fixedError, logVariance)
            .div(double.Log(2))
            .MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var table in new[] { _logSmall, _logSpread, _errorShare })
            table.Dispose();
    }

    private LearnedVarianceTerm At(int t) => LearnedVarianceTerm.At(_schedule, t, _prediction);

    private static int[] RowsOfFirst(Tensor t)
    {
        var times = t.cpu().to_type(ScalarType.Int64).data<long>().ToArray();
        return [.. Enumerable.Range(0, times.Length).Where(i => times[i] == 1)];
    }

    // A variance below β̃ is never right, and a negative one is none: both count as β̃, with the gradient that leads up. Added
    // to the variance, what it lacks of β̃ would be lost in rounding.
    private static Tensor LogOf(Tensor variance, Tensor least)
    {
        var held = variance.detach().maximum(least);
        return variance.sub(variance.detach()).div(held).add(held.log());
    }

    // At t = 1 the term is L₀. Its slope is known in closed form, so that doubles give both: few images are there at once.
    private Tensor WithReconstruction(Tensor terms, int[] first, Tensor x0, Tensor error, Tensor logVariance)
    {
        if (first.Length == 0)
            return terms;
        var errorToX0 = At(1).ErrorToX0;
        var rows = terms.unbind(0);
        foreach (var i in first)
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
            if (!double.IsFinite(centres[i]) || !double.IsFinite(logs[i]))
                return logVariance.mean().mul(double.NaN);
            var pixel = (byte)double.Clamp(double.Round((data[i] + 1) * byte.MaxValue / 2), 0, byte.MaxValue);
            var decoded = new Gaussian(centres[i], double.Exp(double.Clamp(logs[i], -LargestLog, LargestLog)));
            nats -= DiscreteDecoder.LogProbability(pixel, decoded);
            // Half: the output is the logarithm of the variance, the slope is that of the deviation's.
            slopes[i] = -double.Min(DiscreteDecoder.LogProbabilitySlope(pixel, decoded), SteepestSlope) / 2;
        }
        var gradient = tensor(slopes).reshape(logVariance.shape).to_type(logVariance.dtype).to(logVariance.device);
        return (logVariance - logVariance.detach()).mul(gradient).mean().add(nats / data.Length);
    }

    private static double[] Doubles(Tensor values) =>
        values.detach().cpu().to_type(ScalarType.Float64).contiguous().data<double>().ToArray();
}
