using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Diffusion.Api;

/// <summary>Where in a run a checkpoint is; its <c>position.json</c>.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Seconds">Training time so far.</param>
internal sealed record CheckpointPosition([property: JsonRequired] long Step, [property: JsonRequired] double Seconds)
{
    /// <summary>Sum of the losses since the log's last line.</summary>
    public double LossSum { get; init; }

    /// <summary>How many losses that are; null in checkpoints of before this was kept.</summary>
    public long? LossSteps { get; init; }

    /// <summary>What the run is made from; null in checkpoints of before this was kept.</summary>
    public JsonObject? Setup { get; init; }

    /// <summary>The final decays of the averages, in the order of their files; null in checkpoints of before there were
    /// several.</summary>
    public ImmutableArray<double>? EmaDecays { get; init; }

    /// <summary>SHA-256 of the other files by name; null in checkpoints of before this was kept.</summary>
    public ImmutableSortedDictionary<string, string>? Sha256 { get; init; }
}
