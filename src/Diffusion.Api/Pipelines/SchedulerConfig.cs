using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Math;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>
/// A pipeline's <c>scheduler/scheduler_config.json</c> in diffusers' format: the noise schedule, what the network
/// predicts, and how DDPM samples from it. Immutable.
/// </summary>
public sealed record SchedulerConfig
{
    private static readonly ImmutableArray<string> KnownClasses = ["DDPMScheduler", "DDIMScheduler"];

    private static readonly ConfigNames<BetaSchedule> BetaSchedules = new(
        ("linear", BetaSchedule.Linear),
        ("scaled_linear", BetaSchedule.ScaledLinear),
        ("squaredcos_cap_v2", BetaSchedule.SquaredCosCapV2)
    );

    private static readonly ConfigNames<Prediction> Predictions = new(
        ("epsilon", Prediction.Epsilon),
        ("sample", Prediction.X0),
        ("v_prediction", Prediction.V)
    );

    private static readonly ConfigNames<ReverseVariance> Variances = new(
        ("fixed_small", ReverseVariance.FixedSmall),
        ("fixed_large", ReverseVariance.FixedLarge)
    );

    // Keys whose given value is the only one supported yet; any other is an error, not a surprise.
    private static readonly ImmutableArray<(string Key, string Only)> Unsupported =
    [
        ("trained_betas", "null"),
        ("thresholding", "false"),
        ("rescale_betas_zero_snr", "false"),
    ];

    // Read by other samplers of diffusers, or without effect where the keys above have their only value.
    private static readonly ImmutableHashSet<string> WithoutEffect =
    [
        "dynamic_thresholding_ratio",
        "sample_max_value",
        "set_alpha_to_one",
        "steps_offset",
    ];

    /// <summary>T, <c>num_train_timesteps</c>; default 1000.</summary>
    public int TrainingSteps { get; init; } = 1000;

    /// <summary>Rule of the β, <c>beta_schedule</c>; default linear.</summary>
    public BetaSchedule BetaSchedule { get; init; } = BetaSchedule.Linear;

    /// <summary>β₁, <c>beta_start</c>; default 1e-4. The cosine schedule doesn't use it.</summary>
    public double BetaStart { get; init; } = 1e-4;

    /// <summary>β_T, <c>beta_end</c>; default 0.02. The cosine schedule doesn't use it.</summary>
    public double BetaEnd { get; init; } = 0.02;

    /// <summary>What the network predicts, <c>prediction_type</c>; default ε.</summary>
    public Prediction Prediction { get; init; } = Prediction.Epsilon;

    /// <summary>Variance of ancestral steps, <c>variance_type</c>; default fixed small.</summary>
    public ReverseVariance Variance { get; init; } = ReverseVariance.FixedSmall;

    /// <summary>Range that x̂₀ is clipped to, <c>clip_sample_range</c> where <c>clip_sample</c> is true; null for none. Default 1.</summary>
    public double? ClipRange { get; init; } = 1;

    /// <summary>The rule on x̂₀ that <see cref="ClipRange"/> means.</summary>
    public X0Rule X0Rule => ClipRange is { } range ? X0Rule.Clip(range) : X0Rule.None;

    /// <summary>The noise schedule.</summary>
    /// <exception cref="ArgumentException">β or T are outside their ranges.</exception>
    public Schedule ToSchedule() =>
        BetaSchedule switch
        {
            BetaSchedule.Linear => Schedule.Linear(BetaStart, BetaEnd, TrainingSteps),
            BetaSchedule.ScaledLinear => Schedule.ScaledLinear(BetaStart, BetaEnd, TrainingSteps),
            BetaSchedule.SquaredCosCapV2 => Schedule.Cosine(TrainingSteps),
            _ => throw new InvalidOperationException($"{BetaSchedule} is not a beta schedule."),
        };

