using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// The loop that runs plans on numbers: several at a time, and what the network and the noise are asked for.
/// </summary>
public sealed class PlanLoopTests
{
    private static readonly NoiseLevel High = NoiseLevel.FromAlphaSigma(0.6, 0.8);
    private static readonly NoiseLevel Low = NoiseLevel.FromAlphaSigma(0.8, 0.6);

    [ForAllGrids]
    public void A_number_does_not_depend_on_those_beside_it(LevelGridCase @case, byte count, int seed)
    {
        int n = 1 + (count % 23);
        LevelGrid grid = @case.On(LevelGridCase.Curves[0]);
        double[] start = new Draws(seed).Normals(n);
        double[] noise(int row) => new Draws(seed + row + 1).Normals(n);
        foreach (SamplingPlan plan in new[] { Samplers.Ddim(grid, 0.5, X0Rule.Clip()), Samplers.UniPc(grid, 3) })
        {
            double[] whole = plan.Run(start, Prediction.V, Network, noise);
            for (int i = 0; i < n; i++)
            {
                double[] alone = plan.Run([start[i]], Prediction.V, Network, row => [noise(row)[i]]);
                // To the last bit: the vectorised loop rounds as the plain one.
                alone[0].Should().Be(whole[i]);
            }
        }

        static double[] Network(double[] x, Evaluation at) => [.. x.Select(value => double.Sin(value + at.Time))];
    }

    [Test]
    public void A_row_without_a_term_leads_to_zero_whatever_was_there_before()
    {
        SamplingStep keep = new(High, High, new Evaluation(High, 1), [1], [0], 0);
        SamplingStep forget = new(High, Low, new Evaluation(High, 1), [0], [0], 0);
        SamplingPlan plan = new("forgetful", Prediction.X0, X0Rule.None, [keep, keep, keep, forget], false);
        plan.Run([3, 4, 5], Prediction.X0, (x, _) => x, _ => []).Should().Equal(0, 0, 0);
    }

    [Test]
    public void Raw_outputs_are_kept_for_the_rows_that_use_them()
    {
        // x̂₀ = 2 is clipped to 1, but the raw answer isn't; only the last row looks at it.
        SamplingStep first = new(High, High, new Evaluation(High, 1), [0], [1], 0);
        SamplingStep last = new(High, Low, new Evaluation(High, 1), [1], [10], 0, [100]);
        SamplingPlan plan = new("raw", Prediction.X0, X0Rule.Clip(), [first, last], false);
        plan.Run([7], Prediction.X0, (_, _) => [2], _ => []).Should().Equal(1 + 10 + 200);
    }

    [Test]
    public void A_number_that_is_not_finite_is_found_wherever_it_stands([Range(0, 18)] int place)
    {
        SamplingPlan plan = Samplers.Ddim(LevelGrid.Of(Schedule.Cosine(20), TimeGrid.Trailing(20, 2)));
        foreach (double wrong in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            double[] answer = [.. Enumerable.Range(0, 19).Select(i => i == place ? wrong : 1.0)];
            FluentActions
                .Invoking(() => plan.Run(new double[19], Prediction.X0, (_, _) => answer, _ => []))
                .Should()
                .Throw<ArgumentException>()
                .WithMessage("model gave * in step 1; every number must be finite.*");
        }
    }

    [Test]
    public void Noise_is_asked_for_once_a_noisy_row_and_each_time_for_another()
    {
        LevelGrid grid = LevelGrid.Of(Schedule.Cosine(20), TimeGrid.Trailing(20, 5));
        List<int> asked = [];
        Samplers.Ddpm(grid).Run([1], Prediction.X0, (_, _) => [0], Ask);
        asked.Should().Equal(0, 1, 2, 3);
        asked.Clear();
        Samplers.Ddim(grid).Run([1], Prediction.X0, (_, _) => [0], Ask);
        asked.Should().BeEmpty();

        double[] Ask(int row)
        {
            asked.Add(row);
            return [0];
        }
    }

