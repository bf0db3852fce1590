using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Gathers the losses of a step's parts, and refuses the first that isn't finite.</summary>
/// <param name="step">The step, from 1, for messages.</param>
internal sealed class BatchLosses(long step)
{
    private readonly List<double> _totals = [];
    private readonly List<double> _weighted = [];
    private readonly List<double> _bounds = [];

    /// <summary>The mean that the gradient is of.</summary>
    internal double Mean => _weighted.Average();

    /// <summary>The mean of the bound's terms, in bits a dimension; null where there are none.</summary>
    internal double? Bound => _bounds.Count == 0 ? null : _bounds.Average();

    /// <summary>The loss of each image; rounding may have put one below 0.</summary>
    internal double[] Unweighted => [.. _totals.Select(loss => double.Max(loss, 0))];

    /// <summary>Takes a part in.</summary>
    /// <exception cref="NotFiniteNumberException">A loss is NaN or infinite; names step, time and term.</exception>
    internal void Add(int[] times, Part part)
    {
        for (var i = 0; i < times.Length; i++)
        {
            Require("simple", part.Simple[i], times[i]);
            if (part.Bound is { } bound)
                Require("variational bound", bound[i], times[i]);
            Require("total", part.Weighted[i], times[i]);
        }
        _totals.AddRange(part.Total);
        _weighted.AddRange(part.Weighted);
        _bounds.AddRange(part.Bound ?? []);
    }

    private void Require(string term, double value, int time)
    {
        if (!double.IsFinite(value))
            throw new NotFiniteNumberException(
                $"The loss of step {step} is {value}, at time {time} in the term '{term}'."
                    + " Start a new run with a smaller learning rate.",
                value
            );
    }

    /// <summary>The losses of some images, one number each.</summary>
    /// <param name="Simple">The simple term.</param>
    /// <param name="Bound">The bound's term, where there is one.</param>
    /// <param name="Total">Both together.</param>
    /// <param name="Weighted">The total, made unbiased.</param>
    internal sealed record Part(double[] Simple, double[]? Bound, double[] Total, double[] Weighted)
    {
        internal bool AreFinite => Weighted.All(double.IsFinite);

        internal static Part Of(LossTerms terms, double[] weights)
        {
            var total = Numbers(terms.Total);
            return new Part(
                Numbers(terms.Simple),
                terms.Bound is { } bound ? Numbers(bound) : null,
                total,
                [.. total.Zip(weights, (loss, weight) => loss * weight)]
            );
        }

        private static double[] Numbers(Tensor values)
        {
            using var scope = NewDisposeScope();
            return values.detach().cpu().to_type(ScalarType.Float64).data<double>().ToArray();
        }
    }
}
