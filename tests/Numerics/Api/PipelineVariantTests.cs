using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>Folders with several weights, such as those of half the precision beside the whole ones.</summary>
public class PipelineVariantTests : FolderFixture
{
    private const string Stem = "diffusion_pytorch_model";
    private string _model = null!;

    [SetUp]
    public void SetUp()
    {
        _model = _folder.File("model");
        manual_seed(3);
        TinySetup.SaveModel(_model);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_variant_is_chosen_by_its_name_everywhere(bool sharded)
    {
        AddHalves("fp16", sharded);
        using var whole = Pipeline.Load(_model);
        using var half = Pipeline.Load(_model, variant: "fp16");
        Bias(half).Should().Be(1.5f);
        Bias(whole).Should().NotBe(1.5f);

        var report = Inspector.Inspect(_model, "fp16");
        report.Loads.Should().BeTrue(string.Join("; ", report.Problems));
        report.Weights.Single().ByType.Single().Type.Should().Be("F16");
        Path.GetFileName(report.Weights.Single().File)
            .Should()
            .Be(sharded ? $"{Stem}.safetensors.index.fp16.json" : $"{Stem}.fp16.safetensors");
        report.Weights.Single().Shards.Should().HaveCount(sharded ? 5 : 1);
        Inspector.Inspect(_model).Weights.Single().ByType.Single().Type.Should().Be("F32");

        ModelConverter.Convert(_model, _folder.File("new"), new ConversionOptions { Variant = "fp16" });
        using var converted = Pipeline.Load(_folder.File("new"));
        Bias(converted).Should().Be(1.5f);
        File.Exists(_folder.File($"new/unet/{Stem}.safetensors")).Should().BeTrue("a result has one name");

        ModelVerification.Record(_folder.File("new"));
        ModelVerification.Run(_model, _folder.File("new"), variant: "fp16").Passed.Should().BeTrue();
        ModelVerification.Run(_model, _folder.File("new")).Passed.Should().BeFalse();
    }

    [Test]
    public void Only_a_variant_is_an_error_that_says_which_there_are()
    {
        AddHalves("fp16", sharded: false);
        AddHalves("ema-0.99", sharded: true);
        File.Delete(Path.Combine(_model, Tampering.Weights));
        const string said =
            "*there are no weights: neither*There are the variant 'ema-0.99', the variant 'fp16'; choose by variant"
            + " (--variant)*";
        Refused(() => Pipeline.Load(_model), said);
        Refused(() => ModelConverter.Convert(_model, _folder.File("new")), said);
        Refused(() => ModelVerification.Run(_model), said);
        var problem = Inspector.Inspect(_model).Problems.Should().ContainSingle().Which;
        problem.File.Should().Be("unet");
        problem.Message.Should().Match(said);
        foreach (var variant in new[] { "fp16", "ema-0.99" })
            Pipeline.Load(_model, variant: variant).Dispose();
    }

    [Test]
    public void A_variant_that_is_not_there_is_an_error_that_says_which_are()
    {
        AddHalves("fp16", sharded: false);
        Refused(
            () => Pipeline.Load(_model, variant: "bf16"),
            "*There are weights without a variant, the variant 'fp16'; choose by variant (--variant)*"
        );
        FluentActions
            .Invoking(() => Pipeline.Load(_model, variant: "../fp16"))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*such as fp16*");
    }

    [Test]
    public void A_variant_belongs_to_a_folder()
    {
        var file = Path.Combine(_model, Tampering.Weights);
        Action[] calls =
        [
            () => Inspector.Inspect(file, "fp16"),
            () => ModelConverter.Convert(file, _folder.File("x"), new ConversionOptions { Variant = "fp16" }),
        ];
        foreach (var call in calls)
            call.Should().Throw<ArgumentException>().WithMessage("--variant chooses among*");
    }

    private static void Refused(Action call, string message) =>
        call.Should().ThrowExactly<FileNotFoundException>().WithMessage(message);

    private static float Bias(Pipeline pipeline)
    {
        using var bias = pipeline.Network.state_dict()["conv_out.bias"].cpu();
        return bias.data<float>()[0];
    }

    // The same weights at half the precision but for one, in the file names of Hugging Face's libraries.
    private void AddHalves(string variant, bool sharded)
    {
        using var scope = NewDisposeScope();
        using var file = Safetensors.Load(Path.Combine(_model, Tampering.Weights));
        var halves = file
            .Tensors.Select(t =>
                (t.Key, t.Key == "conv_out.bias" ? full([1], 1.5, ScalarType.Float16) : t.Value.to(ScalarType.Float16))
            )
            .ToList();
        var unet = Path.Combine(_model, "unet");
        if (!sharded)
        {
            Safetensors.Save(Path.Combine(unet, $"{Stem}.{variant}.safetensors"), halves);
            return;
        }
        // Written elsewhere, since it would take the whole weights' place.
        Directory.CreateDirectory(_folder.File(variant));
        var saved = Safetensors.SaveSharded(_folder.File($"{variant}/{Stem}.{variant}.safetensors"), halves, 8_000);
        foreach (var shard in Directory.EnumerateFiles(_folder.File(variant), "*.safetensors"))
            File.Move(shard, Path.Combine(unet, Path.GetFileName(shard)));
        File.Move(saved, Path.Combine(unet, $"{Stem}.safetensors.index.{variant}.json"));
    }
}
