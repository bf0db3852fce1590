using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class TensorImagesTests : FolderFixture
{
    private string _file = null!;

    [SetUp]
    public void SetUp() => _file = _folder.File("images.safetensors");

    [Test]
    public void Bytes_are_taken_as_they_are_with_their_labels()
    {
        using var scope = NewDisposeScope();
        var images = arange(2 * 3 * 4 * 4).to_type(ScalarType.Byte).reshape(2, 3, 4, 4);
        Safetensors.Save(_file, [("images", images), ("labels", tensor(new long[] { 4, 0 })), ("more", ones(1))]);
        var data = ImageDataset.Load(_file);
        (data.Count, data.Channels, data.Height, data.Width, data.ClassCount).Should().Be((2, 3, 4, 4, 5));
        data.Labels.Should().Equal(4, 0);
        Pixels.ToBytes(data.Batch([0, 1])).Should().Equal(images.contiguous().data<byte>().ToArray());
        data.Notices.Should().ContainSingle().Which.Should().Contain("'more'");
    }

    [TestCase(false, "[0, 1]")]
    [TestCase(true, "[−1, 1]")]
    public void Floats_are_of_zero_to_one_unless_one_is_negative(bool signed, string says)
    {
        using var scope = NewDisposeScope();
        var values = linspace(signed ? -1 : 0, 1, 16).reshape(1, 1, 4, 4);
        Safetensors.Save(_file, [("images", values)]);
        var data = ImageDataset.Load(_file);
        Pixels.ToBytes(data.Batch([0])).Should().Equal(Enumerable.Range(0, 16).Select(i => (byte)(i * 17)));
        data.Notices.Should().ContainSingle().Which.Should().Contain(says);
    }

    [Test]
    public void They_take_the_shape_that_is_asked_for_and_that_is_said()
    {
        using var images = full([2, 1, 8, 6], 50, ScalarType.Byte);
        Safetensors.Save(_file, [("images", images)]);
        var data = ImageDataset.Load(_file, new ImageLoading { Size = 4, Channels = 3 });
        (data.Count, data.Channels, data.Height, data.Width).Should().Be((2, 3, 4, 4));
        data.Notices.Should().ContainSingle().Which.Should().Contain("1×8×6").And.Contain("3×4×4");
        using var batch = data.Batch([1]);
        Pixels.ToBytes(batch).Should().OnlyContain(p => p == 50);
    }

    [Test]
    public void What_is_left_out_may_be_of_any_type()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(_file, [("images", zeros([1, 1, 4, 4], ScalarType.Byte)), ("more", ones(1))]);
        var bytes = File.ReadAllBytes(_file);
        bytes[bytes.AsSpan().IndexOf("F32"u8)] = (byte)'U';
        File.WriteAllBytes(_file, bytes);
        ImageDataset.Load(_file).Notices.Should().ContainSingle().Which.Should().Contain("'more' is left out");
    }

    [Test]
    public void Channels_that_seem_to_come_last_are_pointed_out()
    {
        using var images = zeros([2, 16, 16, 3], ScalarType.Byte);
        Safetensors.Save(_file, [("images", images)]);
        ImageDataset
            .Load(_file)
            .Notices.Should()
            .ContainSingle()
            .Which.Should()
            .Contain("16 channels of 16×3 pixels; if it is [N, H, W, C], put the channels second");
    }

    private static readonly TestCaseData[] Wrong =
    [
        Case("no images", "no tensor 'images'*pictures", () => [("pictures", ones(1, 1, 2, 2))]),
        Case("three dimensions", "[2, 4, 4]", () => [("images", ones(2, 4, 4))]),
        Case("an empty dimension", "[0, 1, 4, 4]", () => [("images", ones(0, 1, 4, 4))]),
        Case("whole numbers", "bytes and floats", () => [("images", ones([1, 1, 2, 2], ScalarType.Int32))]),
        Case("too large values", "from 1 to 255", () => [("images", tensor(new[] { 1f, 255f }).reshape(1, 1, 1, 2))]),
        Case("NaN", "NaN", () => [("images", full([1, 1, 2, 2], float.NaN))]),
        Case(
            "labels for others",
            "[2]*1 images",
            () => [("images", ones(1, 1, 2, 2)), ("labels", zeros([2], ScalarType.Int64))]
        ),
        Case("labels of floats", "whole numbers", () => [("images", ones(1, 1, 2, 2)), ("labels", zeros(1))]),
        Case(
            "a negative label",
            "label -1",
            () => [("images", ones(1, 1, 2, 2)), ("labels", full([1], -1, ScalarType.Int64))]
        ),
        Case(
            "an enormous label",
            "label 2147483647",
            () => [("images", ones(1, 1, 2, 2)), ("labels", full([1], long.MaxValue, ScalarType.Int64))]
        ),
    ];

    [TestCaseSource(nameof(Wrong))]
    public void What_is_no_set_of_images_is_refused(string says, Func<(string, Tensor)[]> tensors)
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(_file, tensors());
        FluentActions
            .Invoking(() => ImageDataset.Load(_file))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage($"*images.safetensors*{says}*");
    }

    [Test]
    public void Two_channels_have_no_rule()
    {
        using var images = full([2, 2, 4, 4], 50, ScalarType.Byte);
        Safetensors.Save(_file, [("images", images)]);
        FluentActions
            .Invoking(() => ImageDataset.Load(_file, new ImageLoading { Channels = 3 }))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*2 channels*3*");
    }

    private static TestCaseData Case(string name, string says, Func<(string, Tensor)[]> tensors) =>
        new TestCaseData(says, tensors).SetName($"Wrong tensors: {name}");
}
