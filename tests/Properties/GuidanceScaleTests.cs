using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class GuidanceScaleTests
{
    private static Evaluation At(double ratio, double time = 0) =>
        new(NoiseLevel.FromAlphaSigma(1 / double.Hypot(1, ratio), ratio / double.Hypot(1, ratio)), time);

    [ForAll]
    public void A_constant_is_the_same_everywhere(Real scale, NoiseLevel level) =>
        GuidanceScale.Constant(scale.Value).At(new Evaluation(level, 3)).Should().Be(scale.Value);

    [TestCase(0.5, 1)]
    [TestCase(0.500001, 7)]
    [TestCase(2, 7)]
    [TestCase(4, 7)]
    [TestCase(4.00001, 1)]
    public void An_interval_is_open_at_its_cleaner_end(double ratio, double expected) =>
        GuidanceScale
            .Interval(7, 0.5, 4)
            .At(new Evaluation(NoiseLevel.FromAlphaSigma(1, ratio), 0))
            .Should()
            .Be(expected);

    [Test]
    public void An_interval_may_reach_pure_noise_and_clean_data()
    {
        GuidanceScale all = GuidanceScale.Interval(3, 0, double.PositiveInfinity, outside: 0);
        all.At(new Evaluation(NoiseLevel.PureNoise, 0)).Should().Be(3);
        all.At(At(1e-9)).Should().Be(3);
        all.At(new Evaluation(NoiseLevel.Clean, 0)).Should().Be(0, "the cleaner end is left out");
        GuidanceScale.Interval(3, 0, 1e9, outside: 0).At(new Evaluation(NoiseLevel.PureNoise, 0)).Should().Be(0);
    }

    [ForAll]
    public void An_interval_of_log_snr_is_one_of_noise(Real low, Real width, NoiseLevel level)
    {
        double high = low.Value + double.Abs(width.Value) + 0.01;
        double expected = level.LogSnr >= low.Value && level.LogSnr < high ? 5 : -1;
        if (double.Abs(level.LogSnr - low.Value) > 1e-9 && double.Abs(level.LogSnr - high) > 1e-9)
        {
            GuidanceScale
                .IntervalOfLogSnr(5, low.Value, high, outside: -1)
                .At(new Evaluation(level, 0))
                .Should()
                .Be(expected);
        }
    }

    [Test]
    public void An_interval_of_log_snr_holds_pure_noise_only_from_minus_infinity_on()
    {
        Evaluation noise = new(NoiseLevel.PureNoise, 0);
        GuidanceScale.IntervalOfLogSnr(5, double.NegativeInfinity, 2).At(noise).Should().Be(5);
        GuidanceScale.IntervalOfLogSnr(5, -50, 2).At(noise).Should().Be(1);
        GuidanceScale.IntervalOfLogSnr(5, -50, double.PositiveInfinity).At(At(1e-100)).Should().Be(5);
    }

    [TestCase(0, 8, 8)]
    [TestCase(250, 6.5, 7.12132034355964)]
    [TestCase(500, 5, 5)]
    [TestCase(1000, 2, 2)]
    [TestCase(1200, 2, 2)]
    public void Ramps_lead_from_noise_to_data(double time, double linear, double cosine)
    {
        GuidanceScale.Linear(2, 8, 1000).At(At(1, time)).ShouldBeClose(linear, 1e-14);
        GuidanceScale.Cosine(2, 8, 1000).At(At(1, time)).ShouldBeClose(cosine, 1e-14);
    }

    [Test]
    public void Scales_are_values()
    {
        GuidanceScale.Interval(2, 0.1, 3).Should().Be(GuidanceScale.Interval(2, 0.1, 3));
        GuidanceScale.Interval(2, 0.1, 3).Should().NotBe(GuidanceScale.Interval(2, 0.1, 4));
        GuidanceScale.Linear(1, 2, 3).Should().NotBe(GuidanceScale.Cosine(1, 2, 3));
        GuidanceScale.Constant(7.5).ToString().Should().Be("7.5");
        GuidanceScale.Interval(2, 0.1, 3).ToString().Should().Be("2 for σ/α in (0.1, 3], else 1");
        GuidanceScale.Linear(1, 2, 3).ToString().Should().Be("linear from 1 at noise to 2 at data");
        GuidanceScale.Cosine(1, 2, 3).ToString().Should().Be("cosine from 1 at noise to 2 at data");
    }

    private static readonly TestCaseData[] Refused =
    [
        new(() => GuidanceScale.Constant(double.NaN), "scale must be a finite number, but is NaN."),
        new(() => GuidanceScale.Interval(double.PositiveInfinity, 0, 1), "scale must be a finite number*"),
        new(() => GuidanceScale.Interval(2, -1, 1), "low must be a finite number of at least 0, but is -1."),
        new(() => GuidanceScale.Interval(2, 1, 1), "high must be in (1, Infinity], but is 1."),
        new(() => GuidanceScale.Interval(2, 1, double.NaN), "high must be in*NaN."),
        new(() => GuidanceScale.Interval(2, 1, 2, double.NaN), "outside must be a finite number*"),
        new(() => GuidanceScale.IntervalOfLogSnr(2, double.NaN, 1), "low must be in*NaN."),
        new(() => GuidanceScale.IntervalOfLogSnr(2, 1, 1), "high must be in (1, Infinity], but is 1."),
        new(() => GuidanceScale.Linear(double.NaN, 1, 1), "atNoise must be a finite number*"),
        new(() => GuidanceScale.Linear(1, double.NaN, 1), "atData must be a finite number*"),
        new(() => GuidanceScale.Linear(1, 1, 0), "end must be a finite number greater than 0, but is 0."),
        new(() => GuidanceScale.Cosine(double.NaN, 1, 1), "atNoise must be a finite number*"),
        new(() => GuidanceScale.Cosine(1, double.NaN, 1), "atData must be a finite number*"),
        new(() => GuidanceScale.Cosine(1, 1, double.NaN), "end must be a finite number greater than 0*"),
    ];

    [TestCaseSource(nameof(Refused))]
    public void Bad_scales_are_refused(Func<GuidanceScale> make, string message) =>
        FluentActions.Invoking(make).Should().Throw<ArgumentOutOfRangeException>().WithMessage(message + "*");
}
