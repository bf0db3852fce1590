using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// Inpainting of a pair of normal numbers, variance 1 and correlation ρ, of which the first is known to be y: the other
/// is N(ρ·y, 1 − ρ²). Every step is linear, so the loop itself propagates the moments: the state holds one column for the
/// mean and one for each draw of noise.
/// </summary>
public sealed class ResamplingTests
{
    private const double Correlation = 0.8;
    private const double Conditional = 1 - (Correlation * Correlation);
    private const double Known = 1.5;
    private static readonly Schedule Schedule = Schedule.Cosine(1000);

    [TestCase(10, 1, 1)]
    [TestCase(10, 1, 4)]
    [TestCase(12, 3, 3)]
    [TestCase(13, 5, 2)]
    public void The_plan_and_the_guided_denoiser_are_repaint_s_algorithm(int steps, int jump, int times)
    {
        LevelGrid grid = LevelGrid.Of(Schedule, TimeGrid.Trailing(Schedule, steps));
        Gaussian actual = Inpainted(Samplers.Resampling(Samplers.Ddpm(grid), jump, times));
        Gaussian expected = Repaint(grid, jump, times);
        actual.Mean.ShouldBeClose(expected.Mean, 1e-12);
        actual.Variance.ShouldBeClose(expected.Variance, 1e-12);
    }

    [Test]
    public void A_given_start_is_kept()
    {
        SamplingPlan plan = Samplers.Ddpm(LevelGrid.Of(Schedule, TimeGrid.Trailing(Schedule, 5))).StartingWith(0.7);
        Samplers.Resampling(plan, 1, 2).StartDeviation.Should().Be(0.7);
        Samplers.Resampling(plan, 1, 1).StartDeviation.Should().Be(0.7);
    }

    [TestCase(1)]
    [TestCase(10)]
    public void More_resampling_comes_closer_to_the_conditional_distribution(int jump)
    {
        // By the moments alone, which the test above shows to be the plan's.
        LevelGrid grid = LevelGrid.Of(Schedule, TimeGrid.Full(Schedule));
        Gaussian[] results = [.. new[] { 1, 2, 4, 8, 16 }.Select(times => Repaint(grid, jump, times))];
        double[] means = [.. results.Select(result => double.Abs(result.Mean - (Correlation * Known)))];
        double[] variances = [.. results.Select(result => double.Abs(result.Variance - Conditional))];
        for (int i = 1; i < results.Length; i++)
        {
            means[i].Should().BeLessThan(0.6 * means[i - 1]);
            variances[i].Should().BeLessThan(0.6 * variances[i - 1]);
        }

        means[^1].Should().BeLessThan(0.03);
        variances[^1].Should().BeLessThan(0.002);
    }

    [Test]
    public void Replacement_alone_has_a_known_gap()
    {
        // The limit of many ancestral steps, where the noise of the known part averages out. With u = σ²/α² and
        // P = (1 + u)² − ρ² the mean follows dm/du = ((1 + u)·m − ρ·y)/P and the variance dV/du = 2(1 + u)·V/P − 1,
        // which lead to m = y·(1 − √(1 − ρ²))/ρ and V = (1 − ρ²)·artanh(ρ)/ρ in place of ρ·y and 1 − ρ².
        double mean = Known * (1 - double.Sqrt(Conditional)) / Correlation;
        double variance = Conditional * double.Atanh(Correlation) / Correlation;
        (double Mean, double Variance) error(int steps)
        {
            Gaussian result = Inpainted(Samplers.Ddpm(LevelGrid.Of(Schedule, TimeGrid.Trailing(Schedule, steps))));
            return (double.Abs(result.Mean - mean), double.Abs(result.Variance - variance));
        }
        (double Mean, double Variance) coarse = error(50);
        (double Mean, double Variance) fine = error(200);
        (coarse.Mean / fine.Mean).Should().BeInRange(3, 5, "the error is of first order");
        (coarse.Variance / fine.Variance).Should().BeInRange(3, 5, "the error is of first order");
        fine.Mean.Should().BeLessThan(0.005);
        fine.Variance.Should().BeLessThan(0.02);
        (double.Abs(mean - (Correlation * Known)) + double.Abs(variance - Conditional)).Should().BeGreaterThan(0.5);
    }

