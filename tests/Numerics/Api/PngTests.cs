using System.Text.Json;
using Diffusion.Api;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Api;

public class PngTests
{
    private static readonly JsonElement[] Cases = Golden("cases.json");
    private static readonly JsonElement[] Fits = Golden("fit.json");

    /// <summary>Files written by libpng 1.6.39, pixels known by numpy (Golden/png/make_cases.py).</summary>
    private static IEnumerable<TestCaseData> Kinds() =>
        Cases.Select(c => new TestCaseData(c).SetName($"Golden PNG: {c.GetProperty("name").GetString()}"));

    /// <summary>Scaled and cropped by Pillow 9.4's ImageOps.fit (Golden/png/make_cases.py).</summary>
    private static IEnumerable<TestCaseData> Sizes() =>
        Fits.Select(c => new TestCaseData(c).SetName($"Golden fit: {Int(c, "height")}×{Int(c, "width")}"));

    [TestCaseSource(nameof(Kinds))]
    public void A_file_of_each_kind_decodes_to_what_libpng_was_given(JsonElement kind)
    {
        var picture = PngDecoder.Decode(kind.GetProperty("file").GetBytesFromBase64());
        (picture.Height, picture.Width).Should().Be((Int(kind, "height"), Int(kind, "width")));
        picture.Channels.Should().Be(Int(kind, "channels"));
        picture.Pixels.ToArray().Should().Equal(kind.GetProperty("pixels").GetBytesFromBase64());
    }

    [Test]
    public void Every_kind_there_is_is_among_them() =>
        // 15 pairs of colour type and depth, each plain and interlaced; 11 of them can have tRNS.
        Cases.Should().HaveCount(2 * (15 + 11));

    [TestCaseSource(nameof(Sizes))]
    public void Scaling_and_cropping_is_what_Pillow_does_but_for_its_rounding(JsonElement fit)
    {
        var (from, to) = (
            new ImageShape(1, Int(fit, "height"), Int(fit, "width")),
            new ImageShape(1, Int(fit, "target_height"), Int(fit, "target_width"))
        );
        var source = new byte[from.Bytes];
        for (var y = 0; y < from.Height; y++)
        for (var x = 0; x < from.Width; x++)
            source[y * from.Width + x] = (byte)(x * 7 + y * 13 + x * y / 3);
        var fitted = new byte[to.Bytes];
        ImageFit.Write(source, from, fitted, to);
        var expected = fit.GetProperty("pixels").GetBytesFromBase64();
        // Pillow rounds to 8 bits between the two directions.
        fitted.Zip(expected, (a, b) => int.Abs(a - b)).Max().Should().BeLessThanOrEqualTo(1);
    }

    [Test]
    public void An_image_that_only_has_to_be_cropped_is_not_blurred()
    {
        byte[] row = [10, 20, 30, 40, 50];
        var cropped = new byte[4];
        ImageFit.Write([.. row, .. row], new ImageShape(1, 2, 5), cropped, new ImageShape(1, 2, 2));
        cropped.Should().Equal(20, 30, 20, 30);
    }

    [Test]
    public void Grey_becomes_colour_by_repeating_and_colour_grey_by_luma()
    {
        var colour = new byte[6];
        ImageFit.Write([1, 2], new ImageShape(1, 1, 2), colour, new ImageShape(3, 1, 2));
        colour.Should().Equal(1, 2, 1, 2, 1, 2);
        var grey = new byte[4];
        // Red, green, blue and white pixels, as planes.
        byte[] planes = [255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255];
        ImageFit.Write(planes, new ImageShape(3, 1, 4), grey, new ImageShape(1, 1, 4));
        grey.Should().Equal(76, 150, 29, 255);
    }

    private static readonly TestCaseData[] Damaged =
    [
        Case("no PNG", "not a PNG", _ => "GIF89a...................."u8.ToArray()),
        Case("empty", "not a PNG", _ => []),
        Case("no header", "IHDR", c => PngParts.File(c.Skip(1))),
        Case("no end", "no end chunk", c => PngParts.File(c.SkipLast(1))),
        Case("cut inside of a chunk", "cut short", c => PngParts.File(c)[..^15]),
        Case("no pixels", "can't hold", c => PngParts.File([c[0], c[2]])),
        Case("zero width", "0×4", c => PngParts.File([("IHDR", PngParts.Header(0, 4)), .. c.Skip(1)])),
        Case("too large", "at most", c => PngParts.File([("IHDR", PngParts.Header(100000, 100000)), .. c.Skip(1)])),
        Case(
            "too wide",
            "at most 65536 a side",
            c => PngParts.File([("IHDR", PngParts.Header(65537, 1)), .. c.Skip(1)])
        ),
        Case(
            "largest number",
            "at most",
            c => PngParts.File([("IHDR", PngParts.Header(uint.MaxValue, uint.MaxValue)), .. c.Skip(1)])
        ),
        Case(
            "promises more than it has",
            "can't hold",
            c => PngParts.File([("IHDR", PngParts.Header(1000, 1000)), .. c.Skip(1)])
        ),
        Case(
            "a row too few",
            "pixels are missing",
            c => PngParts.File([("IHDR", PngParts.Header(4, 5)), .. c.Skip(1)])
        ),
        Case("unknown depth", "3 bits", c => PngParts.File([("IHDR", PngParts.Header(4, 4, depth: 3)), .. c.Skip(1)])),
        Case(
            "unknown colour type",
            "type 5",
            c => PngParts.File([("IHDR", PngParts.Header(4, 4, colour: 5)), .. c.Skip(1)])
        ),
        Case(
            "unknown interlacing",
            "interlacing 2",
            c => PngParts.File([("IHDR", PngParts.Header(4, 4, interlaced: 2)), .. c.Skip(1)])
        ),
        Case("no palette", "palette", c => PngParts.File([("IHDR", PngParts.Header(4, 4, colour: 3)), .. c.Skip(1)])),
        Case(
            "colour outside of the palette",
            "colour 100 of a palette of 2",
            c => PngParts.File([("IHDR", PngParts.Header(4, 4, colour: 3)), ("PLTE", new byte[6]), .. c.Skip(1)])
        ),
        Case("transparency too long", "tRNS", c => PngParts.File([c[0], ("tRNS", new byte[3]), .. c.Skip(1)])),
        Case("unknown critical chunk", "'CgBI'", c => PngParts.File([c[0], ("CgBI", new byte[4]), .. c.Skip(1)])),
        Case(
            "unknown filter",
            "filter 9",
            c => PngParts.File([c[0], ("IDAT", PngParts.Deflated([9, .. new byte[19]])), c[2]])
        ),
        Case("no zlib data", "decompressed", c => PngParts.File([c[0], ("IDAT", new byte[50]), c[2]])),
        Case("interrupted pixels", "interrupted", c => PngParts.File([c[0], c[1], ("tEXt", []), c[1], c[2]])),
        Case("wrong checksum", "checksum of its IDAT", c => Flipped(PngParts.File(c), 45)),
    ];

