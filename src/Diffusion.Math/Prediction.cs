namespace Diffusion.Math;

/// <summary>
/// What a network predicts: <see cref="Epsilon"/>, <see cref="X0"/> or <see cref="V"/>. A closed set of immutable
/// values, compared by identity.
/// </summary>
/// <remarks>
/// Each is a fixed combination of x₀ and ε at a noise level (<see cref="Target"/>). Together with
/// x_t = α·x₀ + σ·ε that is a 2×2 system, and solving it converts any prediction into any other
/// (<see cref="To"/>). It says nothing about loss weight or reverse variance, which are axes of their own.
/// </remarks>
public abstract class Prediction
{
    private Prediction(string name) => Name = name;

    /// <summary>The noise ε (Ho et al. 2020, eq. 12). Says nothing about x₀ where α = 0.</summary>
    public static Prediction Epsilon { get; } = new EpsilonPrediction();

    /// <summary>The data x₀. Says nothing about ε where σ = 0.</summary>
    public static Prediction X0 { get; } = new X0Prediction();

    /// <summary>The velocity v = α·ε − σ·x₀ (Salimans and Ho 2022, section 4), usable at every level.</summary>
    public static Prediction V { get; } = new VPrediction();

    /// <summary>Its short name: <c>epsilon</c>, <c>x0</c> or <c>v</c>.</summary>
    public string Name { get; }

    /// <summary>What the network is trained to answer at a level, as a combination of x₀ and ε.</summary>
    /// <param name="level">The noise level of x_t.</param>
    public abstract TrainingTarget Target(NoiseLevel level);

    /// <summary>The map from (x_t, a prediction of this kind) to a prediction of another kind.</summary>
    /// <param name="target">What to convert into. The same kind gives the identity, at every level.</param>
    /// <param name="level">The noise level of x_t.</param>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// This prediction and x_t say the same thing at this level (ε where α = 0, x₀ where σ = 0), so that nothing else
    /// follows from them.
    /// </exception>
    public PredictionMap To(Prediction target, NoiseLevel level)
    {
        Preconditions.NotNull(target);
        if (ReferenceEquals(this, target))
        {
            return PredictionMap.Identity;
        }

        TrainingTarget own = Target(level);
        TrainingTarget other = target.Target(level);
        double determinant = own.Determinant(level);
        PredictionMap map = new(
            ((other.X0Coefficient * own.NoiseCoefficient) - (other.NoiseCoefficient * own.X0Coefficient)) / determinant,
            other.Determinant(level) / determinant
        );
        // A determinant of 0, or too small to divide by.
        if (!double.IsFinite(map.XtCoefficient) || !double.IsFinite(map.ModelCoefficient))
        {
            throw new InvalidOperationException(
                $"A prediction of {Name} does not determine {target.Name} at {level}: there x_t alone already says"
                    + " what the prediction says. Use a v-prediction, or a grid that leaves this level out."
            );
        }

        return map;
    }

    /// <inheritdoc/>
    public sealed override string ToString() => Name;

    private sealed class EpsilonPrediction() : Prediction("epsilon")
    {
        public override TrainingTarget Target(NoiseLevel level) => new(0, 1);
    }

    private sealed class X0Prediction() : Prediction("x0")
    {
        public override TrainingTarget Target(NoiseLevel level) => new(1, 0);
    }

    private sealed class VPrediction() : Prediction("v")
    {
        public override TrainingTarget Target(NoiseLevel level) => new(-level.Sigma, level.Alpha);
    }
}
