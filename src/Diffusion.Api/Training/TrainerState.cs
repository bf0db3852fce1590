using Diffusion.Nn;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// What a resumed run needs, as named tensors. Randomness isn't among it: that is a function of seed and step.
/// </summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Weights">The network's state dict.</param>
/// <param name="Ema">The moving average, by the same names.</param>
/// <param name="Optimizer">AdamW's moments: <c>exp_avg.NAME</c> and <c>exp_avg_sq.NAME</c>.</param>
internal sealed record TrainerState(
    long Step,
    IReadOnlyDictionary<string, Tensor> Weights,
    IReadOnlyDictionary<string, Tensor> Ema,
    IReadOnlyDictionary<string, Tensor> Optimizer
)
{
    /// <summary>What AdamW's moments are called: this and the parameter's name.</summary>
    internal static readonly string[] MomentPrefixes = ["exp_avg.", "exp_avg_sq."];

    /// <summary>The live state: the tensors alias the trainer's.</summary>
    internal static TrainerState Of(nn.Module network, Ema ema, AdamW optimizer, long step) =>
        new(step, network.state_dict(), ema.State, Moments(network, optimizer));

    /// <summary>Copies this state into a trainer's.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing, left over or of another shape; the part it is in is untouched.</exception>
    internal void CopyTo(nn.Module network, Ema ema, AdamW optimizer)
    {
        Nn.Weights.Copy(Weights, network.state_dict(), "the checkpoint's weights");
        Nn.Weights.Copy(Optimizer, Moments(network, optimizer), "the checkpoint's optimizer state");
        ema.Load(Ema, Step);
        foreach (var state in optimizer.state_dict().State.Cast<AdamW.State>())
            state.step = Step;
    }

    private static Dictionary<string, Tensor> Moments(nn.Module network, AdamW optimizer)
    {
        var moments = new Dictionary<string, Tensor>();
        foreach (
            var ((name, _), state) in network.named_parameters().Zip(optimizer.state_dict().State.Cast<AdamW.State>())
        )
        {
            moments[MomentPrefixes[0] + name] = state.exp_avg;
            moments[MomentPrefixes[1] + name] = state.exp_avg_sq;
        }
        return moments;
    }
}