    /// <summary>The process that a network is trained in and sampled from.</summary>
    /// <param name="weight">Weight of each time's loss; default simple.</param>
    public GaussianDiffusion ToProcess(LossWeight? weight = null) =>
        new(ToSchedule(), Prediction, weight, Variance, X0Rule);

    /// <summary>As diffusers' <c>DDPMScheduler</c> reads it.</summary>
    public string ToJson()
    {
        var json = new JsonObject
        {
            ["_class_name"] = "DDPMScheduler",
            ["_diffusers_version"] = Pipeline.DiffusersVersion,
            ["beta_end"] = BetaEnd,
            ["beta_schedule"] = BetaSchedules.NameOf(BetaSchedule),
            ["beta_start"] = BetaStart,
            ["clip_sample"] = ClipRange is not null,
            ["clip_sample_range"] = ClipRange ?? 1,
            ["dynamic_thresholding_ratio"] = 0.995,
            ["num_train_timesteps"] = TrainingSteps,
            ["prediction_type"] = Predictions.NameOf(Prediction),
            ["rescale_betas_zero_snr"] = false,
            ["sample_max_value"] = 1.0,
            ["steps_offset"] = 0,
            ["thresholding"] = false,
            ["timestep_spacing"] = "trailing",
            ["trained_betas"] = null,
            ["variance_type"] = Variances.NameOf(Variance),
        };
        return json.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
    }

    /// <summary>Reads a scheduler config.</summary>
    /// <param name="json">The file's text.</param>
    /// <param name="notices">One line for each key that has no effect here.</param>
    /// <exception cref="InvalidDataException">It isn't JSON, or says something that isn't supported; the message says what is.</exception>
    public static SchedulerConfig FromJson(string json, out ImmutableArray<string> notices)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(new JsonFields(document.RootElement), out notices);
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"Not JSON: {damaged.Message}", damaged);
        }
        catch (ArgumentException refused)
        {
            throw new InvalidDataException(refused.Message, refused);
        }
    }

    private static SchedulerConfig Read(JsonFields json, out ImmutableArray<string> notices)
    {
        var name = json.Take("_class_name", KnownClasses[0], JsonFields.Text);
        if (!KnownClasses.Contains(name))
            throw new InvalidDataException(
                $"_class_name is '{name}'; supported are {string.Join(" and ", KnownClasses)}."
            );
        foreach (var (key, only) in Unsupported)
            json.Take(key, only, RequireOnly(only));
        var defaults = new SchedulerConfig();
        var clips = json.Take("clip_sample", true, JsonFields.Bool);
        var range = json.Take("clip_sample_range", 1.0, JsonFields.Double);
        var config = new SchedulerConfig
        {
            TrainingSteps = json.Take("num_train_timesteps", defaults.TrainingSteps, JsonFields.Int),
            BetaStart = json.Take("beta_start", defaults.BetaStart, JsonFields.Double),
            BetaEnd = json.Take("beta_end", defaults.BetaEnd, JsonFields.Double),
            BetaSchedule = json.Take("beta_schedule", defaults.BetaSchedule, BetaSchedules.Read),
            Prediction = json.Take("prediction_type", defaults.Prediction, Predictions.Read),
            Variance = json.Take("variance_type", defaults.Variance, Variances.Read),
            ClipRange = clips ? range : null,
        };
        _ = config.ToSchedule();
        _ = config.X0Rule;
        var spacing = json.Take("timestep_spacing", "leading", JsonFields.Text);
        notices =
        [
            .. json
                .Rest.Keys.Except(WithoutEffect)
                .Where(key => !key.StartsWith('_'))
                .Select(key => $"scheduler: {key} is unknown and has no effect."),
        ];
        if (spacing != "trailing")
            notices = notices.Add($"scheduler: timestep_spacing '{spacing}' has no effect; the grid here is trailing.");
        return config;
    }

    private static Func<string, JsonElement, string> RequireOnly(string only) =>
        (key, value) =>
            value.GetRawText() == only
                ? only
                : throw new InvalidDataException($"{key} is {value.GetRawText()}; only {only} is supported.");
}
