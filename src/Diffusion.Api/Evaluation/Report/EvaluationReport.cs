using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>
/// What was found out about a model, kept as <c>evaluation.json</c> in its folder, of a variant of its weights as
/// <c>evaluation.VARIANT.json</c> (docs/evaluation.md has the keys). Immutable; what wasn't evaluated is null.
/// </summary>
public sealed record EvaluationReport
{
    /// <summary>The file's name for weights without a variant; see <see cref="FileNameOf"/>.</summary>
    public const string FileName = "evaluation.json";

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Digest of the network's weights: a report holds for these and no others.</summary>
    public required string Weights { get; init; }

    /// <summary>Which of the folder's weights, as for <see cref="Pipeline.Load"/>; null for those without a variant.</summary>
    public string? Variant { get; init; }

    /// <summary>The held-out images.</summary>
    public required HeldOutReport HeldOut { get; init; }

    /// <summary>The variational bound.</summary>
    public BoundReport? Bound { get; init; }

    /// <summary>The probability flow's likelihood.</summary>
    public FlowReport? Flow { get; init; }

    /// <summary>Fréchet distance of the sampler evaluated last.</summary>
    public FrechetReport? Frechet { get; init; }

    /// <summary>Its precision.</summary>
    public double? Precision { get; init; }

    /// <summary>Its recall.</summary>
    public double? Recall { get; init; }

    /// <summary>Its name.</summary>
    public string? Sampler { get; init; }

    /// <summary>Its network calls a sample.</summary>
    public int? Calls { get; init; }

    /// <summary>The time its samples took, in seconds.</summary>
    public double? Seconds { get; init; }

    /// <summary>Its samples' seed.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The spacing of its noise levels; null for the folder's own.</summary>
    public string? Grid { get; init; }

    /// <summary>The name that it was chosen by, as <see cref="SamplerReport.Choice"/>.</summary>
    public string? Choice { get; init; }

    /// <summary>Every sampler evaluated so far, in the order of their names, choices, grids, calls, seeds and numbers of samples.</summary>
    public ImmutableArray<SamplerReport> Samplers { get; init; } = [];

    /// <summary>
    /// Those of <see cref="Samplers"/> that compare: of the largest number of samples, and there in the features evaluated in
    /// last, or if these have none such, in those that most are in.
    /// </summary>
    [JsonIgnore]
    public ImmutableArray<SamplerReport> Comparable
    {
        get
        {
            if (Samplers.IsDefaultOrEmpty)
                return [];
            var most = Samplers.Max(sampler => sampler.Frechet.Samples);
            return
            [
                .. Samplers
                    .Where(sampler => sampler.Frechet.Samples == most)
                    .GroupBy(sampler => sampler.Frechet.FeaturesVersion)
                    .OrderByDescending(group => group.Key == Frechet?.FeaturesVersion)
                    .ThenByDescending(group => group.Count())
                    .First(),
            ];
        }
    }

    /// <summary>Distances to the training images.</summary>
    public NeighbourReport? Neighbours { get; init; }

