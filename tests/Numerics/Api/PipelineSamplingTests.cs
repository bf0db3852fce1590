using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>Which sampler a pipeline draws with, of which classes, and from which noise.</summary>
public class PipelineSamplingTests
{
    private static readonly UNet2DConfig Small = TinySetup.Network with { Dropout = 0 };

    private static Pipeline Of(UNet2DConfig network, SchedulerConfig? scheduler = null) =>
        new(new UNet2D(network), scheduler ?? TinySetup.Scheduler);

    private static IEnumerable<string> SamplerNames => SamplerCatalogue.Names;

    [TestCaseSource(nameof(SamplerNames))]
    public void Every_sampler_is_one_argument(string sampler)
    {
        using var pipeline = Of(Small);
        foreach (var grid in SamplerCatalogue.Grids.Append(null))
        {
            var plan = pipeline.Plan(6, sampler, grid);
            plan.Steps[^1].To.Should().Be(NoiseLevel.Clean, grid);
            plan.NetworkCalls.Should().BeInRange(6, 18, grid);
            plan.X0Rule.Should().Be(X0Rule.Clip(), grid);
        }
        using var images = pipeline.Sample(2, 4, seed: 1, sampler);
        images.shape.Should().Equal(2, 1, 8, 8);
        images.isfinite().all().ToBoolean().Should().BeTrue();
        using var own = pipeline.Sample(pipeline.Plan(4, sampler), 2, seed: 1);
        images.Equals(own).Should().BeTrue();
        SamplerCatalogue.Find(sampler).ToString().Should().StartWith(sampler + ": ");
    }

    [TestCase("dpm++2m", 50)]
    [TestCase("dpm++3m", 50)]
    [TestCase("ddim", 50)]
    [TestCase("ddpm", 50)]
    [TestCase("unipc", 50)]
    public void As_many_steps_as_network_calls(string sampler, int steps)
    {
        using var pipeline = Of(Small);
        var plan = pipeline.Plan(steps, sampler);
        var calls = 0;
        using var noise = new SampleNoise(1, 2);
        using var start = noise.Next([1, 8, 8], CPU);
        using var images = PlanSampler.Run(plan, Network, Prediction.V, start, () => noise.Next([1, 8, 8], CPU));
        calls.Should().Be(steps);
        plan.NetworkCalls.Should().Be(steps);

        Tensor Network(Tensor x, Tensor time)
        {
            calls++;
            return x * 0.5;
        }
    }

    [Test]
    public void The_larger_variance_is_one_argument_whatever_the_folder_says()
    {
        using var pipeline = Of(Small);
        pipeline.Scheduler.Variance.Should().Be(ReverseVariance.FixedSmall);
        var (small, large) = (pipeline.Plan(6, "ddpm"), pipeline.Plan(6, "ddpm-large"));
        foreach (var (step, smaller) in large.Steps.Zip(small.Steps).SkipLast(1))
        {
            (step.Noise * step.Noise)
                .Should()
                .BeApproximately(ReverseVariance.FixedLarge.Of(step.From, step.To), 1e-12);
            step.Noise.Should().BeGreaterThan(smaller.Noise);
        }
        large.Steps[^1].Noise.Should().Be(0, "the step to clean data adds none");
        large.Name.Should().NotBe(small.Name, "reports tell them apart");
    }

    [Test]
    public void Without_a_name_the_folder_says_which_sampler()
    {
        foreach (var @class in Enum.GetValues<SchedulerClass>())
        {
            using var pipeline = Of(Small, new SchedulerConfig { Class = @class, Prediction = Prediction.V });
            var plan = pipeline.Plan(10);
            plan.ToJson().Should().Be(pipeline.Scheduler.Plan(10).ToJson());
        }
        using var ddim = Of(Small, new SchedulerConfig { Class = SchedulerClass.Ddim });
        ddim.Plan(10, eta: 0.5).Name.Should().Be("DDIM(η = 0.5, noise kept)");
        ddim.Plan(10, grid: "karras").Name.Should().Be("DDIM(η = 0)");
        using var spaced = Of(
            Small,
            new SchedulerConfig
            {
                Class = SchedulerClass.HeunDiscrete,
                UseKarrasSigmas = true,
                ClipRange = null,
            }
        );
        spaced
            .Plan(5, "euler")
            .Steps.Select(step => step.From)
            .Should()
            .Equal(SamplerCatalogue.Grid("karras", spaced.Schedule, 5).Points.SkipLast(1).Select(at => at.Level));
        using var leading = Of(
            Small,
            new SchedulerConfig { TimestepSpacing = TimestepSpacing.Leading, StepsOffset = 1 }
        );
        leading.Plan(10, "ddim").Steps[^1].Evaluate!.Value.Time.Should().Be(2);
        leading.Plan(10, "ddim", "trailing").Start.Should().Be(leading.Schedule[1000]);
    }

