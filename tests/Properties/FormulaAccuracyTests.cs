using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// Schedules that a formula defines, against that formula in exact arithmetic (1300 bits) of the parameters as the doubles
/// they are: not only the product of rounded β.
/// </summary>
public sealed class FormulaAccuracyTests
{
    private static readonly Exact HalfPi = ExactFunctions.Pi / Exact.Of(2);

    [ForAll]
    public void Cosine_figures_are_within_four_ulp_of_the_formula(byte many, Spread offset, Real cap, byte time)
    {
        int steps = 1 + many;
        double maxBeta = double.Min(1, 0.95 + (double.Abs(cap.Value) / 50));
        double s = offset.Value / 100;
        Figures(Schedule.Cosine(steps, s, maxBeta), 1 + (time % steps), t => CosineBar(t, steps, s), maxBeta);
    }

    [ForAll]
    public void Sigmoid_figures_are_within_four_ulp_of_the_formula(byte many, Real a, Real b, Spread spread, byte time)
    {
        int steps = 1 + many;
        double start = double.Min(a.Value, b.Value) - 0.1;
        double end = double.Max(a.Value, b.Value) + 0.1;
        double tau = 0.1 + spread.Value;
        Figures(
            Schedule.Sigmoid(steps, start, end, tau, 0.999),
            1 + (time % steps),
            t => SigmoidBar(t, steps, start, end, tau),
            0.999
        );
    }

    [TestCase(1000, -3, 3, 0.1)]
    [TestCase(1000, -3, 3, 0.01)]
    [TestCase(1000, -3, 3, 1e6)]
    [TestCase(1000, 3, 9, 0.03)]
    [TestCase(1000, -9, -3, 0.03)]
    [TestCase(100_000, 0, 3, 0.7)]
    [TestCase(1_000_000, -3, 3, 1)]
    public void Long_and_steep_sigmoids_cost_no_digits(int steps, double start, double end, double tau)
    {
        Schedule schedule = Schedule.Sigmoid(steps, start, end, tau, 1);
        foreach (int t in Times(steps))
        {
            Figures(schedule, t, time => SigmoidBar(time, steps, start, end, tau), 1);
        }
    }

    [TestCase(1000, 0.008)]
    [TestCase(1_000_000, 0.008)]
    [TestCase(1_000_000, 0)]
    [TestCase(1000, 1e9)]
    public void Long_cosines_cost_no_digits(int steps, double offset)
    {
        Schedule schedule = Schedule.Cosine(steps, offset);
        foreach (int t in Times(steps))
        {
            Figures(schedule, t, time => CosineBar(time, steps, offset), 0.999);
        }
    }

    // With 1 + offset rounded to offset, sin² is the square of its argument.
    [TestCase(1e161)]
    [TestCase(1e300)]
    [TestCase(double.MaxValue)]
    public void A_cosine_of_any_offset_has_its_limit(double offset)
    {
        Schedule schedule = Schedule.Cosine(10, offset);
        for (int t = 1; t <= 9; t++)
        {
            schedule.AlphaBar(t).ShouldBeClose((10 - t) * (10 - t) / 100.0, 1e-15);
        }
    }

    [TestCase(0.1, 20, 1_000_000)]
    [TestCase(0.1, 20, 1000)]
    [TestCase(1e-6, 3, 100)]
    [TestCase(2, 2, 50)]
    [TestCase(30, 500, 7000)]
    public void Whole_times_of_the_variance_preserving_process_cost_no_digits(double low, double high, int steps)
    {
        Schedule schedule = ContinuousSchedule.VariancePreserving(low, high).ToSchedule(steps);
        foreach (int t in Times(steps))
        {
            Figures(schedule, t, time => PreservingBar(Exact.Of(time) / Exact.Of(steps), low, high), 1);
        }
    }

