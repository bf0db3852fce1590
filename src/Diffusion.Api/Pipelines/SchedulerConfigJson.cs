using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Math;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>Scheduler configs to and from JSON: what each key is.</summary>
internal static class SchedulerConfigJson
{
    private const string ClassKey = "_class_name";
    private const string VersionKey = "_diffusers_version";

    private static readonly ConfigNames<SchedulerClass> Classes = new(
        ("DDPMScheduler", SchedulerClass.Ddpm),
        ("DDIMScheduler", SchedulerClass.Ddim),
        ("DPMSolverMultistepScheduler", SchedulerClass.DpmSolverMultistep),
        ("EulerDiscreteScheduler", SchedulerClass.EulerDiscrete),
        ("EulerAncestralDiscreteScheduler", SchedulerClass.EulerAncestralDiscrete),
        ("HeunDiscreteScheduler", SchedulerClass.HeunDiscrete),
        ("UniPCMultistepScheduler", SchedulerClass.UniPcMultistep),
        ("PNDMScheduler", SchedulerClass.Pndm),
        ("LMSDiscreteScheduler", SchedulerClass.LmsDiscrete)
    );

    private static readonly (string, BetaSchedule)[] CommonBetaSchedules =
    [
        ("linear", BetaSchedule.Linear),
        ("scaled_linear", BetaSchedule.ScaledLinear),
        ("squaredcos_cap_v2", BetaSchedule.SquaredCosCapV2),
    ];

    private static readonly ConfigNames<Prediction> Predictions = new(
        ("epsilon", Prediction.Epsilon),
        ("sample", Prediction.X0),
        ("v_prediction", Prediction.V)
    );

    // The logarithmic names are other ways to compute the same.
    private static readonly ConfigNames<ReverseVariance> Variances = new(
        ("fixed_small", ReverseVariance.FixedSmall),
        ("fixed_small_log", ReverseVariance.FixedSmall),
        ("fixed_large", ReverseVariance.FixedLarge),
        ("fixed_large_log", ReverseVariance.FixedLarge),
        ("learned", ReverseVariance.Learned),
        ("learned_range", ReverseVariance.LearnedRange)
    );

    private static readonly ConfigNames<TimestepSpacing> Spacings = new(
        ("linspace", TimestepSpacing.Linspace),
        ("leading", TimestepSpacing.Leading),
        ("trailing", TimestepSpacing.Trailing)
    );

    private static readonly ConfigNames<DpmSolverKind> Algorithms = new(
        ("dpmsolver++", DpmSolverKind.PlusPlus),
        ("dpmsolver", DpmSolverKind.Epsilon),
        ("sde-dpmsolver++", DpmSolverKind.SdePlusPlus),
        ("sde-dpmsolver", DpmSolverKind.SdeEpsilon),
        ("deis", DpmSolverKind.PlusPlus)
    );

    // diffusers takes the names of other solvers' forms for its default.
    private static readonly ConfigNames<DpmSolverForm> DpmForms = new(
        ("midpoint", DpmSolverForm.Midpoint),
        ("heun", DpmSolverForm.Heun),
        ("logrho", DpmSolverForm.Midpoint),
        ("bh1", DpmSolverForm.Midpoint),
        ("bh2", DpmSolverForm.Midpoint)
    );

    private static readonly ConfigNames<UniPcVariant> UniPcVariants = new(
        ("bh2", UniPcVariant.Bh2),
        ("bh1", UniPcVariant.Bh1),
        ("midpoint", UniPcVariant.Bh2),
        ("heun", UniPcVariant.Bh2),
        ("logrho", UniPcVariant.Bh2)
    );

    private static readonly ConfigNames<bool> FinalSigmas = new(("zero", false), ("sigma_min", true));

    private static readonly ConfigNames<bool> Interpolations = new(("linear", false), ("log_linear", true));

    private static readonly ConfigNames<bool> TimestepTypes = new(("discrete", false), ("continuous", true));

    internal static string KnownClasses => Classes.Known;

    internal static SchedulerClass ClassOf(string key, string name) => Classes.Read(key, name);

    internal static string NameOf(SchedulerClass @class) => Classes.NameOf(@class);

    /// <summary>A text that two configs share exactly where they mean the same and have the same unknown keys.</summary>
    internal static string Meaning(SchedulerConfig config)
    {
        var json = Fields(config);
        json[ClassKey] = NameOf(config.Class);
        foreach (var (key, raw) in config.Source ?? ImmutableSortedDictionary<string, string>.Empty)
            if (!key.StartsWith('_') && !json.ContainsKey(key))
                json[key] = JsonNode.Parse(raw);
        return new JsonObject(json).ToJsonString();
    }

