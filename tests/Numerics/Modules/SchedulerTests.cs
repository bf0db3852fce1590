using FluentAssertions;
using NUnit.Framework;
using TorchSharp.Modules;
using static Diffusion.Numerics.Modules.Values;
using static TorchSharp.torch;
using static TorchSharp.torch.optim.lr_scheduler;

namespace Diffusion.Numerics.Modules;

/// <summary>
/// The learning rates of nine epochs from 0.5 on. The expected numbers are those of PyTorch 1.13's
/// torch.optim.lr_scheduler.
/// </summary>
public sealed class SchedulerTests
{
    private const double Tolerance = 1e-14;
    private const int Epochs = 9;

    [Test]
    public void Steps() => Gives(o => StepLR(o, 3, 0.5), 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125);

    [Test]
    public void Milestones() =>
        Gives(o => MultiStepLR(o, [2, 5], 0.1), 0.5, 0.5, 0.05, 0.05, 0.05, 0.005, 0.005, 0.005, 0.005);

    [Test]
    public void Exponential() =>
        Gives(
            o => ExponentialLR(o, 0.9),
            0.5,
            0.45,
            0.405,
            0.3645,
            0.32805,
            0.295245,
            0.2657205,
            0.23914845,
            0.215233605
        );

    [Test]
    public void Constant() => Gives(o => ConstantLR(o, 0.25, 3), 0.125, 0.125, 0.125, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5);

    [Test]
    public void Linear() => Gives(o => LinearLR(o, 0.1, 0.8, 4), 0.05, 0.1375, 0.225, 0.3125, 0.4, 0.4, 0.4, 0.4, 0.4);

    [Test]
    public void Polynomial() => Gives(o => PolynomialLR(o, 5, 2.0), 0.5, 0.32, 0.18, 0.08, 0.02, 0, 0, 0, 0);

    [Test]
    public void Cosine() =>
        Gives(
            o => CosineAnnealingLR(o, 5, 0.05),
            0.5,
            0.45702882373436315,
            0.34452882373436317,
            0.20547117626563682,
            0.09297117626563685,
            0.05,
            0.09297117626563683,
            0.20547117626563693,
            0.3445288237343634
        );

    [Test]
    public void Lambda() =>
        Gives(
            o => LambdaLR(o, epoch => 1.0 / (1 + epoch)),
            0.5,
            0.25,
            0.5 / 3,
            0.125,
            0.1,
            0.5 / 6,
            0.5 / 7,
            0.0625,
            0.5 / 9
        );

    [Test]
    public void Warm_up_then_cosine() =>
        Gives(
            o => SequentialLR(o, [LinearLR(o, 0.1, 1.0, 3), CosineAnnealingLR(o, 5)], [3]),
            0.05,
            0.2,
            0.35,
            0.5,
            0.45225424859373686,
            0.32725424859373686,
            0.17274575140626314,
            0.04774575140626316,
            0
        );

    [Test]
    public void Three_in_sequence() =>
        Gives(
            o => SequentialLR(o, [ConstantLR(o, 0.1, 2), ExponentialLR(o, 0.9), ExponentialLR(o, 0.5)], [2, 5]),
            0.05,
            0.05,
            0.5,
            0.45,
            0.405,
            0.5,
            0.25,
            0.125,
            0.0625
        );

    [Test]
    public void Two_at_once() =>
        Gives(
            o => ChainedLR([ConstantLR(o, 0.1, 2), ExponentialLR(o, 0.9)]),
            0.05,
            0.045,
            0.405,
            0.3645,
            0.32805,
            0.295245,
            0.2657205,
            0.23914845,
            0.215233605
        );

    [Test]
    public void One_cycle_with_momentum()
    {
        using var weight = Trained(1);
        using var optimizer = optim.SGD([weight], 0.5, momentum: 0.9);
        var momenta = new List<double>();

        var rates = Run(
            optimizer,
            o => OneCycleLR(o, 1.0, total_steps: Epochs),
            () => momenta.Add(Momentum(optimizer))
        );

        AssertClose(
            rates,
            0.04,
            0.6513582352345999,
            0.9944154354509117,
            0.8985666593464469,
            0.7056447289910996,
            0.46263710266697505,
            0.22872995315964806,
            0.060892969758032406,
            4e-06
        );
        AssertClose(
            momenta,
            0.95,
            0.8863168504963959,
            0.8505584586887436,
            0.8601433746388538,
            0.8794356448434694,
            0.9037365046793212,
            0.9271273131932879,
            0.9439110786685114,
            0.95
        );
    }

    [Test]
    public void One_cycle_in_three_straight_phases()
    {
        using var weight = Trained(1);
        using var optimizer = optim.Adam([weight], lr: 0.1);
        var betas = new List<double>();

        var rates = Run(
            optimizer,
            o =>
                OneCycleLR(
                    o,
                    1.0,
                    total_steps: Epochs,
                    anneal_strategy: impl.OneCycleLR.AnnealStrategy.Linear,
                    three_phase: true
                ),
            () => betas.Add(((optim.IBetas)optimizer.ParamGroups.Single()).Betas.Item1)
        );

        AssertClose(
            rates,
            0.04,
            0.6047058823529413,
            0.8305882352941175,
            0.26588235294117624,
            0.03478313043478261,
            0.026088347826086954,
            0.0173935652173913,
            0.008698782608695652,
            3.9999999999970615e-06
        );
        AssertClose(
            betas,
            0.95,
            0.8911764705882352,
            0.8676470588235294,
            0.9264705882352942,
            0.95,
            0.95,
            0.95,
            0.95,
            0.95
        );
    }

    [Test]
    public void The_last_rates_are_remembered()
    {
        using var weight = Trained(1);
        using var optimizer = optim.SGD([weight], 0.5);
        var schedule = StepLR(optimizer, 1, 0.5);

        schedule.step();

        schedule.get_last_lr().Should().Equal(0.25);
    }

    [Test]
    public void A_schedule_can_jump_to_an_epoch()
    {
        using var weight = Trained(1);
        using var optimizer = optim.SGD([weight], 0.5);
        var schedule = CosineAnnealingLR(optimizer, 4);

        schedule.step(2);

        optimizer.ParamGroups.Single().LearningRate.Should().BeApproximately(0.25, Tolerance);
    }

    [Test]
    public void A_sequence_needs_a_milestone_between_every_two()
    {
        using var weight = Trained(1);
        using var optimizer = optim.SGD([weight], 0.5);

        optimizer.Invoking(o => SequentialLR(o, [StepLR(o, 1), StepLR(o, 2)], [])).Should().Throw<ArgumentException>();
    }

    private static void Gives(Func<optim.Optimizer, LRScheduler> make, params double[] expected)
    {
        using var weight = Trained(1);
        using var optimizer = optim.SGD([weight], 0.5, momentum: 0.9);
        AssertClose(Run(optimizer, make, () => { }), expected);
    }

    private static List<double> Run(optim.Optimizer optimizer, Func<optim.Optimizer, LRScheduler> make, Action watch)
    {
        var schedule = make(optimizer);
        var rates = new List<double>();
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            rates.Add(optimizer.ParamGroups.Single().LearningRate);
            watch();
            optimizer.step();
            if (epoch < Epochs - 1)
                schedule.step();
        }
        return rates;
    }

    private static double Momentum(optim.Optimizer optimizer) =>
        ((optim.IMomentum)optimizer.ParamGroups.Single()).Momentum;

    private static void AssertClose(IEnumerable<double> actual, params double[] expected) =>
        actual.Should().Equal(expected, (a, b) => double.Abs(a - b) <= Tolerance);
}
