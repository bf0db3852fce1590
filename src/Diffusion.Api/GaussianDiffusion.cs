using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Everything that a training loop of one's own needs of denoising diffusion, over plain tensors and any network that is
/// a function of (x, time): the forward process, the loss, one reverse step, a whole sampling run.
/// </summary>
/// <remarks>
/// <para>Also known as: labml's <c>DenoiseDiffusion</c> (q_xt_x0, q_sample, p_sample, loss), OpenAI's
/// <c>GaussianDiffusion</c>. The numbers come from <c>Diffusion.Math</c>; here they only meet tensors.</para>
/// <para>Times t are 1 … T as in the papers; networks are told t − 1 (<see cref="NetworkTime"/>). Immutable, but its
/// tables are tensors: dispose of it when done.</para>
/// </remarks>
public sealed class GaussianDiffusion : IDisposable
{
    /// <summary>λ of Nichol and Dhariwal 2021, section 3.1.</summary>
    internal const double UsualBoundWeight = 0.001;

    private readonly TimeTable _alpha;
    private readonly TimeTable _sigma;
    private readonly TimeTable _variance;
    private readonly TimeTable _targetX0;
    private readonly TimeTable _targetNoise;
    private readonly TimeTable _weight;
    private LearnedVarianceLoss? _learned;

    /// <summary>Fixes the process and what the network predicts.</summary>
    /// <param name="schedule">The noise schedule.</param>
    /// <param name="prediction">What the network's output means; default <see cref="Prediction.Epsilon"/>.</param>
    /// <param name="weight">Weight of each time's loss; default <see cref="LossWeight.Simple"/> (L_simple, DDPM eq. 14).</param>
    /// <param name="variance">Variance of ancestral steps; default <see cref="ReverseVariance.FixedSmall"/>.</param>
    /// <param name="x0Rule">What is done to x̂₀ while sampling; default none.</param>
    /// <param name="boundWeight">
    /// λ of the hybrid loss, 0 or more, where the variance is a learned one (Nichol and Dhariwal 2021, eq. 16); default 0.001,
    /// the paper's.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">λ is negative or not finite.</exception>
    public GaussianDiffusion(
        Schedule schedule,
        Prediction? prediction = null,
        LossWeight? weight = null,
        ReverseVariance? variance = null,
        X0Rule? x0Rule = null,
        double boundWeight = UsualBoundWeight
    )
    {
        ArgumentNullException.ThrowIfNull(schedule);
        if (!(boundWeight >= 0 && double.IsFinite(boundWeight)))
            throw new ArgumentOutOfRangeException(
                nameof(boundWeight),
                boundWeight,
                $"boundWeight must be a finite number of at least 0, not {boundWeight}."
            );
        BoundWeight = boundWeight;
        Schedule = schedule;
        Prediction = prediction ?? Prediction.Epsilon;
        LossWeight = weight ?? LossWeight.Simple;
        ReverseVariance = variance ?? ReverseVariance.FixedSmall;
        X0Rule = x0Rule ?? X0Rule.None;
        _alpha = new TimeTable(schedule, level => level.Alpha);
        _sigma = new TimeTable(schedule, level => level.Sigma);
        _variance = new TimeTable(schedule, level => level.Variance);
        _targetX0 = new TimeTable(schedule, level => Prediction.Target(level).X0Coefficient);
        _targetNoise = new TimeTable(schedule, level => Prediction.Target(level).NoiseCoefficient);
        _weight = new TimeTable(schedule, level => LossWeight.For(Prediction, level));
    }

    /// <summary>The noise schedule.</summary>
    public Schedule Schedule { get; }

    /// <summary>What the network's output means.</summary>
    public Prediction Prediction { get; }

    /// <summary>Weight of each time's loss.</summary>
    public LossWeight LossWeight { get; }

    /// <summary>Variance of ancestral steps.</summary>
    public ReverseVariance ReverseVariance { get; }

    /// <summary>What is done to x̂₀ while sampling.</summary>
    public X0Rule X0Rule { get; }

    /// <summary>λ of the hybrid loss, the weight of the bound beside the simple loss where the variance is learned.</summary>
    public double BoundWeight { get; }

    /// <summary>q(x_t | x₀) = N(α_t·x₀, σ_t²·I) (DDPM eq. 4).</summary>
    /// <param name="x0">[B, …] clean data.</param>
    /// <param name="t">[B] integers in 1 … T.</param>
    /// <returns>The mean, of the shape of <paramref name="x0"/>, and the variance, [B, 1, …].</returns>
    /// <remarks>labml: <c>q_xt_x0</c>.</remarks>
    /// <exception cref="ArgumentException">Shapes don't fit, or a time is outside 1 … T.</exception>
    public MarginalTensors Marginal(Tensor x0, Tensor t)
    {
        Check(x0, t);
        using var scope = NewDisposeScope();
        var mean = _alpha.At(t, x0).mul(x0);
        return new MarginalTensors(mean.MoveToOuterDisposeScope(), _variance.At(t, x0).MoveToOuterDisposeScope());
    }