    [Test]
    public void A_known_part_is_kept_to_the_last_digit()
    {
        Draws draws = new(2);
        LevelGrid grid = LevelGrid.Of(Schedule, TimeGrid.Trailing(Schedule, 20));
        foreach (
            SamplingPlan plan in new[]
            {
                Samplers.Ddpm(grid),
                Samplers.DpmSolverMultistep(grid, 2),
                Samplers.UniPc(grid),
                Samplers.Resampling(Samplers.Ddpm(grid), 4, 3),
            }
        )
        {
            double[] end = plan.Run(
                [0.3, -0.4],
                Prediction.V,
                Guidance.Inpainting(
                    GaussianMixture.Of((1, new Gaussian(0.2, 0.1))).Denoiser(Prediction.V),
                    Prediction.V,
                    [0.9, 0],
                    [true, false],
                    () => draws.Normals(2)
                ),
                _ => draws.Normals(2)
            );
            end[0].ShouldBeClose(0.9, 1e-14);
        }
    }

    [TestCase(6, 2, 3, "6 5 4 6 5 4 6 5 4 3 2 4 3 2 4 3 2 1 0")]
    [TestCase(4, 1, 2, "4 3 4 3 2 3 2 1 2 1 0")]
    [TestCase(5, 4, 2, "5 4 3 2 1 0")]
    [TestCase(4, 3, 1, "4 3 2 1 0")]
    [TestCase(5, 2, 2, "5 4 3 2 4 3 2 1 0")]
    public void Jumps_go_back_at_every_multiple_of_their_length(int steps, int jump, int times, string path)
    {
        Schedule schedule = Schedule.Linear(0.1, 0.2, steps);
        SamplingPlan plan = Samplers.Resampling(Samplers.Ddpm(schedule, TimeGrid.Full(schedule)), jump, times);
        NoiseLevel[] levels = [.. Enumerable.Range(0, steps + 1).Select(t => schedule[t])];
        string.Join(' ', plan.Steps.Select(step => Array.IndexOf(levels, step.To)).Prepend(steps)).Should().Be(path);
        plan.KeepsMarginals.Should().BeTrue("forward rows keep them too");
        plan.NetworkCalls.Should().Be(plan.Steps.Count(step => step.To.Snr > step.From.Snr));
    }

    [Test]
    public void Bad_arguments_are_refused()
    {
        LevelGrid grid = LevelGrid.Of(Schedule, TimeGrid.Trailing(Schedule, 5));
        FluentActions
            .Invoking(() => Samplers.Resampling(null!, 1, 2))
            .Should()
            .Throw<ArgumentNullException>()
            .WithParameterName("plan");
        FluentActions
            .Invoking(() => Samplers.Resampling(Samplers.Ddpm(grid), 0, 2))
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage("jumpLength must be in 1..4, but is 0.*");
        FluentActions
            .Invoking(() => Samplers.Resampling(Samplers.Ddpm(grid), 5, 2))
            .Should()
            .Throw<ArgumentOutOfRangeException>();
        FluentActions
            .Invoking(() => Samplers.Resampling(Samplers.Ddpm(grid), 1, 0))
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage("resamplings must be at least 1, but is 0.*");
        SamplingPlan resampled = Samplers.Resampling(Samplers.Ddpm(grid), 2, 2);
        // The last has rows that call no network.
        foreach (SamplingPlan plan in new[] { Samplers.Heun(grid), Samplers.DpmSolverMultistep(grid, 2), resampled })
        {
            FluentActions
                .Invoking(() => Samplers.Resampling(plan, 1, 2))
                .Should()
                .Throw<ArgumentException>()
                .WithMessage($"*\"{plan.Name}\" uses more; take Ddpm or Ddim.*");
        }
    }

