using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Diffusion.Math;

/// <summary>
/// A sampler as a table: an immutable list of <see cref="SamplingStep"/>s, each a linear combination of recent states,
/// recent network outputs and fresh noise. <see cref="Samplers"/> makes them; anybody may write one by hand.
/// </summary>
/// <remarks>
/// To run one: start at X[0] = a draw at level <see cref="Start"/>. For each step, if it evaluates, call the network
/// on X[0], convert its answer to <see cref="Quantity"/> (see <see cref="X0Rule"/>), and put it in front of the
/// outputs; then combine, and put the result in front of the states. A plan prints as a table (<see cref="ToTable"/>)
/// and is saved as JSON (<see cref="ToJson"/>).
/// </remarks>
public sealed class SamplingPlan
{
    // Of the level's own size, and of the terms that cancel on the way to it.
    private const double ConsistencyTolerance = 1e-9;
    private static readonly double Rounding = double.ScaleB(1, -46);

    private readonly double? startDeviation;

    /// <summary>A plan, checked.</summary>
    /// <param name="name">What people call the sampler, with its parameters.</param>
    /// <param name="quantity">What network outputs are converted to before they enter the history.</param>
    /// <param name="x0Rule">What is done to x̂₀ on the way.</param>
    /// <param name="steps">The rows, at least one, each starting at the level where the one before it ended.</param>
    /// <param name="keepsMarginals">
    /// Whether the plan claims marginal consistency: for data that is a single point, known exactly to the network,
    /// every state has exactly the distribution N(α·x₀, σ²) of its level. The claim is checked here, α and σ to 1e-9 of
    /// themselves and the rounding of what is summed.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">
    /// There are no steps, they don't join, one refers to states or outputs that don't exist yet or adds noise to
    /// clean data, or the claim is wrong.
    /// </exception>
    public SamplingPlan(
        string name,
        Prediction quantity,
        X0Rule x0Rule,
        IEnumerable<SamplingStep> steps,
        bool keepsMarginals
    )
    {
        Name = Preconditions.NotNull(name);
        Quantity = Preconditions.NotNull(quantity);
        X0Rule = Preconditions.NotNull(x0Rule);
        Steps = [.. Preconditions.NotNull(steps)];
        KeepsMarginals = keepsMarginals;
        if (Steps.IsEmpty)
        {
            throw new ArgumentException("steps is empty; a plan needs at least one.", nameof(steps));
        }

        NetworkCalls = Steps.Count(step => step.Evaluate is not null);
        CheckJoints();
        if (keepsMarginals)
        {
            CheckMarginals();
        }
    }

    private SamplingPlan(SamplingPlan plan, double deviation)
    {
        (Name, Quantity, X0Rule, Steps) = (plan.Name, plan.Quantity, plan.X0Rule, plan.Steps);
        (KeepsMarginals, NetworkCalls, startDeviation) = (plan.KeepsMarginals, plan.NetworkCalls, deviation);
    }

    /// <summary>What people call the sampler, with its parameters.</summary>
    public string Name { get; }

    /// <summary>What network outputs are converted to before they enter the history.</summary>
    public Prediction Quantity { get; }

    /// <summary>
    /// What is done to x̂₀. Unless it is <see cref="Math.X0Rule.None"/>, outputs go through x̂₀: <see cref="ToX0"/>,
    /// the rule, <see cref="FromX0"/>; otherwise straight through <see cref="ToQuantity"/>.
    /// </summary>
    public X0Rule X0Rule { get; }

    /// <summary>The rows, in the order they are taken.</summary>
    public ImmutableArray<SamplingStep> Steps { get; }

    /// <summary>Whether marginal consistency was claimed, and so checked.</summary>
    public bool KeepsMarginals { get; }

    /// <summary>How often the network is called: the cost of a sample.</summary>
    public int NetworkCalls { get; }

    /// <summary>Whether the network must answer variances too, behind its prediction.</summary>
    public bool LearnsVariance => Steps.Any(step => step.Learned is not null);