    /// <summary>A draw from q(x_t | x₀): x_t = α_t·x₀ + σ_t·ε (DDPM eq. 4).</summary>
    /// <param name="x0">[B, …] clean data.</param>
    /// <param name="t">[B] integers in 1 … T.</param>
    /// <param name="noise">ε ~ N(0, 1), of the shape of <paramref name="x0"/>.</param>
    /// <remarks>labml: <c>q_sample</c>.</remarks>
    /// <exception cref="ArgumentException">Shapes don't fit, or a time is outside 1 … T.</exception>
    public Tensor AddNoise(Tensor x0, Tensor t, Tensor noise)
    {
        Check(x0, t);
        CheckSameShape(x0, noise, nameof(noise));
        return Combine(_alpha, x0, _sigma, noise, t);
    }

    /// <summary>What the network should have said: the regression target of its <see cref="Prediction"/>.</summary>
    /// <param name="x0">[B, …] clean data.</param>
    /// <param name="t">[B] integers in 1 … T.</param>
    /// <param name="noise">The ε that made x_t.</param>
    public Tensor Target(Tensor x0, Tensor t, Tensor noise)
    {
        Check(x0, t);
        CheckSameShape(x0, noise, nameof(noise));
        return Combine(_targetX0, x0, _targetNoise, noise, t);
    }

    /// <summary>
    /// The training loss: the mean over the batch of weight(t)·‖target − network(x_t, t)‖² / dimension
    /// (DDPM eq. 14 where the weight is simple and ε is predicted); with a learned variance the hybrid loss, see
    /// <see cref="LossTerms"/>.
    /// </summary>
    /// <param name="network">
    /// Function of (x_t, 0-based time) to a prediction of x's shape, for example <c>unet.call</c>. With a learned variance
    /// its result has twice the channels: predictions, then what it says of the variances.
    /// </param>
    /// <param name="x0">[B, …] clean data in [−1, 1].</param>
    /// <param name="t">[B] integers in 1 … T; see <see cref="UniformTimes"/>.</param>
    /// <param name="noise">ε ~ N(0, 1), of the shape of <paramref name="x0"/>.</param>
    /// <returns>A scalar tensor to call <c>backward()</c> on.</returns>
    /// <remarks>labml: <c>loss</c>.</remarks>
    public Tensor Loss(Func<Tensor, Tensor, Tensor> network, Tensor x0, Tensor t, Tensor noise)
    {
        using var scope = NewDisposeScope();
        using var losses = Losses(network, x0, t, noise);
        return losses.Total.mean().MoveToOuterDisposeScope();
    }

    /// <summary>The training loss of each image, by its terms.</summary>
    /// <param name="network">As for <see cref="Loss"/>.</param>
    /// <param name="x0">As for <see cref="Loss"/>; with a learned variance of 8 bits, as L₀ takes it.</param>
    /// <param name="t">As for <see cref="Loss"/>.</param>
    /// <param name="noise">As for <see cref="Loss"/>.</param>
    /// <exception cref="ArgumentException">Shapes don't fit, or a time is outside 1 … T.</exception>
    public LossTerms Losses(Func<Tensor, Tensor, Tensor> network, Tensor x0, Tensor t, Tensor noise)
    {
        ArgumentNullException.ThrowIfNull(network);
        Check(x0, t);
        using var scope = NewDisposeScope();
        var answer = network(AddNoise(x0, t, noise), NetworkTime.Of(t));
        var learned = ReverseVariance.IsLearned;
        if (learned && (answer.dim() < 2 || answer.shape[1] != 2 * x0.shape[1]))
            throw new ArgumentException(
                $"network answers the shape [{string.Join(", ", answer.shape)}] for data of [{string.Join(", ", x0.shape)}];"
                    + " with a learned variance it must have twice the channels.",
                nameof(network)
            );
        var parts = learned ? answer.chunk(2, dim: 1) : [answer];
        CheckSameShape(x0, parts[0], nameof(network));
        var error = parts[0] - Target(x0, t, noise);
        var simple = error.square().mul(_weight.At(t, x0)).flatten(1).mean([1]);
        if (!learned)
            return new LossTerms(simple, null, simple);
        _learned ??= new LearnedVarianceLoss(Schedule, Prediction, ReverseVariance);
        var bound = _learned.Bits(x0, t, error, parts[1]);
        return new LossTerms(simple, bound, simple.add(bound, BoundWeight * Schedule.Steps));
    }

