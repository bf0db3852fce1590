using System.Text.Json.Nodes;
using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Api;

/// <summary>
/// Folders that would have a reader show another file, wait for ever, or fail without a word: each way of reading a model
/// refuses them alike.
/// </summary>
public class HostileFolderTests : FolderFixture
{
    private const string Index = "model_index.json";
    private const string Secret = """{"secret": "not for sharing"}""";

    private static readonly string[] Readers = ["load", "convert", "verify", "inspect"];

    private static readonly string[] Configs = [Index, Tampering.SchedulerConfig, Tampering.NetworkConfig];

    private string Model => _folder.File("model");

    [SetUp]
    public void Copy() => GoldenFolders.CopyTo(GoldenFolders.Named("rgb16-asympad-oldkeys"), Model);

    // Verifying needs no index.
    private static IEnumerable<TestCaseData> ReadersAndFiles(params string[] files) =>
        from reader in Readers
        from file in files
        where reader != "verify" || file != Index
        select new TestCaseData(reader, file);

    private static IEnumerable<TestCaseData> Linked => ReadersAndFiles([.. Configs, "scheduler", "unet"]);

    private static IEnumerable<TestCaseData> Damaged => ReadersAndFiles(Configs);

    [TestCaseSource(nameof(Linked))]
    public void A_symbolic_link_out_of_the_folder_is_not_followed(string reader, string file)
    {
        var path = Path.Combine(Model, file);
        var outside = _folder.File("outside");
        if (Directory.Exists(path))
            Directory.Move(path, outside);
        else
        {
            File.Delete(path);
            File.WriteAllText(outside, Secret);
        }
        File.CreateSymbolicLink(path, outside);
        Refused(reader).Should().Contain("symbolic link that leaves the folder").And.NotContain("sharing");
    }

    [Test]
    public void A_recording_or_class_names_outside_of_the_folder_are_not_read()
    {
        var recording = Path.Combine(Model, "expected.safetensors");
        File.Move(recording, _folder.File("outside"));
        File.CreateSymbolicLink(recording, _folder.File("outside"));
        Refused("verify").Should().Contain("symbolic link that leaves the folder");
        File.Delete(recording);
        File.Move(_folder.File("outside"), recording);

        var notes = Path.Combine(Model, "expected.json");
        File.Move(notes, _folder.File("outside"));
        File.CreateSymbolicLink(notes, _folder.File("outside"));
        Refused("verify").Should().Contain("symbolic link that leaves the folder");

        File.WriteAllText(_folder.File("names"), """["a", "b"]""");
        File.CreateSymbolicLink(Path.Combine(Model, "class_names.json"), _folder.File("names"));
        FluentActions
            .Invoking(() => ClassNames.Load(Model))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*symbolic link that leaves the folder*");
    }

    [Test]
    public void Weights_alone_outside_of_the_folder_are_not_listed()
    {
        Directory.CreateDirectory(_folder.File("weights"));
        File.CreateSymbolicLink(
            _folder.File("weights/a.safetensors"),
            Path.Combine(GoldenFolders.Named("gray28-default"), Tampering.Weights)
        );
        var report = Inspector.Inspect(_folder.File("weights"));
        report.Weights.Should().BeEmpty();
        report.Problems.Should().ContainSingle().Which.Message.Should().Contain("symbolic link that leaves the folder");
    }

    [TestCaseSource(nameof(Damaged)), CancelAfter(60_000)]
    public void A_config_that_is_a_pipe_is_not_waited_for(string reader, string file)
    {
        NamedPipe.Make(Path.Combine(Model, file));
        RefusedInTime(reader).Should().Contain("it is empty, or a pipe");
    }

    [Test, CancelAfter(60_000)]
    public void A_picture_that_is_a_pipe_is_not_waited_for()
    {
        var path = _folder.File("x.png");
        NamedPipe.Make(path);
        InTime(() => Message(() => Picture.LoadPng(path))).Should().Contain("it is empty, or a pipe");
        InTime(() => Message(() => ImageDataset.Load(_folder.Path))).Should().Contain("it is empty, or a pipe");
    }

