using System.Text.Json;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>Reads a folder's <c>evaluation.json</c>, which may be anybody's.</summary>
internal static class EvaluationFile
{
    /// <summary>The report of a folder; null where it has none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    internal static EvaluationReport? Read(string folder)
    {
        var file = Path.Combine(folder, EvaluationReport.FileName);
        if (!File.Exists(file))
            return null;
        try
        {
            var report = EvaluationReport.FromJson(File.ReadAllText(file));
            if (!IsWhole(report))
                throw new JsonException("A part of it is missing.");
            return report;
        }
        catch (JsonException damaged)
        {
            throw new InvalidDataException(
                $"'{file}' is damaged: {damaged.Message} Delete it and evaluate afresh.",
                damaged
            );
        }
    }

    // The serializer leaves null what the file does, whatever the types say.
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
