using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class PipelineGuidanceTests
{
    private const int Classes = 4;
    private const ulong Seed = 7;

    [Test]
    public void Classes_guide_as_they_do_around_the_network()
    {
        using var pipeline = Conditional();
        using var scope = NewDisposeScope();
        var plan = pipeline.Plan(4, "ddpm");
        var guidance = new SampleGuidance { Scale = GuidanceScale.Interval(3, 0.01, 10), Rescale = 0.4 };
        var samples = pipeline.Sample(plan, 3, Seed, classes: [0, 1, 2], guidance: guidance);

        using var noise = new SampleNoise(Seed, 3);
        Tensor Noise() => noise.Next([1, 8, 8], CPU);
        var denoiser = ClassifierFree.Of(
            pipeline.Network,
            pipeline.Scheduler.Prediction,
            tensor(new[] { 0L, 1, 2 }),
            Classes - 1,
            guidance.Scale,
            guidance.Rescale
        );
        Largest(samples - PlanSampler.Run(plan, denoiser, Noise(), Noise)).Should().BeLessThan(1e-6);
        Largest(samples - pipeline.Sample(plan, 3, Seed, classes: [0, 1, 2])).Should().BeGreaterThan(1e-3);
    }

    [Test]
    public void Without_a_null_label_the_label_to_guide_away_from_must_be_named()
    {
        using var pipeline = Of(TinySetup.Network with { NumClassEmbeds = Classes });
        Refuse(pipeline, Twice, "guidance: *records no null label (_null_class)*its 4 labels*--negative-class*");
        pipeline.Sample(pipeline.Plan(1, "ddim"), 1, guidance: Twice with { Away = Classes - 1 }).Dispose();
        pipeline.Classes.Should().Be(Classes, "each may be a class");
    }

    [Test]
    public void The_label_to_guide_away_from_is_the_null_label_unless_another_is_named()
    {
        using var pipeline = Conditional();
        using var scope = NewDisposeScope();
        var plan = pipeline.Plan(3, "ddim");
        Tensor Sample(long? away) =>
            pipeline.Sample(
                plan,
                1,
                Seed,
                classes: [0],
                guidance: new SampleGuidance { Scale = GuidanceScale.Constant(2), Away = away }
            );
        Sample(null).Equals(Sample(Classes - 1)).Should().BeTrue();
        Largest(Sample(null) - Sample(1)).Should().BeGreaterThan(1e-4);
    }

    [Test]
    public void Sampling_starts_at_an_image_with_the_noise_of_its_level()
    {
        using var pipeline = Unconditional();
        using var scope = NewDisposeScope();
        var image = linspace(-1, 1, 64).reshape(1, 8, 8);
        var plan = pipeline.Plan(10, "ddim", strength: 0.3);
        plan.Steps.Should().Equal(pipeline.Plan(10, "ddim").Steps[7..]);
        var samples = pipeline.Sample(plan, 2, Seed, guidance: new SampleGuidance { Image = image });

        using var noise = new SampleNoise(Seed, 2);
        var start = image * plan.Start.Alpha + noise.Next([1, 8, 8], CPU) * plan.Start.Sigma;
        var denoiser = Denoiser.Of(pipeline.Network.call, pipeline.Scheduler.Prediction);
        samples.Equals(PlanSampler.Run(plan, denoiser, start, () => start)).Should().BeTrue();
    }

    [TestCase(0.01, 1)]
    [TestCase(0.26, 3)]
    [TestCase(1, 10)]
    public void Strength_is_a_share_of_the_steps(double strength, int steps)
    {
        using var pipeline = Unconditional();
        pipeline.Plan(10, "dpm++2m", strength: strength).NetworkCalls.Should().Be(steps);
        pipeline.Plan(10, strength: strength).Steps.Should().HaveCount(steps, "the folder's own sampler takes it too");
    }

    [Test]
    public void What_is_known_stays_and_the_rest_does_not_depend_on_the_batch()
    {
        using var pipeline = Unconditional();
        using var scope = NewDisposeScope();
        var image = linspace(-1, 1, 64).reshape(1, 8, 8);
        var mask = zeros(1, 8, 8, dtype: ScalarType.Bool);
        mask[.., 3..] = true;
        var guidance = new SampleGuidance { Known = image, Mask = mask };
        var plan = Samplers.Resampling(pipeline.Plan(6, "ddpm"), 2, 2);
        var samples = pipeline.Sample(plan, 3, Seed, guidance: guidance);
        Largest((samples - image)[.., .., 3..]).Should().BeLessThan(1e-5);
        Largest((samples - image)[.., .., ..3]).Should().BeGreaterThan(0.01);
        var second = pipeline.Sample(plan, 1, Seed, first: 1, guidance: guidance);
        Largest(samples[1..2] - second).Should().BeLessThan(1e-5);
    }

    [Test]
    public void Interpolation_leads_from_one_seed_s_sample_to_the_other_s()
    {
        using var pipeline = Unconditional();
        using var scope = NewDisposeScope();
        var plan = pipeline.Plan(4, "ddim");
        var frames = pipeline.Interpolate(plan, 1, 2, 5);
        frames.shape.Should().Equal(5, 1, 8, 8);
        Largest(frames[..1] - pipeline.Sample(plan, 1, seed: 1)).Should().BeLessThan(1e-5);
        Largest(frames[4..] - pipeline.Sample(plan, 1, seed: 2)).Should().BeLessThan(1e-5);
        Largest(frames[1..2] - frames[..1]).Should().BeLessThan(Largest(frames[4..] - frames[..1]));
    }

    [Test]
    public void Pictures_are_brought_to_the_network_s_shape()
    {
        using var folder = new TemporaryFolder();
        using var pipeline = Unconditional();
        using var image = pipeline.LoadImage(PngFolder.Write(folder, "red.png", 20, 10, 255, 0, 0));
        image.shape.Should().Equal(1, 8, 8);
        // 0.299 of white, as 76 of 255.
        image.data<float>().ToArray().Should().AllBeEquivalentTo(Pixels.ToValue(76));
        using var light = pipeline.LoadMask(PngFolder.Write(folder, "light.png", colour: 128));
        using var dark = pipeline.LoadMask(PngFolder.Write(folder, "dark.png", colour: 127));
        light.shape.Should().Equal(1, 8, 8);
        light.any().ToBoolean().Should().BeFalse("what is light is to be drawn");
        dark.all().ToBoolean().Should().BeTrue();
        FluentActions
            .Invoking(() => pipeline.LoadImage(folder.File("none.png")))
            .Should()
            .Throw<FileNotFoundException>();
    }

    private static readonly SampleGuidance Twice = new() { Scale = GuidanceScale.Constant(2) };

    [Test]
    public void Guidance_that_does_not_fit_is_refused()
    {
        using var plain = Unconditional();
        using var classes = Conditional();
        using var scope = NewDisposeScope();
        var (square, mask) = (zeros(1, 8, 8), zeros(1, 8, 8) < 1);
        Refuse(plain, Twice, "The network was trained without classes*");
        Refuse(classes, Twice with { Away = 4 }, "Away must be in 0 … 3*one is 4.*");
        Refuse(classes, Twice with { Rescale = 2 }, "rescale must be in [0, 1]*");
        Refuse(classes, new SampleGuidance { Rescale = 0.5 }, "guidance: Rescale and Away need a Scale.*");
        Refuse(classes, new SampleGuidance { Away = 1 }, "guidance: Rescale and Away need a Scale.*");
        Refuse(plain, new SampleGuidance { Known = square }, "guidance: Known and Mask belong together*");
        Refuse(plain, new SampleGuidance { Mask = mask }, "guidance: Known and Mask belong together*");
        Refuse(
            plain,
            new SampleGuidance { Image = zeros(1, 8, 9) },
            "guidance: Image has the shape [1, 8, 9]*[1, 8, 8]."
        );
        Refuse(plain, new SampleGuidance { Known = zeros(8, 8), Mask = mask }, "guidance: Known has the shape [8, 8]*");
        FluentActions
            .Invoking(() =>
                plain.Sample(
                    plain.Plan(2, "ddim"),
                    zeros(1, 1, 8, 8),
                    guidance: new SampleGuidance { Known = square, Mask = mask }
                )
            )
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("Inpainting draws noise in every step; give that too.*");
        FluentActions
            .Invoking(() => plain.Interpolate(plain.Plan(2, "ddpm"), 1, 2, 3))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*use a deterministic sampler*");
        FluentActions
            .Invoking(() => plain.Interpolate(plain.Plan(2, "ddim"), 1, 2, 1))
            .Should()
            .Throw<ArgumentOutOfRangeException>();
        foreach (var strength in new[] { 0, 1.01, double.NaN })
            FluentActions
                .Invoking(() => plain.Plan(2, "ddim", strength: strength))
                .Should()
                .Throw<ArgumentOutOfRangeException>()
                .WithMessage($"strength must be in (0, 1], not {strength}.*");
    }

    private static void Refuse(Pipeline pipeline, SampleGuidance guidance, string message) =>
        FluentActions
            .Invoking(() => pipeline.Sample(pipeline.Plan(2, "ddim"), 1, guidance: guidance))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage(message);

    private static Pipeline Unconditional() => Of(TinySetup.Network);

    // The last of its labels is the null label.
    private static Pipeline Conditional() =>
        Of(NullLabel.AddTo(TinySetup.Network with { NumClassEmbeds = Classes - 1 }));

    private static Pipeline Of(UNet2DConfig network)
    {
        manual_seed(11);
        return new Pipeline(new UNet2D(network), TinySetup.Scheduler);
    }

    private static double Largest(Tensor difference) => difference.abs().max().ToDouble();
}