    /// <summary>The level that the first state must have.</summary>
    public NoiseLevel Start => Steps[0].From;

    /// <summary>
    /// Standard deviation to draw the first state with, √(α² + σ²) at <see cref="Start"/>: that of x_T for data of
    /// variance 1. Exactly 1 for schedules that preserve variance. <see cref="StartingWith"/> gives another.
    /// </summary>
    public double StartDeviation =>
        startDeviation ?? (Start.IsVariancePreserving ? 1 : double.Hypot(Start.Alpha, Start.Sigma));

    /// <summary>
    /// The same plan with another <see cref="StartDeviation"/>: σ in place of √(α² + σ²), for example, which leaves the
    /// data out of the first state (k-diffusion's samplers start so).
    /// </summary>
    /// <param name="deviation">Finite and greater than 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is outside its range or NaN.</exception>
    public SamplingPlan StartingWith(double deviation) => new(this, Preconditions.Positive(deviation));

    /// <summary>The same plan with other rows, checked as the constructor does; all else is kept.</summary>
    /// <param name="steps">The rows, at least one.</param>
    /// <exception cref="ArgumentNullException"><paramref name="steps"/> is null.</exception>
    /// <exception cref="ArgumentException">As for the constructor.</exception>
    public SamplingPlan WithSteps(IEnumerable<SamplingStep> steps) => WithSteps(Name, steps);

    internal SamplingPlan WithSteps(string name, IEnumerable<SamplingStep> steps)
    {
        SamplingPlan plan = new(name, Quantity, X0Rule, steps, KeepsMarginals);
        return startDeviation is { } deviation ? plan.StartingWith(deviation) : plan;
    }

    /// <summary>
    /// The same plan whose network is told other times, at the same levels: for a sampler whose levels aren't those of
    /// the times that it tells.
    /// </summary>
    /// <param name="times">
    /// One for each of <see cref="NetworkCalls"/>, in order; finite and ≥ 0, 1-based as <see cref="Evaluation.Time"/>.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="times"/> is null.</exception>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A time is outside its range or NaN.</exception>
    public SamplingPlan WithTimes(IEnumerable<double> times)
    {
        Queue<double> told = new(Preconditions.NotNull(times));
        if (told.Count != NetworkCalls)
        {
            throw new ArgumentException(
                $"times holds {Preconditions.Text(told.Count)}; it must hold {Preconditions.Text(NetworkCalls)}, one for"
                    + " each network call.",
                nameof(times)
            );
        }

        return WithSteps(Steps.Select(step => step.Evaluate is null ? step : step.At(told.Dequeue())));
    }

    /// <summary>What was given to <see cref="StartingWith"/>; null where the level decides.</summary>
    internal double? GivenStartDeviation => startDeviation;

    /// <summary>The map from a network's answer to this plan's quantity, for plans without a rule on x̂₀.</summary>
    /// <param name="model">What the network predicts.</param>
    /// <param name="at">The evaluation that was made.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The prediction says too little at this level.</exception>
    public PredictionMap ToQuantity(Prediction model, Evaluation at) =>
        Preconditions.NotNull(model).To(Quantity, at.Level);

    /// <summary>The map from a network's answer to x̂₀, which the rule is applied to.</summary>
    /// <param name="model">What the network predicts.</param>
    /// <param name="at">The evaluation that was made.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The prediction says too little at this level.</exception>
    public PredictionMap ToX0(Prediction model, Evaluation at) =>
        Preconditions.NotNull(model).To(Prediction.X0, at.Level);

    /// <summary>The map from x̂₀, after the rule, to this plan's quantity.</summary>
    /// <param name="at">The evaluation that was made.</param>
    /// <exception cref="InvalidOperationException">x̂₀ says too little at this level.</exception>
    public PredictionMap FromX0(Evaluation at) => Prediction.X0.To(Quantity, at.Level);