    internal static string Write(SchedulerConfig config)
    {
        var json = Fields(config);
        if (config.Source is { } source)
        {
            // As it was, wherever it still means the same.
            var before = Parse(source, out _);
            foreach (var (key, node) in Fields(before))
                if (
                    (source.ContainsKey(key) || before.Class == config.Class)
                    && json.TryGetValue(key, out var now)
                    && JsonNode.DeepEquals(now, node)
                )
                    json.Remove(key);
            foreach (var (key, raw) in source)
                json.TryAdd(key, JsonNode.Parse(raw));
        }
        json[ClassKey] = NameOf(config.Class);
        json.TryAdd(VersionKey, Pipeline.DiffusersVersion);
        return PythonJson.ToFile(new JsonObject(json));
    }

    internal static SchedulerConfig Read(string text, out ImmutableArray<string> notices)
    {
        try
        {
            using var document = JsonDocument.Parse(PythonJson.ToStrict(text));
            var source = new JsonFields(document.RootElement).Rest.ToImmutableSortedDictionary(
                pair => pair.Key,
                pair => pair.Value.GetRawText(),
                StringComparer.Ordinal
            );
            var config = Parse(source, out var found);
            SchedulerPlan.Check(config);
            notices = [.. found.Select(notice => $"scheduler: {notice}")];
            return config;
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException($"Not JSON: {damaged.Message}", damaged);
        }
        catch (ArgumentException refused)
        {
            throw JsonFields.Refused(refused);
        }
    }

    private static SchedulerConfig Parse(ImmutableSortedDictionary<string, string> source, out List<string> notices)
    {
        using var document = JsonDocument.Parse(
            $"{{{string.Join(',', source.Select(pair => $"{JsonSerializer.Serialize(pair.Key)}:{pair.Value}"))}}}"
        );
        var json = new JsonFields(document.RootElement);
        var @class = json.Take(ClassKey, SchedulerClass.Ddpm, Classes.Read);
        var config = Defaults(@class) with { Source = source };
        notices = [];
        foreach (var key in SchedulerKeys.Of(@class))
        {
            var found = notices;
            config = json.Take(key, config, (_, value) => With(config, key, value, found));
        }
        notices.AddRange(SchedulerNotices.Of(config, Defaults(@class)));
        foreach (var (key, value) in json.Rest.Where(pair => !pair.Key.StartsWith('_')))
            if (!LaterKeys.SaysNothing(config, key, value.GetRawText()))
                notices.Add(
                    SchedulerKeys.IsKnown(key)
                        ? $"{key} is no key of {NameOf(@class)} and has no effect."
                        : $"{key} is unknown and has no effect."
                );
        return config;
    }

    // What a class takes for a key that its config doesn't have.
    private static SchedulerConfig Defaults(SchedulerClass @class)
    {
        var config = new SchedulerConfig { Class = @class, TimestepSpacing = TimestepSpacing.Linspace };
        return @class switch
        {
            SchedulerClass.Ddpm or SchedulerClass.Ddim => config with { TimestepSpacing = TimestepSpacing.Leading },
            SchedulerClass.HeunDiscrete => config with { BetaStart = 0.00085, BetaEnd = 0.012, ClipRange = null },
            // Release 0.27.2 doesn't have the key; where later ones don't say it, they end at clean data.
            SchedulerClass.UniPcMultistep => config with { EndAtSigmaMin = true },
            SchedulerClass.Pndm => config with { TimestepSpacing = TimestepSpacing.Leading, SetAlphaToOne = false },
            _ => config,
        };
    }