    [Test]
    public void A_class_of_diffusers_is_what_its_from_config_makes([Values] SchedulerClass @class)
    {
        using var pipeline = Of(Small);
        var plan = pipeline.Plan(10, SchedulerConfigJson.NameOf(@class));
        var expected = pipeline.Scheduler.As(@class).Plan(10);
        plan.Name.Should().Be(expected.Name);
        plan.Steps.Select(step => (step.From, step.To)).Should().Equal(expected.Steps.Select(s => (s.From, s.To)));
        plan.X0Rule.Should().Be(expected.X0Rule);
    }

    [Test]
    public void A_class_of_diffusers_goes_on_another_grid_as_the_folders_own_does()
    {
        using var pipeline = Of(Small);
        pipeline.Plan(10, "DDIMScheduler", eta: 0.5).Name.Should().Be("DDIM(η = 0.5, noise kept)");
        pipeline.Plan(10, "DDIMScheduler", "karras").Name.Should().Be("DDIM(η = 0)");
    }

    [TestCase(0, null, null, null, null, "*steps must be in 1*100*")]
    [TestCase(101, null, null, null, null, "*steps must be in 1*100*not 101*")]
    [TestCase(
        5,
        "dpm++3mm",
        null,
        null,
        null,
        "*no sampler 'dpm++3mm'; did you mean 'dpm++3m'? Known are: ddim, ddpm*"
    )]
    [TestCase(5, "magic", null, null, null, "*no sampler 'magic'. Known are: ddim, ddpm*")]
    [TestCase(5, "DPMSolverMultistepScheduler", "karras", null, null, "*DPMSolverMultistepScheduler has a grid*")]
    [TestCase(5, "Heun", null, null, null, "*did you mean 'heun'*")]
    [TestCase(5, null, "karas", null, null, "*no grid 'karas'; did you mean 'karras'*trailing, leading*")]
    [TestCase(5, "heun", null, 0.5, null, "*eta: 'heun' has none; use one of ddim, euler-ancestral*")]
    [TestCase(5, "ddim", null, 1.5, null, "*eta*1.5*")]
    [TestCase(5, null, null, double.NaN, null, "*eta*")]
    [TestCase(5, "ddim", null, null, 3.0, "*churn: 'ddim' has none; use edm*")]
    [TestCase(5, "edm", null, null, -1.0, "*churn*-1*")]
    [TestCase(3, "pndm", null, null, null, "*at least 4 steps*3*")]
    public void What_no_sampler_is_made_of_is_refused(
        int steps,
        string? sampler,
        string? grid,
        double? eta,
        double? churn,
        string message
    )
    {
        using var pipeline = Of(Small);
        FluentActions
            .Invoking(() => pipeline.Plan(steps, sampler, grid, eta, churn))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage(message);
    }

    [Test]
    public void A_network_that_says_nothing_at_a_level_is_not_asked_there()
    {
        var scheduler = new SchedulerConfig { RescaleToZeroSnr = true };
        using var pipeline = Of(Small, scheduler);
        FluentActions
            .Invoking(() => pipeline.Plan(5))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*v-prediction*");
        pipeline.Plan(5, "ddim", "leading").NetworkCalls.Should().Be(5);
        using var v = Of(Small, scheduler with { Prediction = Prediction.V });
        v.Plan(5).Start.Should().Be(NoiseLevel.PureNoise);
        v.Plan(5, "dpm++2s").NetworkCalls.Should().Be(8, "the step from pure noise has no midpoint, nor has the last");
        FluentActions
            .Invoking(() => v.Plan(5, "ddim", "karras"))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*infinite*use trailing*");
        using var fourier = Of(Small with { TimeEmbeddingType = TimeEmbeddingType.Fourier });
        FluentActions
            .Invoking(() => fourier.Plan(5, grid: "leading"))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*visits time 0*trailing*");
        fourier.Plan(5).NetworkCalls.Should().Be(5);
    }

    [TestCase(SchedulerClass.EulerDiscrete, 5.9604644775390625e-8)]
    [TestCase(SchedulerClass.DpmSolverMultistep, 5.9604644775390625e-8)]
    [TestCase(SchedulerClass.Ddim, 0)]
    public void Samplers_that_divide_by_alpha_keep_a_little_of_it(SchedulerClass @class, double last)
    {
        var scheduler = new SchedulerConfig
        {
            Class = @class,
            RescaleToZeroSnr = true,
            Prediction = Prediction.V,
        };
        var schedule = scheduler.ToSchedule();
        var exact = Schedule.Linear(1e-4, 0.02, 1000).WithZeroTerminalSnr();
        schedule.AlphaBar(1000).Should().Be(last);
        schedule.AlphaBar(999).Should().BeInRange(double.Max(last, exact.AlphaBar(999)), 6.1e-8);
        schedule.AlphaBar(900).Should().BeApproximately(exact.AlphaBar(900), 1e-15);
        scheduler.Plan(10).Steps.Should().HaveCount(10);
    }

