using Diffusion.Api;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Api;

public class IdxFileTests
{
    private static readonly byte[] Data = [.. Enumerable.Range(0, 24).Select(i => (byte)(i * 7))];

    [TestCase(false)]
    [TestCase(true)]
    public void Reads_what_was_written_compressed_or_not(bool compressed)
    {
        var idx = TinyImages.Idx(Data, 2, 3, 4);
        var read = Read(compressed ? TinyImages.Gzip(idx) : idx);
        read.Shape.Should().Equal(2, 3, 4);
        read.Data.ToArray().Should().Equal(Data);
    }

    [Test]
    public void Refuses_a_missing_file() =>
        FluentActions
            .Invoking(() => IdxFile.Read("no/such/file"))
            .Should()
            .Throw<FileNotFoundException>()
            .WithMessage("*no/such/file*");

    [Test]
    public void Refuses_a_file_cut_short_anywhere()
    {
        var idx = TinyImages.Idx(Data, 2, 3, 4);
        for (var length = 0; length < idx.Length; length++)
        {
            var cut = idx[..length];
            FluentActions.Invoking(() => Read(cut)).Should().Throw<InvalidDataException>($"of length {length}");
        }
    }

    [Test]
    public void Refuses_a_compressed_file_cut_short()
    {
        var zipped = TinyImages.Gzip(TinyImages.Idx(Data, 2, 3, 4));
        FluentActions.Invoking(() => Read(zipped[..^12])).Should().Throw<InvalidDataException>();
    }

    [Test]
    public void Says_both_counts_where_elements_are_missing() =>
        FluentActions
            .Invoking(() => Read(TinyImages.Idx(Data[..20], 2, 3, 4)))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*cut short*24*20*");

    [Test]
    public void Refuses_bytes_left_over() =>
        FluentActions
            .Invoking(() => Read(TinyImages.Idx(Data, 2, 3, 3)))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*left over*18*");

    [Test]
    public void Refuses_what_is_not_IDX() =>
        FluentActions
            .Invoking(() => Read("\u0089PNG and so on"u8.ToArray()))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*not an IDX file*");

    [Test]
    public void Refuses_other_element_types() =>
        FluentActions
            .Invoking(() => Read(TinyImages.Idx(0x0d, Data, 24)))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*0x0d*0x08*");

    [Test]
    public void A_header_that_promises_gigabytes_allocates_nothing_of_the_kind()
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        FluentActions.Invoking(() => Read(TinyImages.Idx([], 2_000_000_000))).Should().Throw<InvalidDataException>();
        (GC.GetTotalAllocatedBytes(precise: true) - before).Should().BeLessThan(10_000_000);
    }

    private static IdxArray Read(byte[] content)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("data");
        File.WriteAllBytes(path, content);
        return IdxFile.Read(path);
    }
}
