using Diffusion.Api;
using Diffusion.Cli;
using Diffusion.Math;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Cli;

/// <summary><c>diffusion sample</c> with guidance; in this process, since there is much of it.</summary>
public class SampleGuidanceTests : FolderFixture
{
    [SetUp]
    public void SetUp()
    {
        Save("plain", TinySetup.Network);
        Save("classes", NullLabel.AddTo(TinySetup.Network with { NumClassEmbeds = 3 }));
        Save("labels", TinySetup.Network with { NumClassEmbeds = 4 });
        PngFolder.Write(_folder, "image.png", colour: 200);
        // The upper half white.
        byte[] pixels = [.. Enumerable.Range(0, 64).Select(i => (byte)(i < 32 ? 255 : 0))];
        new Picture(8, 8, 1, pixels).SavePng(_folder.File("mask.png"));
    }

    [Test]
    public void Classes_guide()
    {
        using var scope = NewDisposeScope();
        var plain = Sample("{classes}", "--class", "1");
        var guided = Sample("{classes}", "--class", "1", "--guidance", "4");
        Largest(guided - plain).Should().BeGreaterThan(1e-3);
        Sample("{classes}", "--class", "1", "--guidance", "1").Equals(plain).Should().BeTrue();
        Sample("{classes}", "--class", "1", "--guidance", "4", "--negative-class", "3")
            .Equals(guided)
            .Should()
            .BeTrue("the null label is the last");
        Sample("{classes}", "--class", "1", "--guidance", "4", "--negative-class", "0")
            .Equals(guided)
            .Should()
            .BeFalse();
        Sample("{classes}", "--class", "1", "--guidance", "4", "--guidance-rescale", "0.7")
            .Equals(guided)
            .Should()
            .BeFalse();
        Sample("{classes}", "--class", "1", "--guidance", "4", "--guidance-interval", "1000", "2000")
            .Equals(plain)
            .Should()
            .BeTrue("no level is as noisy as that");
    }

    [Test]
    public void Guidance_comes_up_as_its_schedule_says()
    {
        using var scope = NewDisposeScope();
        string[] guided = ["{classes}", "--class", "1", "--guidance", "4", "--sampler", "ddim", "--guidance-schedule"];
        Largest(Sample([.. guided, "constant"]) - Sample(guided[..^1])).Should().Be(0);
        using var pipeline = Pipeline.Load(_folder.File("classes"));
        var plan = pipeline.Plan(4, "ddim");
        foreach (
            var (name, scale) in new[]
            {
                ("linear", GuidanceScale.Linear(1, 4, 100)),
                ("cosine", GuidanceScale.Cosine(1, 4, 100)),
            }
        )
        {
            var expected = pipeline.Sample(plan, 3, classes: [1], guidance: new SampleGuidance { Scale = scale });
            var drawn = Sample([.. guided, name]);
            Largest(drawn - expected).Should().BeLessThan(1e-6, name);
            Largest(drawn - Sample(guided[..^1])).Should().BeGreaterThan(1e-3, name);
        }
    }

    [Test]
    public void The_dark_part_of_a_mask_stays_as_it_is()
    {
        using var scope = NewDisposeScope();
        var images = Sample("{plain}", "--inpaint", "{image.png}", "--mask", "{mask.png}", "--sampler", "ddpm");
        var distance = (images - Pixels.ToValue(200)).abs();
        distance[.., .., 4..].max().ToDouble().Should().BeLessThan(1e-4);
        distance[.., .., ..4].max().ToDouble().Should().BeGreaterThan(0.01);
        var memory = Sample(
            "{plain}",
            "--inpaint",
            "{image.png}",
            "--mask",
            "{mask.png}",
            "--sampler",
            "dpm++2m",
            "--resample",
            "1"
        );
        Largest((memory - Pixels.ToValue(200))[.., .., 4..]).Should().BeLessThan(1e-4);
    }

    [Test]
    public void Weak_changes_of_an_image_take_few_steps()
    {
        using var scope = NewDisposeScope();
        var (code, output, _) = Run(
            "sample",
            "{plain}",
            "--from-image",
            "{image.png}",
            "--sampler",
            "ddim",
            "--steps",
            "10"
        );
        code.Should().Be(0);
        output.Should().Contain("5 network calls each", "the usual strength is a half");
        Run(
            "sample",
            "{plain}",
            "--from-image",
            "{image.png}",
            "--sampler",
            "ddim",
            "--steps",
            "10",
            "--strength",
            "0.2"
        )
            .Output.Should()
            .Contain("2 network calls each");
    }

    [Test]
    public void Interpolation_draws_the_images_between_two_seeds()
    {
        using var scope = NewDisposeScope();
        var frames = Sample("{plain}", "--interpolate", "1", "2", "--sampler", "ddim");
        frames.shape.Should().Equal(3, 1, 8, 8);
        Largest(frames[2..] - Sample("{plain}", "--seed", "2", "--sampler", "ddim")[..1]).Should().BeLessThan(1e-5);
    }

