using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using MathNet.Numerics.Distributions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// Noising step by step with drawn noise against the closed form, as whole distributions. The bound is that of
/// Dvoretzky, Kiefer, Wolfowitz and Massart: for the right distribution the greatest distance between the empirical and
/// the true cumulative distribution passes √(ln(2/a)/2n) with probability at most a = 1e-9. The seeds are fixed, so
/// that the tests never fail by chance.
/// </summary>
public sealed class ForwardProcessTests
{
    private const int Count = 100_000;
    private const double FalseAlarm = 1e-9;
    private const double X0 = 0.8;

    private static readonly Schedule Noising = Schedule.Linear(1e-3, 0.2, 40);

    [TestCase(1, 11)]
    [TestCase(20, 12)]
    [TestCase(40, 13)]
    public void Iterated_noising_has_the_closed_form_distribution(int last, int seed)
    {
        double[] states = Iterated(last, new Draws(seed));
        Distance(states, Noising.Marginal(last).At(X0)).Should().BeLessThan(Bound);
    }

    [Test]
    public void The_bound_tells_neighbouring_times_apart()
    {
        double[] states = Iterated(20, new Draws(14));
        Distance(states, Noising.Marginal(19).At(X0)).Should().BeGreaterThan(Bound);
        Distance(states, Noising.Marginal(21).At(X0)).Should().BeGreaterThan(Bound);
    }

    [Test]
    public void One_draw_from_the_closed_form_continues_as_the_chain_does()
    {
        Draws draws = new(15);
        LinearGaussian kernel = Noising.Kernel(10, 30);
        double[] states = draws.Normals(Count);
        for (int i = 0; i < Count; i++)
        {
            double earlier = Noising[10].Mix(X0, states[i]);
            states[i] = (kernel.Scale * earlier) + (double.Sqrt(kernel.Variance) * draws.Normal());
        }

        Distance(states, Noising.Marginal(30).At(X0)).Should().BeLessThan(Bound);
    }

    [Test]
    public void Ancestral_sampling_with_x0_known_runs_the_chain_backwards()
    {
        // With the exact x₀ as its answer every state on the way has the forward process's own distribution.
        Draws draws = new(16);
        SamplingPlan plan = Samplers.Ddpm(Noising, TimeGrid.Explicit(40, 25, 12, 0));
        double[] start = [.. draws.Normals(Count).Select(noise => Noising[40].Mix(X0, noise))];
        double[][] states =
        [
            .. plan.Trajectory(
                start,
                Prediction.X0,
                (x, _) => [.. Enumerable.Repeat(X0, x.Length)],
                _ => draws.Normals(Count)
            ),
        ];
        Distance(states[0], Noising.Marginal(25).At(X0)).Should().BeLessThan(Bound);
        Distance(states[1], Noising.Marginal(12).At(X0)).Should().BeLessThan(Bound);
        states[2].Should().OnlyContain(value => value == X0);
    }

    private static double Bound => double.Sqrt(double.Log(2 / FalseAlarm) / (2 * Count));

    private static double[] Iterated(int last, Draws draws)
    {
        double[] states = new double[Count];
        Array.Fill(states, X0);
        for (int t = 1; t <= last; t++)
        {
            double keep = double.Sqrt(Noising.Alpha(t));
            double spread = double.Sqrt(Noising.Beta(t));
            for (int i = 0; i < Count; i++)
            {
                states[i] = (keep * states[i]) + (spread * draws.Normal());
            }
        }

        return states;
    }

    private static double Distance(double[] sample, Gaussian expected)
    {
        double[] sorted = [.. sample.Order()];
        double distance = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            double probability = Normal.CDF(expected.Mean, double.Sqrt(expected.Variance), sorted[i]);
            distance = double.Max(distance, double.Abs(probability - ((double)i / sorted.Length)));
            distance = double.Max(distance, double.Abs(probability - ((i + 1.0) / sorted.Length)));
        }

        return distance;
    }
}
