using System.Collections.Immutable;
using Diffusion.Api;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>What <c>diffusion evaluate</c> was asked for.</summary>
internal sealed record EvaluationRequest
{
    /// <summary>The parts of an evaluation, by the names that <c>--only</c> takes.</summary>
    internal static readonly ImmutableArray<string> AllParts = ["bound", "flow", "samples", "neighbours"];

    internal required string Folder { get; init; }
    internal required string? Variant { get; init; }
    internal required string Data { get; init; }
    internal required string? TrainingData { get; init; }
    internal required int? Size { get; init; }
    internal required ImmutableArray<string> Parts { get; init; }

    /// <summary>Whether the user named the parts: one that can't be done is an error then, and left out else.</summary>
    internal required bool HasChosenParts { get; init; }
    internal required int BoundImages { get; init; }
    internal required BoundOptions Bound { get; init; }
    internal required int FlowImages { get; init; }
    internal required FlowOptions Flow { get; init; }
    internal required int Samples { get; init; }
    internal required ImmutableArray<string> Samplers { get; init; }
    internal required string? Grid { get; init; }
    internal required string? Features { get; init; }
    internal required int Neighbours { get; init; }
    internal required int BatchSize { get; init; }
    internal required ulong Seed { get; init; }
    internal required Device Device { get; init; }
    internal required bool Json { get; init; }

    internal bool Wants(string part) => Parts.Contains(part);
}
