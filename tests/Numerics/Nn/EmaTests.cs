using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class EmaTests
{
    [Test]
    public void It_follows_the_formula_with_warm_up()
    {
        using var model = new Model();
        using var ema = new Ema(model, decay: 0.5);
        double expected = 1;
        for (var n = 0; n < 20; n++)
        {
            double value = n * n;
            model.Set(value);
            ema.Update(model);
            var decay = double.Min(0.5, (1.0 + n) / (10.0 + n));
            expected = decay * expected + (1 - decay) * value;
            Value(ema.State["weight"]).Should().BeApproximately(expected, 1e-5 * double.Max(1, expected));
            Value(ema.State["frozen"]).Should().Be(value);
            Value(ema.State["buffer"]).Should().Be(value);
        }
        ema.Updates.Should().Be(20);
    }

    [Test]
    public void The_power_form_is_the_weighted_sum_that_it_says()
    {
        using var model = new Model();
        var rule = new EmaRule(0.95, EmaWarmup.Power) { InverseGamma = 2, Power = 0.75 };
        using var ema = new Ema(model, rule);
        double[] values = [.. Enumerable.Range(0, 40).Select(n => double.Sin(n) + 3)];
        foreach (var value in values)
        {
            model.Set(value);
            ema.Update(model);
        }
        // s = Σ (1 − d_n)·θ_n·Π_{m > n} d_m, from d_0 = 0 on, so that nothing is left of the start.
        double Decay(int n) => double.Min(0.95, 1 - double.Pow(1 + n / 2.0, -0.75));
        var expected = values
            .Select(
                (value, n) =>
                    (1 - Decay(n))
                    * value
                    * Enumerable.Range(n + 1, values.Length - n - 1).Aggregate(1.0, (p, m) => p * Decay(m))
            )
            .Sum();
        Value(ema.State["weight"]).Should().BeApproximately(expected, 1e-5);
        rule.At(0).Should().Be(0);
        rule.At(1_000_000).Should().Be(0.95);
    }

    [TestCase(1, 0.5)]
    [TestCase(double.NaN, 0.5)]
    [TestCase(0.5, 0)]
    [TestCase(0.5, double.PositiveInfinity)]
    public void Rules_out_of_range_are_refused(double decay, double power)
    {
        using var model = new Model();
        var rule = new EmaRule(decay, EmaWarmup.Power) { Power = power };
        FluentActions.Invoking(() => new Ema(model, rule)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [TestCase(0.9999, 0, 0.1)]
    [TestCase(0.9999, 8, 0.5)]
    [TestCase(0.9999, 1_000_000, 0.9999)]
    [TestCase(0.0, 5, 0.0)]
    public void The_decay_warms_up(double decay, long updates, double expected) =>
        Ema.DecayAt(decay, updates).Should().BeApproximately(expected, 1e-12);

    [Test]
    public void Apply_swaps_the_averages_in_and_out_again()
    {
        using var model = new Model();
        using var ema = new Ema(model, decay: 0.9);
        model.Set(11);
        ema.Update(model);
        using (ema.Apply(model))
            Value(model.state_dict()["weight"]).Should().BeApproximately(0.1 * 1 + 0.9 * 11, 1e-5);
        Value(model.state_dict()["weight"]).Should().Be(11);
        ema.CopyTo(model);
        Value(model.state_dict()["weight"]).Should().BeApproximately(10, 1e-5);
        model.state_dict()["weight"].requires_grad.Should().BeTrue();
    }

    [Test]
    public void A_resumed_average_goes_on_as_the_unbroken_one()
    {
        using var model = new Model();
        using var whole = new Ema(model, decay: 0.9);
        model.Set(3);
        whole.Update(model);
        using var resumed = new Ema(model, decay: 0.9);
        resumed.Load(whole.State, whole.Updates);
        model.Set(-2);
        whole.Update(model);
        resumed.Update(model);
        Value(resumed.State["weight"]).Should().Be(Value(whole.State["weight"]));
        resumed.Updates.Should().Be(2);
    }

    [Test]
    public void Another_network_and_wrong_state_are_refused()
    {
        using var model = new Model();
        using var other = nn.Linear(1, 1);
        using var ema = new Ema(model);
        var update = () => ema.Update(other);
        update.Should().Throw<ArgumentException>().WithMessage("*'bias'*");
        var load = () => ema.Load(other.state_dict(), 1);
        load.Should().Throw<InvalidDataException>().WithMessage("*'frozen'*");
        foreach (var decay in new[] { -0.1, 1, double.NaN })
        {
            var make = () => new Ema(model, decay);
            make.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*[0, 1)*");
        }
    }

    [Test]
    public void It_outlives_dispose_scopes_and_leaks_nothing()
    {
        using var model = new Model();
        var before = LiveTensors.Count();
        Ema ema;
        using (NewDisposeScope())
            ema = new Ema(model);
        ema.Update(model);
        var held = Tensor.TotalCount;
        for (var i = 0; i < 3; i++)
        {
            ema.Update(model);
            ema.Apply(model).Dispose();
        }
        Tensor.TotalCount.Should().Be(held);
        ema.Dispose();
        Tensor.TotalCount.Should().Be(before);
    }

    private static double Value(Tensor tensor)
    {
        using var max = tensor.max();
        return max.ToDouble();
    }

    private sealed class Model : nn.Module
    {
        private readonly Parameter weight = nn.Parameter(ones(new long[] { 2 }));
        private readonly Parameter frozen = nn.Parameter(ones(new long[] { 2 }), requires_grad: false);
        private readonly Tensor buffer = ones(new long[] { 2 });

        internal Model()
            : base(nameof(Model)) => RegisterComponents();

        internal void Set(double value)
        {
            using var unrecorded = no_grad();
            foreach (var tensor in state_dict().Values)
                tensor.fill_(value);
        }
    }
}