    [TestCase(0, 1_000_000)]
    [TestCase(1.3, 10_000)]
    [TestCase(-5, 1000)]
    [TestCase(-20, 100)]
    [TestCase(60, 100)]
    public void Whole_times_of_the_cosine_process_cost_no_digits(double shift, int steps)
    {
        Schedule schedule = ContinuousSchedule.Cosine(shift).ToSchedule(steps);
        foreach (int t in Times(steps))
        {
            Figures(schedule, t, time => ShiftedCosineBar(Exact.Of(time) / Exact.Of(steps), shift), 1);
        }

        schedule[steps].Should().Be(NoiseLevel.PureNoise);
    }

    // Near both ends, where differences from 0 and 1 are small, and between.
    [ForAll]
    public void Levels_in_continuous_time_are_within_two_ulp_of_the_formula(Real a, Real b, Real share, byte where)
    {
        double u = double.Abs(share.Value) / 4;
        double t = (where % 3) switch
        {
            0 => u,
            1 => double.Exp(-20 * u),
            _ => 1 - double.Exp(-20 * u),
        };
        double low = double.Exp(2 * a.Value);
        double high = low * (1 + double.Exp(2 * b.Value));
        Exact time = Exact.Of(t);
        Within(ContinuousSchedule.VariancePreserving(low, high)[t], Preserving(time, low, high));
        Within(ContinuousSchedule.VarianceExploding(low, high)[t], Exploding(time, low, high));
        Within(ContinuousSchedule.Cosine(a.Value)[t], ShiftedCosine(time, a.Value));
        Within(ContinuousSchedule.RectifiedFlow(low)[t], Flow(time, low));
        Within(ContinuousSchedule.Edm(1)[t], (Exact.One, time * time));
    }

    private static void Within(NoiseLevel level, (Exact Alpha, Exact Sigma) squares)
    {
        (Exact alpha, Exact sigma) = squares;
        if (level.Alpha < 1e-140 || level.Sigma < 1e-140)
        {
            return;
        }

        string what = level.ToString();
        alpha.UlpsOfRootFrom(level.Alpha).Should().BeLessThanOrEqualTo(2, "α of {0}", what);
        sigma.UlpsOfRootFrom(level.Sigma).Should().BeLessThanOrEqualTo(2, "σ of {0}", what);
        // Twice the relative error of a root, which may be twice as many ulp.
        sigma.UlpsFrom(level.Variance).Should().BeLessThanOrEqualTo(8, "σ² of {0}", what);
        alpha.UlpsFrom(level.Alpha * level.Alpha).Should().BeLessThanOrEqualTo(8, "α² of {0}", what);
        (alpha / (alpha + sigma)).UlpsFrom(level.AlphaBar).Should().BeLessThanOrEqualTo(8, "ᾱ of {0}", what);
        (alpha / sigma).UlpsFrom(level.Snr).Should().BeLessThanOrEqualTo(8, "SNR of {0}", what);
    }

    private static (Exact, Exact) Preserving(Exact t, double low, double high)
    {
        Exact bar = PreservingBar(t, low, high);
        return (bar, Exact.One - bar);
    }

    private static (Exact, Exact) Exploding(Exact t, double low, double high)
    {
        Exact growth = Log(Exact.Of(high) / Exact.Of(low));
        Exact sigma = Exact.Of(low) * ExactFunctions.Exp(t * growth);
        return (Exact.One, sigma * sigma);
    }

    private static (Exact, Exact) ShiftedCosine(Exact t, double shift)
    {
        Exact bar = ShiftedCosineBar(t, shift);
        return (bar, Exact.One - bar);
    }

    private static (Exact, Exact) Flow(Exact t, double shift)
    {
        Exact s = Exact.Of(shift) * t;
        Exact size = Exact.One - t + s;
        Exact a = (Exact.One - t) / size;
        Exact b = s / size;
        return (a * a, b * b);
    }

    private static Exact Log(Exact x)
    {
        // Newton's iteration on e^y = x.
        Exact y = Exact.Of(double.Log((double)(x.Scaled >> 1200) / double.ScaleB(1, 100)));
        for (int i = 0; i < 6; i++)
        {
            y = y + (x / ExactFunctions.Exp(y)) - Exact.One;
        }

        return y;
    }

