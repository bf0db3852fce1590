using System.Buffers.Binary;
using System.Text;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class SafetensorsTests : FolderFixture
{
    [TestCase(ScalarType.Float64)]
    [TestCase(ScalarType.Float32)]
    [TestCase(ScalarType.Float16)]
    [TestCase(ScalarType.BFloat16)]
    [TestCase(ScalarType.Int64)]
    [TestCase(ScalarType.Int32)]
    [TestCase(ScalarType.Int16)]
    [TestCase(ScalarType.Int8)]
    [TestCase(ScalarType.Byte)]
    [TestCase(ScalarType.Bool)]
    public void Every_type_survives_a_round_trip(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var values = tensor(new float[] { 0, 1, 2, 3, 100, 0 }, new long[] { 2, 3 }).to(type);
        var path = _folder.File("t.safetensors");
        Safetensors.Save(
            path,
            [("matrix", values), ("scalar", tensor(1f).to(type)), ("none", zeros(new long[] { 0, 3 }).to(type))],
            new Dictionary<string, string> { ["format"] = "pt", ["größe"] = "\"5\"\n" }
        );
        using var read = Safetensors.Load(path);
        read.Metadata.Should().Equal(new Dictionary<string, string> { ["format"] = "pt", ["größe"] = "\"5\"\n" });
        read.Tensors.Should().HaveCount(3);
        read.Tensors["matrix"].dtype.Should().Be(type);
        read.Tensors["matrix"].shape.Should().Equal(2, 3);
        Nets.MaxDifference(read.Tensors["matrix"], values).Should().Be(0);
        read.Tensors["scalar"].shape.Should().BeEmpty();
        read.Tensors["none"].shape.Should().Equal(0, 3);
    }

    [Test]
    public void A_tensor_of_several_pieces_survives_a_round_trip()
    {
        using var scope = NewDisposeScope();
        var values = arange(0, 5_000_000, dtype: int64);
        var path = _folder.File("t.safetensors");
        Safetensors.Save(path, [("t", values), ("u", ones(new long[] { 1 }))]);
        using var read = Safetensors.Load(path);
        Nets.MaxDifference(read.Tensors["t"], values).Should().Be(0);
    }

    [Test]
    public void Views_and_gradients_are_written_as_plain_values()
    {
        using var scope = NewDisposeScope();
        var square = arange(0, 4, dtype: float32).view(2, 2);
        var path = _folder.File("t.safetensors");
        Safetensors.Save(path, [("t", square.t()), ("p", (square * 2).requires_grad_())]);
        using var read = Safetensors.Load(path);
        read.Tensors["t"].data<float>().ToArray().Should().Equal(0, 2, 1, 3);
        read.Tensors["p"].data<float>().ToArray().Should().Equal(0, 2, 4, 6);
    }

    [Test]
    public void The_layout_is_the_reference_writers()
    {
        using var scope = NewDisposeScope();
        var path = _folder.File("t.safetensors");
        Safetensors.Save(
            path,
            [
                ("b", tensor(new byte[] { 7 })),
                ("z", tensor(new float[] { 1 })),
                ("d", tensor(new long[] { 2 })),
                ("a", tensor(new float[] { 3 })),
            ],
            Safetensors.TorchMetadata
        );
        const string json =
            """{"__metadata__":{"format":"pt"},"d":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}"""
            + ""","a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}"""
            + ""","z":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}"""
            + ""","b":{"dtype":"U8","shape":[1],"data_offsets":[16,17]}}""";
        var bytes = File.ReadAllBytes(path);
        var length = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        (length % 8).Should().Be(0);
        var header = Encoding.UTF8.GetString(bytes, 8, (int)length);
        header.TrimEnd(' ').Should().Be(json);
        bytes.Length.Should().Be(8 + (int)length + 17);
        Safetensors.ReadHeader(path).Entries.Select(e => e.Name).Should().Equal("d", "a", "z", "b");
    }

    [Test]
    public void Saving_replaces_the_whole_file_or_nothing()
    {
        using var scope = NewDisposeScope();
        var path = _folder.File("t.safetensors");
        Safetensors.Save(path, [("a", ones(new long[] { 3 }))]);
        var twice = () => Safetensors.Save(path, [("a", ones(new long[] { 1 })), ("a", ones(new long[] { 2 }))]);
        twice.Should().Throw<ArgumentException>().WithMessage("*'a'*");
        var reserved = () => Safetensors.Save(path, [("__metadata__", ones(new long[] { 1 }))]);
        reserved.Should().Throw<ArgumentException>();
        using (var gone = Safetensors.Load(path))
            gone.Tensors["a"].shape.Should().Equal(3);
        Safetensors.Save(path, [("b", ones(new long[] { 1 }))]);
        using (var replaced = Safetensors.Load(path))
            replaced.Tensors.Keys.Should().Equal("b");
        var nowhere = () => Safetensors.Save(_folder.File("no/folder/t"), [("a", ones(new long[] { 1 }))]);
        nowhere.Should().Throw<IOException>();
        Directory.GetFiles(_folder.Path).Should().Equal(path);
    }

    private const string Good = """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";

    private static string One(string fields) => "{\"a\":{" + fields + "}}";

    private static IEnumerable<TestCaseData> Damaged()
    {
        TestCaseData Case(string name, string json, int data, string message) =>
            new TestCaseData(json, data, message).SetArgDisplayNames(name);
        yield return Case("data cut off", Good, 7, "*'a'*truncated*");
        yield return Case("bytes left over", Good, 9, "*1 bytes at the end*");
        yield return Case("not JSON", """{"a":""", 0, "*JSON*");
        yield return Case("not an object", "[1,2,3]", 0, "*JSON object*");
        yield return Case("empty header", "", 0, "*JSON object*");
        yield return Case("too deep", new string('[', 200).Insert(0, """{"a":"""), 0, "*'a'*an object, got a list*");
        yield return Case(
            "overlap",
            """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"""
                + ""","b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""",
            12,
            "*'b'*overlaps*"
        );
        yield return Case(
            "gap",
            """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"""
                + ""","b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}""",
            16,
            "*'b'*gap*"
        );
        yield return Case(
            "same name twice",
            """{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}"""
                + ""","a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""",
            2,
            "*'a'*twice*"
        );
        yield return Case(
            "unknown type",
            One(""" "dtype":"F8","shape":[2],"data_offsets":[0,8] """),
            8,
            "*'a'*F8*F64*"
        );
        yield return Case("wrong size", One(""" "dtype":"F32","shape":[3],"data_offsets":[0,8] """), 8, "*'a'*12*8*");
        yield return Case("size 0", One(""" "dtype":"F32","shape":[0],"data_offsets":[0,8] """), 8, "*'a'*0*8*");
        yield return Case("negative", One(""" "dtype":"F32","shape":[-2],"data_offsets":[0,8] """), 8, "*'a'*-2*");
        yield return Case("fraction", One(""" "dtype":"F32","shape":[2.5],"data_offsets":[0,8] """), 8, "*'a'*2.5*");
        yield return Case("backwards", One(""" "dtype":"F32","shape":[2],"data_offsets":[8,0] """), 8, "*'a'*begin*");
        yield return Case("no offsets", One(""" "dtype":"F32","shape":[2] """), 8, "*'a'*data_offsets*");
        yield return Case("three offsets", One(""" "dtype":"F32","shape":[2],"data_offsets":[0,4,8] """), 8, "*'a'*");
        yield return Case("field twice", One(""" "dtype":"F32","dtype":"F32","shape":[2] """), 8, "*'a'*twice*");
        yield return Case("unknown field", One(""" "dtype":"F32","layout":1,"shape":[2] """), 8, "*'a'*layout*");
        yield return Case("type no text", One(""" "dtype":32,"shape":[2],"data_offsets":[0,8] """), 8, "*'a'*dtype*");
        yield return Case("description no object", """{"a":7}""", 0, "*'a'*object*");
        yield return Case("metadata no text", """{"__metadata__":{"format":1}}""", 0, "*__metadata__*format*");
        yield return Case(
            "product overflows",
            One(""" "dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,0] """),
            0,
            "*'a'*too large*"
        );
        yield return Case(
            "more than there is",
            One(""" "dtype":"F64","shape":[1000000000000],"data_offsets":[0,8000000000000] """),
            8,
            "*'a'*truncated*"
        );
        yield return Case(
            "65 dimensions",
            One($""" "dtype":"U8","shape":[{string.Join(",", Enumerable.Repeat(1, 65))}],"data_offsets":[0,1] """),
            1,
            "*'a'*65*"
        );
        yield return Case("no boolean", One(""" "dtype":"BOOL","shape":[2],"data_offsets":[0,2] """), 2, "*'a'*BOOL*");
        yield return Case("text behind", Good + "x", 8, "*JSON*");
        yield return Case("cut off", Good[..^1], 8, "*JSON*");
        yield return Case("metadata no object", """{"__metadata__":[]}""", 0, "*__metadata__*object*list*");
        yield return Case("metadata twice", """{"__metadata__":{"a":"1","a":"2"}}""", 0, "*__metadata__*'a'*twice*");
        yield return Case("shape no list", One(""" "dtype":"U8","shape":2,"data_offsets":[0,2] """), 2, "*'a'*list*");
        yield return Case("minus zero", One(""" "dtype":"U8","shape":[-0],"data_offsets":[0,0] """), 0, "*'a'*-0*");
        yield return Case("exponent", One(""" "dtype":"U8","shape":[1e0],"data_offsets":[0,1] """), 1, "*'a'*1e0*");
        yield return Case(
            "2^63",
            One(""" "dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,1] """),
            1,
            "*'a'*"
        );
        yield return Case(
            "product overflows beside a zero",
            One(""" "dtype":"F64","shape":[0,4294967296,4294967296],"data_offsets":[0,0] """),
            0,
            "*'a'*too large*"
        );
        yield return Case(
            "product of bits overflows",
            One(""" "dtype":"F64","shape":[2305843009213693951],"data_offsets":[0,0] """),
            0,
            "*'a'*too large*"
        );
        yield return Case("name that commands a terminal", """{"\u001b[31m":7}""", 0, "*'\uFFFD[31m'*");
        yield return Case("half a character", """{"\ud800":1}""", 0, "*JSON*");
    }

    [TestCaseSource(nameof(Damaged))]
    public void A_damaged_file_is_refused(string json, int data, string message)
    {
        var path = Written(Encoding.UTF8.GetBytes(json), data);
        var before = LiveTensors.Count();
        var load = () => Safetensors.Load(path);
        load.Should().Throw<InvalidDataException>().WithMessage(message).And.Message.Should().StartWith(path);
        Tensor.TotalCount.Should().Be(before);
    }

    [TestCase(0)]
    [TestCase(7)]
    public void A_file_without_a_header_length_is_refused(int length)
    {
        var path = _folder.File("t.safetensors");
        File.WriteAllBytes(path, new byte[length]);
        var load = () => Safetensors.Load(path);
        load.Should().Throw<InvalidDataException>().WithMessage($"{path}*too short*");
    }

    [Test]
    public void A_name_that_isnt_UTF_8_is_refused()
    {
        var path = Written([.. "{\"a"u8, 0xff, .. "\":0}"u8], 0);
        var load = () => Safetensors.Load(path);
        load.Should().Throw<InvalidDataException>().WithMessage($"{path}*JSON*");
    }

    [TestCase(9L)]
    [TestCase(long.MaxValue)]
    [TestCase(-1L)]
    public void A_header_longer_than_the_file_is_refused(long claimed)
    {
        var path = _folder.File("t.safetensors");
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, claimed);
        File.WriteAllBytes(path, bytes);
        var load = () => Safetensors.Load(path);
        load.Should().Throw<InvalidDataException>().WithMessage($"{path}*truncated*");
    }

    private string Written(byte[] header, int data)
    {
        var path = _folder.File("t.safetensors");
        var bytes = new byte[8 + header.Length + data];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
        header.CopyTo(bytes, 8);
        bytes.AsSpan(8 + header.Length).Fill(0x40);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    [Test]
    public void A_tensor_that_is_written_in_parts_is_the_same_file()
    {
        using var scope = NewDisposeScope();
        var whole = randn(7, 3, 5).transpose(1, 2);
        Safetensors.Save(_folder.File("whole"), [("images", whole)]);
        using var parts = new MemoryStream();
        var rows = new SafetensorsRows(parts, "images", ScalarType.Float32, whole.shape);
        rows.Invoking(r => r.Add(zeros(8, 5, 3))).Should().Throw<ArgumentException>().WithMessage("*7 are to come*");
        rows.Invoking(r => r.Add(zeros(1, 3, 5))).Should().Throw<ArgumentException>();
        rows.Invoking(r => r.Add(zeros(1, 5, 3, float64))).Should().Throw<ArgumentException>();
        foreach (var part in whole.split([2, 1, 4]))
            rows.Add(part);
        rows.Left.Should().Be(0);
        parts.ToArray().Should().Equal(File.ReadAllBytes(_folder.File("whole")));
    }
}
