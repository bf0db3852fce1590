using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Nn;

/// <summary>Group normalisation without weights of its own, scaled and shifted by the time embedding.</summary>
internal sealed class TimeGroupNorm : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly int _groups;
    private readonly double _epsilon;

    // TorchSharp registers fields under their names: this is the name of the checkpoint's tensors.
    private readonly Linear linear;

    internal TimeGroupNorm(int timeChannels, int channels, int groups, double epsilon = 1e-5)
        : base(nameof(TimeGroupNorm))
    {
        _groups = groups;
        _epsilon = epsilon;
        linear = nn.Linear(timeChannels, 2 * channels);
        RegisterComponents();
    }

    /// <summary>A new tensor of x's shape, from x [B, C, H, W] and the time embedding [B, timeChannels], which isn't
    /// activated first.</summary>
    public override Tensor forward(Tensor x, Tensor time)
    {
        using var projected = linear.call(time).Then(t => t.view(t.shape[0], t.shape[1], 1, 1));
        return Layers.ScaleShift(F.group_norm(x, _groups, eps: _epsilon), projected);
    }
}