    [TestCaseSource(nameof(Damaged))]
    public void Half_a_surrogate_pair_is_no_text(string reader, string file)
    {
        var path = Path.Combine(Model, file);
        var whole = File.ReadAllText(path);
        foreach (
            var text in new[]
            {
                whole.Replace("{", "{\"x\\ud800\": 1, "),
                whole.Replace("{", "{\"x\": \"\\udc00\", "),
                whole.Replace("{", "{\"x\": [{\"y\": \"\\ud800\"}], "),
                whole.Replace("\"_class_name\": \"", "\"_class_name\": \"\\udc00"),
            }
        )
        {
            File.WriteAllText(path, text);
            Refused(reader).Should().Contain("isn't Unicode");
        }
        File.WriteAllText(path, whole.Replace("{", "{\"x\": \"\\ud83d\\ude00\", "));
        Read(reader);
    }

    [Test]
    public void Half_a_surrogate_pair_is_no_class_name()
    {
        File.WriteAllText(Path.Combine(Model, "class_names.json"), "[\"\\ud800\"]");
        FluentActions.Invoking(() => ClassNames.Load(Model)).Should().Throw<InvalidDataException>();
    }

    [TestCase(Index, "garbage", "Not JSON")]
    [TestCase(Tampering.SchedulerConfig, "garbage", "Not JSON")]
    [TestCase(Index, "[\"diffusers\", \"UNet2DConditionModel\"]", "another architecture")]
    public void What_does_not_load_is_not_converted(string file, string text, string says)
    {
        var path = Path.Combine(Model, file);
        if (text.StartsWith('['))
            Tampering.Json(path, json => json["unet"] = JsonNode.Parse(text));
        else
            File.WriteAllText(path, text);
        Refused("convert").Should().Contain(says).And.Contain(path);
        Directory.Exists(_folder.File("out")).Should().BeFalse();
    }

    [Test]
    public void A_table_of_times_must_have_all_of_the_schedules()
    {
        var config = TinySetup.Network with
        {
            TimeEmbeddingType = TimeEmbeddingType.Learned,
            NumTrainTimesteps = TinySetup.Scheduler.TrainingSteps,
        };
        using (var pipeline = new Pipeline(new UNet2D(config), TinySetup.Scheduler))
            pipeline.Save(_folder.File("learned"));
        Pipeline.Load(_folder.File("learned")).Dispose();
        Tampering.Json(
            Path.Combine(_folder.File("learned"), Tampering.SchedulerConfig),
            json => json["num_train_timesteps"] = 101
        );
        var report = Inspector.Inspect(_folder.File("learned"));
        report.Problems.Should().ContainSingle().Which.Message.Should().Contain("has 100 rows").And.Contain("is 101");
        foreach (var reader in new[] { "load", "convert" })
            Refused(reader, _folder.File("learned")).Should().Contain("has 100 rows").And.Contain("is 101");
    }

    private string Refused(string reader, string? model = null) => Message(() => Read(reader, model));

    private string RefusedInTime(string reader) => InTime(() => Refused(reader));

    private static string InTime(Func<string> read)
    {
        var running = Task.Run(read);
        running.Wait(TimeSpan.FromSeconds(30)).Should().BeTrue("it mustn't wait");
        return running.Result;
    }

    private static string Message(Action read) =>
        FluentActions
            .Invoking(read)
            .Should()
            .Throw<Exception>()
            .Where(e => e is InvalidDataException || e is IOException)
            .Which.Message;

    private void Read(string reader, string? folder = null)
    {
        var model = folder ?? Model;
        switch (reader)
        {
            case "load":
                Pipeline.Load(model).Dispose();
                break;
            case "convert":
                ModelConverter.Convert(model, _folder.File("out"));
                break;
            case "verify":
                ModelVerification.Run(model);
                break;
            default:
                var report = Inspector.Inspect(model);
                if (!report.Loads)
                    throw new InvalidDataException(
                        string.Join("\n", report.Problems.Select(p => $"{p.File}: {p.Message}")) + report.ToJson()
                    );
                break;
        }
    }
}
