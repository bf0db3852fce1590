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

    /// <summary>How many images the parts that count them take.</summary>
    internal required ImmutableSortedDictionary<string, EvaluationCount> Counts { get; init; }
    internal required BoundOptions Bound { get; init; }
    internal required FlowOptions Flow { get; init; }
    internal required ImmutableArray<string> Samplers { get; init; }
    internal required string? Grid { get; init; }
    internal required string? Features { get; init; }
    internal required int Neighbours { get; init; }
    internal required int BatchSize { get; init; }
    internal required ulong Seed { get; init; }
    internal required Device Device { get; init; }
    internal required bool Json { get; init; }

    internal int BoundImages => Counts["bound"].Value;
    internal int FlowImages => Counts["flow"].Value;
    internal int Samples => Counts["samples"].Value;

    internal bool Wants(string part) => Parts.Contains(part);

    /// <summary>The same for the images that there are: numbers that nobody typed become theirs, and a part that there are too
    /// few for is left out where nobody asked for it.</summary>
    /// <param name="images">The held-out images.</param>
    /// <param name="note">Told of each change, one line.</param>
    /// <exception cref="ArgumentException">More are asked for than there are, or a part that there are too few for.</exception>
    internal EvaluationRequest FittedTo(ImageDataset images, Action<string> note)
    {
        var tooMany = Counts.Where(count => Wants(count.Key) && count.Value.Value > images.Count).ToList();
        if (tooMany.Find(count => count.Value.IsTyped).Value is { } typed)
            throw new ArgumentException(
                $"{typed.Option} is {typed.Value}; {images.Name} has {images.Count} held-out images. Ask for at most that."
            );
        var fitted = this;
        foreach (var (part, count) in tooMany)
        {
            if (images.Count >= count.Least)
            {
                note(
                    $"{part}: {images.Count}, as many as {images.Name} has images, in place of the usual {count.Value}."
                );
                fitted = fitted with { Counts = fitted.Counts.SetItem(part, count with { Value = images.Count }) };
                continue;
            }
            var tooFew =
                $"{images.Name} has {images.Count} held-out images; at least {count.Least} are needed (--data names others).";
            if (HasChosenParts)
                throw new ArgumentException($"{part}: {tooFew}");
            note($"{part}: left out. {tooFew}");
            fitted = fitted with { Parts = fitted.Parts.Remove(part) };
        }
        return fitted;
    }
}
