using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using TorchSharp.Modules;
using static Diffusion.Numerics.Modules.Values;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Modules;

public sealed class ContainerTests
{
    [Test]
    public void A_sequence_calls_its_modules_in_order()
    {
        using var chain = nn.Sequential(nn.ReLU(), nn.Sigmoid(), nn.Identity());

        var result = chain.call(Vector(-1, double.Log(3)));

        result.Numbers().Should().Equal([0.5, 0.75], Within(1e-15));
        chain.Count.Should().Be(3);
    }

    [Test]
    public void A_sequence_keeps_its_input_and_frees_what_is_between()
    {
        using var chain = nn.Sequential(nn.ReLU(), nn.Sigmoid(), nn.Tanh());
        using var input = Vector(1);
        var before = LiveTensors.Count();

        using var result = chain.call(input);

        input.IsInvalid.Should().BeFalse();
        LiveTensors.Count().Should().Be(before + 1);
    }

    [Test]
    public void An_empty_sequence_gives_its_input()
    {
        using var chain = nn.Sequential();
        using var input = Vector(1, 2);

        using var result = chain.call(input);

        result.Should().NotBeSameAs(input);
        result.Numbers().Should().Equal(1, 2);
    }

    [Test]
    public void A_sequence_names_its_modules_by_place_unless_told_otherwise()
    {
        using var chain = nn.Sequential(("in", nn.Linear(1, 2)), ("act", nn.SiLU()));
        chain.append(nn.Linear(2, 1));

        chain.named_children().Select(child => child.name).Should().Equal("in", "act", "2");
        chain.state_dict().Keys.Should().Equal("in.weight", "in.bias", "2.weight", "2.bias");
    }

    [Test]
    public void A_slice_of_a_sequence_shares_its_modules()
    {
        using var chain = nn.Sequential(nn.Linear(1, 2), nn.SiLU(), nn.Linear(2, 1));

        chain[1..3].Count.Should().Be(2);
        chain[(2, null)][0].Should().BeSameAs(chain[2]);
    }

    [Test]
    public void Modules_of_a_list_are_numbered_when_the_list_is_registered()
    {
        using var net = new Stack(3);

        net.named_parameters()
            .Select(entry => entry.name)
            .Should()
            .Equal("layers.0.weight", "layers.1.weight", "layers.2.weight");
        net.call(Shaped([1, 1], 2)).Numbers().Should().Equal(16);
    }

    [Test]
    public void A_list_of_modules_behaves_as_a_list()
    {
        var (first, second, third) = (nn.Linear(1, 1), nn.Linear(2, 2), nn.Linear(3, 3));
        using var list = new ModuleList<Linear>(first, third);

        list.Insert(1, second);
        list.Should().Equal(first, second, third);
        list.IndexOf(third).Should().Be(2);
        list.Contains(second).Should().BeTrue();
        list.Remove(first).Should().BeTrue();
        list.RemoveAt(0);
        list.Should().Equal(third);
        list[0] = second;
        list.append(first);
        list.Should().Equal(second, first);
        list.Clear();
        list.Count.Should().Be(0);
    }

    [Test]
    public void Modules_are_found_by_name()
    {
        var first = nn.Linear(1, 1);
        using var modules = nn.ModuleDict<Linear>(("first", first));
        modules.Add("second", nn.Linear(2, 2));

        modules["first"].Should().BeSameAs(first);
        modules.ContainsKey("second").Should().BeTrue();
        modules.TryGetValue("third", out _).Should().BeFalse();
        modules.Keys.Should().Equal("first", "second");
        modules.Remove("first").Should().BeTrue();
        modules.Count.Should().Be(1);
    }

    [Test]
    public void Parameters_of_a_list_are_numbered()
    {
        using var list = nn.ParameterList(Trained(1), Trained(2, 3));

        list.Count.Should().Be(2);
        list[1].Numbers().Should().Equal(2, 3);
        list.named_parameters().Select(entry => entry.name).Should().Equal("0", "1");
    }

    [Test]
    public void Parameters_of_a_list_are_converted()
    {
        using var list = nn.ParameterList(Trained(1), Trained(2, 3));

        list.to(ScalarType.Float32);

        list.Should().OnlyContain(parameter => parameter.dtype == ScalarType.Float32);
    }

    [Test]
    public void Hooks_see_and_replace_inputs_and_results()
    {
        using var layer = nn.Identity();
        var calls = new List<string>();
        var before = layer.register_forward_pre_hook((module, input) => input * 2);
        var after = layer.register_forward_hook((module, input, output) => output + 1);
        layer.register_forward_pre_hook(module => calls.Add("before"));
        layer.register_forward_hook(module => calls.Add("after"));

        layer.call(Vector(3)).Numbers().Should().Equal(7);
        calls.Should().Equal("before", "after");

        before.remove();
        after.remove();
        layer.call(Vector(3)).Numbers().Should().Equal(3);
    }

    [Test]
    public void Modules_of_several_inputs_are_called_with_all()
    {
        using var two = new Weighted();

        two.call(Vector(3), 2).Numbers().Should().Equal(6);
    }

    private static Func<double, double, bool> Within(double tolerance) => (a, b) => double.Abs(a - b) <= tolerance;

    private sealed class Stack : nn.Module<Tensor, Tensor>
    {
        private readonly ModuleList<Linear> layers = new();

        public Stack(int count)
            : base("Stack")
        {
            for (var i = 0; i < count; i++)
                layers.Add(nn.Linear(new Parameter(Shaped([1, 1], 2))));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => layers.Aggregate(input, (x, layer) => layer.call(x));
    }

    private sealed class Weighted : nn.Module<Tensor, double, Tensor>
    {
        public Weighted()
            : base("Weighted") { }

        public override Tensor forward(Tensor input, double weight) => input * weight;
    }
}