    /// <summary>Draws B times uniformly from 1 … T.</summary>
    /// <param name="batch">B, at least 1.</param>
    /// <param name="generator">Source of randomness; null for the engine's own.</param>
    /// <returns>[B] 64-bit integers.</returns>
    public Tensor UniformTimes(long batch, Generator? generator = null) =>
        randint(1, Schedule.Steps + 1, [batch], ScalarType.Int64, generator: generator);

    /// <summary>
    /// One ancestral step, a draw from p(x_{t−1} | x_t) = N(μ̃(x_t, x̂₀), σ²) (DDPM algorithm 2, lines 3 and 4). At t = 1
    /// no noise is added.
    /// </summary>
    /// <param name="network">Function of (x_t, 0-based time).</param>
    /// <param name="xt">[B, …] the state at time <paramref name="t"/>.</param>
    /// <param name="t">1 … T.</param>
    /// <param name="noise">z ~ N(0, 1) of the shape of <paramref name="xt"/>; null draws it from the engine's own generator.</param>
    /// <returns>x_{t−1}. No gradient is recorded.</returns>
    /// <remarks>labml: <c>p_sample</c>.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">t is outside 1 … T.</exception>
    public Tensor ReverseStep(Func<Tensor, Tensor, Tensor> network, Tensor xt, int t, Tensor? noise = null)
    {
        ArgumentNullException.ThrowIfNull(xt);
        if (noise is not null)
            CheckSameShape(xt, noise, nameof(noise));
        var plan = Samplers.DdpmStep(Schedule, t, t - 1, ReverseVariance, X0Rule);
        return PlanSampler.Run(plan, network, Prediction, xt, () => noise ?? randn_like(xt));
    }

    /// <summary>Samples from pure noise by a plan, one random stream a sample.</summary>
    /// <param name="network">Function of (x, 0-based time).</param>
    /// <param name="plan">The sampler as a table, for example <c>Samplers.Ddim(schedule, grid)</c>.</param>
    /// <param name="count">Number of samples B, at least 1.</param>
    /// <param name="shape">Shape of one sample, [C, H, W].</param>
    /// <param name="seed">The same seed gives the same samples, however they are split into batches.</param>
    /// <param name="first">Number of the first sample, from 0.</param>
    /// <param name="device">Where the network is; default the CPU.</param>
    /// <param name="onStep">Called after each step with the number of steps done and the state, which it must not keep.</param>
    /// <param name="cancel">Ends the run between two steps.</param>
    /// <returns>[B, C, H, W].</returns>
    public Tensor Sample(
        Func<Tensor, Tensor, Tensor> network,
        SamplingPlan plan,
        int count,
        ReadOnlySpan<long> shape,
        ulong seed,
        long first = 0,
        Device? device = null,
        Action<int, Tensor>? onStep = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(plan);
        device ??= CPU;
        var sizes = shape.ToArray();
        using var noise = new SampleNoise(seed, count, first);
        using var start = noise.Next(sizes, device).mul_(plan.StartDeviation);
        return PlanSampler.Run(plan, network, Prediction, start, () => noise.Next(sizes, device), onStep, cancel);
    }

    /// <summary>Frees the tables.</summary>
    public void Dispose()
    {
        foreach (var table in new[] { _alpha, _sigma, _variance, _targetX0, _targetNoise, _weight })
            table.Dispose();
        _learned?.Dispose();
    }

    private static Tensor Combine(TimeTable a, Tensor x, TimeTable b, Tensor y, Tensor t)
    {
        using var scope = NewDisposeScope();
        return a.At(t, x).mul(x).addcmul_(b.At(t, x), y, 1).MoveToOuterDisposeScope();
    }

    private void Check(Tensor x0, Tensor t)
    {
        ArgumentNullException.ThrowIfNull(x0);
        ArgumentNullException.ThrowIfNull(t);
        if (t.dim() != 1 || x0.dim() < 1 || t.shape[0] != x0.shape[0])
            throw new ArgumentException(
                $"t has shape [{string.Join(", ", t.shape)}] for data of shape [{string.Join(", ", x0.shape)}]; it must hold one time for each of the batch.",
                nameof(t)
            );
        using var scope = NewDisposeScope();
        var (low, high) = (t.min().ToInt64(), t.max().ToInt64());
        if (low < 1 || high > Schedule.Steps)
            throw new ArgumentOutOfRangeException(
                nameof(t),
                low < 1 ? low : high,
                $"Times must be in 1 … {Schedule.Steps} (networks count from 0, schedules from 1)."
            );
    }

    private static void CheckSameShape(Tensor x, Tensor other, string name)
    {
        ArgumentNullException.ThrowIfNull(other, name);
        if (!x.shape.AsSpan().SequenceEqual(other.shape))
            throw new ArgumentException(
                $"{name} has shape [{string.Join(", ", other.shape)}]; it must have the data's, [{string.Join(", ", x.shape)}].",
                name
            );
    }
}
