using System.Text.Json;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>Reads a folder's <c>evaluation.json</c>, which may be anybody's.</summary>
internal static class EvaluationFile
{
    /// <summary>The report of a folder; null where it has none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The file's name.</param>
    /// <exception cref="InvalidDataException">The file is damaged, no plain file, or a link that leads out of the
    /// folder.</exception>
    internal static EvaluationReport? Read(string folder, string name = EvaluationReport.FileName)
    {
        var file = Path.Combine(folder, name);
        if (!File.Exists(file))
            return null;
        try
        {
            return EvaluationReport.FromJson(
                RegularFile.ReadText(FolderPath.Inside(folder, name, folder), "an evaluation")
            );
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException(
                $"'{file}' is damaged: {damaged.Message} Delete it to evaluate afresh.",
                damaged
            );
        }
        catch (InvalidDataException refused)
        {
            throw new InvalidDataException($"{refused.Message} Or delete it to evaluate afresh.", refused);
        }
    }

    /// <summary>Refuses a report with parts missing: the serializer leaves null what the file does, whatever the types say.</summary>
    /// <exception cref="JsonException">A part is missing.</exception>
    internal static EvaluationReport Checked(EvaluationReport? report) =>
        report is not null && IsWhole(report) ? report : throw new JsonException("A part of it is missing.");

    private static bool IsWhole(EvaluationReport report) =>
        report is { Weights: not null, HeldOut: { Name: not null, Digest: not null }, Samplers.IsDefault: false }
        && report.Samplers.All(s =>
            s is { Sampler: not null, Frechet.FeaturesVersion: not null, Calls: > 0 }
            && double.IsFinite(s.Frechet.Value)
            && double.IsFinite(s.Frechet.Real ?? 0)
        )
        && report.Bound is null or { Estimator: not null, Ci95: { IsDefault: false, Length: 2 } }
        && (report.Bound?.ByTime is not { IsDefault: false } terms || terms.All(double.IsFinite))
        && report.Flow is null or { Trace: not null, Solver: not null, Ci95: { IsDefault: false, Length: 2 } }
        && report.Frechet is null or { FeaturesVersion: not null }
        && report.Neighbours is null or { Sampler: not null, Picture: not null };
}
