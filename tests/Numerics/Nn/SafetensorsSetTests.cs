using System.Text;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class SafetensorsSetTests : FolderFixture
{
    private string Single => _folder.File("model.safetensors");

    private string Index => Single + ".index.json";

    [Test]
    public void Shards_are_split_named_and_listed_as_hugging_face_does()
    {
        SaveFour(maxShardBytes: 16).Should().Be(Index);
        Files()
            .Should()
            .Equal(
                "model-00001-of-00003.safetensors",
                "model-00002-of-00003.safetensors",
                "model-00003-of-00003.safetensors",
                "model.safetensors.index.json"
            );
        const string expected = """
            {
              "metadata": {
                "total_size": 44
              },
              "weight_map": {
                "a": "model-00001-of-00003.safetensors",
                "b": "model-00003-of-00003.safetensors",
                "big": "model-00002-of-00003.safetensors",
                "c": "model-00001-of-00003.safetensors"
              }
            }

            """;
        File.ReadAllText(Index).Should().Be(expected);
    }

    [Test]
    public void A_set_reads_as_one_file()
    {
        SaveFour(maxShardBytes: 16);
        using var reader = Safetensors.Open(Index);
        reader.Names.Should().Equal("a", "c", "big", "b");
        reader.Metadata.Should().Equal(Safetensors.TorchMetadata);
        BitConverter.ToSingle(reader.Bytes("b")).Should().Be(4);
        using var file = Safetensors.Load(Index);
        file.Tensors["c"].data<float>().ToArray().Should().Equal(2);
        file.Tensors["big"].data<double>().ToArray().Should().Equal(3, 3, 3, 3);
        file.Metadata.Should().Equal(Safetensors.TorchMetadata);
    }

    [Test]
    public void Where_notes_differ_the_first_shards_counts()
    {
        using var one = ones(new long[] { 1 });
        foreach (var (file, name, note) in new[] { ("1", "a", "x"), ("2", "b", "y") })
            Safetensors.Save(
                _folder.File(file + ".safetensors"),
                [(name, one)],
                new Dictionary<string, string> { ["both"] = note, [name] = note }
            );
        File.WriteAllText(Index, "{\"weight_map\":{" + Both + "}}");
        using var reader = Safetensors.Open(Index);
        var expected = new Dictionary<string, string>
        {
            ["a"] = "x",
            ["b"] = "y",
            ["both"] = "x",
        };
        reader.Metadata.Should().Equal(expected);
    }

    [Test]
    public void What_fits_into_one_file_gets_no_index()
    {
        SaveFour(maxShardBytes: 44).Should().Be(Single);
        Files().Should().Equal("model.safetensors");
        using var file = Safetensors.Load(Single);
        file.Tensors.Should().HaveCount(4);
    }

    [Test]
    public void An_earlier_saving_leaves_nothing_behind()
    {
        File.WriteAllText(_folder.File("model-00001-of-00003.safetensors.bak"), "");
        File.WriteAllText(_folder.File("other-00001-of-00003.safetensors"), "");
        SaveFour(maxShardBytes: 1);
        Files().Should().HaveCount(7);
        SaveFour(maxShardBytes: 16);
        Files().Should().HaveCount(6);
        SaveFour(maxShardBytes: 100);
        var others = new[] { "model-00001-of-00003.safetensors.bak", "other-00001-of-00003.safetensors" };
        Files().Should().BeEquivalentTo([.. others, "model.safetensors"]);
        SaveFour(maxShardBytes: 16);
        Files().Should().HaveCount(6).And.NotContain("model.safetensors");
    }

    [Test]
    public void A_renaming_that_fails_leaves_no_index()
    {
        SaveFour(maxShardBytes: 16);
        // Two shards now; the second can't be put in its place after the first has been.
        Directory.CreateDirectory(_folder.File("model-00002-of-00002.safetensors/full"));
        var save = () => SaveFour(maxShardBytes: 40);
        save.Should().Throw<Exception>();
        File.Exists(Index).Should().BeFalse();
        Files().Should().NotContain(file => file.EndsWith(".partial"));
    }

    [Test]
    public void Impossible_savings_are_refused()
    {
        using var scope = NewDisposeScope();
        var one = new[] { ("a", ones(new long[] { 1 })) };
        var extension = () => Safetensors.SaveSharded(_folder.File("model.bin"), one, 10);
        extension.Should().Throw<ArgumentException>().WithMessage("*.safetensors*model.bin*");
        var size = () => Safetensors.SaveSharded(Single, one, 0);
        size.Should().Throw<ArgumentOutOfRangeException>();
        var twice = () => Safetensors.SaveSharded(Single, [.. one, .. one], 1);
        twice.Should().Throw<ArgumentException>().WithMessage("*'a'*");
        var nowhere = () => Safetensors.SaveSharded(_folder.File("no/model.safetensors"), one, 1);
        nowhere.Should().Throw<IOException>();
        Files().Should().BeEmpty();
    }

    private const string Both = "\"a\":\"1.safetensors\",\"b\":\"2.safetensors\"";

    [TestCase("\"a\":\"1.safetensors\"", "*'b' is in '1.safetensors' but not in the index.", "a,b", "")]
    [TestCase(Both + ",\"c\":\"2.safetensors\"", "*'c' isn't in '2.safetensors'*index says*", "a", "b")]
    [TestCase(Both, "*'b' is in '2.safetensors' but not*", "a", "b,c", "c")]
    [TestCase(Both, "*'a' is in '1.safetensors' and in '2.safetensors'*", "a", "a,b")]
    [TestCase(Both, "*'b' is in '1.safetensors', not in '2.safetensors'*", "a,b", "")]
    [TestCase(Both, "*'b' isn't in '2.safetensors'*", "a", "")]
    [TestCase(Both, "*shard '2.safetensors' isn't there*", "a", null)]
    [TestCase("\"a\":\"1.safetensors\",\"a\":\"1.safetensors\"", "*'a' is there twice*", "a", null)]
    [TestCase("\"a\":\"../1.safetensors\"", "*'../1.safetensors' leaves the folder*", "a", null)]
    [TestCase("\"a\":\"/1.safetensors\"", "*'/1.safetensors' leaves the folder*", "a", null)]
    [TestCase("\"a\":\"out.safetensors\"", "*'out.safetensors' is a symbolic link*cp -rL*", "a", null)]
    [TestCase("\"a\":\"\"", "*'' isn't a relative path*", "a", null)]
    [TestCase("\"a\":7", "*'a' must have the name of a shard, got a number*", "a", null)]
    public void An_index_that_disagrees_with_its_shards_is_refused(
        string map,
        string message,
        string first,
        string? second,
        string? inBoth = null
    )
    {
        Shard("1.safetensors", first);
        if (second is not null)
            Shard("2.safetensors", second);
        if (inBoth is not null)
            message = message.Replace("'b'", $"'{inBoth}'", StringComparison.Ordinal);
        using var outside = new TemporaryFolder();
        File.Copy(_folder.File("1.safetensors"), outside.File("1.safetensors"));
        File.CreateSymbolicLink(_folder.File("out.safetensors"), outside.File("1.safetensors"));
        Refused("{\"metadata\":{\"total_size\":8},\"weight_map\":{" + map + "}}", message);
    }

    [TestCase("", "*0 bytes*")]
    [TestCase("[]", "*JSON object, got a list*")]
    [TestCase("{}", "*no weight_map*")]
    [TestCase("""{"weight_map":{}}""", "*no weight_map*")]
    [TestCase("""{"weight_map":[]}""", "*weight_map must be an object, got a list*")]
    [TestCase("""{"weight_map":{"a":"1.safetensors"}""", "*isn't valid JSON*")]
    [TestCase("""{"weight_map":{"a":"1.safetensors"}}x""", "*isn't valid JSON*")]
    [TestCase("""{"weight_map":{"a":"1.safetensors"},"weight_map":{}}""", "*'weight_map' is there twice*")]
    [TestCase("""{"a":[[[[[[[[[[0]]]]]]]]]],"weight_map":{"a":"1.safetensors"}}""", "*isn't valid JSON*depth*")]
    [TestCase("""{"weight_map":{"\ud800":"1.safetensors"}}""", "*isn't valid JSON*")]
    public void A_damaged_index_is_refused(string json, string message)
    {
        Shard("1.safetensors", "a");
        Refused(json, message);
    }

    [TestCase("""{"metadata":{"total_size":8e0,"x":[{"y":[null,true]}]},"weight_map":{"a":"1.safetensors"},"z":"z"}""")]
    [TestCase(" {\"weight_map\" : {\"a\":\"./1.safetensors\"}}\n")]
    [TestCase("""{"weight_map":{"a":"in/1.safetensors"}}""")]
    [TestCase("""{"weight_map":{"a":"link.safetensors"}}""")]
    public void An_index_with_other_notes_or_folders_is_read(string json)
    {
        Shard("1.safetensors", "a");
        Directory.CreateDirectory(_folder.File("in"));
        Shard("in/1.safetensors", "a");
        File.CreateSymbolicLink(_folder.File("link.safetensors"), "in/../1.safetensors");
        File.WriteAllText(Index, json);
        using var reader = Safetensors.Open(Index);
        reader.Names.Should().Equal("a");
    }

    [Test]
    public void An_index_of_a_network_gives_the_network()
    {
        using var net = Nets.Seeded(Nets.Small);
        var index = Safetensors.SaveSharded(
            Single,
            net.state_dict().Select(t => (t.Key, t.Value)),
            10_000,
            Safetensors.TorchMetadata
        );
        Files().Should().HaveCountGreaterThan(3);
        using var other = new UNet2D(Nets.Small);
        Weights.Load(other, index);
        foreach (var (name, value) in net.state_dict())
            Nets.MaxDifference(other.state_dict()[name], value).Should().Be(0, name);
    }

    private string SaveFour(long maxShardBytes)
    {
        using var scope = NewDisposeScope();
        return Safetensors.SaveSharded(
            Single,
            [
                ("c", tensor(new float[] { 2 })),
                ("a", tensor(new float[] { 1 })),
                ("big", full(new long[] { 4 }, 3.0, dtype: float64)),
                ("b", tensor(new float[] { 4 })),
            ],
            maxShardBytes,
            Safetensors.TorchMetadata
        );
    }

    private void Shard(string name, string tensors)
    {
        var names = tensors.Split(',', StringSplitOptions.RemoveEmptyEntries);
        var entries = names.Select((n, i) => SafetensorsFiles.Entry(n, "F32", "[1]", 4 * i, 4 * (i + 1)));
        File.WriteAllBytes(
            _folder.File(name),
            SafetensorsFiles.Bytes("{" + string.Join(',', entries) + "}", new byte[4 * names.Length])
        );
    }

    private void Refused(string json, string message)
    {
        File.WriteAllBytes(Index, Encoding.UTF8.GetBytes(json));
        var open = () => Safetensors.Open(Index);
        open.Should().Throw<InvalidDataException>().WithMessage(message).And.Message.Should().StartWith(Index);
    }

    private List<string> Files() =>
        [.. Directory.GetFiles(_folder.Path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
}
