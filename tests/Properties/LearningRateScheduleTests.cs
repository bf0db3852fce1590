using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class LearningRateScheduleTests
{
    [Test]
    public void It_warms_up_in_a_line_and_decays_along_a_half_cosine()
    {
        double at(long step) => LearningRateSchedule.WarmupCosine(step, 100, 2, 20);
        at(0).ShouldBeClose(0.1, 1e-15);
        at(9).ShouldBeClose(1, 1e-15);
        at(19).ShouldBeClose(2, 1e-15);
        at(20).ShouldBeClose(2, 1e-15);
        at(60).ShouldBeClose(1, 1e-15);
        at(80).ShouldBeClose(1 + double.Cos(0.75 * double.Pi), 1e-14);
        at(100).Should().Be(0);
        at(1000).Should().Be(0);
    }

    [Test]
    public void Without_warm_up_it_starts_at_its_peak() =>
        LearningRateSchedule.WarmupCosine(0, 10, 0.5, 0).Should().Be(0.5);
}
