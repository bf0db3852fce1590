using System.Globalization;
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
    ];

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

    public string Class => (string)Json["class"]!;

    /// <summary>The schedule whose β are recorded.</summary>
    public Schedule Betas { get; }

    /// <summary>The schedule that is sampled.</summary>
    public Schedule Schedule { get; }

    public NoiseCurve Curve { get; }

    public Prediction Prediction { get; }

    public bool IsScaled => ScaledClasses.Contains(Class);

    public double[] Final => Numbers(Json["final"]);

    public double[] Times => Numbers(Json["timesteps"]);

    public double[] Start => Numbers(file["x_T"]);

    public double[][] NoisePool => [.. file["noise_pool"]!.AsArray().Select(Numbers)];

    private int Steps => (int?)Json["num_inference_steps"] ?? Times.Length;

    private LevelGrid Whole => LevelGrid.Of(Schedule, WholeTimes());

    public static double[] Numbers(JsonNode? json) => json.Deserialize<double[]>()!;

    /// <summary>The sampler that the configuration means.</summary>
    public SamplingPlan Plan() =>
        Class switch
        {
            "DDPMScheduler" => Samplers.Ddpm(Whole, Variance(), Rule()),
            "DDIMScheduler" => Samplers.Ddim(
                Flag("set_alpha_to_one") ? Whole : Whole.EndingAt(Schedule[1]),
                (double?)Json["step_kwargs"]!["eta"] ?? 0,
                Rule(),
                keepNoise: !((bool?)Json["step_kwargs"]!["use_clipped_model_output"] ?? false)
            ),
            "DPMSolverMultistepScheduler" => Samplers.DpmSolverMultistep(
                DpmGrid(cleanEnd: Text("final_sigmas_type") == "zero"),
                (int)config["solver_order"]!,
                Text("algorithm_type") switch
                {
                    "dpmsolver++" => DpmSolverKind.PlusPlus,
                    "dpmsolver" => DpmSolverKind.Epsilon,
                    "sde-dpmsolver++" => DpmSolverKind.SdePlusPlus,
                    "sde-dpmsolver" => DpmSolverKind.SdeEpsilon,
                    string other => throw new NotSupportedException($"No solver for algorithm_type {other}."),
                },
                Text("solver_type") == "heun" ? DpmSolverForm.Heun : DpmSolverForm.Midpoint,
                Flag("lower_order_final") && Steps < 15 ? MultistepEnding.Descending
                    : Flag("euler_at_final") ? MultistepEnding.FirstOrderLast
                    : MultistepEnding.FullOrder,
                Rule()
            ),
            "UniPCMultistepScheduler" => UniPc(DpmGrid(cleanEnd: false)),
            "EulerDiscreteScheduler" => (double?)Json["step_kwargs"]!["s_churn"] is > 0
                ? throw new NotSupportedException("No churn after the network's call.")
                : Samplers.Euler(ScaledGrid()),
            "EulerAncestralDiscreteScheduler" => Samplers.EulerAncestral(ScaledGrid()),
            "HeunDiscreteScheduler" => Samplers.Heun(ScaledGrid(), Rule()),
            "LMSDiscreteScheduler" => Samplers.AdamsBashforth(ScaledGrid(), (int?)Json["step_kwargs"]!["order"] ?? 4),
            "PNDMScheduler" => Flag("skip_prk_steps")
                ? Samplers.Plms(PndmGrid(), onV: Prediction == Prediction.V)
                : Samplers.Pndm(PndmGrid(), onV: Prediction == Prediction.V),
            string other => throw new NotSupportedException($"No sampler for {other}."),
        };

    /// <summary>The same sampler where release 0.40.0 differs: to clean data, or to the next listed time.</summary>
    public SamplingPlan NewerPlan() => Class == "UniPCMultistepScheduler" ? UniPc(DpmGrid(cleanEnd: true)) : Plan();

    /// <summary>
    /// The recorded states after each call of the network that a plan makes, in the recorder's scale.
    /// </summary>
    public double[][] Run(SamplingPlan plan)
    {
        int[] calls = CallsBefore(plan);
        double[] start = Start;
        double scale = IsScaled ? plan.Start.Alpha : 1;
        scale *= (double)Json["init_noise_sigma"]!;
        double[][] pool = NoisePool;
        // A batch of two samples.
        int half = start.Length / 2;
        double[][][] parts =
        [
            .. new[] { 0, half }.Select(first =>
                plan.Trajectory(
                        [.. start.Skip(first).Take(half).Select(value => value * scale)],
                        Prediction,
                        Network,
                        row => pool[calls[row] % pool.Length][first..(first + half)]
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

    /// <summary>
    /// What the recorder adds to the last state: where it doesn't visit the first time, its ancestral sampler draws
    /// noise in the step to clean data too, of deviation 1e-10 where the variance is 0.
    /// </summary>
    public double[] LastNoise()
    {
        int last = (int)Times[^1];
        double[] noise = NoisePool[(Times.Length - 1) % NoisePool.Length];
        if (Class != "DDPMScheduler" || last == 0 || Variance().IsLearned)
        {
            return new double[noise.Length];
        }

        double variance = double.Max(Variance().Of(Schedule[last + 1], NoiseLevel.Clean), 1e-20);
        return [.. noise.Select(z => double.Sqrt(variance) * z)];
    }

    /// <summary>The protocol's stand-in for a network.</summary>
    public double[] Network(double[] state, Evaluation at)
    {
        double t = at.Time - 1;
        int below = int.Min((int)at.Time, Schedule.Steps);
        double bar = double.Lerp(
            Schedule.AlphaBar(below),
            Schedule.AlphaBar(int.Min(below + 1, Schedule.Steps)),
            at.Time - below
        );
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
            ? X0Rule.DynamicThreshold(
                (double)config["dynamic_thresholding_ratio"]!,
                (double)config["sample_max_value"]!
            )
        : Flag("clip_sample") ? X0Rule.Clip((double)config["clip_sample_range"]!)
        : X0Rule.None;

    /// <summary>The configured grid, at whole times.</summary>
    public TimeGrid WholeTimes()
    {
        if (Json["custom_timesteps"] is { } custom)
        {
            return TimeGrid.Explicit([.. Numbers(custom).Select(t => (int)t + 1), 0]);
        }

        return Text("timestep_spacing") switch
        {
            "leading" => TimeGrid.Leading(Schedule.Steps, Steps, (int)config["steps_offset"]!),
            "linspace" => TimeGrid.Linspace(Schedule.Steps, Steps),
            "trailing" => TimeGrid.Trailing(Schedule, Steps),
            string other => throw new NotSupportedException($"No grid for timestep_spacing {other}."),
        };
    }

    private static double Ratio(NoiseLevel level) => level.Sigma / level.Alpha;

    // For each row the number of the network call, from 0, that it follows.
    private static int[] CallsBefore(SamplingPlan plan)
    {
        int calls = -1;
        return [.. plan.Steps.Select(step => step.Evaluate is null ? calls : ++calls)];
    }

    private SamplingPlan UniPc(LevelGrid grid) =>
        Samplers.UniPc(
            grid,
            (int)config["solver_order"]!,
            Text("solver_type") == "bh1" ? UniPcVariant.Bh1 : UniPcVariant.Bh2,
            kind: Flag("predict_x0") ? DpmSolverKind.PlusPlus : DpmSolverKind.Epsilon,
            ending: Flag("lower_order_final") ? MultistepEnding.Descending : MultistepEnding.FullOrder,
            x0Rule: Rule(),
            uncorrected: config["disable_corrector"].Deserialize<int[]>()
        );

    // These space N + 1 times and drop the least noisy one, except for trailing ones.
    private LevelGrid DpmGrid(bool cleanEnd)
    {
        double largest = Ratio(Schedule[Schedule.Steps]);
        if (Flag("use_karras_sigmas"))
        {
            return Karras(Ratio(Schedule[1]), largest).WithWholeTimes();
        }

        if (Flag("use_lu_lambdas"))
        {
            return LevelGrid.UniformLogSnr(Curve, Steps, Ratio(Schedule[1]), largest).WithWholeTimes();
        }

        // Times whose half log-SNR is too small are left out.
        string bound = config["lambda_min_clipped"] is JsonValue value ? value.ToString() : "-inf";
        int kept =
            bound == "-inf"
                ? Schedule.Steps
                : Enumerable
                    .Range(1, Schedule.Steps)
                    .Count(t => Schedule.LogSnr(t) / 2 >= double.Parse(bound, CultureInfo.InvariantCulture));
        TimeGrid times = Text("timestep_spacing") switch
        {
            "leading" => TimeGrid.Leading(kept, Steps + 1),
            "linspace" => TimeGrid.Linspace(kept, Steps + 1),
            _ => TimeGrid.Trailing(kept, Steps),
        };
        int offset = Text("timestep_spacing") == "leading" ? (int)config["steps_offset"]! : 0;
        LevelGrid grid = LevelGrid.Of(
            Schedule,
            TimeGrid.Explicit([.. times.Times.Take(Steps).Select(time => time + offset), 0])
        );
        return cleanEnd ? grid : grid.EndingAt(Schedule[1]);
    }

    private LevelGrid PndmGrid() => Flag("set_alpha_to_one") ? Whole : Whole.EndingAt(Schedule[1]);

    // These visit times between the whole ones where linspace asks for them.
    private LevelGrid ScaledGrid()
    {
        int count = Schedule.Steps;
        if ((string?)config["interpolation_type"] == "log_linear")
        {
            throw new NotSupportedException("No grid whose times are not those of its levels.");
        }

        LevelGrid grid =
            Text("timestep_spacing") == "linspace"
                ? LevelGrid.AtTimes(
                    Curve,
                    Enumerable.Range(0, Steps).Select(i => count - ((count - 1) * (double)i / int.Max(Steps - 1, 1)))
                )
                : Whole;
        return Flag("use_karras_sigmas")
            ? Karras(
                (double?)config["sigma_min"] ?? Ratio(grid.Points[^2].Level),
                (double?)config["sigma_max"] ?? Ratio(grid.Start)
            )
            : grid;
    }

    private LevelGrid Karras(double smallest, double largest) => LevelGrid.Karras(Curve, Steps, smallest, largest);

    private Schedule ReadSchedule()
    {
        if (config["trained_betas"] is JsonArray betas)
        {
            return Schedule.FromBetas(Numbers(betas));
        }

        int steps = (int)config["num_train_timesteps"]!;
        double start = (double)config["beta_start"]!;
        double end = (double)config["beta_end"]!;
        Schedule schedule = Text("beta_schedule") switch
        {
            "linear" => Schedule.Linear(start, end, steps),
            "scaled_linear" => Schedule.ScaledLinear(start, end, steps),
            "squaredcos_cap_v2" => Schedule.Cosine(steps),
            "sigmoid" => Schedule.SigmoidBeta(start, end, steps),
            string other => throw new NotSupportedException($"No schedule for beta_schedule {other}."),
        };
        return Flag("rescale_betas_zero_snr") ? schedule.WithZeroTerminalSnr() : schedule;
    }

    // Samplers that divide by α keep a little of it.
    private Schedule LeavingSignal(Schedule schedule) =>
        Class is "DDPMScheduler" or "DDIMScheduler" || !schedule.HasZeroTerminalSnr
            ? schedule
            : Schedule.FromAlphaBars(
                Enumerable
                    .Range(1, schedule.Steps)
                    .Select(t => t == schedule.Steps ? double.ScaleB(1, -24) : schedule.AlphaBar(t))
            );

    private string Text(string key) => (string)config[key]!;

    private bool Flag(string key) => (bool?)config[key] ?? false;
}
