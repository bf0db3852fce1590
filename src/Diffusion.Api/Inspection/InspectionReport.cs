using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>All that can be said of a model's files without running it. Immutable; holds no tensors.</summary>
public sealed record InspectionReport
{
    /// <summary>What was inspected.</summary>
    public required string Path { get; init; }

    /// <summary>What it is.</summary>
    public ModelKind Kind { get; init; }

    /// <summary>The pipeline's class as <c>model_index.json</c> says it; null where there is none.</summary>
    public string? PipelineClass { get; init; }

    /// <summary>The network's config, key by key; null where there is none.</summary>
    public ConfigReport? NetworkConfig { get; init; }

    /// <summary>The network that the config describes; null where none can be made.</summary>
    public NetworkReport? Network { get; init; }

    /// <summary>The scheduler's config, key by key; null where there is none.</summary>
    public ConfigReport? SchedulerConfig { get; init; }

    /// <summary>What the scheduler's config means; null where that isn't known.</summary>
    public SchedulerReport? Scheduler { get; init; }

    /// <summary>All weights; the first are those that loading takes.</summary>
    public ImmutableArray<WeightsReport> Weights { get; init; } = [];

    /// <summary>The checkpoints of a training run, the newest first.</summary>
    public ImmutableArray<CheckpointReport> Checkpoints { get; init; } = [];

    /// <summary>Steps that a training run shall have; null for anything else.</summary>
    public long? TrainingSteps { get; init; }

    /// <summary>Why it doesn't load; empty where it does.</summary>
    public ImmutableArray<InspectionProblem> Problems { get; init; } = [];

    /// <summary>What is worth a word and does no harm.</summary>
    public ImmutableArray<string> Notices { get; init; } = [];

    /// <summary>Whether it would load.</summary>
    public bool Loads => Problems.IsEmpty;

    /// <summary>The report for machines: one JSON object, indented, keys in snake case.</summary>
    public string ToJson() => InspectionJson.Write(this);
}