    [ForAllGrids]
    public void A_network_may_change_the_array_it_gets_and_answer_with_it(LevelGridCase @case, int seed)
    {
        LevelGrid grid = @case.On(LevelGridCase.Curves[0]);
        double[] start = new Draws(seed).Normals(7);
        double[] noise(int row) => new Draws(seed + row + 1).Normals(7);
        foreach (SamplingPlan plan in new[] { Samplers.Ddim(grid, 0.5, X0Rule.Clip()), Samplers.UniPc(grid, 3) })
        {
            double[][] run(Func<double[], Evaluation, double[]> network) =>
                [.. plan.Trajectory(start, Prediction.V, network, noise)];
            double[][] expected = run((x, at) => [.. x.Select(value => double.Sin(value + at.Time))]);
            double[][] changed = run(
                (x, at) =>
                {
                    double[] answer = [.. x.Select(value => double.Sin(value + at.Time))];
                    Array.Fill(x, double.NaN);
                    return answer;
                }
            );
            double[][] inPlace = run(
                (x, at) =>
                {
                    foreach (ref double value in x.AsSpan())
                    {
                        value = double.Sin(value + at.Time);
                    }

                    return x;
                }
            );
            changed.Should().BeEquivalentTo(expected, exactly => exactly.WithStrictOrdering());
            inPlace.Should().BeEquivalentTo(expected, exactly => exactly.WithStrictOrdering());
        }
    }

    [Test]
    public void The_network_gets_the_state_in_one_array_that_is_not_the_callers()
    {
        LevelGrid grid = LevelGrid.Of(Schedule.Cosine(20), TimeGrid.Trailing(20, 5));
        double[] start = [0.5, -1];
        List<double[]> arrays = [];
        List<double> seen = [];
        double[][] states =
        [
            .. Samplers
                .Ddim(grid)
                .Trajectory(
                    start,
                    Prediction.X0,
                    (x, _) =>
                    {
                        arrays.Add(x);
                        seen.AddRange(x);
                        return [0.2, 0.1];
                    },
                    _ => []
                ),
        ];
        seen.Should().Equal([.. start, .. states[..^1].SelectMany(state => state)]);
        arrays.Distinct().Should().ContainSingle().Which.Should().NotBeSameAs(start);
        states.Should().NotContain(state => ReferenceEquals(state, arrays[0]));
    }

    [Test]
    public void Raw_outputs_are_those_before_the_rule()
    {
        SamplingStep step = new(High, Low, new Evaluation(High, 1), [0], [1], 0, rawOutputs: [100]);
        SamplingPlan plan = new("raw", Prediction.X0, X0Rule.Clip(), [step], false);
        plan.Run([0], Prediction.X0, (_, _) => [3], _ => [])[0].Should().Be(1 + 300);
    }

    [Test]
    public void A_learned_variance_stands_behind_the_prediction()
    {
        SamplingStep step = new(High, Low, new Evaluation(High, 1), [0], [1], 2, learned: ReverseVariance.Learned);
        SamplingPlan plan = new("learned", Prediction.X0, X0Rule.None, [step], false);
        plan.LearnsVariance.Should().BeTrue();
        double[] end = plan.Run([0, 0], Prediction.X0, (_, _) => [10, 20, 9, 16], _ => [1, -1]);
        end.Should().Equal(10 + (2 * 3), 20 - (2 * 4));
        FluentActions
            .Invoking(() => plan.Run([0, 0], Prediction.X0, (_, _) => [10, 20], _ => [1, 1]))
            .Should()
            .ThrowExactly<ArgumentException>()
            .WithMessage("model gave 2 numbers in step 1, but must give 4.*");
    }

