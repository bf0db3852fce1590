using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// The bound of 8-bit data from end to end: every grey level equally likely, so that its entropy is 8 bits, and the best
/// possible network.
/// </summary>
public sealed class RateDistortionTests
{
    private static readonly double[] Pixels = [.. Enumerable.Range(0, 256).Select(i => DiscreteDecoder.Value((byte)i))];

    private static readonly double MeanSquare = Pixels.Average(x => x * x);

    [Test]
    public void A_bound_splits_into_rate_and_distortion_as_in_section_4_3()
    {
        // Ho et al. 2020: 1.78 + 1.97 = 3.75 bits a dimension for the 32·32·3 numbers of CIFAR-10.
        const int Dimension = 3072;
        double bit = Dimension * double.Log(2);
        double[] transitions = [0.5 * bit, 1.27999 * bit];
        VariationalBound bound = new(Dimension, 1e-5 * bit, transitions, 1.97 * bit);
        bound.RateBitsPerDimension.ShouldBeClose(1.78, 1e-14);
        bound.DistortionBitsPerDimension.ShouldBeClose(1.97, 1e-14);
        bound.TotalBitsPerDimension.ShouldBeClose(3.75, 1e-14);
        (bound.Rate, bound.Distortion).Should().Be((bound.Prior + transitions.Sum(), bound.Reconstruction));
        bound.Total.ShouldBeClose(7985.05, 1e-6);
        bound.ToString().Should().Be("rate 1.78 + distortion 1.97 = 3.75 bits/dim");
    }

    [Test]
    public void The_papers_distortion_follows_from_its_error()
    {
        // Section 4.3: 1.97 bits a dimension, "a root mean squared error of 0.95 on a scale from 0 to 255". The paper's
        // code gives the last step the posterior's variance of the step before.
        double variance = Schedule.Linear(1e-4, 0.02, 1000).Posterior(2).Variance;
        double error = 0.95 * 2 / 255;
        double expected = Quadrature(
            z => new Gaussian(0, 1).LogDensity(z),
            z => -DiscreteDecoder.LogProbability(128, new Gaussian(DiscreteDecoder.Value(128) + (error * z), variance))
        );
        VariationalBound.BitsPerDimension(expected, 1).Should().BeApproximately(1.97, 0.02);
    }

    [Test]
    public void The_bound_of_8_bit_data_is_its_entropy_and_the_gap_of_the_steps()
    {
        double[] gaps = [.. new[] { 200, 400 }.Select(Gap)];
        // The left sum of a falling error lies above its integral, half as far with twice the steps.
        gaps.Should().OnlyContain(gap => gap > 0 && gap < 0.5);
        double.Log2(gaps[0] / gaps[1]).Should().BeApproximately(1, 0.1);
    }

    [Test]
    public void In_continuous_time_the_rate_is_what_the_least_noisy_state_says_of_the_data()
    {
        Schedule schedule = Even(100);
        double rate = VariationalBound.ContinuousTime(LeastError, schedule.LogSnr(100), schedule.LogSnr(1), 24);
        double said = Information(schedule[1]) - Information(schedule[100]);
        rate.ShouldBeClose(said, 1e-8);
    }

    // Evenly from 10 to −10 in log-SNR: between the grey levels, and nothing but noise.
    private static Schedule Even(int steps) =>
        Schedule.FromAlphaBars(
            Enumerable.Range(0, steps).Select(i => NoiseLevel.FromLogSnr(10 - (20.0 * i / (steps - 1))).AlphaBar)
        );

    // The bound in bits, less 8, after a check of both of its parts.
    private static double Gap(int steps)
    {
        Schedule schedule = Even(steps);
        double[] errors = [.. Enumerable.Range(1, steps).Select(t => LeastError(schedule[t]))];
        VariationalBound bound = VariationalBound.FromErrors(
            schedule,
            1,
            MeanSquare,
            errors,
            ReverseVariance.FixedSmall,
            Reconstruction(schedule[1], errors[0])
        );
        double unknown = double.Log(256) - Information(schedule[1]);
        bound.Distortion.Should().BeInRange(unknown, unknown + 0.01);
        bound.Rate.Should().BeGreaterThan(Information(schedule[1]));
        bound.Total.ShouldBeClose(bound.Prior + bound.Transitions.Sum() + bound.Reconstruction, 1e-15);
        return bound.TotalBitsPerDimension - 8;
    }

    // E[L₀] of the decoder N(x̂₀(x₁), v).
    private static double Reconstruction(NoiseLevel level, double variance) =>
        Enumerable
            .Range(0, 256)
            .Average(pixel =>
                Quadrature(
                    z => Gaussian.Standard.LogDensity(z),
                    z =>
                    {
                        double x = level.Mix(Pixels[pixel], z);
                        return -DiscreteDecoder.LogProbability(
                            (byte)pixel,
                            new Gaussian(Posterior(level, x).Mean, variance)
                        );
                    }
                )
            );

    // E[(x₀ − E[x₀ | x])²] = E[x₀²] − E[E[x₀ | x]²].
    private static double LeastError(NoiseLevel level) => MeanSquare - OverStates(level, (mean, _) => mean * mean);

    // I(x₀; x) in nats: the entropy of x less that of the noise.
    private static double Information(NoiseLevel level) =>
        OverStates(level, (_, logDensity) => -logDensity) - new Gaussian(0, level.Variance).Entropy;

    private static double OverStates(NoiseLevel level, Func<double, double, double> of)
    {
        double reach = level.Alpha + (9 * level.Sigma);
        int half = (int)double.Ceiling(reach / (0.6 * level.Sigma));
        double step = reach / half;
        double sum = 0;
        for (int i = -half; i <= half; i++)
        {
            (double mean, double logDensity) = Posterior(level, i * step);
            sum += step * double.Exp(logDensity) * of(mean, logDensity);
        }

        return sum;
    }

    // E[x₀ | x] and ln p(x), from the grey levels near enough to matter.
    private static (double Mean, double LogDensity) Posterior(NoiseLevel level, double x)
    {
        double centre = double.Clamp(x / level.Alpha, -1, 1);
        double reach = 10 * level.Sigma / level.Alpha;
        int first = int.Max(0, (int)(((centre - reach) * 127.5) + 127.5));
        int last = int.Min(255, (int)(((centre + reach) * 127.5) + 128.5));
        (double sum, double weighted) = (0, 0);
        double best = (x - (level.Alpha * centre)) / level.Sigma;
        for (int i = first; i <= last; i++)
        {
            double z = (x - (level.Alpha * Pixels[i])) / level.Sigma;
            double weight = double.Exp(((best * best) - (z * z)) / 2);
            sum += weight;
            weighted += weight * Pixels[i];
        }

        double logDensity =
            double.Log(sum / 256) - (best * best / 2) - double.Log(level.Sigma) - (double.Log(2 * double.Pi) / 2);
        return (weighted / sum, logDensity);
    }

    // ∫ exp(logDensity)·of over ±9.
    private static double Quadrature(Func<double, double> logDensity, Func<double, double> of) =>
        Enumerable.Range(-36, 73).Sum(i => 0.25 * double.Exp(logDensity(0.25 * i)) * of(0.25 * i));
}
