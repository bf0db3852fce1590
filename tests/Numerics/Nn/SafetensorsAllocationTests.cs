using System.Buffers.Binary;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Nn;

/// <summary>Memory goes to what a file holds, never to what it says it holds.</summary>
[TestFixture]
internal sealed class SafetensorsAllocationTests : FolderFixture
{
    private string PathOf => _folder.File("t.safetensors");

    private static IEnumerable<TestCaseData> Liars()
    {
        TestCaseData Case(string name, long length, long fileLength, string start, string message) =>
            new TestCaseData(length, fileLength, start, message).SetArgDisplayNames(name);
        yield return Case("header of 2^63 bytes", long.MinValue, 100, "{", "*truncated*9223372036854775808*");
        yield return Case("header of 2^64-1 bytes", -1, 100, "{", "*18446744073709551615*");
        yield return Case("header above the limit", 100_000_001, 200_000_000, "{", "*limit*");
        yield return Case("header of holes", 100_000_000, 100_000_008, "{", "*JSON*");
        yield return Case("header of holes without a brace", 100_000_000, 100_000_008, "", "*JSON object*");
        yield return Case("name of holes", 100_000_000, 100_000_008, "{\"", "*JSON*");
        yield return Case(
            "tensor of 8 EB",
            96,
            104,
            "{" + SafetensorsFiles.Entry("a", "U8", $"[{long.MaxValue}]", 0, long.MaxValue) + "}",
            "*truncated*"
        );
        yield return Case(
            "tensor of 1 TB that the file has",
            96,
            104 + (1L << 40),
            "{" + SafetensorsFiles.Entry("a", "BOOM", $"[{1L << 40}]", 0, 1L << 40) + "}",
            "*BOOM*"
        );
    }

    [TestCaseSource(nameof(Liars))]
    public void Refusing_takes_little_memory(long headerLength, long fileLength, string start, string message)
    {
        Write(headerLength, fileLength, start);
        var open = () => Safetensors.Open(PathOf);
        // The first time also loads code.
        open.Should().Throw<InvalidDataException>().WithMessage(message);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            open();
        }
        catch (InvalidDataException)
        {
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(100_000);
        }
    }

    [Test]
    public void A_header_full_of_blanks_is_read_in_pieces()
    {
        const int blanks = 50_000_000;
        using (var file = new FileStream(PathOf, FileMode.Create))
        {
            var length = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, blanks + 2);
            file.Write(length);
            file.Write("{}"u8);
            var blank = new byte[1 << 20];
            blank.AsSpan().Fill((byte)' ');
            for (var rest = blanks; rest > 0; rest -= blank.Length)
                file.Write(blank, 0, int.Min(rest, blank.Length));
        }
        Safetensors.Open(PathOf).Dispose();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Safetensors.ReadHeader(PathOf).Entries.Should().BeEmpty();
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(200_000);
    }

    [Test]
    public void Names_longer_than_the_buffer_are_read()
    {
        var name = new string('ü', 100_000);
        var note = new string('€', 70_000);
        using (var tensor = TorchSharp.torch.ones(new long[] { 1 }))
            Safetensors.Save(PathOf, [(name, tensor)], new Dictionary<string, string> { ["n"] = note });
        var header = Safetensors.ReadHeader(PathOf);
        header.Entries.Should().ContainSingle().Which.Name.Should().Be(name);
        header.Metadata["n"].Should().Be(note);
        using var reader = Safetensors.Open(PathOf);
        var unknown = () => reader.Read(name[1..]);
        unknown.Should().Throw<ArgumentException>().Which.Message.Length.Should().BeLessThan(1000);
    }

    private void Write(long headerLength, long fileLength, string start)
    {
        using var file = new FileStream(PathOf, FileMode.Create);
        var prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, headerLength);
        file.Write(prefix);
        var text = System.Text.Encoding.UTF8.GetBytes(start.PadRight(start.EndsWith('}') ? (int)headerLength : 0));
        file.Write(text);
        file.SetLength(fileLength);
    }
}
