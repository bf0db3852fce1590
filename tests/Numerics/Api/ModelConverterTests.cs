using System.Text.Json.Nodes;
using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class ModelConverterTests : FolderFixture
{
    private const string OldNames = "rgb16-asympad-oldkeys";

    [TestCase(ScalarType.Float16, 1.0 / 2048)]
    [TestCase(ScalarType.BFloat16, 1.0 / 256)]
    public void Narrow_weights_are_the_nearest_and_the_loss_is_reported(ScalarType type, double bound)
    {
        var source = GoldenFolders.Named(OldNames);
        var report = ModelConverter.Convert(source, _folder.File("out"), new ConversionOptions { Type = type });
        report.BytesAfter.Should().Be(report.BytesBefore / 2);
        report.Loss.MaxRelative.Should().BeLessThanOrEqualTo(bound).And.BeGreaterThan(0.9 * bound);
        using var before = Safetensors.Load(Path.Combine(source, Tampering.Weights));
        using var after = Safetensors.Load(Path.Combine(_folder.File("out"), Tampering.Weights));
        var largest = 0.0;
        foreach (var (name, tensor) in before.Tensors)
        {
            using var scope = NewDisposeScope();
            after.Tensors[name].dtype.Should().Be(type);
            after.Tensors[name].Equals(tensor.to_type(type)).Should().BeTrue(name);
            largest = double.Max(
                largest,
                (after.Tensors[name].to_type(ScalarType.Float64) - tensor).abs().max().ToDouble()
            );
        }
        report.Loss.MaxAbsolute.Should().Be(largest);

        var back = new ConversionOptions { Type = ScalarType.Float32 };
        ModelConverter.Convert(_folder.File("out"), _folder.File("wide"), back).Loss.Should().Be(PrecisionLoss.None);
        var again = new ConversionOptions { Type = type };
        ModelConverter.Convert(_folder.File("wide"), _folder.File("again"), again).Loss.Should().Be(PrecisionLoss.None);
        Weights("again").Should().Equal(Weights("out"));
    }

    [Test]
    public void Names_go_to_and_fro_and_the_network_stays_the_same()
    {
        var source = GoldenFolders.Named(OldNames);
        var current = new ConversionOptions { Names = AttentionNaming.Current };
        ModelConverter.Convert(source, _folder.File("new"), current).Renamed.Should().Be(48);
        using (var network = new UNet2D(UNet2DConfig.Load(Path.Combine(source, Tampering.NetworkConfig))))
            Safetensors
                .ReadHeader(Path.Combine(_folder.File("new"), Tampering.Weights))
                .Entries.Select(e => e.Name)
                .Should()
                .BeEquivalentTo(network.state_dict().Keys);
        ModelVerification.Run(_folder.File("new"), source, EngineUnderTest.Tolerances).Passed.Should().BeTrue();

        var legacy = new ConversionOptions { Names = AttentionNaming.Legacy };
        ModelConverter.Convert(_folder.File("new"), _folder.File("old"), legacy).Renamed.Should().Be(48);
        Weights("old").Should().Equal(File.ReadAllBytes(Path.Combine(source, Tampering.Weights)));
        ModelConverter.Convert(source, _folder.File("same"), legacy).Renamed.Should().Be(0);
    }

    [Test]
    public void Configs_stay_as_they_are_and_what_is_left_out_is_said()
    {
        var source = Copy();
        Tampering.Json(Path.Combine(source, Tampering.NetworkConfig), json => json["mystery"] = 3);
        var report = ModelConverter.Convert(source, _folder.File("out"));
        foreach (var file in new[] { Tampering.NetworkConfig, Tampering.SchedulerConfig, "model_index.json" })
            File.ReadAllText(Path.Combine(_folder.File("out"), file))
                .Should()
                .Be(File.ReadAllText(Path.Combine(source, file)));
        report.Notices.Should().Equal("Not taken over: expected.json, expected.safetensors.");
        Weights("out").Should().Equal(File.ReadAllBytes(Path.Combine(source, Tampering.Weights)));
    }

    [Test]
    public void A_value_that_float16_cannot_hold_is_refused_and_nothing_is_written()
    {
        var source = Copy();
        Tampering.Tensors(
            Path.Combine(source, Tampering.Weights),
            tensors => tensors["conv_out.bias"] = tensor([0f, 70_000f, 1e-9f])
        );
        FluentActions
            .Invoking(() => ModelConverter.Convert(source, _folder.File("out"), Half()))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*'conv_out.bias'*70000*65504*bf16*");
        Directory.EnumerateFileSystemEntries(_folder.Path).Should().Equal(source);

        var report = ModelConverter.Convert(
            source,
            _folder.File("out"),
            new ConversionOptions { Type = ScalarType.BFloat16 }
        );
        report.Loss.BecameZero.Should().Be(0);
    }

    [Test]
    public void Values_too_small_and_values_that_are_no_numbers_are_counted()
    {
        var file = _folder.File("in.safetensors");
        using (var values = tensor([1e-9f, 0f, 1f, float.NaN, float.NegativeInfinity, 3e-5f]))
        using (var whole = tensor([1L, 2L]))
            Safetensors.Save(file, [("w", values), ("n", whole)]);
        var report = ModelConverter.Convert(file, _folder.File("out.safetensors"), Half());
        (report.Loss.BecameZero, report.Loss.NotFinite).Should().Be((1, 2));
        report.Loss.MaxRelative.Should().Be(0, "1 is exact, and the others are below the normal range");
        report.Types.Should().BeEquivalentTo(new[] { ("F32", "F16", 1), ("I64", "I64", 1) });
        using var after = Safetensors.Load(_folder.File("out.safetensors"));
        after.Tensors["n"].dtype.Should().Be(ScalarType.Int64);
    }

    [Test]
    public void A_run_gives_its_moving_average_or_its_weights()
    {
        var run = TrainedRun();
        var ema = ModelConverter.Convert(run, _folder.File("ema"), new ConversionOptions { Ema = true });
        ema.Weights.Should().EndWith("the moving average of step 3");
        ModelConverter.Convert(run, _folder.File("raw")).Weights.Should().EndWith("the weights of step 3");
        foreach (var (folder, part) in new[] { ("ema", "ema"), ("raw", "weights") })
        {
            using var expected = Safetensors.Load(Path.Combine(run, $"checkpoints/step-000000003/{part}.safetensors"));
            using var pipeline = Pipeline.Load(_folder.File(folder));
            pipeline.Scheduler.Should().Be(TinySetup.Scheduler);
            foreach (var (name, tensor) in pipeline.Network.state_dict())
                tensor.Equals(expected.Tensors[name]).Should().BeTrue(name);
        }
        Weights("ema").Should().NotEqual(Weights("raw"));
    }

    [Test]
    public void Bare_weights_and_a_config_become_a_folder()
    {
        var golden = GoldenFolders.Named(OldNames);
        var bare = _folder.File("bare.safetensors");
        File.Copy(Path.Combine(golden, Tampering.Weights), bare);
        var options = new ConversionOptions { NetworkConfig = Path.Combine(golden, Tampering.NetworkConfig) };
        ModelConverter
            .Convert(bare, _folder.File("guessed"), options)
            .Notices.Should()
            .ContainSingle(notice => notice.Contains("--scheduler"));
        Inspector.Inspect(_folder.File("guessed")).Loads.Should().BeTrue();
        var told = options with { SchedulerConfig = Path.Combine(golden, Tampering.SchedulerConfig) };
        ModelConverter.Convert(bare, _folder.File("told"), told).Notices.Should().BeEmpty();
        ModelVerification.Run(_folder.File("told"), golden, EngineUnderTest.Tolerances).Passed.Should().BeTrue();
    }

    [Test]
    public void Configs_that_do_not_go_together_are_refused_for_bare_weights_too()
    {
        var bare = _folder.File("bare.safetensors");
        var config = _folder.File("config.json");
        var network = TinySetup.Network with { OutChannels = 2 };
        network.Save(config);
        using (var unet = new UNet2D(network))
            Safetensors.Save(bare, unet.state_dict().Select(pair => (pair.Key, pair.Value)));
        var options = new ConversionOptions { NetworkConfig = config };
        Refused<InvalidDataException>(bare, _folder.File("out"), options, "answers 2*must answer 1*--scheduler");
        Directory.Exists(_folder.File("out")).Should().BeFalse();
        File.WriteAllText(
            _folder.File("scheduler.json"),
            (TinySetup.Scheduler with { Variance = ReverseVariance.LearnedRange }).ToJson()
        );
        options = options with { SchedulerConfig = _folder.File("scheduler.json") };
        ModelConverter.Convert(bare, _folder.File("out"), options);
        Pipeline.Load(_folder.File("out")).Dispose();
    }

    [Test]
    public void What_the_pipeline_s_own_sampler_refuses_is_refused_and_the_file_named()
    {
        var source = Copy();
        Tampering.Json(Path.Combine(source, "model_index.json"), json => json["_class_name"] = "PNDMPipeline");
        Tampering.Json(
            Path.Combine(source, Tampering.SchedulerConfig),
            json => (json["beta_schedule"], json["trained_betas"]) = ("sigmoid", null)
        );
        var says = $"'{Path.Combine(source, Tampering.SchedulerConfig)}': *sigmoid*";
        FluentActions
            .Invoking(() => ModelConverter.Convert(source, _folder.File("out")))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage(says);
        FluentActions.Invoking(() => Pipeline.Load(source)).Should().Throw<InvalidDataException>().WithMessage(says);
    }

    [Test]
    public void A_network_alone_and_a_set_of_shards_convert_too()
    {
        var source = Copy();
        ModelConverter.Convert(Path.Combine(source, "unet"), _folder.File("network"));
        Inspector.Inspect(_folder.File("network")).Loads.Should().BeTrue();

        using (var one = ones(2))
            foreach (var shard in new[] { "a", "b" })
                Safetensors.Save(_folder.File($"{shard}.safetensors"), [(shard, one)]);
        var index = _folder.File("m.safetensors.index.json");
        File.WriteAllText(index, """{"weight_map": {"a": "a.safetensors", "b": "b.safetensors"}}""");
        ModelConverter.Convert(index, _folder.File("whole.safetensors"), Half()).Tensors.Should().Be(2);
        Inspector.Inspect(_folder.File("whole.safetensors")).Weights[0].Values.Should().Be(4);
    }

    [Test]
    public void Weights_are_cut_into_shards_and_put_together_again()
    {
        var source = GoldenFolders.Named(OldNames);
        var shards = new ConversionOptions { ShardBytes = 100_000 };
        ModelConverter.Convert(source, _folder.File("shards"), shards);
        var files = Directory.EnumerateFiles(_folder.File("shards/unet"), "*.safetensors").ToList();
        files.Should().HaveCountGreaterThan(4).And.OnlyContain(file => new FileInfo(file).Length < 120_000);
        Inspector.Inspect(_folder.File("shards")).Problems.Should().BeEmpty();
        ModelVerification.Run(_folder.File("shards"), source, EngineUnderTest.Tolerances).Passed.Should().BeTrue();
        ModelConverter.Convert(_folder.File("shards"), _folder.File("whole"));
        Weights("whole").Should().Equal(File.ReadAllBytes(Path.Combine(source, Tampering.Weights)));

        using (var pipeline = Pipeline.Load(_folder.File("shards")))
            pipeline.Save(_folder.File("shards"));
        Directory
            .EnumerateFiles(_folder.File("shards/unet"))
            .Select(Path.GetFileName)
            .Should()
            .BeEquivalentTo(["config.json", "diffusion_pytorch_model.safetensors"], "one file takes the shards' place");
        FluentActions
            .Invoking(() => new ConversionOptions { ShardBytes = 0 })
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage("*at least 1 byte, not 0*");
    }

    [Test]
    public void What_is_there_is_replaced_only_by_force_and_only_if_it_is_a_model()
    {
        var (source, run) = (Copy(), _folder.File("run"));
        Directory.CreateDirectory(run);
        File.WriteAllText(Path.Combine(run, "training.json"), "precious");
        var other = _folder.File("other");
        Directory.CreateDirectory(other);
        ModelConverter.Convert(source, other).Tensors.Should().Be(268, "an empty folder is as good as none");
        File.WriteAllText(Path.Combine(other, "leftover"), "of the old one");
        Refused<IOException>(source, other, null, "there already");
        ModelConverter.Convert(source, other, Half() with { Overwrite = true });
        File.Exists(Path.Combine(other, "leftover")).Should().BeFalse();

        var force = new ConversionOptions { Overwrite = true };
        Refused<IOException>(source, run, force, "training run");
        File.ReadAllText(Path.Combine(run, "training.json")).Should().Be("precious");
        Refused<IOException>(source, source, force, "are one");
        Refused<IOException>(source, Path.Combine(source, "inner"), force, "one is in the other");
        Refused<IOException>(Path.Combine(source, "unet"), source, force, "one is in the other");
        Directory.CreateDirectory(_folder.File("pictures"));
        File.WriteAllText(_folder.File("pictures/cat.png"), "a cat");
        Refused<IOException>(source, _folder.File("pictures"), force, "other things than a model");
        File.ReadAllText(_folder.File("pictures/cat.png")).Should().Be("a cat");
    }

    [Test]
    public void Nothing_beside_the_target_is_touched()
    {
        var source = Copy();
        var mine = _folder.File("out.partial/mine.txt");
        Directory.CreateDirectory(_folder.File("out.partial"));
        File.WriteAllText(mine, "x");
        ModelConverter.Convert(source, _folder.File("out"));
        ModelConverter.Convert(source, _folder.File("out"), new ConversionOptions { Overwrite = true });
        File.ReadAllText(mine).Should().Be("x");
        Directory
            .EnumerateFileSystemEntries(_folder.Path)
            .Select(Path.GetFileName)
            .Should()
            .BeEquivalentTo("model", "out", "out.partial");
    }

    [Test]
    public void What_makes_no_sense_is_refused()
    {
        var source = Copy();
        var bare = Path.Combine(source, Tampering.Weights);
        var target = _folder.File("out");
        Refused<ArgumentException>(source, target, new ConversionOptions { Ema = true }, "isn't a training run");
        Refused<ArgumentException>(bare, target, null, "NAME.safetensors");
        Refused<ArgumentException>(source, target, new ConversionOptions { NetworkConfig = "x" }, "--network");
        Refused<ArgumentException>(bare, target, new ConversionOptions { SchedulerConfig = "x" }, "needs --network");
        Refused<FileNotFoundException>(_folder.File("nothing"), target, null, "nothing");
        Refused<IOException>(source, bare, null, "one is in the other");
        FluentActions
            .Invoking(() => new ConversionOptions { Type = ScalarType.Int64 })
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage("*Float16*Int64*");

        Tampering.Tensors(bare, tensors => tensors["spare"] = zeros(1));
        Refused<InvalidDataException>(source, target, null, "'spare' [1] isn't used");
        File.WriteAllBytes(bare, File.ReadAllBytes(bare)[..999]);
        Refused<InvalidDataException>(source, target, null, "truncated");
        File.Delete(bare);
        Refused<FileNotFoundException>(source, target, null, "there are no weights");
        Directory.EnumerateFileSystemEntries(_folder.Path).Should().Equal(source);
    }

    [Test]
    public void A_file_with_both_namings_is_refused()
    {
        var file = _folder.File("both.safetensors");
        using (var one = zeros(1))
            Safetensors.Save(file, [("mid.attentions.0.query.weight", one), ("mid.attentions.0.to_q.weight", one)]);
        Refused<InvalidDataException>(
            file,
            _folder.File("out.safetensors"),
            new ConversionOptions { Names = AttentionNaming.Current },
            "both namings"
        );
    }

    private static ConversionOptions Half() => new() { Type = ScalarType.Float16 };

    private void Refused<T>(string source, string target, ConversionOptions? options, string says)
        where T : Exception =>
        FluentActions
            .Invoking(() => ModelConverter.Convert(source, target, options))
            .Should()
            .Throw<T>()
            .WithMessage($"*{says}*");

    private string Copy() => GoldenFolders.CopyTo(GoldenFolders.Named(OldNames), _folder.File("model"));

    private byte[] Weights(string folder) => File.ReadAllBytes(Path.Combine(_folder.File(folder), Tampering.Weights));

    private string TrainedRun()
    {
        using var cancel = new CancellationTokenSource();
        using var run = TrainingRun.Create(_folder.File("run"), TinySetup.For(TinyImages.Write(_folder), 6));
        run.Train(
            progress =>
            {
                if (progress.Step == 3)
                    cancel.Cancel();
            },
            cancel.Token
        );
        return run.Folder;
    }
}
