using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Turns recording of gradients off on this thread until the result is disposed.</summary>
    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static bool is_grad_enabled() => Native.dt_grad_enabled() != 0;

    /// <summary>Like <see cref="no_grad"/>, and views and versions aren't tracked either.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    public static bool is_inference_mode_enabled() => Native.dt_inference_enabled() != 0;
}
