using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

/// <summary>Byte for byte against files of the reference writer (Golden/safetensors/README.md).</summary>
[TestFixture]
internal sealed class SafetensorsGoldenTests : FolderFixture
{
    private static readonly (string Name, ScalarType Type)[] Types =
    [
        ("BOOL", ScalarType.Bool),
        ("U8", ScalarType.Byte),
        ("I8", ScalarType.Int8),
        ("I16", ScalarType.Int16),
        ("F16", ScalarType.Float16),
        ("BF16", ScalarType.BFloat16),
        ("I32", ScalarType.Int32),
        ("F32", ScalarType.Float32),
        ("F64", ScalarType.Float64),
        ("I64", ScalarType.Int64),
    ];

    private static readonly string[] Scalars =
    [
        "scalar",
        "größe",
        "文字",
        "\U0001F600",
        "\uFB01",
        "quote\"back\\slash",
        "tab\tline\nbell\u0007del\u007f",
        "",
        "</script>&+'`",
    ];

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void Every_type_and_odd_names_are_written_as_the_reference_does(int seed)
    {
        using var scope = NewDisposeScope();
        var shuffled = Mixed().ToArray();
        new System.Random(seed).Shuffle(shuffled);
        Same("mixed", shuffled, Safetensors.TorchMetadata);
    }

    [Test]
    public void No_tensors_are_written_as_the_reference_does() => Same("empty", [], null);

    [Test]
    public void Notes_are_written_as_the_reference_does() =>
        Same("note", [], new Dictionary<string, string> { ["größe \"1\""] = "a\\b\n\u0001\u2028\U0001F600" });

    [Test]
    public void The_reference_writers_file_is_read()
    {
        using var scope = NewDisposeScope();
        using var file = Safetensors.Load(Reference("mixed"));
        var expected = Mixed().ToDictionary(t => t.Name, t => t.Tensor);
        file.Tensors.Keys.Should().BeEquivalentTo(expected.Keys);
        foreach (var (name, tensor) in file.Tensors)
        {
            tensor.dtype.Should().Be(expected[name].dtype, name);
            tensor.shape.Should().Equal(expected[name].shape, name);
            tensor.bytes.ToArray().Should().Equal(expected[name].bytes.ToArray(), name);
        }
    }

    private static IEnumerable<(string Name, Tensor Tensor)> Mixed()
    {
        foreach (var (i, (name, type)) in Types.Index())
        {
            yield return ($"z{9 - i}.{name}", Counted(type, 3));
            yield return ($"a{i}.{name}", Counted(type, 1, 2));
        }
        foreach (var name in Scalars)
            yield return (name, Counted(float32));
        yield return ("none", Counted(float32, 0, 3));
        yield return ("none.bool", Counted(ScalarType.Bool, 0));
    }

    private static Tensor Counted(ScalarType type, params long[] shape)
    {
        var count = (int)shape.Aggregate(1L, (product, size) => product * size);
        var values = Enumerable.Range(0, count).Select(i => (float)(type == ScalarType.Bool ? i % 2 : i));
        return tensor(values.ToArray()).to(type).reshape(shape);
    }

    private void Same(
        string name,
        IEnumerable<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string>? metadata
    )
    {
        var path = _folder.File("t.safetensors");
        Safetensors.Save(path, tensors, metadata);
        File.ReadAllBytes(path).Should().Equal(File.ReadAllBytes(Reference(name)));
    }

    private static string Reference(string name) =>
        Path.Combine(AppContext.BaseDirectory, "Golden", "safetensors", name + ".safetensors");
}
