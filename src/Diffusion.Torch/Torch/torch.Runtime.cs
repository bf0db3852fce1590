using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static ScalarType defaultType = ScalarType.Float32;
    private static Device defaultDevice = CPU;

    /// <summary>libtorch's version.</summary>
    public static unsafe string __version__ => Marshal.PtrToStringUTF8((nint)Native.dt_version())!;

    /// <summary>How many threads one operator uses.</summary>
    public static int get_num_threads() => Native.Check(Native.dt_get_threads());

    public static void set_num_threads(int num)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(num, 1);
        Native.Check(Native.dt_set_threads(num));
    }

    public static int get_num_interop_threads() => Native.Check(Native.dt_get_interop_threads());

    public static void set_num_interop_threads(int num)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(num, 1);
        Native.Check(Native.dt_set_interop_threads(num));
    }

    /// <summary>The type of floating-point tensors that name none.</summary>
    public static ScalarType get_default_dtype() => defaultType;

    public static void set_default_dtype(ScalarType dtype)
    {
        if (!is_floating_point(dtype))
        {
            throw new ArgumentException($"The default type is a floating-point type, not {dtype}.", nameof(dtype));
        }
        defaultType = dtype;
    }

    public static void set_default_tensor_type(Tensor t) => set_default_dtype(NotNull(t).dtype);

    public static Device get_default_device() => defaultDevice;

    public static void set_default_device(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        defaultDevice = device;
    }

    public static void set_default_device(string device) => set_default_device(new Device(device));

    public static ScalarType promote_types(ScalarType type1, ScalarType type2) =>
        (ScalarType)Native.Check(Native.dt_promote_types((int)type1, (int)type2));

    public static bool can_cast(ScalarType from, ScalarType to) =>
        Native.Check(Native.dt_can_cast((int)from, (int)to)) != 0;
}
