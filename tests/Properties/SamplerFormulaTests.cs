using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;

namespace Diffusion.Properties;

/// <summary>
/// Samplers against their published formulas, written out by hand in x̃ = x/α and σ̃ = σ/α, on every family of levels.
/// </summary>
public sealed class SamplerFormulaTests
{
    /// <summary>Karras et al. 2022, algorithm 1 without its correction.</summary>
    [ForAllGrids]
    public void Euler_is_a_straight_line_in_sigma_over_alpha(LevelGridCase @case, int seed) =>
        ShouldFollow(
            @case,
            seed,
            grid => Samplers.Euler(grid),
            (x, from, to, _) => x + ((to - from) * Epsilon(x, from))
        );

    /// <summary>Karras et al. 2022, algorithm 1, with s = 1 and σ(t) = t.</summary>
    [ForAllGrids]
    public void Heun_is_the_mean_of_both_slopes(LevelGridCase @case, int seed) =>
        ShouldFollow(
            @case,
            seed,
            grid => Samplers.Heun(grid),
            (x, from, to, _) =>
            {
                double slope = Epsilon(x, from);
                double end = x + ((to - from) * slope);
                return to == 0 ? end : x + ((to - from) * (slope + Epsilon(end, to)) / 2);
            }
        );

    /// <summary>The midpoint rule, the middle being that of ln σ̃ (k-diffusion's sample_dpm_2).</summary>
    [ForAllGrids]
    public void Dpm2_is_the_midpoint_rule(LevelGridCase @case, int seed) =>
        ShouldFollow(
            @case,
            seed,
            grid => Samplers.Dpm2(grid),
            (x, from, to, _) =>
            {
                double slope = Epsilon(x, from);
                double middle = double.Sqrt(from * to);
                return x + ((to - from) * (to == 0 ? slope : Epsilon(x + ((middle - from) * slope), middle)));
            }
        );

    /// <summary>k-diffusion's sample_euler_ancestral, with its σ_up and σ_down.</summary>
    [ForAllGrids]
    public void Euler_ancestral_goes_down_and_back_up(LevelGridCase @case, int seed, byte share)
    {
        double eta = share / 255.0;
        ShouldFollow(
            @case,
            seed,
            grid => Samplers.EulerAncestral(grid, eta),
            (x, from, to, noise) =>
            {
                double up = double.Min(to, eta * double.Sqrt(to * to * (from * from - (to * to)) / (from * from)));
                double down = double.Sqrt((to * to) - (up * up));
                double end = x + ((down - from) * Epsilon(x, from));
                return to == 0 ? end : end + (up * noise());
            }
        );
    }

    /// <summary>Heun's method for dx/dt = ε̂ − x̂₀ with α = 1 − t and σ = t.</summary>
    [ForAllGrids]
    public void Flow_heun_is_the_mean_of_both_velocities(LevelGridCase @case, int seed)
    {
        LevelGrid grid = @case.On(NoiseCurve.RectifiedFlow);
        double start = new Draws(seed).Normal();
        double x = start;
        for (int i = 0; i < grid.Count; i++)
        {
            NoiseLevel from = grid.Points[i].Level;
            NoiseLevel to = grid.Points[i + 1].Level;
            double length = to.Sigma - from.Sigma;
            double velocity = Velocity(x, from);
            double end = x + (length * velocity);
            x = to.Sigma == 0 ? end : x + (length * (velocity + Velocity(end, to)) / 2);
        }

        Samplers
            .FlowHeun(grid)
            .Run([start], Prediction.FlowVelocity, ExactFlow.Data.Denoiser(Prediction.FlowVelocity), _ => [])[0]
            .ShouldBeClose(x, 1e-10, 1);
        Samplers.FlowHeun(grid).Steps[0].Should().NotBe(Samplers.Heun(grid).Steps[0]);
    }

    /// <summary>Liu, Ren, Lin and Zhao 2022, algorithm 2: φ is DDIM's step, half way is so in time.</summary>
    [ForAllGrids]
    public void Pndm_is_runge_and_kuttas_start_and_the_linear_formula(LevelGridCase @case, int seed)
    {
        NoiseCurve curve = NoiseCurve.Of(ContinuousSchedule.VariancePreserving());
        LevelGrid grid = @case.On(curve);
        double y = new Draws(seed).Normal() * grid.Start.Ratio;
        double start = y * grid.Start.Alpha;
        List<double> epsilons = [];
        for (int i = 0; i < grid.Count; i++)
        {
            (Evaluation from, Evaluation to) = (grid.Points[i], grid.Points[i + 1]);
            (double high, double low) = (from.Level.Ratio, to.Level.Ratio);
            double first = Epsilon(y, high);
            epsilons.Insert(0, first);
            double epsilon;
            if (i < 3)
            {
                double half = curve.AtTime((from.Time + to.Time) / 2).Level.Ratio;
                double second = Epsilon(y + ((half - high) * first), half);
                double third = Epsilon(y + ((half - high) * second), half);
                double fourth = Epsilon(y + ((low - high) * third), low);
                epsilon = (first + (2 * second) + (2 * third) + fourth) / 6;
            }
            else
            {
                epsilon = ((55 * first) - (59 * epsilons[1]) + (37 * epsilons[2]) - (9 * epsilons[3])) / 24;
            }

            y += (low - high) * epsilon;
        }

        double end = Samplers.Pndm(grid).Run([start], Prediction.V, ExactFlow.Data.Denoiser(Prediction.V), _ => [])[0];
        (end / grid.End.Alpha).ShouldBeClose(y, 1e-9, 1);
    }

    private static void ShouldFollow(
        LevelGridCase @case,
        int seed,
        Func<LevelGrid, SamplingPlan> sampler,
        Func<double, double, double, Func<double>, double> step
    )
    {
        foreach (LevelGrid grid in LevelGridCase.Curves.Select(@case.On))
        {
            Draws draws = new(seed);
            double y = draws.Normal() * grid.Start.Ratio;
            double start = y * grid.Start.Alpha;
            for (int i = 0; i < grid.Count; i++)
            {
                y = step(y, grid.Points[i].Level.Ratio, grid.Points[i + 1].Level.Ratio, draws.Normal);
            }

            draws = new Draws(seed);
            draws.Normal();
            double end = sampler(grid)
                .Run([start], Prediction.V, ExactFlow.Data.Denoiser(Prediction.V), _ => draws.Normals(1))[0];
            (end / grid.End.Alpha).ShouldBeClose(y, 1e-9, 1);
        }
    }

    private static double Epsilon(double x, double sigma) =>
        ExactFlow.Data.Predict(Prediction.Epsilon, [x], NoiseLevel.FromAlphaSigma(1, sigma))[0];

    private static double Velocity(double x, NoiseLevel level) =>
        ExactFlow.Data.Predict(Prediction.Epsilon, [x], level)[0] - ExactFlow.Data.PosteriorMean([x], level)[0];
}
