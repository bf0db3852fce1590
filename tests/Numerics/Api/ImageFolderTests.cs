using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Api;

public class ImageFolderTests : FolderFixture
{
    [Test]
    public void Images_are_read_in_ordinal_order_of_their_names()
    {
        Write("b.png", 20);
        Write("a10.PNG", 10);
        Write("a9.png", 11);
        Write("Z.png", 1);
        Write(".hidden.png", 99);
        File.WriteAllText(_folder.File("notes.txt"), "not an image");
        var images = ImageDataset.Load(_folder.Path);
        (images.Channels, images.Height, images.Width).Should().Be((1, 8, 8));
        FirstPixels(images).Should().Equal(1, 10, 11, 20);
        images.Labels.Should().BeEmpty();
        images.ClassCount.Should().Be(0);
        images.Notices.Should().BeEmpty();
    }

    [Test]
    public void Sub_folders_are_classes_in_ordinal_order()
    {
        PngFolder.WriteClasses(_folder, "data", 2, "cat", "Dog", "ant");
        Directory.CreateDirectory(_folder.File("data/none"));
        var images = ImageDataset.Load(_folder.File("data"));
        images.ClassNames.Should().Equal("Dog", "ant", "cat");
        images.Labels.Should().Equal(0, 0, 1, 1, 2, 2);
        FirstPixels(images).Should().Equal(40, 41, 80, 81, 0, 1);
        images.Notices.Should().ContainSingle().Which.Should().Contain("none");
        using var labels = images.LabelBatch([5, 0, 3]);
        labels.data<long>().ToArray().Should().Equal(2, 0, 1);
    }

    [Test]
    public void Images_take_the_size_and_the_channels_that_are_asked_for()
    {
        PngFolder.Write(_folder, "wide.png", 10, 30, 255, 0, 0);
        PngFolder.Write(_folder, "small.png", 4, 4, 100);
        var loading = new ImageLoading { Size = new ImageSize(6, 8), Channels = 3 };
        var images = ImageDataset.Load(_folder.Path, loading);
        (images.Count, images.Channels, images.Height, images.Width).Should().Be((2, 3, 6, 8));
        using var batch = images.Batch([0, 1]);
        Pixels.ToBytes(batch[0]).Should().OnlyContain(p => p == 100);
        Pixels.ToBytes(batch[1][0]).Should().OnlyContain(p => p == 255);
        Pixels.ToBytes(batch[1][1]).Should().OnlyContain(p => p == 0);
        images.Notices.Should().HaveCount(2);
        images.Notices[0].Should().Be("2 images of other sizes are scaled and cropped to 6×8 pixels.");
        images.Notices[1].Should().Contain("1 images are smaller than 6×8");
    }

    [Test]
    public void A_folder_with_one_image_in_colour_is_in_colour()
    {
        PngFolder.Write(_folder, "grey.png");
        PngFolder.Write(_folder, "red.png", 8, 8, 255, 0, 0);
        ImageDataset.Load(_folder.Path).Channels.Should().Be(3);
        var grey = ImageDataset.Load(_folder.Path, new ImageLoading { Channels = 1 });
        FirstPixels(grey).Should().Equal(100, 76);
        grey.Notices.Should().ContainSingle().Which.Should().Contain("1 images in colour are made grey");
    }

