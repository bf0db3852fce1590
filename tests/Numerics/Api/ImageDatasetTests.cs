using Diffusion.Api;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class ImageDatasetTests
{
    [Test]
    public void A_batch_holds_the_asked_for_images_scaled_to_minus_one_and_one()
    {
        var pixels = TinyImages.Pixels(5);
        var images = new ImageDataset(pixels, 1, 8, 8);
        using var batch = images.Batch([3, 0]);
        batch.shape.Should().Equal(2, 1, 8, 8);
        var values = batch.data<float>().ToArray();
        for (var i = 0; i < 64; i++)
        {
            values[i].Should().BeApproximately(pixels[3 * 64 + i] / 127.5f - 1, 1e-6f);
            values[64 + i].Should().BeApproximately(pixels[i] / 127.5f - 1, 1e-6f);
        }
    }

    [Test]
    public void Flipping_reverses_the_rows_of_that_image_only()
    {
        var images = new ImageDataset(TinyImages.Pixels(2), 1, 8, 8);
        using var plain = images.Batch([0, 1]);
        using var flipped = images.Batch([0, 1], [false, true]);
        flipped[0].Equals(plain[0]).Should().BeTrue();
        flipped[1].Equals(plain[1].flip(2)).Should().BeTrue();
        flipped[1].Equals(plain[1]).Should().BeFalse("the test image is not symmetric");
    }

    [Test]
    public void Pixels_survive_the_way_to_network_values_and_back()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        using var batch = new ImageDataset(all, 1, 16, 16).Batch([0]);
        batch.min().ToSingle().Should().Be(-1);
        batch.max().ToSingle().Should().Be(1);
        Pixels.ToBytes(batch).Should().Equal(all);
    }

    [Test]
    public void Values_outside_the_range_are_clamped() => Pixels.ToBytes(tensor([-7f, 7f])).Should().Equal(0, 255);

    [Test]
    public void Labels_that_do_not_match_the_images_are_refused_with_both_counts()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("train-images-idx3-ubyte"), TinyImages.Idx(TinyImages.Pixels(5), 5, 8, 8));
        File.WriteAllBytes(folder.File("train-labels-idx1-ubyte.gz"), TinyImages.Gzip(TinyImages.Idx(new byte[4], 4)));
        FluentActions
            .Invoking(() => ImageDataset.Load(folder.Path))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*4 labels*5 images*");
    }

    [Test]
    public void A_folder_with_the_usual_names_is_read_with_its_labels()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(
            folder.File("train-images-idx3-ubyte.gz"),
            TinyImages.Gzip(TinyImages.Idx(TinyImages.Pixels(5), 5, 8, 8))
        );
        File.WriteAllBytes(folder.File("train-labels-idx1-ubyte"), TinyImages.Idx([3, 0, 3, 1, 0], 5));
        var images = ImageDataset.Load(folder.Path);
        images.Count.Should().Be(5);
        images.Labels.Should().Equal(3, 0, 3, 1, 0);
        images.ClassCount.Should().Be(4);
        images.ClassNames.Should().BeEmpty();
    }

    [Test]
    public void An_empty_data_set_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("empty"), TinyImages.Idx([], 0, 8, 8));
        FluentActions
            .Invoking(() => ImageDataset.FromIdx(folder.File("empty")))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*no image*");
    }

    [Test]
    public void Images_of_another_number_of_dimensions_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("flat"), TinyImages.Idx(new byte[64], 64));
        FluentActions
            .Invoking(() => ImageDataset.Load(folder.File("flat")))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*1 dimensions*");
    }

    [Test]
    public void Labels_outside_of_their_classes_are_refused() =>
        FluentActions
            .Invoking(() => new ImageDataset(new byte[3], 1, 1, 1, "mine", [0, 2, 1], ["a", "b"]))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("mine*label 2*0 … 1*");

    [Test]
    public void The_fingerprint_is_of_pixels_labels_and_shape()
    {
        var prints = new[]
        {
            new ImageDataset(new byte[4], 1, 2, 2),
            new ImageDataset(new byte[4], 1, 1, 4),
            new ImageDataset(new byte[] { 0, 0, 0, 1 }, 1, 2, 2),
            new ImageDataset(new byte[4], 1, 2, 2, labels: [0]),
            new ImageDataset(new byte[4], 1, 2, 2, labels: [1]),
        }.Select(d => d.Fingerprint());
        prints.Should().OnlyHaveUniqueItems();
        new ImageDataset(new byte[4], 1, 2, 2, "other").Fingerprint().Should().Be(prints.First());
    }

    [Test]
    public void An_image_that_is_not_there_is_refused() =>
        FluentActions
            .Invoking(() => new ImageDataset(TinyImages.Pixels(2), 1, 8, 8).Batch([2]))
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage("*images 0 to 1*");

    [Test]
    public void Every_epoch_is_a_permutation_and_the_order_is_a_function_of_seed_and_step()
    {
        var order = new BatchOrder(10, 4, seed: 3);
        // 5 batches of 4 are two epochs of 10.
        var seen = Enumerable.Range(0, 5).SelectMany(step => order.Batch(step)).ToArray();
        seen[..10].Should().BeEquivalentTo(Enumerable.Range(0, 10));
        seen[10..].Should().BeEquivalentTo(Enumerable.Range(0, 10));
        seen[..10].Should().NotEqual(seen[10..], "each epoch is shuffled anew");
        new BatchOrder(10, 4, seed: 3).Batch(3).Should().Equal(order.Batch(3));
        new BatchOrder(10, 4, seed: 4).Batch(3).Should().NotEqual(order.Batch(3));
    }
}
