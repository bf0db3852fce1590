using System.Collections.Immutable;
using Diffusion.Api;
using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>Data whose likelihoods are known, and its exact networks.</summary>
internal static class EvaluationWorld
{
    /// <summary>On the real line: two narrow hills of different weight.</summary>
    internal static readonly GaussianMixture Line = GaussianMixture.Of(
        (0.3, new Gaussian(-0.5, 0.01)),
        (0.7, new Gaussian(0.4, 0.04))
    );

    /// <summary>In four dimensions, an image of 1×2×2: neither isotropic nor of one hill.</summary>
    internal static readonly GaussianMixture Square = GaussianMixture.Of(
        (0.4, DiagonalGaussian.Of([-0.4, 0.2, 0.1, -0.3], [0.02, 0.05, 0.01, 0.03])),
        (0.6, DiagonalGaussian.Of([0.5, -0.1, 0.2, 0.3], [0.03, 0.02, 0.06, 0.01]))
    );

    /// <summary>Draws of a mixture as images [count, 1, 1, d] in double precision.</summary>
    internal static Tensor Draw(GaussianMixture mixture, int count, int seed)
    {
        var random = new Random(seed);
        var values = new List<double>();
        for (var i = 0; i < count; i++)
            values.AddRange(
                mixture.Sample(
                    random.NextDouble(),
                    [.. Enumerable.Range(0, mixture.Dimension).Select(_ => Normal(random))]
                )
            );
        return tensor(values.ToArray()).reshape(count, 1, 1, mixture.Dimension);
    }

    /// <summary>0 … count − 1.</summary>
    internal static int[] Numbers(int count) => [.. Enumerable.Range(0, count)];

    /// <summary>E‖x₀ − E[x₀ | x_t]‖² of a mixture on the real line, by the trapezoidal rule.</summary>
    internal static double LeastError(GaussianMixture mixture, NoiseLevel level)
    {
        const double range = 8;
        const int parts = 4000;
        var sum = 0.0;
        for (var i = 0; i <= parts; i++)
        {
            double[] x = [-range + 2 * range * i / parts];
            sum += double.Exp(mixture.LogDensity(x, level)) * mixture.PosteriorVariance(x, level)[0];
        }
        return sum * 2 * range / parts;
    }

    /// <summary>−E[ln p] of a mixture on the real line, by the trapezoidal rule.</summary>
    internal static double Entropy(GaussianMixture mixture)
    {
        const double range = 4;
        const int parts = 20000;
        var sum = 0.0;
        for (var i = 0; i <= parts; i++)
        {
            double[] x = [-range + 2 * range * i / parts];
            var density = mixture.LogDensity(x);
            sum -= density * double.Exp(density);
        }
        return sum * 2 * range / parts;
    }

    /// <summary>The bound of a perfect network on the real line, with a Gaussian decoder: no randomness in it.</summary>
    internal static VariationalBound ExactBound(
        GaussianMixture mixture,
        Schedule schedule,
        ReverseVariance variance,
        double decoderVariance
    )
    {
        var errors = Enumerable
            .Range(1, schedule.Steps)
            .Select(t => LeastError(mixture, schedule[t]))
            .ToImmutableArray();
        var meanSquare = mixture.Variance[0] + mixture.Mean[0] * mixture.Mean[0];
        var reconstruction = VariationalBound.GaussianReconstruction(1, errors[0], decoderVariance);
        return VariationalBound.FromErrors(schedule, 1, meanSquare, errors.AsSpan(), variance, reconstruction);
    }

    private static double Normal(Random random) =>
        double.Sqrt(-2 * double.Log(1 - random.NextDouble())) * double.Cos(2 * double.Pi * random.NextDouble());
}
