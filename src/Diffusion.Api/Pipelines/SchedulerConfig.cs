using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Diffusion.Math;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>
/// A pipeline's <c>scheduler/scheduler_config.json</c> in diffusers' format: the noise schedule, what the network
/// predicts, and the sampler that its <see cref="Class"/> is. Immutable.
/// </summary>
/// <remarks>
/// Every property is a key of at least one class; one that <see cref="Class"/> doesn't have is not written and has no
/// effect. Equal configs mean the same, however they are written. Which key means what: docs/checkpoints.md.
/// </remarks>
public sealed record SchedulerConfig
{
    /// <summary>The greatest <see cref="TrainingSteps"/>: a schedule is a table.</summary>
    internal const int MostTrainingSteps = 1_000_000;

    /// <summary>Which sampler it is, <c>_class_name</c>; default DDPM.</summary>
    public SchedulerClass Class { get; init; }

    /// <summary>T, <c>num_train_timesteps</c>, in 1 … 1,000,000; default 1000.</summary>
    public int TrainingSteps { get; init; } = 1000;

    /// <summary>Rule of the β, <c>beta_schedule</c>; default linear.</summary>
    public BetaSchedule BetaSchedule { get; init; } = BetaSchedule.Linear;

    /// <summary>β₁, <c>beta_start</c>; default 1e-4. The cosine schedule doesn't use it.</summary>
    public double BetaStart { get; init; } = 1e-4;

    /// <summary>β_T, <c>beta_end</c>; default 0.02. The cosine schedule doesn't use it.</summary>
    public double BetaEnd { get; init; } = 0.02;

    /// <summary>The β themselves, T of them, <c>trained_betas</c>; null for those of the rule.</summary>
    public ImmutableArray<double>? TrainedBetas { get; init; }

    /// <summary>
    /// Whether the β are rescaled to zero terminal SNR, <c>rescale_betas_zero_snr</c> (Lin et al. 2023, algorithm 1);
    /// default no.
    /// </summary>
    public bool RescaleToZeroSnr { get; init; }

    /// <summary>What the network predicts, <c>prediction_type</c>; default ε.</summary>
    public Prediction Prediction { get; init; } = Prediction.Epsilon;

    /// <summary>Variance of ancestral steps, <c>variance_type</c>; default fixed small.</summary>
    public ReverseVariance Variance { get; init; } = ReverseVariance.FixedSmall;

    /// <summary>Range that x̂₀ is clipped to, <c>clip_sample_range</c> where <c>clip_sample</c> is true; null for none. Default 1.</summary>
    public double? ClipRange { get; init; } = 1;

    /// <summary>Whether x̂₀ is thresholded dynamically, <c>thresholding</c>; default no. It precedes clipping.</summary>
    public bool Thresholding { get; init; }

    /// <summary>The quantile of dynamic thresholding, <c>dynamic_thresholding_ratio</c>; default 0.995.</summary>
    public double DynamicThresholdingRatio { get; init; } = 0.995;

    /// <summary>The greatest bound of dynamic thresholding, <c>sample_max_value</c>, at least 1; default 1.</summary>
    public double SampleMaxValue { get; init; } = 1;

    /// <summary>Which times are visited, <c>timestep_spacing</c>; default trailing.</summary>
    public TimestepSpacing TimestepSpacing { get; init; } = TimestepSpacing.Trailing;

    /// <summary>Added to every time of the leading spacing, <c>steps_offset</c>, at least 0; default 0.</summary>
    public int StepsOffset { get; init; }

    /// <summary>
    /// Whether the last step leads to clean data, <c>set_alpha_to_one</c>, or to the schedule's first level; default
    /// yes. DDIM and PNDM.
    /// </summary>
    public bool SetAlphaToOne { get; init; } = true;

    /// <summary>Whether levels are spaced as Karras et al. 2022 do, <c>use_karras_sigmas</c>; default no.</summary>
    public bool UseKarrasSigmas { get; init; }

