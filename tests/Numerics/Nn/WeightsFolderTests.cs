using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class WeightsFolderTests : FolderFixture
{
    private const string Stem = "diffusion_pytorch_model";

    [TestCase(null, Stem + ".safetensors")]
    [TestCase(null, Stem + ".safetensors.index.json")]
    [TestCase("fp16", Stem + ".fp16.safetensors")]
    [TestCase("fp16", Stem + ".safetensors.index.fp16.json")]
    [TestCase("fp16", Stem + ".safetensors.fp16.index.json")]
    [TestCase("non_ema", Stem + ".non_ema.safetensors")]
    [TestCase("ema-0.9999", Stem + ".ema-0.9999.safetensors")]
    public void Weights_are_found_among_others(string? variant, string name)
    {
        Make($"{Stem}.bin", $"{Stem}.bf16.safetensors", "config.json", "model.safetensors", name);
        Weights.FileIn(_folder.Path, variant).Should().Be(_folder.File(name));
    }

    [Test]
    public void An_index_comes_before_a_single_file()
    {
        Make($"{Stem}.safetensors", $"{Stem}.safetensors.index.json", $"{Stem}.fp16.safetensors");
        Weights.FileIn(_folder.Path).Should().Be(_folder.File($"{Stem}.safetensors.index.json"));
        Make($"{Stem}.safetensors.index.fp16.json");
        Weights.FileIn(_folder.Path, "fp16").Should().Be(_folder.File($"{Stem}.safetensors.index.fp16.json"));
    }

    [TestCase(null, "*no weights: neither *index.json nor " + Stem + ".safetensors.")]
    [TestCase(
        null,
        "*There are the variant 'bf16', the variant 'fp16'; choose by variant (--variant), none by default.",
        Stem + ".bf16.safetensors",
        Stem + ".fp16.safetensors"
    )]
    [TestCase("fp16", "*There are the variant 'ema'; choose*", Stem + ".safetensors.index.ema.json")]
    [TestCase("fp16", "*There are weights without a variant; choose*", Stem + ".safetensors")]
    [TestCase(
        "bf16",
        "*There are weights without a variant, the variant 'ema-0.99', the variant 'fp16'; choose*",
        Stem + ".ema-0.99.safetensors",
        Stem + ".fp16.safetensors.index.json",
        Stem + ".fp16-00001-of-00002.safetensors",
        Stem + "-00001-of-00002.fp16.safetensors",
        Stem + ".safetensors.index.json"
    )]
    [TestCase(null, "*" + Stem + ".bin, a pickle*never read*save_pretrained*", Stem + ".bin")]
    [TestCase(null, "*weights.ckpt, a pickle*never read*", "weights.ckpt", "readme.txt")]
    public void What_is_there_instead_is_said(string? variant, string message, params string[] files)
    {
        Make(files);
        var find = () => Weights.FileIn(_folder.Path, variant);
        find.Should().Throw<FileNotFoundException>().WithMessage(message).And.Message.Should().StartWith(_folder.Path);
    }

    [Test]
    public void A_link_out_of_the_folder_is_refused()
    {
        using var outside = new TemporaryFolder();
        File.WriteAllText(outside.File("w"), "");
        File.CreateSymbolicLink(_folder.File($"{Stem}.safetensors"), outside.File("w"));
        var find = () => Weights.FileIn(_folder.Path);
        find.Should().Throw<InvalidDataException>().WithMessage($"*{Stem}.safetensors' is a symbolic link*");
    }

    [TestCase("")]
    [TestCase("../x")]
    [TestCase("fp16\n")]
    public void A_variant_is_a_word(string variant)
    {
        var find = () => Weights.FileIn(_folder.Path, variant);
        find.Should().Throw<ArgumentException>().WithMessage("*such as fp16*");
    }

    [Test]
    public void A_folder_that_isnt_there_is_named()
    {
        var find = () => Weights.FileIn(_folder.File("no"));
        find.Should().Throw<FileNotFoundException>().WithMessage($"{_folder.File("no")}: *no such folder.");
    }

    private void Make(params string[] names)
    {
        foreach (var name in names)
            File.WriteAllText(_folder.File(name), "");
    }
}
