using System.Globalization;
using System.Runtime.InteropServices;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class SafetensorsReaderTests : FolderFixture
{
    private const long Gigabyte = 1L << 30;

    private string PathOf => _folder.File("t.safetensors");

    [Test]
    public void A_tensor_is_given_in_place_in_part_and_as_a_copy()
    {
        SaveTwo();
        using var scope = NewDisposeScope();
        using var reader = Safetensors.Open(PathOf);
        reader.Names.Should().Equal("b", "a");
        reader.Metadata.Should().Equal(Safetensors.TorchMetadata);
        reader["a"].Shape.Should().Equal(2, 2);
        (reader.Contains("a"), reader.Contains("c")).Should().Be((true, false));
        MemoryMarshal.Cast<byte, float>(reader.Bytes("a")).ToArray().Should().Equal(0, 1, 2, 3);
        MemoryMarshal.Cast<byte, float>(reader.Bytes("a", 4, 8)).ToArray().Should().Equal(1, 2);
        var copied = new byte[8];
        reader.ReadBytes("b", 8, copied);
        BitConverter.ToInt64(copied).Should().Be(6);
        var tensor = reader.Read("a");
        tensor.data<float>().ToArray().Should().Equal(0, 1, 2, 3);
        tensor.shape.Should().Equal(2, 2);
    }

    [Test]
    public void Asking_for_what_isnt_there_is_refused()
    {
        SaveTwo();
        using var reader = Safetensors.Open(PathOf);
        var unknown = () => reader.Read("aa");
        unknown.Should().Throw<ArgumentException>().WithMessage($"{PathOf} has no tensor 'aa'*closest*'a'*");
        foreach (var (start, length) in new[] { (-1L, 1), (0L, -1), (9L, 8), (17L, 0), (long.MaxValue, 1) })
        {
            var part = () => reader.Bytes("a", start, length).Length;
            part.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'a' has 16 bytes*");
        }
        var copy = () => reader.ReadBytes("a", 9, new byte[8]);
        copy.Should().Throw<ArgumentOutOfRangeException>();
        reader.Bytes("a", 16, 0).Length.Should().Be(0);
    }

    [Test]
    public void Nothing_is_read_after_disposal()
    {
        SaveTwo();
        var reader = Safetensors.Open(PathOf);
        reader.Bytes("a").Length.Should().Be(16);
        reader.Dispose();
        reader.Dispose();
        var read = () => reader.Read("a");
        read.Should().Throw<ObjectDisposedException>();
        var bytes = () => reader.Bytes("a").Length;
        bytes.Should().Throw<ObjectDisposedException>();
    }

    [TestCase(ScalarType.Float16, 1e-2)]
    [TestCase(ScalarType.BFloat16, 1e-1)]
    [TestCase(ScalarType.Float32, 0)]
    [TestCase(ScalarType.Float64, 1e-6)]
    public void Values_are_copied_into_a_parameter_of_another_precision(ScalarType type, double error)
    {
        using var scope = NewDisposeScope();
        var values = linspace(-3, 3, 12, dtype: float32).view(3, 4);
        Safetensors.Save(PathOf, [("w", values.to(type))]);
        using var reader = Safetensors.Open(PathOf);
        var target = nn.Parameter(zeros(new long[] { 3, 4 }));
        reader.CopyTo("w", target);
        Nets.MaxDifference(target, values).Should().BeLessThanOrEqualTo(error);
        (target.dtype, target.requires_grad).Should().Be((ScalarType.Float32, true));
        var turned = zeros(new long[] { 4, 3 }).t();
        reader.CopyTo("w", turned);
        Nets.MaxDifference(turned, values).Should().BeLessThanOrEqualTo(error);
    }

    [Test]
    public void A_target_of_another_shape_or_kind_is_refused_and_stays()
    {
        SaveTwo();
        using var scope = NewDisposeScope();
        using var reader = Safetensors.Open(PathOf);
        var target = ones(new long[] { 4 });
        var copy = () => reader.CopyTo("a", target);
        copy.Should().Throw<InvalidDataException>().WithMessage($"{PathOf}*'a'*[2, 2]*target's is [4]*");
        var whole = ones(new long[] { 2, 2 }, dtype: int64);
        copy = () => reader.CopyTo("a", whole);
        copy.Should().Throw<InvalidDataException>().WithMessage("*F32*I64*");
        target.data<float>().ToArray().Should().OnlyContain(x => x == 1);
    }

    [Test]
    public void A_copy_between_forward_and_backward_is_noticed()
    {
        SaveTwo();
        using var scope = NewDisposeScope();
        using var reader = Safetensors.Open(PathOf);
        var weight = nn.Parameter(ones(new long[] { 2, 2 }));
        var loss = (weight * weight).sum();
        reader.CopyTo("a", weight);
        var backward = () => loss.backward();
        backward.Should().Throw<ExternalException>().WithMessage("*modified by an inplace operation*");
    }

    [TestCase("U16", 16)]
    [TestCase("U32", 32)]
    [TestCase("U64", 64)]
    [TestCase("C64", 64)]
    [TestCase("F8_E4M3", 8)]
    [TestCase("F8_E5M2", 8)]
    [TestCase("F8_E8M0", 8)]
    [TestCase("F8_E4M3FNUZ", 8)]
    [TestCase("F8_E5M2FNUZ", 8)]
    [TestCase("F6_E2M3", 6)]
    [TestCase("F6_E3M2", 6)]
    [TestCase("F4", 4)]
    public void Types_that_tensors_dont_have_are_listed_and_their_bytes_read(string type, int bits)
    {
        var bytes = Enumerable.Range(1, bits / 2).Select(i => (byte)i).ToArray();
        var header = "{" + SafetensorsFiles.Entry("t", type, "[2,2]", 0, bits / 2) + "}";
        File.WriteAllBytes(PathOf, SafetensorsFiles.Bytes(header, bytes));
        var entry = Safetensors.ReadHeader(PathOf).Entries.Should().ContainSingle().Subject;
        (entry.TypeName, entry.DType, entry.Bytes).Should().Be((type, null, bits / 2));
        using var reader = Safetensors.Open(PathOf);
        reader.Bytes("t").ToArray().Should().Equal(bytes);
        var read = () => reader.Read("t");
        read.Should().Throw<InvalidDataException>().WithMessage($"{PathOf}*'t' is of {type}*F32*");
        var load = () => Safetensors.Load(PathOf);
        load.Should().Throw<InvalidDataException>().WithMessage($"{PathOf}*'t' is of {type}*");
        using var target = zeros(new long[] { 2, 2 });
        var copy = () => reader.CopyTo("t", target);
        copy.Should().Throw<InvalidDataException>().WithMessage($"*{type}*");
    }

    [Test]
    public void Half_a_byte_is_no_tensor()
    {
        File.WriteAllBytes(
            PathOf,
            SafetensorsFiles.Bytes("{" + SafetensorsFiles.Entry("t", "F4", "[3]", 0, 1) + "}", new byte[1])
        );
        var open = () => Safetensors.Open(PathOf);
        open.Should().Throw<InvalidDataException>().WithMessage("*'t'*12 bits*");
    }

    [Test]
    public void Opening_a_gigabyte_takes_no_memory()
    {
        var header = "{" + SafetensorsFiles.Entry("big", "F32", "[268435456]", 0, Gigabyte) + "}";
        SafetensorsFiles.WriteSparse(PathOf, header, Gigabyte);
        Safetensors.Open(PathOf).Dispose();
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var reader = Safetensors.Open(PathOf);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(50_000);
        Assume.That(OperatingSystem.IsLinux());
        Resident(PathOf).Should().BeNull("nothing is mapped before bytes are asked for");
        var bytes = reader.Bytes("big");
        bytes.Length.Should().Be(1 << 30);
        (bytes[0], bytes[^1]).Should().Be(((byte)0, (byte)0));
        // The kernel maps some pages around each that is touched, at most 2 MB.
        Resident(PathOf).Should().BeInRange(1, 8 << 20);
    }

    [Test]
    public void Files_beyond_two_gigabytes_work()
    {
        const long big = (5 * Gigabyte / 2) + 4;
        var header =
            "{"
            + SafetensorsFiles.Entry("big", "U8", $"[{big}]", 0, big)
            + ","
            + SafetensorsFiles.Entry("small", "F32", "[2]", big, big + 8)
            + "}";
        SafetensorsFiles.WriteSparse(PathOf, header, big);
        using (var end = new FileStream(PathOf, FileMode.Append))
            end.Write(MemoryMarshal.AsBytes<float>([3, 4]));
        using (var middle = new FileStream(PathOf, FileMode.Open))
        {
            middle.Position = Safetensors.ReadHeader(PathOf).DataStart + big - 1;
            middle.WriteByte(77);
        }
        using var reader = Safetensors.Open(PathOf);
        reader.Bytes("big", big - 2, 2).ToArray().Should().Equal(0, 77);
        var last = new byte[1];
        reader.ReadBytes("big", big - 1, last);
        last.Should().Equal(77);
        using var small = reader.Read("small");
        small.data<float>().ToArray().Should().Equal(3, 4);
        var whole = () => reader.Bytes("big").Length;
        whole.Should().Throw<ArgumentException>().WithMessage("*'big'*Bytes(name, start, length)*");
    }

    [Test]
    public void A_file_cut_short_while_open_is_an_error_and_no_crash()
    {
        SaveTwo();
        using var reader = Safetensors.Open(PathOf);
        reader.Bytes("b").Length.Should().Be(16);
        using (var file = OpenAnyway(PathOf))
            file.SetLength(file.Length - 1);
        var before = LiveTensors.Count();
        var read = () => reader.Read("a");
        read.Should().Throw<InvalidDataException>().WithMessage($"{PathOf}*'a'*became shorter*");
        var bytes = () => reader.Bytes("a").Length;
        bytes.Should().Throw<InvalidDataException>().WithMessage("*became shorter*");
        var part = () => reader.ReadBytes("a", 12, new byte[4]);
        part.Should().Throw<InvalidDataException>().WithMessage("*became shorter*");
        Tensor.TotalCount.Should().Be(before);
    }

    [Test]
    public void A_file_that_is_replaced_while_open_stays_as_it_was()
    {
        SaveTwo();
        using var scope = NewDisposeScope();
        using var reader = Safetensors.Open(PathOf);
        Safetensors.Save(PathOf, [("a", zeros(new long[] { 1 }))]);
        reader.Read("a").data<float>().ToArray().Should().Equal(0, 1, 2, 3);
        MemoryMarshal.Cast<byte, float>(reader.Bytes("a")).ToArray().Should().Equal(0, 1, 2, 3);
    }

    [Test]
    public void What_is_no_file_is_refused_without_waiting()
    {
        var folder = () => Safetensors.Open(_folder.Path);
        folder.Should().Throw<IOException>().WithMessage($"{_folder.Path} is a folder*");
        var nothing = () => Safetensors.Open(PathOf);
        nothing.Should().Throw<FileNotFoundException>().WithMessage($"*{PathOf}*");
        NamedPipe.Make(PathOf);
        var pipe = () => Safetensors.Open(PathOf);
        pipe.Should().Throw<InvalidDataException>().WithMessage($"{PathOf}: 0 bytes are too short*");
        var link = _folder.File("link.safetensors");
        File.CreateSymbolicLink(link, PathOf);
        var linked = () => Safetensors.Open(link);
        linked.Should().Throw<InvalidDataException>().WithMessage($"{link}: 0 bytes*");
    }

    private void SaveTwo()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(
            PathOf,
            [("a", arange(0, 4, dtype: float32).view(2, 2)), ("b", tensor(new long[] { 5, 6 }))],
            Safetensors.TorchMetadata
        );
    }

    // .NET's own lock is a courtesy between .NET programs; others don't ask.
    private static FileStream OpenAnyway(string path)
    {
        var file = open(path, 2);
        return new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(file, ownsHandle: true), FileAccess.Write);
    }

    // Bytes of the file's map that are in memory; null if it isn't mapped.
    private static long? Resident(string path)
    {
        var lines = File.ReadAllLines("/proc/self/smaps");
        var start = Array.FindIndex(lines, line => line.EndsWith(path, StringComparison.Ordinal));
        if (start < 0)
            return null;
        var rss = lines.Skip(start).First(line => line.StartsWith("Rss:", StringComparison.Ordinal));
        return 1024
            * long.Parse(rss.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    [DllImport("libc")]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