    /// <summary>Whether levels are even in log-SNR, <c>use_lu_lambdas</c>; default no. DPM-Solver.</summary>
    public bool UseLuLambdas { get; init; }

    /// <summary>Least σ/α of Karras' spacing, <c>sigma_min</c>; null for that of the times. Euler.</summary>
    public double? SigmaMin { get; init; }

    /// <summary>Greatest σ/α of Karras' spacing, <c>sigma_max</c>; null for that of the times. Euler.</summary>
    public double? SigmaMax { get; init; }

    /// <summary>
    /// Whether levels are first taken evenly in ln(σ/α), <c>interpolation_type</c> <c>log_linear</c>; default no. Euler:
    /// alone it tells the network the times of the spacing all the same; with <see cref="UseKarrasSigmas"/> those levels
    /// span the whole schedule.
    /// </summary>
    public bool InterpolateLogLinearly { get; init; }

    /// <summary>Order, <c>solver_order</c>, 1 … 3; default 2. DPM-Solver and UniPC.</summary>
    public int SolverOrder { get; init; } = 2;

    /// <summary>Which equation is integrated, <c>algorithm_type</c>; default DPM-Solver++.</summary>
    public DpmSolverKind Algorithm { get; init; } = DpmSolverKind.PlusPlus;

    /// <summary>How differences are weighed, DPM-Solver's <c>solver_type</c>: midpoint (the default) or Heun.</summary>
    public DpmSolverForm DpmForm { get; init; } = DpmSolverForm.Midpoint;

    /// <summary>B(h), UniPC's <c>solver_type</c>; default B₂.</summary>
    public UniPcVariant UniPcVariant { get; init; } = UniPcVariant.Bh2;

    /// <summary>
    /// Whether the last steps have lower orders, <c>lower_order_final</c>; default yes. DPM-Solver (with less than 15
    /// steps) and UniPC.
    /// </summary>
    public bool LowerOrderFinal { get; init; } = true;

    /// <summary>Whether the last step is of first order, <c>euler_at_final</c>; default no. DPM-Solver.</summary>
    public bool EulerAtFinal { get; init; }

    /// <summary>
    /// Whether DPM-Solver and UniPC end at the schedule's first level, <c>final_sigmas_type</c> <c>sigma_min</c>, or at
    /// clean data, <c>zero</c>, the default. A file of UniPC without the key ends at the first level, as in the release
    /// 0.27.2, which doesn't have it.
    /// </summary>
    public bool EndAtSigmaMin { get; init; }

    /// <summary>
    /// DPM-Solver visits no time whose half log-SNR is less, <c>lambda_min_clipped</c>; −∞ by default.
    /// </summary>
    public double LambdaMinClipped { get; init; } = double.NegativeInfinity;

    /// <summary>Whether UniPC works on x̂₀, <c>predict_x0</c>, or on ε̂; default x̂₀.</summary>
    public bool PredictX0 { get; init; } = true;

    /// <summary>Steps from 0 whose end UniPC doesn't correct, <c>disable_corrector</c>; default none.</summary>
    public ImmutableArray<int> DisableCorrector { get; init; } = [];

    /// <summary>Whether PNDM starts as PLMS, <c>skip_prk_steps</c>, without Runge–Kutta steps; default no.</summary>
    public bool SkipPrkSteps { get; init; }

    /// <summary>The rule on x̂₀ that the config means.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number of the rule is outside its range.</exception>
    public X0Rule X0Rule =>
        Thresholding && Has("thresholding") && (PredictX0 || !Has("predict_x0"))
            ? X0Rule.DynamicThreshold(DynamicThresholdingRatio, SampleMaxValue)
        : ClipRange is { } range && Has("clip_sample") ? X0Rule.Clip(range)
        : X0Rule.None;