    private static SchedulerConfig With(SchedulerConfig c, string key, JsonElement v, List<string> notices) =>
        key switch
        {
            "num_train_timesteps" => c with { TrainingSteps = JsonFields.Int(key, v) },
            "beta_schedule" => c with { BetaSchedule = BetaSchedules(c.Class).Read(key, v) },
            "beta_start" => c with { BetaStart = JsonFields.Double(key, v) },
            "beta_end" => c with { BetaEnd = JsonFields.Double(key, v) },
            "trained_betas" => c with { TrainedBetas = IsNull(v) ? null : List(key, v, JsonFields.Double) },
            "prediction_type" => c with { Prediction = PredictionOf(c.Class, key, v) },
            "timestep_spacing" => c with { TimestepSpacing = Spacings.Read(key, v) },
            "steps_offset" => c with { StepsOffset = JsonFields.Int(key, v) },
            "rescale_betas_zero_snr" => c with { RescaleToZeroSnr = Flag(key, v) },
            "variance_type" => c with { Variance = VarianceOf(c.Class, key, v) },
            "clip_sample" => c with { ClipRange = Flag(key, v) ? c.ClipRange ?? 1 : null },
            "clip_sample_range" => ClipRange(c, key, v, notices),
            "thresholding" => c with { Thresholding = Flag(key, v) },
            "dynamic_thresholding_ratio" => c with { DynamicThresholdingRatio = JsonFields.Double(key, v) },
            "sample_max_value" => c with { SampleMaxValue = JsonFields.Double(key, v) },
            "set_alpha_to_one" => c with { SetAlphaToOne = Flag(key, v) },
            "use_karras_sigmas" => c with { UseKarrasSigmas = Flag(key, v) },
            "use_lu_lambdas" => c with { UseLuLambdas = Flag(key, v) },
            "sigma_min" => c with { SigmaMin = JsonFields.OrNull(JsonFields.Double)(key, v) },
            "sigma_max" => c with { SigmaMax = JsonFields.OrNull(JsonFields.Double)(key, v) },
            "interpolation_type" => c with { InterpolateLogLinearly = Interpolations.Read(key, v) },
            "timestep_type" => TimestepType(c, key, v, notices),
            "solver_order" => c with { SolverOrder = JsonFields.Int(key, v) },
            "algorithm_type" => c with { Algorithm = Renamed(Algorithms, key, v, notices) },
            "solver_type" when c.Class == SchedulerClass.UniPcMultistep => c with
            {
                UniPcVariant = Renamed(UniPcVariants, key, v, notices),
            },
            "solver_type" => c with { DpmForm = Renamed(DpmForms, key, v, notices) },
            "lower_order_final" => c with { LowerOrderFinal = Flag(key, v) },
            "euler_at_final" => c with { EulerAtFinal = Flag(key, v) },
            "final_sigmas_type" => c with { EndAtSigmaMin = FinalSigmas.Read(key, v) },
            "lambda_min_clipped" => c with { LambdaMinClipped = NumberOrMinusInfinity(key, v) },
            "predict_x0" => c with { PredictX0 = Flag(key, v) },
            "disable_corrector" => c with { DisableCorrector = List(key, v, JsonFields.Int) },
            "solver_p" => IsNull(v) ? c : throw JsonFields.Wrong(key, v, "null: a solver of its own isn't supported"),
            "skip_prk_steps" => c with { SkipPrkSteps = Flag(key, v) },
            _ => throw new InvalidOperationException($"{key} is no key of {c.Class}."),
        };

    private static SortedDictionary<string, JsonNode?> Fields(SchedulerConfig config) =>
        new(SchedulerKeys.Of(config.Class).ToDictionary(key => key, key => Field(config, key)), StringComparer.Ordinal);

    private static JsonNode? Field(SchedulerConfig c, string key) =>
        key switch
        {
            "num_train_timesteps" => c.TrainingSteps,
            "beta_schedule" => BetaSchedules(c.Class).NameOf(c.BetaSchedule),
            "beta_start" => c.BetaStart,
            "beta_end" => c.BetaEnd,
            "trained_betas" => c.TrainedBetas is { } betas ? Array(betas) : null,
            "prediction_type" => NameOf(c.Prediction),
            "timestep_spacing" => Spacings.NameOf(c.TimestepSpacing),
            "steps_offset" => c.StepsOffset,
            "rescale_betas_zero_snr" => c.RescaleToZeroSnr,
            "variance_type" when c.Class != SchedulerClass.Ddpm && !c.Variance.IsLearned => null,
            "variance_type" => Variances.NameOf(c.Variance),
            "clip_sample" => c.ClipRange is not null,
            "clip_sample_range" => c.ClipRange ?? 1,
            "thresholding" => c.Thresholding,
            "dynamic_thresholding_ratio" => c.DynamicThresholdingRatio,
            "sample_max_value" => c.SampleMaxValue,
            "set_alpha_to_one" => c.SetAlphaToOne,
            "use_karras_sigmas" => c.UseKarrasSigmas,
            "use_lu_lambdas" => c.UseLuLambdas,
            "sigma_min" => c.SigmaMin,
            "sigma_max" => c.SigmaMax,
            "interpolation_type" => Interpolations.NameOf(c.InterpolateLogLinearly),
            "timestep_type" => TimestepTypes.NameOf(false),
            "solver_order" => c.SolverOrder,
            "algorithm_type" => Algorithms.NameOf(c.Algorithm),
            "solver_type" when c.Class == SchedulerClass.UniPcMultistep => UniPcVariants.NameOf(c.UniPcVariant),
            "solver_type" => DpmForms.NameOf(c.DpmForm),
            "lower_order_final" => c.LowerOrderFinal,
            "euler_at_final" => c.EulerAtFinal,
            "final_sigmas_type" => FinalSigmas.NameOf(c.EndAtSigmaMin),
            "lambda_min_clipped" when double.IsNegativeInfinity(c.LambdaMinClipped) => "-Infinity",
            "lambda_min_clipped" => c.LambdaMinClipped,
            "predict_x0" => c.PredictX0,
            "disable_corrector" => Array(c.DisableCorrector),
            "solver_p" => null,
            "skip_prk_steps" => c.SkipPrkSteps,
            _ => throw new InvalidOperationException($"{key} is no key of {c.Class}."),
        };

