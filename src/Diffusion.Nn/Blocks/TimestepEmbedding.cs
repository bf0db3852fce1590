using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>Two linear layers with SiLU between: features of the time → time embedding.</summary>
public sealed class TimestepEmbedding : nn.Module<Tensor, Tensor>
{
    // TorchSharp registers fields under their names: these are the names of the checkpoint's tensors.
    private readonly Linear linear_1;
    private readonly Linear linear_2;

    /// <summary>Makes the layers with PyTorch's default initialisation.</summary>
    /// <param name="features">Features of the time.</param>
    /// <param name="channels">Width of the embedding.</param>
    public TimestepEmbedding(int features, int channels)
        : base(nameof(TimestepEmbedding))
    {
        linear_1 = nn.Linear(features, channels);
        linear_2 = nn.Linear(channels, channels);
        RegisterComponents();
    }

    /// <summary>Embeds the features.</summary>
    /// <param name="features">[B, features].</param>
    /// <returns>A new tensor [B, channels].</returns>
    public override Tensor forward(Tensor features) =>
        linear_1.call(features).Activated(ActivationFunction.Silu).Then(linear_2.call);
}
