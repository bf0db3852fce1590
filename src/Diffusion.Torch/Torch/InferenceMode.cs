using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>libtorch's inference mode on this thread, until it is disposed.</summary>
internal sealed class InferenceMode(bool enabled) : IDisposable
{
    private nint guard = Native.dt_inference_enter(enabled ? 1 : 0) is var entered and not 0
        ? entered
        : throw Native.Error();

    public void Dispose()
    {
        if (guard != 0)
        {
            Native.dt_inference_leave(guard);
            guard = 0;
        }
    }
}