    [Test]
    public void Steps_differ_by_their_raw_outputs_and_their_learned_variance()
    {
        SamplingStep step = new(High, Low, new Evaluation(High, 1), [0], [1], 0);
        step.Should().NotBe(new SamplingStep(High, Low, new Evaluation(High, 1), [0], [1], 0, [2]));
        step.Should()
            .NotBe(new SamplingStep(High, Low, new Evaluation(High, 1), [0], [1], 0, learned: ReverseVariance.Learned));
    }

    [Test]
    public void A_first_state_that_is_not_finite_is_refused()
    {
        SamplingPlan plan = Samplers.Heun(LevelGrid.Karras(NoiseCurve.VarianceExploding, 4, 0.1, 10));
        foreach (double bad in new[] { double.NaN, double.PositiveInfinity })
        {
            BadInput.ShouldThrow<ArgumentOutOfRangeException>(
                () => plan.Run([1, bad], Prediction.Epsilon, (_, _) => [0, 0], _ => [0, 0]),
                "start[1]",
                ["finite"]
            );
            BadInput.ShouldThrow<ArgumentOutOfRangeException>(
                () => plan.Trajectory([1, 2, 3, 4, bad], Prediction.Epsilon, (x, _) => x, _ => []),
                "start[4]",
                ["finite"]
            );
        }
    }

    [TestCase(1e308, 1e308)]
    [TestCase(1e308, -1e308)]
    [TestCase(-1e308, 1e308)]
    public void A_state_or_an_estimate_beyond_double_is_refused_with_its_step(double start, double answer)
    {
        Schedule schedule = Schedule.Linear(1e-4, 0.02, 1000);
        foreach (X0Rule rule in new[] { X0Rule.None, X0Rule.Clip(), X0Rule.DynamicThreshold(1, 2) })
        {
            SamplingPlan plan = Samplers.Ddim(LevelGrid.Of(schedule, TimeGrid.Trailing(schedule, 10)), 0, rule);
            FluentActions
                .Invoking(() => plan.Run([start, 0], Prediction.Epsilon, (_, _) => [answer, 0], _ => []))
                .Should()
                .ThrowExactly<InvalidOperationException>()
                .WithMessage("In step 1 of the plan \"DDIM*range of double*");
        }
    }

    [Test]
    public void What_is_mixed_of_numbers_that_are_not_finite_is_refused_by_name()
    {
        NoiseLevel level = NoiseLevel.FromAlphaSigma(0.6, 0.8);
        Posterior posterior = Posterior.Between(level, NoiseLevel.FromAlphaSigma(0.8, 0.6));
        PredictionMap map = Prediction.V.To(Prediction.X0, level);
        TrainingTarget target = Prediction.FlowVelocity.Target(level);
        double[] bads = [double.NaN, double.PositiveInfinity];
        foreach (double bad in bads)
        {
            BadInput.ShouldThrow<ArgumentOutOfRangeException>(() => level.Mix(bad, 0), "x0", ["finite"]);
            BadInput.ShouldThrow<ArgumentOutOfRangeException>(() => level.Mix(0, bad), "noise", ["finite"]);
            BadInput.ShouldThrow<ArgumentOutOfRangeException>(() => posterior.Mean(0, -bad), "xt", ["finite"]);
            BadInput.ShouldThrow<ArgumentOutOfRangeException>(() => posterior.At(bad, -bad), "x0", ["finite"]);
            BadInput.ShouldThrow<ArgumentOutOfRangeException>(
                () => posterior.MeanFromEpsilon(0, bad),
                "epsilon",
                ["finite"]
            );
            BadInput.ShouldThrow<ArgumentOutOfRangeException>(() => map.Apply(1, bad), "output", ["finite"]);
            BadInput.ShouldThrow<ArgumentOutOfRangeException>(() => target.Apply(1, bad), "noise", ["finite"]);
        }

        BadInput.ShouldThrow<ArgumentException>(() => target.Apply(1e308, -1e308), "x0", ["1E+308", "range of double"]);
    }
}