    [Test]
    public void Images_of_several_sizes_need_one_to_be_said()
    {
        PngFolder.Write(_folder, "a.png", 8, 8);
        PngFolder.Write(_folder, "b.png", 8, 9);
        Refused(_folder.Path).WithMessage("*a.png*8×8*b.png*8×9*--size*");
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Bad_files_are_skipped_named_and_counted_where_that_is_asked_for(bool sizeIsSaid)
    {
        PngFolder.WriteClasses(_folder, "data", 3, "a", "b");
        File.WriteAllText(_folder.File("data/a/001.png"), "no image");
        var cut = File.ReadAllBytes(_folder.File("data/b/000.png"));
        File.WriteAllBytes(_folder.File("data/b/000.png"), cut[..^20]);
        var loading = new ImageLoading
        {
            SkipBad = true,
            Size = sizeIsSaid ? 8 : null,
            Channels = sizeIsSaid ? 1 : null,
        };
        var images = ImageDataset.Load(_folder.File("data"), loading);
        FirstPixels(images).Should().Equal(0, 2, 41, 42);
        images.Labels.Should().Equal(0, 0, 1, 1);
        images.Skipped.Select(s => Path.GetFileName(s.File)).Should().Equal("001.png", "000.png");
        images.Skipped[0].Reason.Should().Contain("not a PNG");
        images.Skipped[1].Reason.Should().Contain("cut short");
    }

    [Test]
    public void The_first_bad_file_is_named_where_none_may_be()
    {
        for (var i = 0; i < 40; i++)
            Write($"{i:D2}.png", 1);
        foreach (var bad in new[] { "07", "08", "33" })
            File.WriteAllText(_folder.File(bad + ".png"), "no image");
        Refused(_folder.Path).WithMessage("*07.png*--skip-bad*");
        Refused(_folder.Path, new ImageLoading { Size = 8, Channels = 1 }).WithMessage("*07.png*--skip-bad*");
    }

    [Test]
    public void A_folder_of_bad_files_only_is_refused()
    {
        File.WriteAllText(_folder.File("a.png"), "no image");
        Refused(_folder.Path, new ImageLoading { SkipBad = true }).WithMessage("None of the 1*a.png*");
        Refused(
                _folder.Path,
                new ImageLoading
                {
                    SkipBad = true,
                    Size = 8,
                    Channels = 1,
                }
            )
            .WithMessage("None of the 1*");
    }

    [Test]
    public void An_empty_folder_is_refused_and_other_formats_are_counted()
    {
        Refused(_folder.Path).WithMessage("*holds no PNG file*");
        File.WriteAllText(_folder.File("a.jpg"), "");
        Refused(_folder.Path).WithMessage("*1 images of other formats*save them as PNG*");
        Write("b.png", 1);
        ImageDataset.Load(_folder.Path).Notices.Should().ContainSingle().Which.Should().Contain("1 images of other");
    }

    [Test]
    public void Images_both_at_the_top_and_in_classes_are_refused()
    {
        PngFolder.WriteClasses(_folder, "data", 1, "a");
        PngFolder.Write(_folder, "data/top.png");
        Refused(_folder.File("data")).WithMessage("*'top.png'*'a'*one a class*");
    }

    [Test]
    public void Classes_within_classes_are_refused()
    {
        PngFolder.WriteClasses(_folder, "data", 1, "a/inner", "b");
        Refused(_folder.File("data")).WithMessage("*inner*two folders below*");
    }

    [Test]
    public void Channels_that_PNG_files_do_not_have_are_refused()
    {
        Write("a.png", 1);
        Refused(_folder.Path, new ImageLoading { Channels = 4 }).WithMessage("*4 are asked for*");
    }

    [TestCase(40000)]
    [TestCase(int.MaxValue)]
    public void More_than_fits_into_memory_is_refused(int side)
    {
        Write("a.png", 1);
        Write("b.png", 1);
        Refused(_folder.Path, new ImageLoading { Size = side, Channels = 3 })
            .WithMessage($"*2 images of 3×{side}×{side}*smaller images*");
        File.WriteAllBytes(_folder.File("data.idx"), TinyImages.Idx(TinyImages.Pixels(2), 2, 8, 8));
        Refused(_folder.File("data.idx"), new ImageLoading { Size = side }).WithMessage("*smaller images*");
    }

    [Test]
    public void A_single_PNG_file_is_refused_with_what_to_do()
    {
        Write("a.png", 1);
        Refused(_folder.File("a.png")).WithMessage("*name the folder*");
    }

    [Test]
    public void Every_image_is_reported()
    {
        for (var i = 0; i < 9; i++)
            Write($"{i}.png", 1);
        var seen = new System.Collections.Concurrent.ConcurrentBag<(int, int)>();
        ImageDataset.Load(_folder.Path, new ImageLoading { OnImage = (done, all) => seen.Add((done, all)) });
        seen.Should().BeEquivalentTo(Enumerable.Range(1, 9).Select(i => (i, 9)));
    }

    private void Write(string name, byte value) => PngFolder.Write(_folder, name, colour: value);

    private static FluentAssertions.Specialized.ExceptionAssertions<InvalidDataException> Refused(
        string path,
        ImageLoading? loading = null
    ) => FluentActions.Invoking(() => ImageDataset.Load(path, loading)).Should().Throw<InvalidDataException>();

    private static byte[] FirstPixels(ImageDataset images)
    {
        using var batch = images.Batch([.. Enumerable.Range(0, images.Count)]);
        return [.. Pixels.ToBytes(batch).Where((_, i) => i % (images.Channels * images.Height * images.Width) == 0)];
    }
}
