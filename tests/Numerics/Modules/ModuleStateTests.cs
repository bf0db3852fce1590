using System.Runtime.InteropServices;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static Diffusion.Numerics.Modules.Values;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Modules;

public sealed class ModuleStateTests
{
    [Test]
    public void The_state_is_the_modules_own_tensors()
    {
        using var layer = nn.Linear(2, 1);

        using (no_grad())
            layer.state_dict()["bias"].fill_(7);

        layer.bias!.Numbers().Should().Equal(7);
    }

    [Test]
    public void Parameters_come_before_buffers_and_carry_the_prefix()
    {
        using var norm = nn.BatchNorm2d(2);

        norm.state_dict(prefix: "norm")
            .Keys.Should()
            .Equal("norm.weight", "norm.bias", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked");
    }

    [Test]
    public void A_buffer_that_is_not_persistent_is_not_in_the_state()
    {
        using var net = nn.Sequential();
        net.register_buffer("scratch", zeros(1), persistent: false);

        net.state_dict().Should().BeEmpty();
    }

    [Test]
    public void Loading_copies_the_values()
    {
        using var source = Network();
        using var target = Network();
        using var input = randn(1, 1, 4, 4);

        var (missing, unexpected) = target.load_state_dict(source.state_dict());

        missing.Should().BeEmpty();
        unexpected.Should().BeEmpty();
        target.call(input).Numbers().Should().Equal(source.call(input).Numbers());
        target.get_parameter("0.weight").Should().NotBeSameAs(source.get_parameter("0.weight"));
    }

    [Test]
    public void Loading_converts_the_type()
    {
        using var layer = nn.Linear(1, 1, hasBias: false);

        layer.load_state_dict(new() { ["weight"] = Shaped([1, 1], 0.5) });

        layer.weight.dtype.Should().Be(ScalarType.Float32);
        layer.weight.Numbers().Should().Equal(0.5);
    }

    [Test]
    public void Strict_loading_refuses_other_names_and_changes_nothing()
    {
        using var layer = nn.Linear(1, 1);
        var before = layer.weight.Numbers();
        var state = new Dictionary<string, Tensor> { ["weight"] = ones(1, 1), ["offset"] = ones(1) };

        layer.Invoking(l => l.load_state_dict(state)).Should().Throw<InvalidOperationException>();

        layer.weight.Numbers().Should().Equal(before);
    }

    [Test]
    public void Loose_loading_reports_the_names()
    {
        using var layer = nn.Linear(1, 1);
        var state = new Dictionary<string, Tensor> { ["weight"] = Shaped([1, 1], 3), ["offset"] = ones(1) };

        var (missing, unexpected) = layer.load_state_dict(state, strict: false);

        missing.Should().Equal("bias");
        unexpected.Should().Equal("offset");
        layer.weight.Numbers().Should().Equal(3);
    }

    [Test]
    public void Skipped_names_are_left_alone()
    {
        using var layer = nn.Linear(1, 1);
        var bias = layer.bias!.Numbers();
        var state = new Dictionary<string, Tensor> { ["weight"] = Shaped([1, 1], 3), ["bias"] = Vector(9) };

        layer.load_state_dict(state, skip: ["bias"]);

        layer.weight.Numbers().Should().Equal(3);
        layer.bias!.Numbers().Should().Equal(bias);
    }

    [Test]
    public void Converting_replaces_parameters_buffers_and_gradients()
    {
        using var net = nn.Sequential(("conv", nn.Conv2d(1, 2, 3)), ("norm", nn.BatchNorm2d(2)));
        net.call(randn(2, 1, 5, 5)).sum().backward();

        var converted = net.to(ScalarType.Float64);

        converted.Should().BeSameAs(net);
        net.parameters().Should().OnlyContain(parameter => parameter.dtype == ScalarType.Float64);
        net.parameters().Should().OnlyContain(parameter => parameter.grad!.dtype == ScalarType.Float64);
        net.parameters().Should().OnlyContain(parameter => parameter.requires_grad && parameter.is_leaf);
        net.get_buffer("norm.running_mean")!.dtype.Should().Be(ScalarType.Float64);
        net.call(randn(2, 1, 5, 5, dtype: ScalarType.Float64)).dtype.Should().Be(ScalarType.Float64);
    }

    [Test]
    public void Converting_reaches_a_users_own_fields()
    {
        using var net = new Scaled();

        net.to(ScalarType.Float64);

        net.call(Vector(2)).Numbers().Should().Equal(7);
        net.call(Vector(2)).dtype.Should().Be(ScalarType.Float64);
    }

    [Test]
    public void Converting_leaves_no_tensors_behind()
    {
        LiveTensors.SkipWhereParametersStayCounted();
        using var net = nn.Sequential(("conv", nn.Conv2d(1, 2, 3)), ("norm", nn.GroupNorm(1, 2)));
        var before = LiveTensors.Count();

        net.to(ScalarType.Float64).to(ScalarType.Float32);

        LiveTensors.Count().Should().Be(before);
    }

    [Test]
    public void A_module_is_not_converted_to_integers()
    {
        using var layer = nn.Linear(1, 1);

        var error = layer.Invoking(l => l.to(ScalarType.Int64)).Should().Throw<Exception>().Which;
        // TorchSharp itself leaves it to libtorch.
        error.Should().Match(e => e is ArgumentException || (!EngineUnderTest.IsOurs && e is ExternalException));
    }

    private static TorchSharp.Modules.Sequential Network() =>
        nn.Sequential(nn.Conv2d(1, 3, 3, padding: 1), nn.GroupNorm(1, 3), nn.SiLU(), nn.Conv2d(3, 1, 1));

    private sealed class Scaled : nn.Module<Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Parameter scale = new(full(1, 3, dtype: ScalarType.Float32));
        private readonly Tensor offset = ones(1);

        public Scaled()
            : base("Scaled") => RegisterComponents();

        public override Tensor forward(Tensor input) => input * scale + offset;
    }
}