    private static void Figures(Schedule schedule, int t, Func<int, Exact> formula, double maxBeta)
    {
        Exact bar = Bar(t, formula, maxBeta, out Exact beta);
        Exact rest = Exact.One - bar;
        beta.UlpsFrom(schedule.Beta(t)).Should().BeLessThanOrEqualTo(1, "β_{0}", t);
        rest.UlpsFrom(schedule.Marginal(t).Variance).Should().BeLessThanOrEqualTo(1, "1 − ᾱ_{0}", t);
        rest.UlpsOfRootFrom(schedule[t].Sigma).Should().BeLessThanOrEqualTo(1.5, "σ_{0}", t);
        if (schedule.AlphaBar(t) > 1e-290)
        {
            bar.UlpsFrom(schedule.AlphaBar(t)).Should().BeLessThanOrEqualTo(1, "ᾱ_{0}", t);
            (bar / rest).UlpsFrom(schedule.Snr(t)).Should().BeLessThanOrEqualTo(4, "SNR_{0}", t);
            bar.UlpsOfRootFrom(schedule[t].Alpha).Should().BeLessThanOrEqualTo(1.5, "α_{0}", t);
            (bar / rest).UlpsFrom(schedule[t].Snr).Should().BeLessThanOrEqualTo(5, "SNR of level {0}", t);
            (Exact.One - beta).UlpsFrom(schedule.Alpha(t)).Should().BeLessThanOrEqualTo(1, "1 − β_{0}", t);
        }
    }

    // The formula's ᾱ; from the first β above the cap on, which later ones are too, products of the cap's.
    private static Exact Bar(int t, Func<int, Exact> formula, double maxBeta, out Exact beta)
    {
        if (t == 0)
        {
            beta = new Exact(0);
            return Exact.One;
        }

        Exact bar = formula(t);
        Exact before = formula(t - 1);
        Exact cap = Exact.Of(maxBeta);
        beta = Exact.One - (bar / before);
        if (beta.Scaled <= cap.Scaled)
        {
            return bar;
        }

        before = Bar(t - 1, formula, maxBeta, out _);
        beta = cap;
        return before * (Exact.One - cap);
    }

    private static int[] Times(int steps) =>
        [
            .. new[] { 1, 2, 3, steps / 1000, steps / 100, steps / 10, steps / 3, steps / 2, steps * 3L / 4, steps - 2 }
                .Append(steps - 1)
                .Select(t => (int)long.Clamp(t, 1, steps))
                .Distinct(),
        ];

    private static Exact CosineBar(int t, int steps, double offset)
    {
        if (t == 0)
        {
            return Exact.One;
        }

        Exact s = Exact.Of(offset);
        Exact root(int time) =>
            time == steps
                ? new Exact(0)
                : ExactFunctions.Cos(((Exact.Of(time) / Exact.Of(steps)) + s) / (Exact.One + s) * HalfPi);
        Exact ratio = root(t) / root(0);
        return ratio * ratio;
    }

    private static Exact SigmoidBar(int t, int steps, double start, double end, double tau)
    {
        Exact s(Exact x) => Exact.One / (Exact.One + ExactFunctions.Exp(new Exact(-(x / Exact.Of(tau)).Scaled)));
        Exact first = s(Exact.Of(start));
        Exact last = s(Exact.Of(end));
        Exact at = Exact.Of(start) + ((Exact.Of(end) - Exact.Of(start)) * Exact.Of(t) / Exact.Of(steps));
        return t == steps ? new Exact(0) : (last - s(at)) / (last - first);
    }

    private static Exact PreservingBar(Exact t, double low, double high)
    {
        Exact lost = t * (Exact.Of(low) + (t * (Exact.Of(high) - Exact.Of(low)) / Exact.Of(2)));
        return ExactFunctions.Exp(new Exact(-lost.Scaled));
    }

    private static Exact ShiftedCosineBar(Exact t, double shift)
    {
        Exact cosine = ExactFunctions.Cos(t * HalfPi);
        Exact sine = ExactFunctions.Sin(t * HalfPi);
        Exact signal = cosine * cosine;
        return signal / (signal + (ExactFunctions.Exp(Exact.Of(-shift)) * sine * sine));
    }
}
