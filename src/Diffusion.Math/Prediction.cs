using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Diffusion.Math;

/// <summary>
/// What a network predicts: <see cref="Epsilon"/>, <see cref="X0"/>, <see cref="V"/>, <see cref="Score"/>,
/// <see cref="FlowVelocity"/> or <see cref="Edm"/>. A closed set of immutable values, compared by value.
/// </summary>
/// <remarks>
/// Each is a fixed combination of x₀ and ε at a noise level (<see cref="Target"/>). Together with
/// x_t = α·x₀ + σ·ε that is a 2×2 system, and solving it converts any prediction into any other
/// (<see cref="To"/>). It says nothing about loss weight or reverse variance, which are axes of their own.
/// </remarks>
public abstract record Prediction
{
    private const string EdmName = "edm";

    private Prediction(string name) => Name = name;

    private static Prediction[] Plain => [Epsilon, X0, V, Score, FlowVelocity];

    /// <summary>The noise ε (Ho et al. 2020, eq. 12). Says nothing about x₀ where α = 0.</summary>
    public static Prediction Epsilon { get; } = new EpsilonPrediction();

    /// <summary>The data x₀. Says nothing about ε where σ = 0.</summary>
    public static Prediction X0 { get; } = new X0Prediction();

    /// <summary>The velocity v = α·ε − σ·x₀ (Salimans and Ho 2022, section 4), usable at every level.</summary>
    public static Prediction V { get; } = new VPrediction();

    /// <summary>
    /// The score ∇ ln p_t(x_t), whose target is −ε/σ (Song et al. 2021, SDE paper, eq. 7; Vincent 2011). Has no target
    /// where σ = 0, says nothing about x₀ where α = 0.
    /// </summary>
    public static Prediction Score { get; } = new ScorePrediction();

    /// <summary>
    /// The velocity u = ε − x₀ of a rectified flow x_t = (1−t)·x₀ + t·ε (Liu, Gong and Liu 2022, eq. 1; Lipman et al. 2023,
    /// eq. 23, with time running towards noise), usable at every level. Not to be confused with <see cref="V"/>.
    /// </summary>
    public static Prediction FlowVelocity { get; } = new FlowPrediction();

    /// <summary>
    /// Its short name: <c>epsilon</c>, <c>x0</c>, <c>v</c>, <c>score</c>, <c>flow velocity</c> or <c>edm(0.5)</c> with
    /// its σ_data. <see cref="Parse"/> reads it back.
    /// </summary>
    public string Name { get; }

    /// <summary>
    /// EDM's F, where x̂₀ = c_skip·x_t + c_out·F (Karras et al. 2022, eq. 7): its target
    /// (σ/σ_data·x₀ − α·σ_data·ε)/√(σ² + α²σ_data²) has variance 1 for data of deviation σ_data. Usable at every
    /// level; with σ_data = 1 it is −<see cref="V"/> wherever α² + σ² = 1. See <see cref="EdmPreconditioning"/>.
    /// </summary>
    /// <param name="sigmaData">σ_data &gt; 0, the data's standard deviation; the paper's images have 0.5.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not a finite number greater than 0.</exception>
    public static Prediction Edm(double sigmaData = 0.5) => new EdmPrediction(Preconditions.Positive(sigmaData));

    /// <summary>The prediction with this <see cref="Name"/>.</summary>
    /// <param name="name">One of the names, as <see cref="Name"/> writes them.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    /// <exception cref="ArgumentException">No prediction has this name.</exception>
    public static Prediction Parse(string name)
    {
        if (TryParse(Preconditions.NotNull(name), out Prediction? found))
        {
            return found;
        }

        throw new ArgumentException(
            $"name must be one of {string.Join(", ", Plain.Select(prediction => prediction.Name))} and"
                + $" {EdmName}(σ_data), but is \"{name}\".",
            nameof(name)
        );
    }

    /// <summary>Looks for the prediction with this <see cref="Name"/>.</summary>
    /// <param name="name">Any text.</param>
    /// <param name="prediction">The prediction; null where there is none.</param>
    /// <exception cref="ArgumentOutOfRangeException">EDM's σ_data is not a finite number greater than 0.</exception>
    public static bool TryParse(string? name, [NotNullWhen(true)] out Prediction? prediction)
    {
        prediction = Plain.FirstOrDefault(known => known.Name == name);
        if (
            prediction is null
            && name is not null
            && name.StartsWith($"{EdmName}(", StringComparison.Ordinal)
            && name.EndsWith(')')
            && double.TryParse(
                name[(EdmName.Length + 1)..^1],
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out double sigmaData
            )
        )
        {
            prediction = Edm(sigmaData);
        }

        return prediction is not null;
    }

    /// <summary>What the network is trained to answer at a level, as a combination of x₀ and ε.</summary>
    /// <param name="level">The noise level of x_t.</param>
    /// <exception cref="InvalidOperationException">There is no target: the score where σ = 0.</exception>
    public abstract TrainingTarget Target(NoiseLevel level);

    /// <summary>The map from (x_t, a prediction of this kind) to a prediction of another kind.</summary>
    /// <param name="target">What to convert into. The same kind gives the identity, at every level.</param>
    /// <param name="level">The noise level of x_t.</param>
    /// <exception cref="ArgumentNullException"><paramref name="target"/> is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// This prediction and x_t say the same thing at this level (ε or the score where α = 0, x₀ where σ = 0), so that
    /// nothing else follows from them; or one of the two doesn't exist there.
    /// </exception>
    public PredictionMap To(Prediction target, NoiseLevel level)
    {
        Preconditions.NotNull(target);
        if (this == target)
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

    private sealed record EpsilonPrediction() : Prediction("epsilon")
    {
        public override TrainingTarget Target(NoiseLevel level) => new(0, 1);
    }

    private sealed record X0Prediction() : Prediction("x0")
    {
        public override TrainingTarget Target(NoiseLevel level) => new(1, 0);
    }

    private sealed record VPrediction() : Prediction("v")
    {
        public override TrainingTarget Target(NoiseLevel level) => new(-level.Sigma, level.Alpha);
    }

    private sealed record ScorePrediction() : Prediction("score")
    {
        public override TrainingTarget Target(NoiseLevel level) =>
            double.IsFinite(1 / level.Sigma)
                ? new TrainingTarget(0, -1 / level.Sigma)
                : throw new InvalidOperationException(
                    $"A prediction of the score has no target at {level}: it is −ε/σ, and σ must be greater than 0."
                        + " Use a v-prediction, or a grid that leaves this level out."
                );
    }

    private sealed record FlowPrediction() : Prediction("flow velocity")
    {
        public override TrainingTarget Target(NoiseLevel level) => new(-1, 1);
    }

    private sealed record EdmPrediction(double SigmaData) : Prediction($"{EdmName}({Preconditions.Text(SigmaData)})")
    {
        public override TrainingTarget Target(NoiseLevel level)
        {
            // In units of the greater factor, so that nothing underflows.
            double unit = double.Max(level.Alpha, level.Sigma);
            double signal = level.Alpha / unit * SigmaData;
            double noise = level.Sigma / unit;
            double size = double.Hypot(signal, noise);
            return new TrainingTarget(noise / size / SigmaData, -signal / size);
        }
    }
}