    /// <summary>Runs the plan on numbers and returns the last state.</summary>
    /// <param name="start">
    /// The first state, at level <see cref="Start"/>: the numbers of one sample. They are independent of one another
    /// but for a rule on x̂₀ that looks at the whole sample.
    /// </param>
    /// <param name="prediction">What <paramref name="model"/> predicts.</param>
    /// <param name="model">
    /// From the current state and where it is evaluated to an answer of the same length; of twice that, the variances
    /// behind the prediction, where <see cref="LearnsVariance"/>. The array it gets is a copy, the same array in every
    /// call: it may change it and answer with it, but must copy what it keeps for later.
    /// </param>
    /// <param name="noise">
    /// From the index of a step to its draw from N(0, 1), of the same length; called only for steps that add noise.
    /// </param>
    /// <returns>The state after the last step, an array of the caller's own.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">
    /// A length differs from the state's, or an answer or draw holds a number that is not finite.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The first state holds a number that is not finite, or a variance that the network answers is too great.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The prediction doesn't determine the plan's quantity at one of its levels, or a state leaves the range of
    /// <c>double</c>.
    /// </exception>
    public double[] Run(
        ReadOnlySpan<double> start,
        Prediction prediction,
        Func<double[], Evaluation, double[]> model,
        Func<int, double[]> noise
    ) => States(start, prediction, model, noise).Last();

    /// <summary>Runs the plan as <see cref="Run"/> does, and yields the state after every step.</summary>
    /// <inheritdoc cref="Run"/>
    /// <returns>One state a step, computed as they are asked for.</returns>
    public IEnumerable<double[]> Trajectory(
        ReadOnlySpan<double> start,
        Prediction prediction,
        Func<double[], Evaluation, double[]> model,
        Func<int, double[]> noise
    )
    {
        return States(start, prediction, model, noise).Select(state => (double[])state.Clone());
    }

    // The loop's own arrays, which it fills again.
    private IEnumerable<double[]> States(
        ReadOnlySpan<double> start,
        Prediction prediction,
        Func<double[], Evaluation, double[]> model,
        Func<int, double[]> noise
    )
    {
        Preconditions.NotNull(prediction);
        Preconditions.NotNull(model);
        Preconditions.NotNull(noise);
        Preconditions.AllFinite(start);
        return PlanLoop.Run(this, start.ToArray(), prediction, model, noise);
    }

    /// <summary>
    /// The whole plan as text: a heading with all that isn't a step's, and one line a step, with every factor to six
    /// digits.
    /// </summary>
    public string ToTable()
    {
        StringBuilder table = new();
        table.Append(ToString());
        table.Append(
            CultureInfo.InvariantCulture,
            $", start deviation {StartDeviation:G6}, marginals {(KeepsMarginals ? "kept" : "not claimed")}"
        );
        table.AppendLine();
        table.AppendLine(" step       time     from λ       to λ      noise  states | outputs | raw outputs");
        for (int i = 0; i < Steps.Length; i++)
        {
            SamplingStep step = Steps[i];
            string time = step.Evaluate is { } at ? at.Time.ToString("G6", CultureInfo.InvariantCulture) : "-";
            table.Append(
                CultureInfo.InvariantCulture,
                $"{i + 1, 5} {time, 10} {step.From.LogSnr, 10:G5} {step.To.LogSnr, 10:G5} {step.Noise, 10:G5}"
                    + $"  {Listed(step.States)} | {Listed(step.Outputs)}"
            );
            table.Append(step.RawOutputs.IsEmpty ? "" : $" | {Listed(step.RawOutputs)}");
            table.AppendLine(step.Learned is null ? "" : $" | noise times {step.Learned}");
        }

        return table.ToString();
    }

    /// <summary>The whole plan as JSON; <see cref="FromJson"/> gives back an equal one, number for number.</summary>
    public string ToJson() => PlanJson.Write(this);

    /// <summary>Reads what <see cref="ToJson"/> wrote, and checks it as the constructor does.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="ArgumentNullException"><paramref name="json"/> is null.</exception>
    /// <exception cref="FormatException">It is not JSON, or not a plan; the message says where.</exception>
    /// <exception cref="ArgumentException">The plan it describes is refused.</exception>
    public static SamplingPlan FromJson(string json) => PlanJson.Read(Preconditions.NotNull(json));