    // Columns of pairs: the first half of the state is the known number's, the second the other's.
    private static Gaussian Inpainted(SamplingPlan plan)
    {
        int columns = 2 + plan.NetworkCalls + (2 * plan.Steps.Count(step => step.Noise > 0)) + 1;
        int next = 1;
        double[] known = new double[2 * columns];
        known[0] = Known;
        double[] pair()
        {
            double[] draw = new double[2 * columns];
            draw[next++] = 1;
            draw[columns + next++] = 1;
            return draw;
        }
        Func<double[], Evaluation, double[]> denoiser = Guidance.Inpainting(
            Denoised,
            Prediction.X0,
            known,
            [.. Enumerable.Range(0, 2 * columns).Select(i => i < columns)],
            () =>
            {
                double[] draw = new double[2 * columns];
                draw[next++] = 1;
                return draw;
            }
        );
        double[] end = plan.Run(pair(), Prediction.X0, denoiser, _ => pair());
        return new Gaussian(end[columns], end.Skip(columns + 1).Sum(value => value * value));
    }

    // E[x₀ | x_t]: both diagonals of the pair are independent, with variances 1 + ρ and 1 − ρ.
    private static double[] Denoised(double[] state, Evaluation at)
    {
        (double own, double other) = Gains(at.Level);
        int columns = state.Length / 2;
        return
        [
            .. state.Select((value, i) => (own * value) + (other * state[i < columns ? i + columns : i - columns])),
        ];
    }

    private static (double Own, double Other) Gains(NoiseLevel level)
    {
        double gain(double variance) =>
            level.Alpha * variance / ((level.Alpha * level.Alpha * variance) + level.Variance);
        double sum = gain(1 + Correlation);
        double difference = gain(1 - Correlation);
        return ((sum + difference) / 2, (sum - difference) / 2);
    }

    // Lugmayr et al. 2022, algorithm 1, on the mean and the covariance of the pair (known, unknown).
    private static Gaussian Repaint(LevelGrid grid, int jump, int times)
    {
        // The algorithm starts at noise alone; here the network is shown y in the first state too, as faint as it is.
        double[] mean = [grid.Start.Alpha * Known, 0];
        double[,] covariance =
        {
            { grid.Start.Variance, 0 },
            { 0, 1 },
        };
        List<int> path = Expected(grid.Count, jump, times);
        for (int i = 1; i < path.Count; i++)
        {
            NoiseLevel from = grid.Points[grid.Count - path[i - 1]].Level;
            NoiseLevel to = grid.Points[grid.Count - path[i]].Level;
            if (path[i] > path[i - 1])
            {
                double scale = to.Alpha / from.Alpha;
                Map(scale, 0, scale, to.Variance - (scale * scale * from.Variance));
                continue;
            }

            Posterior posterior = Posterior.Between(from, to);
            (double own, double other) = Gains(from);
            double straight = (posterior.X0Coefficient * own) + posterior.XtCoefficient;
            Map(straight, posterior.X0Coefficient * other, straight, posterior.Variance);
            mean[0] = to.Alpha * Known;
            covariance[0, 0] = to.Variance;
            covariance[0, 1] = covariance[1, 0] = 0;
        }

        return new Gaussian(mean[1], covariance[1, 1]);

        void Map(double first, double cross, double second, double noise)
        {
            double[,] m =
            {
                { first, cross },
                { cross, second },
            };
            double[] moved = new double[2];
            double[,] spread = new double[2, 2];
            for (int a = 0; a < 2; a++)
            {
                for (int b = 0; b < 2; b++)
                {
                    moved[a] += m[a, b] * mean[b];
                    for (int c = 0; c < 2; c++)
                    {
                        for (int d = 0; d < 2; d++)
                        {
                            spread[a, b] += m[a, c] * covariance[c, d] * m[b, d];
                        }
                    }
                }

                spread[a, a] += noise;
            }

            mean = moved;
            covariance = spread;
        }
    }

    // The times of the paper's schedule of jumps, without the one from 0.
    private static List<int> Expected(int steps, int jump, int times)
    {
        Dictionary<int, int> jumps = [];
        for (int t = jump; t <= steps - jump; t += jump)
        {
            jumps[t] = times - 1;
        }

        List<int> path = [steps];
        int now = steps;
        while (now > 0)
        {
            path.Add(--now);
            if (jumps.GetValueOrDefault(now) > 0)
            {
                jumps[now]--;
                now += jump;
                path.Add(now);
            }
        }

        return path;
    }
}
