using System.Collections.Immutable;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>What a report shows. Of a part that is missing it says why, and what makes it.</summary>
internal sealed record ReportContent
{
    internal required string Folder { get; init; }
    internal required TrainingSetup? Setup { get; init; }
    internal required ImmutableArray<TrainingMetrics> Metrics { get; init; }
    internal required ReportPart<IReadOnlyList<FramePicture>> Samples { get; init; }
    internal required ReportPart<IReadOnlyList<FramePicture>> Trajectory { get; init; }
    internal required ReportPart<MeasuredLosses> Losses { get; init; }
    internal required ReportPart<EvaluationReport> Evaluation { get; init; }
    internal required FramePicture? Neighbours { get; init; }
    internal required long? Parameters { get; init; }
    internal required IReadOnlyList<(string Title, string Json)> Settings { get; init; }
    internal required IReadOnlyList<(string Name, string Value)> Versions { get; init; }
}
