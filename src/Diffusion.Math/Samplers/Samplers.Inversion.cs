namespace Diffusion.Math;

public static partial class Samplers
{
    /// <summary>
    /// DDIM run backwards, from data to the noise that DDIM makes it of: x_t = (α_t/α_s)·x_s + (σ_t − α_t·σ_s/α_s)·ε̂(x_s)
    /// (Song et al. 2021, DDIM paper, section 4.3, eq. 14 reversed, and section 5.4). First order: going there and back
    /// with <see cref="Ddim(LevelGrid, double, X0Rule?, bool)"/> over n steps leaves an error of O(1/n).
    /// </summary>
    /// <remarks>Networks aren't trained on clean data: in the first step the network is told the last noisy level.</remarks>
    /// <param name="grid">The levels to visit, in the order of sampling; ends at clean data.</param>
    /// <exception cref="ArgumentNullException">The grid is null.</exception>
    /// <exception cref="ArgumentException">The grid doesn't end at clean data.</exception>
    public static SamplingPlan DdimInversion(LevelGrid grid)
    {
        Preconditions.NotNull(grid);
        if (grid.End.Sigma > 0)
        {
            throw new ArgumentException(
                $"grid ends at {grid.End}; an inversion starts there, and must start at clean data.",
                nameof(grid)
            );
        }

        return new SamplingPlan(
            "DDIM inversion",
            Prediction.Epsilon,
            X0Rule.None,
            Enumerable.Range(0, grid.Count).Select(Row),
            keepsMarginals: true
        );

        SamplingStep Row(int i)
        {
            Evaluation from = grid.Points[^(i + 1)];
            NoiseLevel to = grid.Points[^(i + 2)].Level;
            double scale = to.Alpha / from.Level.Alpha;
            return new SamplingStep(
                from.Level,
                to,
                i == 0 ? grid.Points[^2] : from,
                [scale],
                [to.Sigma - (scale * from.Level.Sigma)],
                0
            );
        }
    }
}