    [Test]
    public void Classes_go_round_unless_they_are_given()
    {
        using var pipeline = Of(Small with { NumClassEmbeds = 3 });
        pipeline.Classes.Should().Be(3);
        var plan = pipeline.Plan(2);
        using var scope = NewDisposeScope();
        var round = pipeline.Sample(plan, 4, seed: 5);
        Same(round, pipeline.Sample(plan, 4, seed: 5, classes: [0, 1, 2, 0]));
        Same(pipeline.Sample(4, 2, seed: 5, classes: [2]), pipeline.Sample(plan, 4, seed: 5, classes: [2, 2, 2, 2]));
        round.Equals(pipeline.Sample(4, 2, seed: 5, classes: [1])).Should().BeFalse();
        // In batches each is what it is in one.
        var batches = cat([pipeline.Sample(plan, 2, seed: 5), pipeline.Sample(plan, 2, seed: 5, first: 2)]);
        (batches - round).abs().max().ToDouble().Should().BeLessThan(1e-5);

        static void Same(Tensor a, Tensor b) => a.Equals(b).Should().BeTrue();
    }

    [TestCase(new long[] { 3 }, "*3 is not a class of this network; it must be in 0 … 2*")]
    [TestCase(new long[] { -1 }, "*-1 is not a class*")]
    [TestCase(new long[] { 0, 1, 2 }, "*3 for 2 samples*")]
    [TestCase(new long[] { }, "*0 for 2 samples*")]
    public void Classes_that_there_are_not_are_refused(long[] classes, string message)
    {
        using var pipeline = Of(Small with { NumClassEmbeds = 3 });
        FluentActions
            .Invoking(() => pipeline.Sample(2, 2, classes: classes))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage(message);
    }

    [Test]
    public void Networks_of_other_kinds_of_classes_say_what_they_need()
    {
        using var none = Of(Small);
        Refuses(none, [0], "*knows no classes*");
        using var any = Of(Small with { ClassEmbedType = ClassEmbedType.Timestep });
        any.Classes.Should().BeNull();
        Refuses(any, null, "*needs a number*");
        any.Sample(1, 2, classes: [12345]).Dispose();
        using var identity = Of(Small with { ClassEmbedType = ClassEmbedType.Identity });
        Refuses(identity, [0], "*embeddings in place of class numbers*");

        static void Refuses(Pipeline pipeline, long[]? classes, string message) =>
            FluentActions
                .Invoking(() => pipeline.Sample(1, 2, classes: classes))
                .Should()
                .Throw<ArgumentException>()
                .WithMessage(message);
    }

    [Test]
    public void Given_noise_is_what_is_drawn_from()
    {
        using var pipeline = Of(Small);
        using var scope = NewDisposeScope();
        var plan = pipeline.Plan(4).StartingWith(0.5);
        using var same = new SampleNoise(9, 2);
        var start = same.Next([1, 8, 8], CPU);
        var drawn = 0;
        var images = pipeline.Sample(
            plan,
            start,
            () =>
            {
                drawn++;
                return same.Next([1, 8, 8], CPU);
            }
        );
        images.Equals(pipeline.Sample(plan, 2, seed: 9)).Should().BeTrue();
        drawn.Should().Be(3, "the step to clean data adds none");
        Refuses(() => pipeline.Sample(plan, start), "*adds noise*");
        Refuses(() => pipeline.Sample(plan, zeros(2, 3, 8, 8), () => start), "*[2, 3, 8, 8]*[B, 1, 8, 8]*");
        Refuses(() => pipeline.Sample(plan, start, () => zeros(1, 1, 8, 8)), "*stepNoise*[1, 1, 8, 8]*[2, 1, 8, 8]*");

        static void Refuses(Action act, string message) =>
            FluentActions.Invoking(act).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Test]
    public void A_network_that_answers_variances_is_drawn_from_with_and_without_them()
    {
        var scheduler = TinySetup.Scheduler with { Variance = ReverseVariance.LearnedRange };
        using var pipeline = Of(Small with { OutChannels = 2 }, scheduler);
        pipeline.Plan(4).LearnsVariance.Should().BeTrue();
        foreach (var sampler in new[] { null, "ddim", "dpm++2m" })
        {
            using var images = pipeline.Sample(2, 4, sampler: sampler);
            images.shape.Should().Equal(2, 1, 8, 8);
        }
        using var without = Of(Small, scheduler);
        FluentActions
            .Invoking(() => without.Plan(4))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*needs a network that answers variances*");
    }

    [Test]
    public void Sampling_leaves_no_tensor_behind()
    {
        using var pipeline = Of(Small with { NumClassEmbeds = 3 });
        pipeline.Sample(1, 2).Dispose();
        var before = LiveTensors.Count();
        pipeline.Sample(2, 3).Dispose();
        using var start = randn(2, 1, 8, 8);
        pipeline.Sample(pipeline.Plan(3), start, () => randn(2, 1, 8, 8)).Dispose();
        Tensor.TotalCount.Should().Be(before + 1);
    }
}