    [TestCaseSource(nameof(Damaged))]
    public void A_damaged_file_is_refused_by_name(string says, Func<List<(string, byte[])>, byte[]> damage)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("bad.png");
        File.WriteAllBytes(path, damage(PngParts.Grey(4, 4)));
        FluentActions
            .Invoking(() => Picture.LoadPng(path))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage($"*bad.png*{says}*");
    }

    [Test]
    public void What_the_damaged_files_are_made_from_is_sound() =>
        PngDecoder.Decode(PngParts.File(PngParts.Grey(4, 4))).Pixels.ToArray().Should().OnlyContain(p => p == 100);

    [Test]
    public void A_file_changed_at_random_is_read_or_refused_and_nothing_else_happens()
    {
        // Checksums are mended, since nothing would get past them; rows are changed before they are compressed.
        var random = new Random(1);
        var files = Cases.Select(c => PngParts.Chunks(c.GetProperty("file").GetBytesFromBase64())).ToArray();
        var (read, refused) = (0, 0);
        for (var n = 0; n < 5000; n++)
        {
            var chunks = files[n % files.Length].ToList();
            var i = random.Next(chunks.Count - 1);
            var (type, data) = chunks[i];
            var rows = type == "IDAT" && random.Next(4) != 0;
            var changed = rows ? PngParts.Inflated(data) : [.. data];
            for (var k = random.Next(3); k >= 0; k--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            if (random.Next(8) == 0)
                changed = changed[..random.Next(changed.Length)];
            chunks[i] = (type, rows ? PngParts.Deflated(changed) : changed);
            try
            {
                PngDecoder.Decode(PngParts.File(chunks));
                read++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        read.Should().BeGreaterThan(500);
        refused.Should().BeGreaterThan(500);
    }

    [Test]
    public void A_picture_of_one_colour_is_not_taken_for_a_file_cut_short() =>
        // The best that deflate can do: about 1030 bytes from one.
        PngDecoder.Decode(PngParts.File(PngParts.Grey(2000, 1500, value: 0))).Height.Should().Be(1500);

    [TestCase(80, 110, 100, 80, TestName = "Paeth: left before corner")]
    [TestCase(110, 80, 100, 80, TestName = "Paeth: above before corner")]
    [TestCase(10, 20, 15, 15, TestName = "Paeth: corner")]
    [TestCase(90, 30, 31, 90, TestName = "Paeth: left")]
    [TestCase(30, 90, 31, 90, TestName = "Paeth: above")]
    public void The_Paeth_filter_prefers_the_nearest_and_of_equals_the_first(
        int left,
        int above,
        int corner,
        int chosen
    )
    {
        byte[] row = [(byte)(left - corner), 7];
        PngFilter.Undo(4, row, [(byte)corner, (byte)above], 1);
        row.Should().Equal((byte)left, (byte)(chosen + 7));
    }

    [Test]
    public void What_is_written_is_read_again()
    {
        using var folder = new TemporaryFolder();
        byte[] pixels = [.. Enumerable.Range(0, 5 * 4 * 3).Select(i => (byte)(i * 11))];
        new Picture(5, 4, 3, pixels).SavePng(folder.File("picture.png"));
        Picture.LoadPng(folder.File("picture.png")).Pixels.ToArray().Should().Equal(pixels);
    }

    private static TestCaseData Case(string name, string says, Func<List<(string, byte[])>, byte[]> damage) =>
        new TestCaseData(says, damage).SetName($"Damaged PNG: {name}");

    private static byte[] Flipped(byte[] file, int at)
    {
        file[at] ^= 1;
        return file;
    }

    private static int Int(JsonElement json, string name) => json.GetProperty(name).GetInt32();

    private static JsonElement[] Golden(string name)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Golden", "png", name);
        using var json = JsonDocument.Parse(File.ReadAllText(path));
        return [.. json.RootElement.EnumerateArray().Select(e => e.Clone())];
    }
}
