using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class ModelVerificationTests : FolderFixture
{
    private const string WithRun = "rgb16-asympad-oldkeys";
    private const string OtherShape = "gray28-default";

    private static IEnumerable<string> Golden => GoldenFolders.All;

    [TestCaseSource(nameof(Golden))]
    public void Golden_folders_pass_in_every_recorded_tensor(string folder)
    {
        var report = ModelVerification.Run(folder, tolerances: EngineUnderTest.Tolerances);
        report.Checks.Should().OnlyContain(check => check.Passed);
        using var recorded = Safetensors.Load(Path.Combine(folder, "expected.safetensors"));
        report
            .Checks.Select(check => check.Name)
            .Should()
            .BeEquivalentTo(
                recorded
                    .Tensors.Keys.Except(["x", "timesteps", "class_labels", "ddim.x_T"])
                    .Concat(recorded.Tensors.Keys.Where(name => name == "ddim.x_0_f64"))
            );
    }

    [Test]
    public void A_weight_that_is_a_little_off_is_found_in_the_stages_behind_it()
    {
        var folder = Copy(WithRun);
        Tampering.Tensors(
            Path.Combine(folder, Tampering.Weights),
            tensors => tensors["mid_block.resnets.1.conv2.bias"] = tensors["mid_block.resnets.1.conv2.bias"] + 1e-3
        );
        var report = ModelVerification.Run(folder);
        report.Passed.Should().BeFalse();
        report
            .Checks.Where(check => !check.Passed)
            .Select(check => check.Name)
            .Distinct()
            .Should()
            .BeEquivalentTo("stage.mid", "stage.up0", "output", "output_f64", "ddim.x_0", "ddim.x_0_f64");
    }

    [Test]
    public void The_recorded_end_in_float32_is_compared_with_a_run_in_float32()
    {
        var folder = Copy(WithRun);
        Tampering.Tensors(
            Path.Combine(folder, "expected.safetensors"),
            tensors => tensors["ddim.x_0"] = tensors["ddim.x_0"] * 1.001
        );
        var failed = ModelVerification
            .Run(folder, tolerances: EngineUnderTest.Tolerances)
            .Checks.Should()
            .ContainSingle(check => !check.Passed)
            .Which;
        (failed.Name, failed.Precision).Should().Be(("ddim.x_0", ScalarType.Float32));
    }

    [Test]
    public void A_NaN_never_passes()
    {
        var folder = Copy(WithRun);
        Tampering.Tensors(
            Path.Combine(folder, Tampering.Weights),
            tensors => tensors["conv_out.bias"] = full([3], double.NaN)
        );
        ModelVerification
            .Run(
                folder,
                tolerances: new VerificationTolerances
                {
                    Float32 = 1e9,
                    Float64 = 1e9,
                    Trajectory = 1e9,
                }
            )
            .Checks.Where(check => !check.Passed)
            .Should()
            .OnlyContain(check => double.IsNaN(check.MaxDifference))
            .And.HaveCount(5);
    }

    [Test]
    public void Half_precision_passes_with_its_own_tolerances_only()
    {
        var golden = GoldenFolders.Named(WithRun);
        ModelConverter.Convert(golden, _folder.File("half"), new ConversionOptions { Type = ScalarType.Float16 });
        var report = ModelVerification.Run(_folder.File("half"), golden);
        report.Checks.Should().OnlyContain(check => !check.Passed);
        var wide = new VerificationTolerances
        {
            Float32 = 0.02,
            Float64 = 0.02,
            Trajectory = 1,
        };
        ModelVerification.Run(_folder.File("half"), golden, wide).Passed.Should().BeTrue();
    }

    [TestCase("gray16-class-fourier", false, TestName = "Recording a network with classes and without a time 0")]
    [TestCase(WithRun, true, TestName = "Recording a network with a run")]
    public void What_was_recorded_is_verified(string name, bool hasRun)
    {
        var folder = Copy(name);
        File.Delete(Path.Combine(folder, "expected.json"));
        var path = ModelVerification.Record(folder, seed: 3, overwrite: true);
        var bytes = File.ReadAllBytes(path);
        var report = ModelVerification.Run(folder);
        report.Passed.Should().BeTrue();
        report.Checks.Any(check => check.Name == "ddim.x_0_f64").Should().Be(hasRun);
        report.Checks.Select(check => check.Name).Should().Contain(["stage.up0", "output", "output_f64"]);
        File.Exists(Path.Combine(folder, "expected.json")).Should().BeTrue();

        ModelVerification.Record(folder, seed: 3, overwrite: true);
        File.ReadAllBytes(path).Should().Equal(bytes, "the seed fixes it");
        ModelVerification.Record(folder, seed: 4, overwrite: true);
        File.ReadAllBytes(path).Should().NotEqual(bytes);
        FluentActions
            .Invoking(() => ModelVerification.Record(folder))
            .Should()
            .Throw<IOException>()
            .WithMessage("*--force*");
    }

    [TestCase(ClassEmbedType.Identity)]
    [TestCase(ClassEmbedType.Timestep)]
    public void Any_kind_of_class_can_be_recorded(ClassEmbedType type)
    {
        var config = TinySetup.Network with { ClassEmbedType = type };
        using (var pipeline = new Pipeline(new UNet2D(config), TinySetup.Scheduler))
            pipeline.Save(_folder.File("model"));
        ModelVerification.Record(_folder.File("model"));
        ModelVerification.Run(_folder.File("model")).Passed.Should().BeTrue();
    }

    private static IEnumerable<TestCaseData> BadInputs()
    {
        yield return new("class_labels", () => tensor([2L, -1L]), "*class_labels holds -1*0 … *");
        yield return new("class_labels", () => tensor([2L, 1000L]), "*class_labels holds 1000*0 … *");
        yield return new("class_labels", () => tensor([1f, 2f]), "*class_labels must be whole numbers*Float32*");
        yield return new("class_labels", () => tensor([1L]), "*class_labels must be [2]*[1]*");
        yield return new("x", () => zeros([2, 1, 28, 28], ScalarType.Int64), "*: x must be real numbers*Int64*");
        yield return new("x", () => zeros(2, 5, 28, 28), "*: x must be real numbers [B, *[2, 5, 28, 28]*");
        yield return new("x", () => zeros(4), "*: x must be real numbers [B, *[4]*");
    }

    [TestCaseSource(nameof(BadInputs))]
    public void A_recording_that_the_network_cannot_take_is_named(string name, Func<Tensor> value, string message)
    {
        var folder = Copy("gray16-class-fourier");
        var recording = Path.Combine(folder, "expected.safetensors");
        Tampering.Tensors(recording, tensors => tensors[name] = value());
        FluentActions
            .Invoking(() => ModelVerification.Run(folder))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage($"'{recording}'{message}");
    }

    [Test]
    public void A_recorded_time_that_the_networks_table_lacks_is_named()
    {
        var config = TinySetup.Network with { TimeEmbeddingType = TimeEmbeddingType.Learned, NumTrainTimesteps = 100 };
        using (var pipeline = new Pipeline(new UNet2D(config), TinySetup.Scheduler))
            pipeline.Save(_folder.File("model"));
        var recording = ModelVerification.Record(_folder.File("model"));
        ModelVerification.Run(_folder.File("model")).Passed.Should().BeTrue();
        Tampering.Tensors(recording, tensors => tensors["timesteps"] = tensor([3L, 100L]));
        FluentActions
            .Invoking(() => ModelVerification.Run(_folder.File("model")))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*timesteps holds 100; *0 … 99.");
    }

    [Test]
    public void What_cannot_be_tried_is_refused()
    {
        var folder = Copy(WithRun);
        var recording = Path.Combine(folder, "expected.safetensors");
        Refused<InvalidDataException>(folder, GoldenFolders.Named(OtherShape), "doesn't fit");
        Refused<FileNotFoundException>(_folder.File("nothing"), null, "nothing");
        Refused<FileNotFoundException>(folder, _folder.File("nothing"), "record one");
        Refused<InvalidDataException>(folder, Path.Combine(folder, Tampering.Weights), "no tensor 'x'");

        Tampering.Tensors(recording, tensors => tensors["stage.down7"] = zeros(1));
        Refused<InvalidDataException>(folder, null, "stage.down7");
        Tampering.Tensors(
            recording,
            tensors =>
            {
                tensors.Remove("stage.down7");
                tensors["stage.mid"] = zeros(2, 2);
            }
        );
        Refused<InvalidDataException>(folder, null, "stage.mid has the shape [2, 2]");
        File.Delete(Path.Combine(folder, Tampering.NetworkConfig));
        Refused<FileNotFoundException>(folder, null, "no whole network");
    }

    [TestCase(-1e-9)]
    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void Tolerances_are_finite_and_not_negative(double tolerance) =>
        FluentActions
            .Invoking(() => new VerificationTolerances { Trajectory = tolerance })
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage("*Trajectory*at least 0*");

    [Test]
    public void No_tensors_are_left_behind()
    {
        LiveTensors.SkipWhereParametersStayCounted();
        var folder = Copy(WithRun);
        void Use()
        {
            ModelVerification.Record(folder, overwrite: true);
            ModelVerification.Run(folder);
        }

        Use();
        var before = LiveTensors.Count();
        Use();
        LiveTensors.Count().Should().Be(before);
    }

    private static void Refused<T>(string folder, string? recording, string says)
        where T : Exception =>
        FluentActions
            .Invoking(() => ModelVerification.Run(folder, recording))
            .Should()
            .Throw<T>()
            .WithMessage($"*{says}*");

    private string Copy(string name) => GoldenFolders.CopyTo(GoldenFolders.Named(name), _folder.File("model"));
}
