using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Math;

namespace Diffusion.Properties.Support;

/// <summary>One recorded run: the configuration, said in this library's terms, and the recorded numbers.</summary>
internal sealed class GoldenRun
{
    // These keep the state as x/α, so that its noise has deviation σ/α.
    private static readonly string[] ScaledClasses =
    [
        "EulerDiscreteScheduler",
        "EulerAncestralDiscreteScheduler",
        "HeunDiscreteScheduler",
        "LMSDiscreteScheduler",
        "KDPM2DiscreteScheduler",
        "KDPM2AncestralDiscreteScheduler",
    ];

    // Bare NaN and Infinity are allowed in these files.
    private static readonly JsonSerializerOptions Named = new()
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly JsonNode file;
    private readonly JsonNode config;

    public GoldenRun(JsonNode file, JsonNode run)
    {
        this.file = file;
        Json = run;
        config = run["full_config"]!;
        Betas = ReadSchedule();
        Schedule = LeavingSignal(Betas);
        Curve = NoiseCurve.Of(Schedule);
        Prediction = Text("prediction_type") switch
        {
            "epsilon" => Prediction.Epsilon,
            "sample" => Prediction.X0,
            "v_prediction" => Prediction.V,
            string other => throw new NotSupportedException($"No prediction for prediction_type {other}."),
        };
    }

    public JsonNode Json { get; }

    public string Name => (string)Json["name"]!;

    /// <summary>The class; parallel ones are the others.</summary>
    public string Class => ((string)Json["class"]!).Replace("Parallel", "", StringComparison.Ordinal);

    /// <summary>The schedule whose β are recorded.</summary>
    public Schedule Betas { get; }

    /// <summary>The schedule that is sampled.</summary>
    public Schedule Schedule { get; }

    public NoiseCurve Curve { get; }

    public Prediction Prediction { get; }

    public bool IsScaled => ScaledClasses.Contains(Class);

    /// <summary>Whether the recorder ended with numbers that are none.</summary>
    public bool IsNaN => (bool?)Json["nan"] ?? Final.Any(value => !double.IsFinite(value));

    public double[] Final => Numbers(Json["final"]);

    public double[] Times => Numbers(Json["timesteps"]);

    public double[] Start => Numbers(file["x_T"]);

    public double[] Clean => Numbers(file["x0_clean"]);

    public double[][] NoisePool => [.. file["noise_pool"]!.AsArray().Select(Numbers)];

    public int Steps => (int?)Json["num_inference_steps"] ?? Times.Length;

    public double InitialDeviation => (double)Json["init_noise_sigma"]!;

    public static double[] Numbers(JsonNode? json) => json.Deserialize<double[]>(Named)!;

    public string Text(string key, string missing = "") => (string?)config[key] ?? missing;

    public bool Flag(string key) => (bool?)config[key] ?? false;

    public int Whole(string key, int missing = 0) => (int?)config[key] ?? missing;

    /// <summary>A number of the configuration; infinite ones are text.</summary>
    public double? Real(string key) => Real(config[key]);

    /// <summary>An argument of the recorder's steps.</summary>
    public double? Argument(string key) => Real(Json["step_kwargs"]?[key]);

    public bool ArgumentFlag(string key) => (bool?)Json["step_kwargs"]?[key] ?? false;

    public int[] List(string key) => config[key].Deserialize<int[]>() ?? [];

    /// <summary>
    /// The recorded states after each call of the network that a plan makes, in the recorder's scale.
    /// </summary>
    public double[][] Run(SamplingPlan plan)
    {
        int[] calls = CallsBefore(plan);
        double scale = (IsScaled ? plan.Start.Alpha : 1) * InitialDeviation;
        double[][] pool = NoisePool;
        double[][][] parts =
        [
            .. Samples(Start)
                .Select(
                    (start, i) =>
                        plan.Trajectory(
                                [.. start.Select(value => value * scale)],
                                Prediction,
                                (state, at) => Answer(plan, state, at.Time - 1),
                                row => Samples(pool[calls[row] % pool.Length])[i]
                            )
                            .ToArray()
                ),
        ];
        return
        [
            .. Enumerable
                .Range(0, plan.Steps.Length)
                .Where(row => row == plan.Steps.Length - 1 || calls[row + 1] > calls[row])
                .Select(row =>
                    parts
                        .SelectMany(part => part[row])
                        .Select(value => IsScaled ? value / plan.Steps[row].To.Alpha : value)
                        .ToArray()
                ),
        ];
    }

    /// <summary>The two samples of a batch.</summary>
    public static double[][] Samples(double[] batch) => [batch[..(batch.Length / 2)], batch[(batch.Length / 2)..]];