    /// <summary>Digest of a model's weights, 16 hexadecimal digits.</summary>
    /// <param name="pipeline">The model.</param>
    public static string DigestOf(Pipeline pipeline)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        return WeightsDigest.Of(pipeline.Network);
    }

    /// <summary>The name of the file that a report is kept in.</summary>
    /// <param name="variant">Which of the folder's weights it is about; null for those without a variant.</param>
    /// <exception cref="ArgumentException"><paramref name="variant"/> is no plain name.</exception>
    public static string FileNameOf(string? variant)
    {
        WeightsFolder.CheckVariant(variant);
        return variant is null ? FileName : $"evaluation.{variant}.json";
    }

    /// <summary>
    /// The report that a folder holds about these weights and these images, be it one that <see cref="Save"/> has moved aside;
    /// null where it holds none.
    /// </summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="weights">Digest of the weights, see <see cref="DigestOf"/>.</param>
    /// <param name="heldOut">The held-out images.</param>
    /// <param name="variant">Which of the folder's weights these are; null for those without a variant.</param>
    /// <exception cref="ArgumentException"><paramref name="variant"/> is no plain name.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static EvaluationReport? Load(string folder, string weights, HeldOutReport heldOut, string? variant = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(heldOut);
        var name = FileNameOf(variant);
        return In(folder) ?? In(EvaluationArchive.PlaceOf(folder, weights, heldOut.Digest));

        EvaluationReport? In(string place) =>
            EvaluationFile.Read(place, name) is { } report && report.IsAbout(weights, heldOut.Digest, variant)
                ? report
                : null;
    }

    /// <summary>The report that a folder holds, whatever weights and images it is about; null where it holds none.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="InvalidDataException">The file is damaged, no plain file, or a link that leads out of the
    /// folder.</exception>
    public static EvaluationReport? Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return EvaluationFile.Read(folder);
    }

    /// <summary>Reads a report.</summary>
    /// <param name="json">The file's text.</param>
    /// <exception cref="JsonException">It is no report, or not a whole one.</exception>
    public static EvaluationReport FromJson(string json) =>
        EvaluationFile.Checked(JsonSerializer.Deserialize<EvaluationReport>(json, Format));

    /// <summary>
    /// This report with a sampler's scores, in place of older ones of the same sampler, choice, number of calls, seed, grid,
    /// number of samples and features. Older ones whose seed or choice isn't known are replaced whatever it is.
    /// </summary>
    /// <param name="sampler">The scores.</param>
    public EvaluationReport With(SamplerReport sampler)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        return this with
        {
            Frechet = sampler.Frechet,
            Precision = sampler.Precision,
            Recall = sampler.Recall,
            Sampler = sampler.Sampler,
            Calls = sampler.Calls,
            Seconds = sampler.Seconds,
            Seed = sampler.Seed,
            Grid = sampler.Grid,
            Choice = sampler.Choice,
            Samplers =
            [
                .. Samplers
                    .Where(other => !other.IsReplacedBy(sampler))
                    .Append(sampler)
                    .OrderBy(other => other.Sampler, StringComparer.Ordinal)
                    .ThenBy(other => other.Choice, StringComparer.Ordinal)
                    .ThenBy(other => other.Grid, StringComparer.Ordinal)
                    .ThenBy(other => other.Calls)
                    .ThenBy(other => other.Seed)
                    .ThenBy(other => other.Frechet.Samples)
                    .ThenBy(other => other.Frechet.FeaturesVersion, StringComparer.Ordinal),
            ],
        };
    }

    /// <summary>As the file has it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Format) + "\n";

    /// <summary>
    /// Writes the file. An earlier one about the same weights and images is replaced whole; one about others is moved aside
    /// first, with its picture, to where <see cref="Load"/> finds it.
    /// </summary>
    /// <param name="folder">The model's folder.</param>
    /// <returns>Where the earlier one was moved to; null where none was.</returns>
    /// <exception cref="ArgumentException"><see cref="Variant"/> is no plain name.</exception>
    public string? Save(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var name = FileNameOf(Variant);
        var file = Path.Combine(folder, name);
        var moved = default(string);
        if (File.Exists(file) && (Found() is not { } found || !found.IsAbout(Weights, HeldOut.Digest, Variant)))
            moved = EvaluationArchive.Put(folder, name, Found());
        AtomicFile.WriteText(file, ToJson());
        EvaluationArchive.TakeBack(folder, name, this);
        return moved;

        EvaluationReport? Found()
        {
            try
            {
                return EvaluationFile.Read(folder, name);
            }
            catch (InvalidDataException)
            {
                return null;
            }
        }
    }

    private bool IsAbout(string weights, string heldOut, string? variant) =>
        (Weights, HeldOut.Digest, Variant) == (weights, heldOut, variant);
}