    /// <summary>The name and the cost, on one line.</summary>
    public override string ToString() =>
        $"{Name}: {Preconditions.Text(Steps.Length)} steps, {Preconditions.Text(NetworkCalls)} network calls, on"
        + $" {Quantity}, x0 rule {X0Rule}";

    private static string Listed(ImmutableArray<double> values) =>
        string.Join(' ', values.Select(value => value.ToString("G6", CultureInfo.InvariantCulture)));

    private void CheckJoints()
    {
        int outputs = 0;
        for (int i = 0; i < Steps.Length; i++)
        {
            SamplingStep step = Steps[i];
            outputs += step.Evaluate is null ? 0 : 1;
            if (i > 0 && step.From != Steps[i - 1].To)
            {
                throw Broken(i, $"starts at {step.From}, but the one before it ends at {Steps[i - 1].To}");
            }

            int used = int.Max(step.Outputs.Length, step.RawOutputs.Length);
            if (step.States.Length > i + 1 || used > outputs)
            {
                throw Broken(
                    i,
                    $"combines {step.States.Length} states and {used} outputs, but there are only"
                        + $" {i + 1} and {outputs} so far"
                );
            }

            if (step.Learned is not null && step.Evaluate is null)
            {
                throw Broken(i, "takes its variance from the network, but doesn't call it; it must");
            }

            if (step.To.Sigma == 0 && step.Noise > 0)
            {
                throw Broken(i, $"adds noise {Preconditions.Text(step.Noise)} to clean data; it must be 0");
            }
        }
    }

    // For a single data point X[−k] is α·x₀ + σ·ε at its level and F[−k] the plan's quantity at its own, so that both
    // sums are known: the factor on x₀ must be the new α, and that on ε with the fresh noise the new σ.
    private void CheckMarginals()
    {
        List<NoiseLevel> states = [Start];
        List<TrainingTarget> outputs = [];
        for (int i = 0; i < Steps.Length; i++)
        {
            SamplingStep step = Steps[i];
            if (step.Learned is not null)
            {
                throw Broken(i, "learns its variance, so that no marginal consistency can be claimed");
            }

            if (step.Evaluate is { } at)
            {
                outputs.Add(Quantity.Target(at.Level));
            }

            RoundedSum signal = default;
            RoundedSum kept = default;
            for (int k = 0; k < step.States.Length; k++)
            {
                signal = signal.Plus(step.States[k] * states[^(k + 1)].Alpha);
                kept = kept.Plus(step.States[k] * states[^(k + 1)].Sigma);
            }

            foreach (ImmutableArray<double> factors in new[] { step.Outputs, step.RawOutputs })
            {
                for (int k = 0; k < factors.Length; k++)
                {
                    signal = signal.Plus(factors[k] * outputs[^(k + 1)].X0Coefficient);
                    kept = kept.Plus(factors[k] * outputs[^(k + 1)].NoiseCoefficient);
                }
            }

            // Deviations, not variances: a square could leave the range of double.
            double spread = double.Hypot(kept.Value, step.Noise);
            if (!Near(signal.Value, step.To.Alpha, signal.Size) || !Near(spread, step.To.Sigma, kept.Size))
            {
                throw Broken(
                    i,
                    $"leads to signal {Preconditions.Text(signal.Value)} and noise {Preconditions.Text(spread)}, but its"
                        + $" level has α = {Preconditions.Text(step.To.Alpha)} and σ ="
                        + $" {Preconditions.Text(step.To.Sigma)}: the plan is not marginally consistent"
                );
            }

            states.Add(step.To);
        }
    }

    private static bool Near(double value, double wanted, double terms) =>
        double.Abs(value - wanted) <= (ConsistencyTolerance * wanted) + (Rounding * terms);

    private ArgumentException Broken(int index, string what) =>
        new($"Step {Preconditions.Text(index + 1)} of the plan \"{Name}\" {what}.", "steps");
}