    private static ConfigNames<BetaSchedule> BetaSchedules(SchedulerClass @class) =>
        @class switch
        {
            SchedulerClass.Ddpm => new([.. CommonBetaSchedules, ("sigmoid", BetaSchedule.Sigmoid)]),
            SchedulerClass.HeunDiscrete => new([.. CommonBetaSchedules, ("exp", BetaSchedule.Exponential)]),
            _ => new(CommonBetaSchedules),
        };

    private static Prediction PredictionOf(SchedulerClass @class, string key, JsonElement value) =>
        @class == SchedulerClass.EulerDiscrete && value.ValueEquals("original_sample") ? Prediction.X0
        : OwnPredictionOf(JsonFields.Text(key, value)) is { } own ? own
        : Predictions.Read(key, value);

    // diffusers knows three; the others go by our own names, which it refuses rather than takes for another.
    private static string NameOf(Prediction prediction) =>
        Predictions.Has(prediction) ? Predictions.NameOf(prediction) : prediction.Name;

    private static Prediction? OwnPredictionOf(string name)
    {
        if (Prediction.TryParse(name, out var prediction) && !Predictions.Has(prediction))
            return prediction;
        return null;
    }

    // Only DDPM draws with it; of DPM-Solver it says whether the network answers it.
    private static ReverseVariance VarianceOf(SchedulerClass @class, string key, JsonElement value) =>
        @class != SchedulerClass.Ddpm && IsNull(value) ? ReverseVariance.FixedSmall : Variances.Read(key, value);

    private static SchedulerConfig TimestepType(SchedulerConfig c, string key, JsonElement v, List<string> notices)
    {
        if (!TimestepTypes.Read(key, v))
            return c;
        if (c.Prediction == Prediction.V)
            throw new InvalidDataException(
                $"{key}: 'continuous' with a prediction_type of 'v_prediction', whose network is told ln(σ)/4, isn't"
                    + " supported. Supported is: discrete."
            );
        notices.Add($"{key} 'continuous' has no effect without prediction_type 'v_prediction'.");
        return c;
    }

    private static SchedulerConfig ClipRange(SchedulerConfig c, string key, JsonElement v, List<string> notices)
    {
        var range = JsonFields.Double(key, v);
        if (c.ClipRange is not null)
            return c with { ClipRange = range };
        if (range != 1)
            notices.Add($"{key} has no effect without clip_sample.");
        return c;
    }

    private static T Renamed<T>(ConfigNames<T> names, string key, JsonElement value, List<string> notices)
        where T : notnull
    {
        var meaning = names.Read(key, value);
        if (!value.ValueEquals(names.NameOf(meaning)))
            notices.Add($"{key} '{value.GetString()}' is another solver's; it is taken for {names.NameOf(meaning)}.");
        return meaning;
    }

    // Several flags may be null in Python, which is no there.
    private static bool Flag(string key, JsonElement value) => !IsNull(value) && JsonFields.Bool(key, value);

    private static bool IsNull(JsonElement value) => value.ValueKind == JsonValueKind.Null;

    private static double NumberOrMinusInfinity(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is "-Infinity" or "-inf"
            ? double.NegativeInfinity
            : JsonFields.Double(key, value);

    private static ImmutableArray<T> List<T>(string key, JsonElement value, Func<string, JsonElement, T> read) =>
        [.. JsonFields.List(key, value, read)];

    private static JsonArray Array<T>(ImmutableArray<T> values) =>
        new([.. values.Select(value => (JsonNode?)JsonValue.Create(value))]);
}
