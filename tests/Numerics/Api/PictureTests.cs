using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class PictureTests
{
    // Also one whose name is a word of the message.
    [Test]
    public void A_file_that_is_no_picture_is_named()
    {
        const string name = "PNG";
        try
        {
            File.WriteAllText(name, "no picture");
            Refusal().Should().StartWith("'PNG': ");
            File.WriteAllText(name, "");
            Refusal().Should().StartWith("'PNG' has 0 bytes");
        }
        finally
        {
            File.Delete(name);
        }

        static string Refusal() =>
            FluentActions.Invoking(() => Picture.LoadPng(name)).Should().Throw<InvalidDataException>().Which.Message;
    }

    [TestCase(1)]
    [TestCase(3)]
    public void A_PNG_decodes_to_the_pixels_that_were_written(int channels)
    {
        byte[] pixels = [.. Enumerable.Range(0, 5 * 4 * channels).Select(i => (byte)(i * 11))];
        using var stream = new MemoryStream();
        new Picture(5, 4, channels, pixels).WritePng(stream);

        var chunks = Chunks(stream.ToArray());
        chunks.Select(c => c.Type).Should().Equal("IHDR", "IDAT", "IEND");
        var header = chunks[0].Data;
        BinaryPrimitives.ReadInt32BigEndian(header).Should().Be(5);
        BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)).Should().Be(4);
        header[8..].Should().Equal(8, (byte)(channels == 1 ? 0 : 2), 0, 0, 0);
        Unfiltered(chunks[1].Data, 5 * channels).Should().Equal(pixels);
        // The checksum of an empty IEND chunk, as every PNG file ends with it.
        chunks[2].Checksum.Should().Be(0xae426082);
    }

    [Test]
    public void A_grid_puts_every_image_in_its_place()
    {
        // Image n is all of one grey.
        using var images = tensor(new[] { -1f, 0f, 1f }).reshape(3, 1, 1, 1).expand(3, 1, 2, 2);
        var picture = ImageGrid.Arrange(images, columns: 2, scale: 1, gap: 1);
        (picture.Width, picture.Height, picture.Channels).Should().Be((7, 7, 1));
        picture.Pixels[1 * 7 + 1].Should().Be(0);
        picture.Pixels[1 * 7 + 4].Should().Be(128);
        picture.Pixels[4 * 7 + 2].Should().Be(255);
        picture.Pixels[0].Should().Be(255, "the gap is white");
    }

    [Test]
    public void Scaling_repeats_pixels()
    {
        using var image = tensor(new[] { -1f, 1f, 1f, -1f }).reshape(1, 1, 2, 2);
        ImageGrid
            .Arrange(image, scale: 2, gap: 0)
            .Pixels.ToArray()
            .Should()
            .Equal(0, 0, 255, 255, 0, 0, 255, 255, 255, 255, 0, 0, 255, 255, 0, 0);
    }

    [FsCheck.NUnit.Property(MaxTest = 40)]
    public void A_grid_that_is_written_as_its_images_come_is_the_same(int seed)
    {
        var random = new Random(seed);
        var (count, channels) = (random.Next(1, 12), random.Next(2) == 0 ? 1 : 3);
        var (columns, scale, gap) = (random.Next(1, 6), random.Next(1, 4), random.Next(3));
        using var images = randn(count, channels, random.Next(1, 6), random.Next(1, 6));
        using var expected = new MemoryStream();
        ImageGrid.Arrange(images, columns, scale, gap).WritePng(expected);

        using var written = new MemoryStream();
        var grid = new ImageGridWriter(written, count, images.shape.AsSpan(1), columns, scale, gap);
        while (grid.Left > 0)
        {
            using var part = images.narrow(0, count - grid.Left, random.Next(1, grid.Left + 1));
            grid.Add(part);
        }
        written.ToArray().Should().Equal(expected.ToArray());
        using var more = images[..1];
        grid.Invoking(g => g.Add(more)).Should().Throw<ArgumentException>().WithMessage("*B up to 0*");
    }

    [TestCase(0, new long[] { 1, 2, 2 }, 8, "*count*")]
    [TestCase(1, new long[] { 2, 2, 2 }, 8, "*[2, 2, 2]*C = 1 or 3*")]
    [TestCase(1, new long[] { 2, 2 }, 8, "*[2, 2]*")]
    [TestCase(1, new long[] { 1, 2, 2 }, 0, "*columns*")]
    [TestCase(1_000_000, new long[] { 1, 2000, 2000 }, 1, "*6003000003 pixels wide or high*")]
    public void A_grid_that_can_not_be_is_refused(int count, long[] shape, int columns, string message) =>
        FluentActions
            .Invoking(() => new ImageGridWriter(new MemoryStream(), count, shape, columns))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage(message);

    [Test]
    public void A_large_picture_is_compressed_piece_by_piece()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("large.png");
        var pixels = new byte[1600 * 1500];
        new Random(1).NextBytes(pixels);
        new Picture(1600, 1500, 1, pixels).SavePng(path);
        Chunks(File.ReadAllBytes(path)).Select(c => c.Type).Should().Equal("IHDR", "IDAT", "IDAT", "IDAT", "IEND");
        Picture.LoadPng(path).Pixels.SequenceEqual(pixels).Should().BeTrue();
    }

    [Test]
    public void A_tensor_that_is_no_batch_of_images_is_refused() =>
        FluentActions
            .Invoking(() => ImageGrid.Arrange(zeros(2, 2, 4, 4)))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*[2, 2, 4, 4]*");

    [Test]
    public void A_failed_write_leaves_the_old_file()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("picture.png");
        File.WriteAllText(path, "old");
        FluentActions
            .Invoking(() => AtomicFile.Write(path, _ => throw new IOException("disk full")))
            .Should()
            .Throw<IOException>();
        File.ReadAllText(path).Should().Be("old");
        Directory.EnumerateFiles(folder.Path).Should().HaveCount(1);
    }

    private static List<(string Type, byte[] Data, uint Checksum)> Chunks(byte[] file)
    {
        file[..8].Should().Equal(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
        var chunks = new List<(string, byte[], uint)>();
        for (var at = 8; at < file.Length; )
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            var type = Encoding.ASCII.GetString(file, at + 4, 4);
            var checksum = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length));
            chunks.Add((type, file[(at + 8)..(at + 8 + length)], checksum));
            at += 12 + length;
        }
        return chunks;
    }

    private static byte[] Unfiltered(byte[] data, int stride)
    {
        using var zlib = new ZLibStream(new MemoryStream(data), CompressionMode.Decompress);
        using var rows = new MemoryStream();
        zlib.CopyTo(rows);
        return
        [
            .. rows.ToArray()
                .Chunk(stride + 1)
                .SelectMany(row => row[0] == 0 ? row[1..] : throw new InvalidDataException()),
        ];
    }
}
