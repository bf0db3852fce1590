using System.Globalization;
using System.Text.RegularExpressions;
using Diffusion.Api;
using Diffusion.Numerics.Cli;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Samples;

/// <summary>The programs of docs/course.md on tiny images, and what each says that it shows.</summary>
public class CourseTests
{
    private const int Images = 20;
    private TemporaryFolder _folder = null!;
    private Cli.Cli.Result _noise = null!;

    // Two programs begin with the model that noise saves.
    [OneTimeSetUp]
    public void TrainNoisePredictor()
    {
        _folder = new TemporaryFolder();
        Directory.CreateDirectory(Data);
        var pixels = TinyImages.Idx(TinyImages.Pixels(Images), Images, TinyImages.Side, TinyImages.Side);
        File.WriteAllBytes(Path.Combine(Data, "train-images-idx3-ubyte"), pixels);
        byte[] labels = [.. Enumerable.Range(0, Images).Select(i => (byte)(i % 10))];
        File.WriteAllBytes(Path.Combine(Data, "train-labels-idx1-ubyte"), TinyImages.Idx(labels, Images));
        _noise = Run("noise", "--quick", "--data", Data);
    }

    [OneTimeTearDown]
    public void TearDown() => _folder.Dispose();

    private string Data => _folder.File("data");

    private string Out => _folder.File("course");

    [Test]
    public void Noise_steps_by_hand_as_the_library_does_and_saves_a_model()
    {
        Rounding(_noise, "by hand and by ReverseStep");
        Picture("noise", columns: 8, rows: 7);
        using var model = Pipeline.Load(Path.Combine(Out, "noise"));
        model.Schedule.Steps.Should().Be(50);
    }

    // The identity itself: SamplerEquivalenceTests.The_mixing_sampler_is_euler_for_rectified_flow.
    [Test]
    public void Mixing_samples_by_hand_as_eulers_plan_does()
    {
        Rounding(Run("mixing", "--quick", "--data", Data), "by hand and by Euler's plan");
        Picture("mixing", columns: 17, rows: 6);
    }

    [Test]
    public void Fine_tuning_adds_gradients_up_and_saves_another_model()
    {
        Rounding(Run("finetune", "--quick", "--data", Data), "4 parts and one batch");
        Picture("finetune", columns: 12, rows: 2);
        File.ReadAllBytes(Weights("finetuned")).Should().NotEqual(File.ReadAllBytes(Weights("noise")));

        string Weights(string model) => Path.Combine(Out, model, "unet", "diffusion_pytorch_model.safetensors");
    }

    [Test]
    public void Guidance_reaches_the_brightness_that_it_is_asked_for()
    {
        var said = Run("guidance", "--steps", "25").Output;
        Picture("guidance", columns: 12, rows: 4);
        // A network that has learnt nothing answers pixels beyond [−1, 1], which the picture cuts off.
        Brightness("as it comes").Should().BeGreaterThan(0.05);
        Brightness("darker").Should().BeApproximately(-0.7, 0.15);
        Brightness("brighter").Should().BeApproximately(-0.1, 0.1);
        Brightness("brighter, past the network").Should().BeApproximately(-0.1, 0.1);

        double Brightness(string row) =>
            double.Parse(
                Regex.Match(said, $"^{row}: brightness (\\S+) ±", RegexOptions.Multiline).Groups[1].Value,
                CultureInfo.InvariantCulture
            );
    }

    [TestCase("", "*mixing, noise, finetune, guidance*''*")]
    [TestCase("mix", "*mixing, noise, finetune, guidance*'mix'*")]
    [TestCase("mixing|--stops|3", "*'--stops'*(see 'mixing --help')")]
    [TestCase("mixing|--steps|NaN", "*--steps must be a whole number in 1 … 1000000, not 'NaN'. (see 'mixing --help')")]
    [TestCase("noise|--steps|0", "*--steps must be*not '0'. (see 'noise --help')")]
    [TestCase("mixing|--data|{missing}", "*no file*missing*")]
    [TestCase("finetune|--from|{data}", "*no model in*data*'noise'*--from*")]
    [TestCase("guidance|--from|{course/noise}|--steps|51", "*steps must be in 1 … 50*not 51.")]
    public void Bad_input_is_refused_in_one_line_and_leaves_nothing(string arguments, string message)
    {
        string[] given =
        [
            .. arguments
                .Split('|', StringSplitOptions.RemoveEmptyEntries)
                .Select(word => word.StartsWith('{') ? _folder.File(word[1..^1]) : word),
        ];
        string[] @out = given is ["mix"] or [] ? [] : ["--out", _folder.File("new")];
        var (code, output, error) = Cli.Cli.RunProgram("Course.dll", [.. given, .. @out]);
        code.Should().Be(2, error);
        output.Should().BeEmpty();
        error.Should().Match($"course: {message}\n").And.NotMatch("*\n*\n");
        Directory.Exists(_folder.File("new")).Should().BeFalse();
    }

    private static void Rounding(Cli.Cli.Result result, string what)
    {
        var said = Regex.Match(result.Output, $"{Regex.Escape(what)}: .* by.* (\\S+) of their length");
        said.Success.Should().BeTrue(result.Output);
        double.Parse(said.Groups[1].Value, CultureInfo.InvariantCulture).Should().BeInRange(0, 1e-5);
    }

    private void Picture(string program, int columns, int rows)
    {
        const int scale = 2;
        var picture = Diffusion.Api.Picture.LoadPng(Path.Combine(Out, $"{program}.png"));
        var side = (TinyImages.Side + 1) * scale;
        (picture.Width, picture.Height).Should().Be((columns * side + scale, rows * side + scale));
    }

    private Cli.Cli.Result Run(string program, params string[] more)
    {
        var result = Cli.Cli.RunProgram("Course.dll", [program, "--out", Out, .. more]);
        result.Code.Should().Be(0, result.Error);
        return result;
    }
}