    /// <summary>The keys of the file it was read from, as strict JSON; null where it was made here.</summary>
    internal ImmutableSortedDictionary<string, string>? Source { get; init; }

    /// <summary>The noise schedule.</summary>
    /// <exception cref="ArgumentException">β or T are outside their ranges.</exception>
    public Schedule ToSchedule() => SchedulerPlan.Schedule(this);

    /// <summary>The process that a network is trained in and sampled from.</summary>
    /// <param name="weight">Weight of each time's loss; default simple.</param>
    /// <param name="boundWeight">λ of the hybrid loss where the variance is learned; default 0.001.</param>
    public GaussianDiffusion ToProcess(
        LossWeight? weight = null,
        double boundWeight = GaussianDiffusion.UsualBoundWeight
    ) => new(ToSchedule(), Prediction, weight, Variance, X0Rule, boundWeight);

    /// <summary>
    /// The sampler that the config is, as diffusers runs it: <c>set_timesteps(steps)</c>, then one <c>step</c> for each
    /// time.
    /// </summary>
    /// <param name="steps">
    /// <c>num_inference_steps</c>, at least 1. Heun, PNDM and PLMS call the network more often than that; see
    /// <see cref="SamplingPlan.NetworkCalls"/>.
    /// </param>
    /// <param name="eta">DDIM's η in [0, 1]; the others don't use it.</param>
    /// <param name="useClippedModelOutput">
    /// Whether DDIM derives ε̂ from x̂₀ after the rule, as the library's own <see cref="Samplers.Ddim(LevelGrid, double,
    /// X0Rule?, bool)"/> does; diffusers by default doesn't.
    /// </param>
    /// <remarks>Where diffusers' own steps don't join, these do: docs/differences.md.</remarks>
    /// <exception cref="ArgumentException">A number is outside its range, or the config means no sampler.</exception>
    public SamplingPlan Plan(int steps, double eta = 0, bool useClippedModelOutput = false) =>
        SchedulerPlan.Of(this, ToSchedule(), steps, eta, useClippedModelOutput);

    /// <summary>
    /// The same schedule, prediction and rules under another sampler, as diffusers' <c>from_config</c> does: keys that
    /// both classes have keep their values, the others have the new class's defaults.
    /// </summary>
    /// <param name="class">The class to become.</param>
    /// <exception cref="InvalidDataException">A value that is kept isn't one of the new class.</exception>
    public SchedulerConfig As(SchedulerClass @class)
    {
        if (@class == Class)
            return this;
        var json = JsonNode.Parse(PythonJson.ToStrict(ToJson()))!.AsObject();
        json["_class_name"] = SchedulerConfigJson.NameOf(@class);
        return FromJson(json.ToJsonString(), out _);
    }

    /// <summary>
    /// As diffusers' class reads it. What was read and not changed is written as it was, unknown keys included.
    /// </summary>
    public string ToJson() => SchedulerConfigJson.Write(this);

    /// <summary>Reads a scheduler config.</summary>
    /// <param name="json">The file's text, with Python's <c>-Infinity</c> or without.</param>
    /// <param name="notices">One line for each key that has no effect here.</param>
    /// <exception cref="InvalidDataException">It isn't JSON, or says something that isn't supported; the message says what is.</exception>
    public static SchedulerConfig FromJson(string json, out ImmutableArray<string> notices)
    {
        ArgumentNullException.ThrowIfNull(json);
        return SchedulerConfigJson.Read(json, out notices);
    }

    /// <summary>Whether both mean the same and have the same unknown keys.</summary>
    /// <param name="other">The config to compare with.</param>
    public bool Equals(SchedulerConfig? other) =>
        other is not null && SchedulerConfigJson.Meaning(this) == SchedulerConfigJson.Meaning(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Class, TrainingSteps, BetaSchedule, BetaStart, BetaEnd);

    private bool Has(string key) => SchedulerKeys.Of(Class).Contains(key);
}
