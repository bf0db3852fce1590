using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>Sets whether gradients are recorded on this thread, until it is disposed.</summary>
internal sealed class GradMode : IDisposable
{
    private readonly bool before = Native.dt_grad_enabled() != 0;

    public GradMode(bool enabled) => Native.Check(Native.dt_set_grad_enabled(enabled ? 1 : 0));

    public void Dispose() => Native.dt_set_grad_enabled(before ? 1 : 0);
}
