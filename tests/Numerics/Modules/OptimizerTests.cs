using FluentAssertions;
using NUnit.Framework;
using TorchSharp.Modules;
using static Diffusion.Numerics.Modules.Values;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Modules;

/// <summary>
/// Where five steps lead from (1, −2, 0.5) on f(p) = Σ aᵢ(pᵢ − bᵢ)² + p₁p₂p₃, in double precision. The expected numbers
/// are those of PyTorch 1.13's torch.optim on the same function.
/// </summary>
public sealed class OptimizerTests
{
    private const double Tolerance = 1e-13;
    private const int Steps = 5;

    [Test]
    public void Gradient_descent() =>
        Leads(p => optim.SGD(p, 0.05), 0.6870710594755923, -0.21083703573168733, 0.8091704059918214);

    [Test]
    public void Gradient_descent_with_momentum_dampening_and_decay() =>
        Leads(
            p => optim.SGD(p, 0.05, momentum: 0.9, dampening: 0.1, weight_decay: 0.02),
            0.08122986069742548,
            1.8059754202769802,
            1.2265111718644968
        );

    [Test]
    public void Nesterov() =>
        Leads(
            p => optim.SGD(p, 0.05, momentum: 0.8, nesterov: true),
            -0.12879820897689778,
            0.7305708400500467,
            1.100740579838339
        );

    [Test]
    public void Adam() =>
        Leads(p => optim.Adam(p, lr: 0.1), 0.5340937876320816, -1.5027776223993194, 0.9885718760073311);

    [Test]
    public void Adam_with_decay() =>
        Leads(
            p => optim.Adam(p, lr: 0.1, beta1: 0.8, beta2: 0.95, eps: 1e-4, weight_decay: 0.3),
            0.53282216983129,
            -1.504171493898761,
            0.9792798651741108
        );

    [Test]
    public void Adam_with_amsgrad() =>
        Leads(
            p => optim.Adam(p, lr: 0.3, beta1: 0.5, beta2: 0.6, amsgrad: true),
            0.3220383845501087,
            -0.622439779438648,
            1.6055202363426768
        );

    [Test]
    public void AdamW_with_decay() =>
        Leads(
            p => optim.AdamW(p, lr: 0.1, beta1: 0.8, beta2: 0.95, eps: 1e-4, weight_decay: 0.3),
            0.4141767166932888,
            -1.253278613490299,
            0.8775214366493871
        );

    [Test]
    public void AdamW_with_decay_and_amsgrad() =>
        Leads(
            p => optim.AdamW(p, lr: 0.3, beta1: 0.5, beta2: 0.6, weight_decay: 0.1, amsgrad: true),
            0.07603242002696439,
            -0.4596558825341637,
            1.3836313278360524
        );

    [Test]
    public void AdamW_maximizes_the_negative_function() =>
        Leads(
            p => optim.AdamW(p, lr: 0.1, weight_decay: 0.3, maximize: true),
            negate: true,
            0.4081856417118578,
            -1.2511914859906752,
            0.8830443821220098
        );

    [Test]
    public void Adam_maximizes_the_negative_function() =>
        Leads(
            p => optim.Adam(p, lr: 0.1, weight_decay: 0.3, maximize: true),
            negate: true,
            0.5255094096165989,
            -1.5027812652682644,
            0.984473334564318
        );

    [Test]
    public void Momentum_maximizes_the_negative_function() =>
        Leads(p => optim.SGD(p, 0.05, momentum: 0.9, maximize: true), p => optim.SGD(p, 0.05, momentum: 0.9));

    [Test]
    public void A_closure_computes_the_loss()
    {
        using var weight = Trained(3);
        using var optimizer = optim.SGD([weight], 0.25);

        var loss = optimizer.step(() =>
        {
            var value = (weight * weight).sum();
            value.backward();
            return value;
        });

        loss!.Numbers().Should().Equal(9);
        weight.Numbers().Should().Equal(1.5);
    }

    [Test]
    public void Parameters_without_a_gradient_stay()
    {
        using var used = Trained(1);
        using var unused = Trained(2);
        using var optimizer = optim.AdamW([used, unused], weight_decay: 0.5);
        used.sum().backward();

        optimizer.step();

        used.Numbers().Should().NotEqual([1.0]);
        unused.Numbers().Should().Equal(2);
    }

    [Test]
    public void Groups_have_options_of_their_own()
    {
        using var slow = Trained(1);
        using var fast = Trained(1);
        SGD.ParamGroup[] groups =
        [
            new() { Parameters = [slow] },
            new()
            {
                Parameters = [fast],
                Options = new SGD.Options { LearningRate = 0.5 },
            },
        ];
        using var optimizer = optim.SGD(groups, 0.125);
        (slow.sum() + fast.sum()).backward();

        optimizer.step();

        slow.Numbers().Should().Equal(0.875);
        fast.Numbers().Should().Equal(0.5);
        optimizer.ParamGroups.Select(group => group.InitialLearningRate).Should().Equal(0.125, 0.5);
    }

