using Diffusion.Api;
using FluentAssertions;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>Pipelines without folders for their parts, as the first models of the hub are laid out.</summary>
public class FlatPipelineTests : FolderFixture
{
    private const string Name = "gray28-default";

    private string Flat => _folder.File("flat");

    [SetUp]
    public void LayOut()
    {
        var golden = GoldenFolders.Named(Name);
        Directory.CreateDirectory(Flat);
        foreach (var part in new[] { "", "unet", "scheduler" })
        foreach (var file in Directory.EnumerateFiles(Path.Combine(golden, part)))
            if (Path.GetFileName(file) is var name && !name.StartsWith("expected."))
                File.Copy(file, Path.Combine(Flat, name));
    }

    [TestCase]
    [TestCase("unet")]
    [TestCase("scheduler")]
    [TestCase("unet", "scheduler")]
    public void Each_part_is_in_its_folder_or_beside_the_index(params string[] inFolders)
    {
        foreach (var part in inFolders)
        {
            Directory.CreateDirectory(Path.Combine(Flat, part));
            foreach (var file in Directory.EnumerateFiles(Path.Combine(GoldenFolders.Named(Name), part)))
                File.Move(Path.Combine(Flat, Path.GetFileName(file)), Path.Combine(Flat, part, Path.GetFileName(file)));
        }
        using (var expected = Pipeline.Load(GoldenFolders.Named(Name)))
        using (var pipeline = Pipeline.Load(Flat))
        {
            pipeline.Scheduler.Should().Be(expected.Scheduler);
            pipeline.Network.Config.Should().Be(expected.Network.Config);
            using var ours = pipeline.Sample(1, 2);
            using var theirs = expected.Sample(1, 2);
            ours.Equals(theirs).Should().BeTrue();
            pipeline.Save(_folder.File("saved"));
        }
        File.Exists(_folder.File("saved/" + Tampering.Weights)).Should().BeTrue("it is written in the usual layout");
        var report = Inspector.Inspect(Flat);
        report.Problems.Should().BeEmpty();
        (report.Kind, report.Loads).Should().Be((ModelKind.Pipeline, true));
    }

    [Test]
    public void What_is_converted_has_the_usual_layout()
    {
        File.WriteAllText(Path.Combine(Flat, "README.md"), "about it");
        ModelConverter.Convert(Flat, _folder.File("out")).Notices.Should().Equal("Not taken over: README.md.");
        foreach (var file in new[] { Tampering.NetworkConfig, Tampering.SchedulerConfig, Tampering.Weights })
            File.ReadAllBytes(Path.Combine(_folder.File("out"), file))
                .Should()
                .Equal(File.ReadAllBytes(Path.Combine(Flat, Path.GetFileName(file))), file);
        ModelVerification.Run(Flat, GoldenFolders.Named(Name), EngineUnderTest.Tolerances).Passed.Should().BeTrue();
    }

    [Test]
    public void Variants_are_found_beside_the_index()
    {
        var weights = Path.GetFileName(Tampering.Weights);
        File.Move(
            Path.Combine(Flat, weights),
            Path.Combine(Flat, weights.Replace(".safetensors", ".fp16.safetensors"))
        );
        Pipeline.Load(Flat, variant: "fp16").Dispose();
        FluentActions.Invoking(() => Pipeline.Load(Flat)).Should().Throw<FileNotFoundException>().WithMessage("*fp16*");
    }

    [Test]
    public void What_is_nowhere_is_missing_from_its_folder()
    {
        File.Delete(Path.Combine(Flat, "scheduler_config.json"));
        FluentActions
            .Invoking(() => Pipeline.Load(Flat))
            .Should()
            .Throw<FileNotFoundException>()
            .WithMessage("*there is no scheduler/scheduler_config.json in it*");
    }

    [Test]
    public void A_symbolic_link_out_of_the_folder_is_refused()
    {
        File.Move(Path.Combine(Flat, "scheduler_config.json"), _folder.File("elsewhere"));
        File.CreateSymbolicLink(Path.Combine(Flat, "scheduler_config.json"), _folder.File("elsewhere"));
        FluentActions
            .Invoking(() => Pipeline.Load(Flat))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*symbolic link that leaves the folder*");
    }
}
