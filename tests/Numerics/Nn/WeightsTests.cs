using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class WeightsTests : FolderFixture
{
    private UNet2D _net = null!;

    private string File => _folder.File("weights.safetensors");

    [SetUp]
    public void MakeNetwork() => _net = Nets.Seeded(Nets.Small);

    [TearDown]
    public void FreeNetwork() => _net.Dispose();

    [Test]
    public void Saved_weights_give_the_same_network()
    {
        Weights.Save(_net, File);
        using var other = new UNet2D(Nets.Small);
        Weights.Load(other, File);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var x = randn(new long[] { 1, 1, 8, 8 });
        var t = tensor(new long[] { 9 });
        Nets.MaxDifference(other.forward(x, t), _net.forward(x, t)).Should().Be(0);
        other.parameters().Should().OnlyContain(p => p.requires_grad);
    }

    [TestCase(ScalarType.Float16, 1e-3)]
    [TestCase(ScalarType.BFloat16, 1e-2)]
    [TestCase(ScalarType.Float64, 0)]
    public void Other_precisions_are_converted(ScalarType type, double error)
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(File, _net.state_dict().Select(t => (t.Key, t.Value.to(type))));
        using var other = new UNet2D(Nets.Small);
        Weights.Load(other, File);
        var (expected, actual) = (_net.state_dict(), other.state_dict());
        actual["conv_in.weight"].dtype.Should().Be(ScalarType.Float32);
        foreach (var (name, value) in expected)
            Nets.MaxDifference(actual[name], value).Should().BeLessThanOrEqualTo(error, name);
    }

    [Test]
    public void Older_attention_names_are_understood()
    {
        Safetensors.Save(
            File,
            _net.state_dict()
                .Select(t =>
                    (
                        t.Key.Replace("to_q", "query")
                            .Replace("to_k", "key")
                            .Replace("to_v", "value")
                            .Replace("to_out.0", "proj_attn"),
                        t.Value
                    )
                )
        );
        using var other = new UNet2D(Nets.Small);
        Weights.Load(other, File);
        const string query = "mid_block.attentions.0.to_q.weight";
        Nets.MaxDifference(other.state_dict()[query], _net.state_dict()[query]).Should().Be(0);
    }

    [TestCase("time_proj.weight")]
    [TestCase("time_proj.W")]
    public void Fourier_frequencies_may_come_under_either_of_their_names(string absent)
    {
        using var scope = NewDisposeScope();
        var config = Nets.Small with { TimeEmbeddingType = TimeEmbeddingType.Fourier };
        using var net = Nets.Seeded(config);
        Safetensors.Save(File, net.state_dict().Where(t => t.Key != absent).Select(t => (t.Key, t.Value)));
        using var other = new UNet2D(config);
        Weights.Load(other, File);
        foreach (var (name, value) in net.state_dict())
            Nets.MaxDifference(other.state_dict()[name], value).Should().Be(0, name);
    }

    [Test]
    public void Missing_and_unused_tensors_are_named_with_the_closest_known_name()
    {
        Safetensors.Save(
            File,
            _net.state_dict().Select(t => (t.Key == "conv_out.bias" ? "conv_out.bais" : t.Key, t.Value))
        );
        Refused("*'conv_out.bias' is missing*'conv_out.bais'*'conv_out.bais' isn't used*'conv_out.bias'*");
    }

    [Test]
    public void A_tensor_that_is_only_missing_is_named_with_the_closest_of_the_file()
    {
        const string query = "mid_block.attentions.0.to_q.weight";
        Safetensors.Save(File, _net.state_dict().Where(t => t.Key != query).Select(t => (t.Key, t.Value)));
        Refused($"*'{query}' is missing (closest: the file has 'mid_block.attentions.0.to_?.weight').");
    }

    [Test]
    public void Weights_of_another_network_are_said_to_be_that()
    {
        using var scope = NewDisposeScope();
        var one = zeros(1);
        var foreign = Enumerable.Range(0, 20).Select(i => ($"encoder.layers.{i}.weight", one));
        Safetensors.Save(File, foreign);
        Refused("*another network's weights: of the 20 tensors none*encoder.layers.0.weight*conv_in*");
        Safetensors.Save(File, foreign.Append(("conv_in.weight", one)));
        Refused("*another network's weights: of the 21 tensors only 1 has a name of this network's*");
    }

    [Test]
    public void A_shape_mismatch_gives_both_shapes_and_nothing_is_half_loaded()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(
            File,
            _net.state_dict()
                .Select(t => (t.Key, t.Key == "conv_out.weight" ? zeros(new long[] { 1, 9, 3, 3 }) : t.Value + 1))
        );
        Refused("*'conv_out.weight' has the shape [1, 9, 3, 3], the network's is [1, 8, 3, 3]*");
    }

    [Test]
    public void Types_that_tensors_dont_have_are_no_weights()
    {
        Safetensors.Save(File, _net.state_dict().Select(t => (t.Key, t.Value)));
        // As many bytes an element, so that all but the type is right.
        var bytes = System.IO.File.ReadAllBytes(File);
        var at = bytes.AsSpan().IndexOf("F32"u8);
        bytes[at] = (byte)'U';
        System.IO.File.WriteAllBytes(File, bytes);
        Refused("*is of U32, the network's of F32*");
    }

    [Test]
    public void Types_that_tensors_dont_have_are_no_buffers()
    {
        using var norm = nn.BatchNorm2d(3);
        using var scope = NewDisposeScope();
        Safetensors.Save(File, norm.state_dict().Select(t => (t.Key, t.Value + 1)));
        var bytes = System.IO.File.ReadAllBytes(File);
        bytes[bytes.AsSpan().IndexOf("I64"u8)] = (byte)'U';
        System.IO.File.WriteAllBytes(File, bytes);
        var load = () => Weights.Load(norm, File);
        load.Should().Throw<InvalidDataException>().WithMessage($"{File}*'num_batches_tracked' is of U64*");
        norm.state_dict()["running_mean"].data<float>().ToArray().Should().Equal(0, 0, 0);
    }

    [Test]
    public void Whole_numbers_are_no_weights()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(File, _net.state_dict().Select(t => (t.Key, t.Value.to(ScalarType.Int64))));
        Refused("*is of I64, the network's of F32*and * more*");
    }

    [Test]
    public void A_truncated_file_changes_nothing()
    {
        using (var scope = NewDisposeScope())
            Safetensors.Save(File, _net.state_dict().Select(t => (t.Key, t.Value + 1)));
        using (var file = new FileStream(File, FileMode.Open))
            file.SetLength(file.Length - 1);
        Refused("*truncated*");
    }

    private void Refused(string message)
    {
        var kept = _net.state_dict().ToDictionary(t => t.Key, t => t.Value.clone());
        var load = () => Weights.Load(_net, File);
        load.Should().Throw<InvalidDataException>().WithMessage(message).And.Message.Should().StartWith(File);
        foreach (var (name, value) in _net.state_dict())
            Nets.MaxDifference(value, kept[name]).Should().Be(0, name);
    }
}
