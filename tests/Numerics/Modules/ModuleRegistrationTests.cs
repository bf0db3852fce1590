using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Modules;

public sealed class ModuleRegistrationTests
{
    [Test]
    public void Fields_are_registered_under_their_names_in_order_of_declaration()
    {
        using var net = new Net();

        net.named_children().Select(child => child.name).Should().Equal("second", "first");
        net.named_parameters()
            .Select(entry => entry.name)
            .Should()
            .Equal("scale", "second.weight", "second.bias", "first.weight");
        net.named_buffers().Select(entry => entry.name).Should().Equal("table");
    }

    [Test]
    public void Without_recursion_only_own_parameters_are_listed()
    {
        using var net = new Net();

        net.named_parameters(recurse: false).Select(entry => entry.name).Should().Equal("scale");
        net.parameters().Should().HaveCount(4);
    }

    [Test]
    public void A_base_class_has_its_fields_registered_after_the_derived_ones()
    {
        using var net = new Derived();

        net.named_children().Select(child => child.name).Should().Equal("added", "second", "first");
    }

    [Test]
    public void Modules_below_are_listed_by_dotted_name_without_the_root()
    {
        using var outer = new Outer();

        outer.named_modules().Select(entry => entry.name).Should().Equal("inner", "inner.second", "inner.first");
        outer.modules().Should().HaveCount(3).And.NotContain(outer);
        outer.children().Should().ContainSingle();
    }

    [Test]
    public void A_shared_parameter_is_listed_once_and_saved_under_both_names()
    {
        using var net = new Tied();

        net.named_parameters().Select(entry => entry.name).Should().Equal("a.weight");
        net.state_dict().Keys.Should().BeEquivalentTo("a.weight", "b.weight");
    }

    [Test]
    public void A_name_can_be_taken_only_once()
    {
        using var net = new Net();

        net.Invoking(n => n.register_buffer("table", zeros(1))).Should().Throw<InvalidOperationException>();
        net.Invoking(n => n.register_parameter("scale", new Parameter(zeros(1))))
            .Should()
            .Throw<InvalidOperationException>();
        net.Invoking(n => n.register_module("first", nn.Identity())).Should().Throw<InvalidOperationException>();
    }

    [TestCase("")]
    [TestCase("a.b")]
    public void A_submodule_needs_a_name_without_dots(string name)
    {
        using var net = new Net();

        net.Invoking(n => n.register_module(name, nn.Identity())).Should().Throw<ArgumentException>();
    }

    [Test]
    public void Null_tensors_are_refused()
    {
        using var net = new Net();

        net.Invoking(n => n.register_buffer("missing", null!)).Should().Throw<ArgumentNullException>();
        net.Invoking(n => n.register_parameter("missing", null!)).Should().Throw<ArgumentNullException>();
    }

    [Test]
    public void Parameters_and_buffers_are_found_by_dotted_name()
    {
        using var outer = new Outer();

        outer.get_parameter("inner.second.weight")!.shape.Should().Equal(3, 2);
        outer.has_parameter("inner.second.weight").Should().BeTrue();
        outer.has_parameter("inner.third.weight").Should().BeFalse();
        outer.has_buffer("inner.table").Should().BeTrue();
        outer.get_buffer("inner.scale").Should().BeNull();
    }

    [Test]
    public void Training_mode_reaches_every_module_below()
    {
        using var outer = new Outer();

        outer.training.Should().BeTrue();
        outer.eval();
        outer.modules().Append(outer).Should().OnlyContain(module => !module.training);
        outer.train();
        outer.modules().Append(outer).Should().OnlyContain(module => module.training);
    }

    [Test]
    public void Apply_visits_children_before_parents()
    {
        using var outer = new Outer();
        var visited = new List<string>();

        outer.apply(module => visited.Add(module.GetName()));

        visited.Should().Equal("Linear", "Linear", "Net", "Outer");
    }

    [Test]
    public void Disposing_a_module_frees_what_is_below()
    {
        LiveTensors.SkipWhereParametersStayCounted();
        var before = LiveTensors.Count();
        var outer = new Outer();
        LiveTensors.Count().Should().BeGreaterThan(before);

        outer.Dispose();

        LiveTensors.Count().Should().Be(before);
    }

    [Test]
    public void Layers_outlive_the_scope_they_were_made_in_but_bare_parameters_do_not()
    {
        Linear layer;
        Parameter bare;
        using (NewDisposeScope())
        {
            layer = nn.Linear(2, 3);
            bare = new Parameter(zeros(2));
        }

        layer.weight.IsInvalid.Should().BeFalse();
        bare.IsInvalid.Should().BeTrue();
        layer.Dispose();
    }

    [Test]
    public void Making_a_parameter_takes_its_tensor_over()
    {
        var data = ones(2, 2);

        using var parameter = new Parameter(data, requires_grad: false);

        data.IsInvalid.Should().BeTrue();
        parameter.requires_grad.Should().BeFalse();
        parameter.Numbers().Should().Equal(1, 1, 1, 1);
    }

    [Test]
    public void Zero_grad_clears_the_gradients()
    {
        using var layer = nn.Linear(2, 1);
        layer.call(ones(1, 2)).sum().backward();
        layer.weight.grad.Should().NotBeNull();

        layer.zero_grad(set_to_none: false);
        layer.weight.grad!.Numbers().Should().Equal(0, 0);
        layer.zero_grad();
        layer.weight.grad.Should().BeNull();
    }

    private class Net : nn.Module<Tensor, Tensor>
    {
        private readonly Linear second = nn.Linear(2, 3);
        private readonly Linear first = nn.Linear(1, 2, hasBias: false);
        private readonly Parameter scale = new(ones(1));
        private readonly Tensor table = arange(3);
        private readonly int[] notAComponent = [1];

        public Net()
            : base("Net") => RegisterComponents();

        public override Tensor forward(Tensor input) =>
            second.call(first.call(input)) * scale * notAComponent[0] + table;
    }

    private sealed class Derived : Net
    {
        private readonly nn.Module added = nn.Identity();

        public Derived() => Added = added.GetName();

        public string Added { get; }
    }

    private sealed class Outer : nn.Module<Tensor, Tensor>
    {
        private readonly Net inner = new();

        public Outer()
            : base("Outer") => RegisterComponents();

        public override Tensor forward(Tensor input) => inner.call(input);
    }

    private sealed class Tied : nn.Module<Tensor, Tensor>
    {
        private readonly Linear a = nn.Linear(2, 2, hasBias: false);
        private readonly Linear b;

        public Tied()
            : base("Tied")
        {
            b = nn.Linear(a.weight);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => b.call(a.call(input));
    }
}