    /// <summary>As much of it as a plan takes.</summary>
    public double[] Answer(SamplingPlan plan, double[] state, double t) =>
        Network(state, t)[..(plan.LearnsVariance ? 2 * state.Length : state.Length)];

    /// <summary>
    /// The protocol's stand-in for a network, at the recorder's time, from 0; one below that counts from the end, as
    /// Python does.
    /// </summary>
    public double[] Network(double[] state, double t)
    {
        int below = (int)double.Floor(t);
        double bar = double.Lerp(Bar(below), Bar(int.Min(below + 1, Schedule.Steps - 1)), t - below);
        Func<double, double> answer = Prediction.Name switch
        {
            "epsilon" => u => (0.9 * double.Sqrt(1 - bar) * u) + (0.1 * double.Sin(u + (t / 100))),
            "x0" => u => (0.8 * double.Sqrt(bar) * u) + (0.1 * double.Sin(u + (t / 100))),
            _ => u => (0.05 * u) + (0.3 * double.Sin(u + (t / 100))),
        };
        Func<double, double>? variance =
            Class == "DDPMScheduler" && Variance().IsLearned
                ? Variance() == ReverseVariance.Learned
                    ? u => 0.002 + (0.001 * double.Sin(u))
                    : u => 0.5 * double.Cos((2 * u) + (t / 50))
                : null;
        return [.. state.Select(answer), .. variance is null ? [] : state.Select(variance)];

        double Bar(int index) => Schedule.AlphaBar(1 + (index < 0 ? Schedule.Steps + index : index));
    }

    public ReverseVariance Variance() =>
        Text("variance_type") switch
        {
            "fixed_small" or "fixed_small_log" => ReverseVariance.FixedSmall,
            "fixed_large" or "fixed_large_log" => ReverseVariance.FixedLarge,
            "learned" => ReverseVariance.Learned,
            "learned_range" => ReverseVariance.LearnedRange,
            string other => throw new NotSupportedException($"No variance for variance_type {other}."),
        };

    public X0Rule Rule() =>
        Flag("thresholding")
            ? X0Rule.DynamicThreshold(Real("dynamic_thresholding_ratio")!.Value, Real("sample_max_value")!.Value)
        : Flag("clip_sample") ? X0Rule.Clip(Real("clip_sample_range")!.Value)
        : X0Rule.None;

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static double? Real(JsonNode? json) =>
        (json as JsonValue)?.ToString() switch
        {
            null => null,
            "-inf" or "-Infinity" => double.NegativeInfinity,
            "inf" or "Infinity" => double.PositiveInfinity,
            _ => (double)json!,
        };

    // For each row the number of the network call, from 0, that it follows.
    private static int[] CallsBefore(SamplingPlan plan)
    {
        int calls = -1;
        return [.. plan.Steps.Select(step => step.Evaluate is null ? calls : ++calls)];
    }

    private Schedule ReadSchedule()
    {
        Schedule schedule = config["trained_betas"] is JsonArray betas
            ? Schedule.FromBetas(Numbers(betas))
            : NamedSchedule();
        return Flag("rescale_betas_zero_snr") ? schedule.WithZeroTerminalSnr() : schedule;
    }

    private Schedule NamedSchedule()
    {
        if (config["beta_schedule"] is null)
        {
            throw new NotSupportedException($"{Class} has no β, which the stand-in for a network needs.");
        }

        int steps = Whole("num_train_timesteps");
        double start = Real("beta_start")!.Value;
        double end = Real("beta_end")!.Value;
        return Text("beta_schedule") switch
        {
            "linear" => Schedule.Linear(start, end, steps),
            "scaled_linear" => Schedule.ScaledLinear(start, end, steps),
            "squaredcos_cap_v2" => Schedule.Cosine(steps),
            "sigmoid" => Schedule.SigmoidBeta(start, end, steps),
            "exp" => Schedule.FromBetas(Enumerable.Repeat(double.Min(1 - double.Exp(-12.0 / steps), 0.999), steps)),
            string other => throw new NotSupportedException($"No schedule for beta_schedule {other}."),
        };
    }

    // Samplers that divide by α keep 2⁻²⁴ of ᾱ_T. Where that is more than at times before, these are raised: no run
    // visits them.
    private Schedule LeavingSignal(Schedule schedule)
    {
        if (Class is "DDPMScheduler" or "DDIMScheduler" || !schedule.HasZeroTerminalSnr)
        {
            return schedule;
        }

        double[] bars = [.. Enumerable.Range(1, schedule.Steps).Select(schedule.AlphaBar)];
        bars[^1] = double.ScaleB(1, -24);
        for (int i = bars.Length - 2; i > 0 && bars[i] <= bars[i + 1]; i--)
        {
            bars[i] = bars[i + 1] * 1.0001;
        }

        return Schedule.FromAlphaBars(bars);
    }
}