    [Test]
    public void The_learning_rate_can_be_changed_between_steps()
    {
        using var weight = Trained(1);
        using var optimizer = optim.SGD([("weight", weight)], 1);
        weight.sum().backward();

        optimizer.ParamGroups.Single().LearningRate = 0.25;
        optimizer.step();

        weight.Numbers().Should().Equal(0.75);
    }

    [Test]
    public void Zero_grad_fills_with_zeros()
    {
        using var weight = Trained(1);
        using var optimizer = optim.SGD([weight], 1);
        weight.sum().backward();

        optimizer.zero_grad();

        weight.grad!.Numbers().Should().Equal(0);
    }

    [Test]
    public void A_loaded_state_continues_exactly()
    {
        using var unbroken = Start();
        using var resumed = Start();
        using var first = optim.AdamW([unbroken], lr: 0.1, weight_decay: 0.1);
        Walk(unbroken, first, Steps);
        using (no_grad())
            resumed.copy_(unbroken);
        using var second = optim.AdamW([resumed], lr: 9);

        second.load_state_dict(first.state_dict());
        Walk(unbroken, first, Steps);
        Walk(resumed, second, Steps);

        resumed.Numbers().Should().Equal(unbroken.Numbers());
        var state = (AdamW.State)second.state_dict().State.Single();
        state.step.Should().Be(2 * Steps);
        state.ApproximatelyEquals(first.state_dict().State.Single()).Should().BeTrue();
    }

    [Test]
    public void The_state_can_be_restored_from_its_tensors()
    {
        using var unbroken = Start();
        using var resumed = Start();
        using var first = optim.AdamW([unbroken], lr: 0.1);
        using var second = optim.AdamW([resumed], lr: 0.1);
        Walk(unbroken, first, Steps);
        var saved = (AdamW.State)first.state_dict().State[0];
        var restored = (AdamW.State)second.state_dict().State[0];

        using (no_grad())
        {
            resumed.copy_(unbroken);
            restored.exp_avg.copy_(saved.exp_avg);
            restored.exp_avg_sq.copy_(saved.exp_avg_sq);
        }
        restored.step = saved.step;
        Walk(unbroken, first, Steps);
        Walk(resumed, second, Steps);

        resumed.Numbers().Should().Equal(unbroken.Numbers());
    }

    [Test]
    public void A_momentum_is_loaded()
    {
        using var unbroken = Start();
        using var resumed = Start();
        using var first = optim.SGD([unbroken], 0.02, momentum: 0.9);
        using var second = optim.SGD([resumed], 0.02, momentum: 0.9);
        Walk(unbroken, first, Steps);
        using (no_grad())
            resumed.copy_(unbroken);

        second.load_state_dict(first.state_dict());
        Walk(unbroken, first, Steps);
        Walk(resumed, second, Steps);

        resumed.Numbers().Should().Equal(unbroken.Numbers());
    }

    [Test]
    public void Loading_a_state_leaves_no_tensors_behind()
    {
        using var weight = Start();
        using var source = optim.AdamW([weight], amsgrad: true);
        using var target = optim.AdamW([weight], amsgrad: true);
        var before = LiveTensors.Count();

        target.load_state_dict(source.state_dict());

        LiveTensors.Count().Should().Be(before);
    }

    [Test]
    public void A_state_of_other_parameters_is_refused()
    {
        using var one = Trained(1);
        using var two = Trained(2);
        using var source = optim.AdamW([one, two]);
        using var target = optim.AdamW([one]);

        target.Invoking(o => o.load_state_dict(source.state_dict())).Should().Throw<ArgumentException>();
    }

    [Test]
    public void Disposing_an_optimizer_frees_its_state()
    {
        using var weight = Start();
        var before = LiveTensors.Count();
        var optimizer = optim.AdamW([weight], amsgrad: true);
        LiveTensors.Count().Should().Be(before + 3);

        optimizer.Dispose();

        LiveTensors.Count().Should().Be(before);
    }

    private static Parameter Start() => Trained(1, -2, 0.5);

    private static void Leads(Func<IEnumerable<Parameter>, optim.Optimizer> make, params double[] expected) =>
        Leads(make, negate: false, expected);

    private static void Leads(
        Func<IEnumerable<Parameter>, optim.Optimizer> make,
        bool negate,
        params double[] expected
    ) => End(make, negate).Should().Equal(expected, (a, b) => double.Abs(a - b) <= Tolerance);

    private static void Leads(
        Func<IEnumerable<Parameter>, optim.Optimizer> up,
        Func<IEnumerable<Parameter>, optim.Optimizer> down
    ) => End(up, negate: true).Should().Equal(End(down, negate: false));

    private static double[] End(Func<IEnumerable<Parameter>, optim.Optimizer> make, bool negate)
    {
        using var scope = NewDisposeScope();
        var point = Start();
        using var optimizer = make([point]);
        Walk(point, optimizer, Steps, negate);
        return point.Numbers();
    }

    private static void Walk(Parameter point, optim.Optimizer optimizer, int steps, bool negate = false)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Vector(0.5, 3, 0.1), Vector(-1, 0.25, 2));
        for (var i = 0; i < steps; i++)
        {
            optimizer.zero_grad();
            var height = (a * (point - b).pow(2)).sum() + point.prod();
            (negate ? -height : height).backward();
            optimizer.step();
        }
    }
}