    [Test]
    public void The_null_label_is_named_where_the_network_has_one()
    {
        Run("sample", "{classes}", "--class", "3").Error.Should().Contain("--class 3 is the null label");
        var (code, _, error) = Run("sample", "{labels}", "--class", "4");
        code.Should().Be(2);
        error.Should().NotContain("null label").And.Contain("0 … 3");
    }

    private static readonly TestCaseData[] BadInput =
    [
        Case("a network without a null label", "records no null label", "{labels}", "--guidance", "2"),
        Case("a network without classes", "trained without classes", "{plain}", "--guidance", "2"),
        Case(
            "guidance that is no number",
            "--guidance: scale must be a finite number",
            "{classes}",
            "--guidance",
            "NaN"
        ),
        Case("a class out of range", "must be in 0 … 3", "{classes}", "--guidance", "2", "--negative-class", "4"),
        Case("rescaling too much", "in [0, 1]", "{classes}", "--guidance", "2", "--guidance-rescale", "1.5"),
        Case("rescaling nothing", "--guidance-rescale belongs to --guidance;", "{classes}", "--guidance-rescale", "1"),
        Case(
            "a schedule of nothing",
            "--guidance-schedule belongs to --guidance;",
            "{classes}",
            "--guidance-schedule",
            "linear"
        ),
        Case(
            "a schedule within an interval",
            "--guidance-schedule and --guidance-interval exclude each other",
            "{classes}",
            "--guidance",
            "2",
            "--guidance-schedule",
            "linear",
            "--guidance-interval",
            "1",
            "3"
        ),
        Case("no such schedule", "'cubic'", "{classes}", "--guidance", "2", "--guidance-schedule", "cubic"),
        Case(
            "an interval upside down",
            "--guidance-interval: high must be in (3",
            "{classes}",
            "--guidance",
            "2",
            "--guidance-interval",
            "3",
            "1"
        ),
        Case("an image without a mask", "--inpaint belongs to --mask;", "{plain}", "--inpaint", "{image.png}"),
        Case("a mask without an image", "--mask belongs to --inpaint;", "{plain}", "--mask", "{mask.png}"),
        Case(
            "an image that isn't there",
            "{none.png}",
            "{plain}",
            "--inpaint",
            "{none.png}",
            "--mask",
            "{mask.png}",
            "--sampler",
            "ddpm"
        ),
        Case(
            "jumps of a sampler with a memory",
            "--resample: Resampling needs a plan whose rows use only the current state",
            "{plain}",
            "--inpaint",
            "{image.png}",
            "--mask",
            "{mask.png}",
            "--sampler",
            "dpm++2m"
        ),
        Case("strength without an image", "--strength belongs to --from-image;", "{plain}", "--strength", "0.5"),
        Case(
            "no strength",
            "strength must be in (0, 1], not 0",
            "{plain}",
            "--from-image",
            "{image.png}",
            "--strength",
            "0"
        ),
        Case("a picture that isn't one", "PNG", "{plain}", "--from-image", "{plain}/model_index.json"),
        Case("one seed", "--interpolate", "{plain}", "--interpolate", "1"),
        Case(
            "one image between two",
            "count",
            "{plain}",
            "--interpolate",
            "1",
            "2",
            "--count",
            "1",
            "--sampler",
            "ddim"
        ),
        Case("noise between two images", "deterministic", "{plain}", "--interpolate", "1", "2", "--sampler", "ddpm"),
        Case(
            "two starts",
            "--interpolate and --from-image exclude each other",
            "{plain}",
            "--interpolate",
            "1",
            "2",
            "--from-image",
            "{image.png}"
        ),
    ];

    [TestCaseSource(nameof(BadInput))]
    public void Bad_input_is_one_clear_line_and_exit_code_2(string says, string[] arguments)
    {
        var (code, _, error) = Run(["sample", .. arguments]);
        code.Should().Be(2, error);
        error.TrimEnd().Split('\n').Last().Should().StartWith("diffusion: ").And.Contain(Fill(says));
        File.Exists(_folder.File("out.png")).Should().BeFalse();
    }

    private static TestCaseData Case(string name, string says, params string[] arguments) =>
        new TestCaseData(says, arguments).SetName($"Bad guidance: {name}");

    private string Fill(string argument) => argument.Replace("{", _folder.Path + "/").Replace("}", "");

    private Tensor Sample(params string[] arguments)
    {
        var (code, _, error) = Run(["sample", .. arguments, "--out-tensor", "{out.safetensors}"]);
        code.Should().Be(0, error);
        using var file = Safetensors.Load(_folder.File("out.safetensors"));
        return file.Tensors["images"].clone();
    }

    private Cli.Result Run(params string[] arguments)
    {
        string[] usual = arguments.Contains("--steps") ? [] : ["--steps", "4"];
        if (!arguments.Contains("--count"))
            usual = [.. usual, "--count", "3"];
        return Cli.RunHere([.. arguments.Select(Fill), .. usual, "--out", _folder.File("out.png")]);
    }

    private void Save(string name, UNet2DConfig network)
    {
        manual_seed(5);
        using var pipeline = new Pipeline(new UNet2D(network), TinySetup.Scheduler);
        pipeline.Save(_folder.File(name));
    }

    private static double Largest(Tensor difference) => difference.abs().max().ToDouble();
}
