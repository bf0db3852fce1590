using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Moving and converting modules. All change the module itself and return it.</summary>
/// <remarks>Parameters are replaced by new ones: make the optimizer after the move.</remarks>
public static class ModuleExtensionMethods
{
    /// <summary>Converts parameters and buffers; integer tensors keep their type.</summary>
    /// <param name="module">The module.</param>
    /// <param name="type">A floating or complex type.</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T to<T>(this T module, ScalarType type, bool non_blocking = false)
        where T : nn.Module => (T)module._to(type, non_blocking);

    /// <summary>Moves and converts parameters and buffers; integer tensors keep their type.</summary>
    /// <param name="module">The module.</param>
    /// <param name="device">Where to.</param>
    /// <param name="type">A floating or complex type.</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T to<T>(this T module, Device device, ScalarType type, bool non_blocking = false)
        where T : nn.Module => (T)module._to(device, type, non_blocking);

    /// <summary>Moves parameters and buffers.</summary>
    /// <param name="module">The module.</param>
    /// <param name="deviceType">Where to.</param>
    /// <param name="deviceIndex">Which one; −1 for the current.</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T to<T>(this T module, DeviceType deviceType, int deviceIndex = -1, bool non_blocking = false)
        where T : nn.Module => (T)module._to(deviceType, deviceIndex, non_blocking);

    /// <summary>Moves parameters and buffers.</summary>
    /// <param name="module">The module.</param>
    /// <param name="device">Where to.</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T to<T>(this T module, Device device, bool non_blocking = false)
        where T : nn.Module => (T)module._to(device.type, device.index, non_blocking);

    /// <summary>Moves parameters and buffers.</summary>
    /// <param name="module">The module.</param>
    /// <param name="device">Where to, such as "cpu" or "cuda:1".</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T to<T>(this T module, string device, bool non_blocking = false)
        where T : nn.Module => module.to(new Device(device), non_blocking);

    /// <summary>Moves and converts parameters and buffers.</summary>
    /// <param name="module">The module.</param>
    /// <param name="other">A tensor of the type and in the place wanted.</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T to<T>(this T module, Tensor other, bool non_blocking = false)
        where T : nn.Module => module.to(other.device, other.dtype, non_blocking);

    /// <summary>Moves parameters and buffers to main memory.</summary>
    /// <param name="module">The module.</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T cpu<T>(this T module, bool non_blocking = false)
        where T : nn.Module => module.to(DeviceType.CPU, -1, non_blocking);

    /// <summary>Moves parameters and buffers to a GPU.</summary>
    /// <param name="module">The module.</param>
    /// <param name="deviceIndex">Which one; −1 for the current.</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T cuda<T>(this T module, int deviceIndex = -1, bool non_blocking = false)
        where T : nn.Module => module.to(DeviceType.CUDA, deviceIndex, non_blocking);

    /// <summary>Converts to 16-bit floating point.</summary>
    /// <param name="module">The module.</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T half<T>(this T module, bool non_blocking = false)
        where T : nn.Module => module.to(ScalarType.Float16, non_blocking);

    /// <summary>Converts to bfloat16.</summary>
    /// <param name="module">The module.</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T bfloat16<T>(this T module, bool non_blocking = false)
        where T : nn.Module => module.to(ScalarType.BFloat16, non_blocking);

    /// <summary>Converts to 32-bit floating point.</summary>
    /// <param name="module">The module.</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T @float<T>(this T module, bool non_blocking = false)
        where T : nn.Module => module.to(ScalarType.Float32, non_blocking);

    /// <summary>Converts to 64-bit floating point.</summary>
    /// <param name="module">The module.</param>
    /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
    public static T @double<T>(this T module, bool non_blocking = false)
        where T : nn.Module => module.to(ScalarType.Float64, non_blocking);
}
