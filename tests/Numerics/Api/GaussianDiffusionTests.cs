using Diffusion.Api;
using Diffusion.Math;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class GaussianDiffusionTests
{
    private const double Rounding = 1e-12;
    private const int Steps = 50;
    private static readonly Schedule Schedule = Schedule.Linear(1e-4, 0.2, Steps);
    private static readonly Prediction[] Predictions = [Prediction.Epsilon, Prediction.X0, Prediction.V];

    [Test]
    public void The_marginal_is_the_schedule_s()
    {
        using var process = new GaussianDiffusion(Schedule);
        using var scope = NewDisposeScope();
        var x0 = Data(3);
        var marginal = process.Marginal(x0, tensor(new[] { 1L, 17L, 50L }));
        marginal.Variance.shape.Should().Equal(3, 1, 1, 1);
        for (var b = 0; b < 3; b++)
        {
            var level = Schedule[new[] { 1, 17, 50 }[b]];
            marginal.Variance[b].ToDouble().Should().BeApproximately(level.Variance, Rounding);
            Largest(marginal.Mean[b] - x0[b] * level.Alpha).Should().BeLessThan(Rounding);
        }
    }

    [Test]
    public void Noising_and_the_target_are_those_of_the_mathematics([Range(0, 2)] int which)
    {
        var prediction = Predictions[which];
        using var process = new GaussianDiffusion(Schedule, prediction);
        using var scope = NewDisposeScope();
        var (x0, noise) = (Data(2), randn(2, 1, 4, 4, dtype: ScalarType.Float64));
        var t = tensor(new[] { 5L, 44L });
        var (xt, target) = (process.AddNoise(x0, t, noise), process.Target(x0, t, noise));
        for (var b = 0; b < 2; b++)
        {
            var level = Schedule[(int)t[b].ToInt64()];
            for (var y = 0; y < 4; y++)
            {
                var (clean, random) = (x0[b, 0, y, 1].ToDouble(), noise[b, 0, y, 1].ToDouble());
                xt[b, 0, y, 1].ToDouble().Should().BeApproximately(level.Mix(clean, random), Rounding);
                target[b, 0, y, 1]
                    .ToDouble()
                    .Should()
                    .BeApproximately(prediction.Target(level).Apply(clean, random), Rounding);
            }
        }
    }

    [Test]
    public void The_loss_of_a_network_that_is_off_by_one_is_the_mean_weight()
    {
        var weight = LossWeight.MinSnr(5);
        using var process = new GaussianDiffusion(Schedule, Prediction.V, weight);
        using var scope = NewDisposeScope();
        var (x0, noise) = (Data(2), randn(2, 1, 4, 4, dtype: ScalarType.Float64));
        var t = tensor(new[] { 3L, 30L });
        var loss = process.Loss((_, _) => process.Target(x0, t, noise) + 1, x0, t, noise);
        var expected = (weight.For(Prediction.V, Schedule[3]) + weight.For(Prediction.V, Schedule[30])) / 2;
        loss.ToDouble().Should().BeApproximately(expected, Rounding);
    }

    [Test]
    public void The_network_is_told_times_from_0()
    {
        using var process = new GaussianDiffusion(Schedule);
        using var scope = NewDisposeScope();
        var x0 = Data(2);
        long[] told = [];
        process.Loss(
            (x, t) =>
            {
                told = t.data<long>().ToArray();
                return x;
            },
            x0,
            tensor(new[] { 1L, Steps }),
            zeros_like(x0)
        );
        told.Should().Equal(0, Steps - 1);
    }

    [TestCase(0)]
    [TestCase(Steps + 1)]
    public void Times_outside_the_schedule_are_refused(long t)
    {
        using var process = new GaussianDiffusion(Schedule);
        using var scope = NewDisposeScope();
        var x0 = Data(1);
        FluentActions
            .Invoking(() => process.AddNoise(x0, tensor(new[] { t }), x0))
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage($"*1 … {Steps}*");
    }

    [Test]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using var process = new GaussianDiffusion(Schedule);
        using var scope = NewDisposeScope();
        var x0 = Data(2);
        FluentActions
            .Invoking(() => process.AddNoise(x0, tensor(new[] { 1L }), x0))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*[1]*[2, 1, 4, 4]*");
        FluentActions
            .Invoking(() => process.AddNoise(x0, tensor(new[] { 1L, 2L }), Data(3)))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*[3, 1, 4, 4]*[2, 1, 4, 4]*");
    }

    [Test]
    public void A_reverse_step_is_the_posterior_at_the_denoiser_s_estimate()
    {
        using var process = new GaussianDiffusion(Schedule, Prediction.X0);
        using var scope = NewDisposeScope();
        var (xt, noise) = (Data(2), randn(2, 1, 4, 4, dtype: ScalarType.Float64));
        var posterior = Schedule.Posterior(20);
        var next = process.ReverseStep((x, _) => x * 0.3, xt, 20, noise);
        var x = xt[1, 0, 2, 3].ToDouble();
        var expected =
            posterior.Mean(0.3 * x, x) + posterior.LogVariance.StandardDeviation * noise[1, 0, 2, 3].ToDouble();
        next[1, 0, 2, 3].ToDouble().Should().BeApproximately(expected, Rounding);
    }

    [Test]
    public void The_last_reverse_step_returns_the_estimate_and_adds_no_noise()
    {
        using var process = new GaussianDiffusion(Schedule, Prediction.X0);
        using var scope = NewDisposeScope();
        var xt = Data(2);
        var next = process.ReverseStep((x, _) => x * 0.3, xt, 1, full_like(xt, 1e6));
        Largest(next - xt * 0.3).Should().BeLessThan(Rounding);
    }

    /// <summary>The two loops over one table: on tensors here, on doubles in Diffusion.Math.</summary>
    [FsCheck.NUnit.Property(MaxTest = 60)]
    public void A_plan_gives_the_same_on_tensors_as_on_doubles(byte stepsSeed, byte kind, int seed)
    {
        var steps = 1 + stepsSeed % 12;
        var grid = TimeGrid.Trailing(Schedule, steps);
        var rule = kind % 2 == 0 ? X0Rule.None : X0Rule.Clip(0.8);
        var plan = (kind / 2 % 3) switch
        {
            0 => Samplers.Ddpm(Schedule, grid, ReverseVariance.FixedLarge, rule),
            1 => Samplers.Ddim(Schedule, grid, 0.5, rule),
            _ => Samplers.Ddim(Schedule, grid, 0, rule),
        };
        var prediction = Predictions[kind / 6 % 3];
        var random = new Random(seed);
        double[] Draw() => [.. Enumerable.Range(0, 6).Select(_ => 2 * random.NextDouble() - 1)];
        var start = Draw();
        var draws = Enumerable.Range(0, steps).Select(_ => Draw()).ToArray();

        var expected = plan.Run(
            start,
            prediction,
            (x, at) => [.. x.Select(v => 0.4 * v + 0.01 * at.Time)],
            i => draws[i]
        );
        using var scope = NewDisposeScope();
        var next = 0;
        var actual = PlanSampler.Run(
            plan,
            (x, t) => x * 0.4 + (t.to_type(ScalarType.Float64).unsqueeze(1) + 1) * 0.01,
            prediction,
            tensor(start).reshape(2, 3),
            () => tensor(draws[next++]).reshape(2, 3)
        );
        actual.data<double>().ToArray().Zip(expected).Should().OnlyContain(p => double.Abs(p.First - p.Second) < 1e-9);
    }

    private static readonly (string Name, Func<LevelGrid, SamplingPlan> Sampler)[] OtherPlans =
    [
        ("dynamic threshold", grid => Samplers.Ddim(grid, 0.5, X0Rule.DynamicThreshold(0.8, 1.3))),
        ("kept noise", grid => Samplers.Ddim(grid, 0.5, X0Rule.Clip(0.3), keepNoise: true)),
        ("learned", grid => Samplers.Ddpm(grid, ReverseVariance.Learned)),
        ("learned range", grid => Samplers.Ddpm(grid, ReverseVariance.LearnedRange, X0Rule.Clip())),
        ("Heun", grid => Samplers.Heun(grid)),
        ("PLMS", grid => Samplers.Plms(grid)),
        ("UniPC", grid => Samplers.UniPc(grid, 3)),
        ("SDE-DPM-Solver++", grid => Samplers.DpmSolverMultistep(grid, 2, DpmSolverKind.SdePlusPlus)),
    ];

    /// <summary>
    /// The same for what the first samplers don't use: history, rules on a whole sample, learned variances.
    /// </summary>
    [Test]
    public void Every_hook_of_a_plan_is_the_same_on_tensors_as_on_doubles([Range(0, 7)] int which)
    {
        var plan = OtherPlans[which].Sampler(LevelGrid.Of(Schedule, TimeGrid.Trailing(Schedule, 6)));
        var random = new Random(which);
        double[] Draw() => [.. Enumerable.Range(0, 8).Select(_ => 4 * random.NextDouble() - 2)];
        var start = Draw();
        var draws = Enumerable.Range(0, plan.Steps.Length).Select(_ => Draw()).ToArray();

        // Two samples of four numbers; the doubles take one after the other.
        double Answer(double v, double time) => 0.4 * v + 0.01 * time;
        double Second(double v) => 0.3 + 0.1 * v * v;
        double[] Expected(int first) =>
            plan.Run(
                start[first..(first + 4)],
                Prediction.Epsilon,
                (x, at) => [.. x.Select(v => Answer(v, at.Time)), .. plan.LearnsVariance ? x.Select(Second) : []],
                i => draws[i][first..(first + 4)]
            );
        using var scope = NewDisposeScope();
        var next = plan
            .Steps.Select((step, i) => (step, i))
            .Where(row => row.step.Noise > 0)
            .Select(row => row.i)
            .GetEnumerator();
        var actual = PlanSampler.Run(
            plan,
            (x, t) =>
            {
                var answer = x * 0.4 + (t.to_type(ScalarType.Float64).reshape(2, 1, 1, 1) + 1) * 0.01;
                return plan.LearnsVariance ? cat([answer, x * x * 0.1 + 0.3], 1) : answer;
            },
            Prediction.Epsilon,
            tensor(start).reshape(2, 2, 2, 1),
            () =>
                next.MoveNext()
                    ? tensor(draws[next.Current]).reshape(2, 2, 2, 1)
                    : throw new InvalidOperationException()
        );
        actual
            .data<double>()
            .ToArray()
            .Zip([.. Expected(0), .. Expected(4)])
            .Should()
            .OnlyContain(p => double.Abs(p.First - p.Second) < 1e-9);
    }

    [Test]
    public void A_sample_does_not_depend_on_its_batch()
    {
        using var process = new GaussianDiffusion(Schedule, Prediction.X0);
        using var scope = NewDisposeScope();
        var plan = Samplers.Ddpm(Schedule, TimeGrid.Trailing(Schedule, 5));
        Tensor Sample(int count, long first) =>
            process.Sample((x, _) => x * 0.5, plan, count, [1, 4, 4], seed: 9, first);
        var whole = Sample(4, 0);
        var parts = cat([Sample(1, 0), Sample(3, 1)]);
        whole.Equals(parts).Should().BeTrue();
        whole[0].Equals(whole[1]).Should().BeFalse("samples differ from each other");
    }

    [Test]
    public void A_flow_s_network_is_told_its_own_times()
    {
        var plan = Samplers.Euler(LevelGrid.AtTimes(NoiseCurve.RectifiedFlow, 0.75, 0.5));
        var told = new List<double>();
        using var scope = NewDisposeScope();
        PlanSampler.Run(
            plan,
            (x, time) =>
            {
                told.AddRange(time.data<double>().ToArray());
                return x * 0.5;
            },
            Prediction.X0,
            zeros(1, 1, dtype: ScalarType.Float64),
            () => throw new InvalidOperationException("there is no noise in it"),
            networkTime: (time, batch, _) => full([batch], time, ScalarType.Float64)
        );
        told.Should().Equal(0.75, 0.5);
    }

    [TestCase(-1)]
    [TestCase(1e-9)]
    public void A_learned_variance_below_the_least_that_can_be_right_is_that_one(double answer)
    {
        var grid = LevelGrid.Of(Schedule, TimeGrid.Trailing(Schedule, 3));
        using var scope = NewDisposeScope();
        var draws = Enumerable.Range(0, 3).Select(_ => randn_like(Data(1))).ToArray();
        var learned = Run(ReverseVariance.Learned, (x, _) => cat([x, full_like(x, answer)], 1));
        learned.sub(Run(ReverseVariance.FixedSmall, (x, _) => x)).abs().max().ToDouble().Should().BeLessThan(1e-6);

        Tensor Run(ReverseVariance variance, Func<Tensor, Tensor, Tensor> network)
        {
            var next = 0;
            return PlanSampler.Run(
                Samplers.Ddpm(grid, variance),
                network,
                Prediction.X0,
                Data(1),
                () => draws[next++].clone()
            );
        }
    }

    [Test]
    public void Noise_is_normal_and_fresh_at_every_call()
    {
        using var scope = NewDisposeScope();
        using var noise = new SampleNoise(seed: 11, count: 4);
        var (first, second) = (noise.Next([50_000], CPU), noise.Next([50_000], CPU));
        first.Equals(second).Should().BeFalse();
        foreach (var draw in new[] { first, second })
        {
            // Of 200,000 draws: six standard errors each, so that one run in 10⁸ would fail if the seed were not fixed.
            draw.mean().ToDouble().Should().BeApproximately(0, 6 / double.Sqrt(200_000));
            draw.square().mean().ToDouble().Should().BeApproximately(1, 6 * double.Sqrt(2 / 200_000.0));
            draw.pow(4).mean().ToDouble().Should().BeApproximately(3, 6 * double.Sqrt(96 / 200_000.0));
        }
    }

    [Test]
    public void A_long_run_of_a_plan_leaves_nothing_behind()
    {
        using var process = new GaussianDiffusion(Schedule, Prediction.X0);
        var plan = Samplers.Ddpm(Schedule, TimeGrid.Full(Schedule), x0Rule: X0Rule.Clip());
        using (process.Sample((x, _) => x * 0.5, plan, 2, [1, 4, 4], seed: 1)) { }
        var before = LiveTensors.Count();
        using (process.Sample((x, _) => x * 0.5, plan, 2, [1, 4, 4], seed: 2)) { }
        Tensor.TotalCount.Should().Be(before);
    }

    [Test]
    public void Cancelling_ends_a_run()
    {
        using var process = new GaussianDiffusion(Schedule, Prediction.X0);
        using var source = new CancellationTokenSource();
        var plan = Samplers.Ddim(Schedule, TimeGrid.Trailing(Schedule, 10));
        var steps = 0;
        FluentActions
            .Invoking(() =>
                process.Sample(
                    (x, _) => x * 0.5,
                    plan,
                    1,
                    [1, 4, 4],
                    seed: 1,
                    onStep: (done, _) =>
                    {
                        steps = done;
                        if (done == 3)
                            source.Cancel();
                    },
                    cancel: source.Token
                )
            )
            .Should()
            .Throw<OperationCanceledException>();
        steps.Should().Be(3);
    }

    private static Tensor Data(int batch) =>
        linspace(-1, 1, batch * 16, dtype: ScalarType.Float64).reshape(batch, 1, 4, 4);

    private static double Largest(Tensor difference) => difference.abs().max().ToDouble();
}
