using System.Collections.Immutable;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// What a resumed run needs, as named tensors. Randomness isn't among it: that is a function of seed and step.
/// </summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Weights">The network's state dict.</param>
/// <param name="Averages">The moving averages, by the same names; the first is the one that samples are drawn with.</param>
/// <param name="Optimizer">AdamW's moments: <c>exp_avg.NAME</c> and <c>exp_avg_sq.NAME</c>.</param>
/// <param name="Times">The losses that importance sampling has seen; empty for other samplings of times.</param>
internal sealed record TrainerState(
    long Step,
    IReadOnlyDictionary<string, Tensor> Weights,
    ImmutableArray<AverageState> Averages,
    IReadOnlyDictionary<string, Tensor> Optimizer,
    IReadOnlyDictionary<string, Tensor> Times
)
{
    /// <summary>What AdamW's moments are called: this and the parameter's name.</summary>
    internal static readonly string[] MomentPrefixes = ["exp_avg.", "exp_avg_sq."];

    /// <summary>The live state: the tensors alias the trainer's.</summary>
    internal static TrainerState Of(
        nn.Module network,
        ImmutableArray<Ema> averages,
        IReadOnlyDictionary<string, Tensor> moments,
        long step,
        IReadOnlyDictionary<string, Tensor> times
    ) =>
        new(
            step,
            network.state_dict(),
            [.. averages.Select(average => new AverageState(average.Decay, average.State))],
            moments,
            times
        );

    /// <summary>Copies this state into a trainer's.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing, left over or of another shape; the part it is in is untouched.</exception>
    internal void CopyTo(nn.Module network, ImmutableArray<Ema> averages, IReadOnlyDictionary<string, Tensor> moments)
    {
        if (
            !averages
                .Select(average => average.Decay)
                .SequenceEqual(Averages.Select(state => state.Decay ?? averages[0].Decay))
        )
            throw new InvalidDataException(
                $"The checkpoint holds averages of the decays {string.Join(", ", Averages.Select(a => a.Decay))}; the run has"
                    + $" {string.Join(", ", averages.Select(a => a.Decay))}."
            );
        Nn.Weights.Copy(Weights, network.state_dict(), "the checkpoint's weights");
        Nn.Weights.Copy(Optimizer, moments, "the checkpoint's optimizer state");
        foreach (var (average, state) in averages.Zip(Averages))
            average.Load(state.Values, Step);
    }
}
