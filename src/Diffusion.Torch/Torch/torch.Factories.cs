using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static readonly Op arangeOp = new("arange", "start_step");
    private static readonly Op eyeOp = new("eye", "m");
    private static readonly Op linspaceOp = new("linspace");
    private static readonly Op logspaceOp = new("logspace");
    private static readonly Op randintOp = new("randint", "low_generator");
    private static readonly Op randpermOp = new("randperm", "generator");
    private static readonly Op emptyStridedOp = new("empty_strided");
    private static readonly Op trilIndicesOp = new("tril_indices");
    private static readonly Op triuIndicesOp = new("triu_indices");

    /// <summary>Integers if all three numbers are, else the default type.</summary>
    public static Tensor arange(
        Scalar start,
        Scalar stop,
        Scalar step,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    )
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(stop);
        ArgumentNullException.ThrowIfNull(step);
        var integral = is_integral(start.Type) && is_integral(stop.Type) && is_integral(step.Type);
        var type = dtype ?? (integral ? ScalarType.Int64 : defaultType);
        return arangeOp
            .Call(start, stop, step, type, Arg.None, InitializeDevice(device), false)
            .requires_grad_(requires_grad);
    }

    public static Tensor arange(
        Scalar start,
        Scalar stop,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => arange(start, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(
        Scalar stop,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) => arange(0, stop, 1, dtype, device, requires_grad);

    public static Tensor eye(
        long rows,
        long columns = -1L,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        string[]? names = null
    ) =>
        Made(
            eyeOp.Call(
                rows,
                columns < 0 ? rows : columns,
                dtype ?? defaultType,
                Arg.None,
                InitializeDevice(device),
                false
            ),
            requires_grad,
            names
        );

    public static Tensor linspace(
        double start,
        double end,
        long steps,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) =>
        linspaceOp
            .Call(start, end, steps, dtype ?? defaultType, Arg.None, InitializeDevice(device), false)
            .requires_grad_(requires_grad);

    public static Tensor logspace(
        double start,
        double end,
        long steps,
        double @base = 10,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false
    ) =>
        logspaceOp
            .Call(start, end, steps, @base, dtype ?? defaultType, Arg.None, InitializeDevice(device), false)
            .requires_grad_(requires_grad);

    public static Tensor empty_strided(
        long[] size,
        long[] strides,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        string[]? names = null
    ) =>
        Made(
            emptyStridedOp.Call(size, strides, dtype ?? defaultType, Arg.None, InitializeDevice(device), false),
            requires_grad,
            names
        );

    public static Tensor tril_indices(
        long row,
        long col,
        long offset = 0L,
        ScalarType dtype = ScalarType.Int64,
        Device? device = null
    ) => trilIndicesOp.Call(row, col, offset, dtype, Arg.None, InitializeDevice(device), false);

    public static Tensor triu_indices(
        long row,
        long col,
        long offset = 0L,
        ScalarType dtype = ScalarType.Int64,
        Device? device = null
    ) => triuIndicesOp.Call(row, col, offset, dtype, Arg.None, InitializeDevice(device), false);

    /// <summary>Draws from a normal distribution.</summary>
    public static Tensor normal(
        double mean,
        double std,
        ReadOnlySpan<long> size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null,
        string[]? names = null
    ) => Made(empty(size, dtype, device).normal_(mean, std, generator), requires_grad, names);

    public static Tensor normal(Tensor mean, Tensor std, Generator? generator = null)
    {
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(std);
        using var noise = randn(mean.shape, mean.dtype, mean.device, false, generator);
        return mean.addcmul(noise, std, 1);
    }

    /// <summary>Integers from low (inclusive) to high (exclusive), of type Int64 unless told otherwise.</summary>
    public static Tensor randint(
        long low,
        long high,
        Size size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null,
        string[]? names = null
    ) =>
        Made(
            randintOp.Call(
                low,
                high,
                size.Shape,
                generator,
                dtype ?? ScalarType.Int64,
                Arg.None,
                InitializeDevice(device),
                false
            ),
            requires_grad,
            names
        );

    public static Tensor randint(
        long high,
        Size size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null,
        string[]? names = null
    ) => randint(0, high, size, dtype, device, requires_grad, generator, names);

    public static Tensor randint(
        long high,
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null,
        string[]? names = null
    ) => randint(0, high, new Size(NotNull(size)), dtype, device, requires_grad, generator, names);

    public static Tensor randint(
        long low,
        long high,
        long[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null,
        string[]? names = null
    ) => randint(low, high, new Size(NotNull(size)), dtype, device, requires_grad, generator, names);

    public static Tensor randint(
        int low,
        int high,
        int[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null,
        string[]? names = null
    ) => randint(low, high, new Size(NotNull(size)), dtype, device, requires_grad, generator, names);

    public static Tensor randint(
        int high,
        int[] size,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null,
        string[]? names = null
    ) => randint(0, high, new Size(NotNull(size)), dtype, device, requires_grad, generator, names);

    /// <summary>The numbers from 0 to n−1 in random order.</summary>
    public static Tensor randperm(
        long n,
        ScalarType? dtype = null,
        Device? device = null,
        bool requires_grad = false,
        Generator? generator = null
    ) =>
        randpermOp
            .Call(n, generator, dtype ?? ScalarType.Int64, Arg.None, InitializeDevice(device), false)
            .requires_grad_(requires_grad);

    /// <summary>A copy of a .NET array of any number of dimensions, in the array's own type.</summary>
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    public static Tensor from_array(
        Array rawArray,
        ScalarType? dtype,
        Device? device = null,
        bool requires_grad = false,
        string[]? names = null
    )
    {
        ArgumentNullException.ThrowIfNull(rawArray);
        return Copy(rawArray, Shape(rawArray), dtype, device, requires_grad, names);
    }

    public static Tensor as_tensor(Array data, ScalarType? dtype = null, Device? device = null) =>
        from_array(data, dtype, device);

    /// <summary>A tensor over the memory of a .NET array itself: each sees what the other writes.</summary>
    public static unsafe Tensor frombuffer(
        Array rawArray,
        ScalarType dtype,
        long count = -1,
        long offset = 0,
        bool requires_grad = false
    )
    {
        ArgumentNullException.ThrowIfNull(rawArray);
        if (offset < 0 || offset >= rawArray.LongLength)
        {
            throw new ArgumentException(
                $"The offset is {offset}; the allowed range is 0 to {rawArray.LongLength - 1}.",
                nameof(offset)
            );
        }
        if (count > rawArray.LongLength - offset)
        {
            throw new IndexOutOfRangeException(
                $"The count is {count}; from {offset} on the array has {rawArray.LongLength - offset} elements."
            );
        }
        count = count < 0 ? rawArray.LongLength - offset : count;
        var type = ToScalarType(rawArray.GetType().GetElementType()!);
        var pin = GCHandle.Alloc(rawArray, GCHandleType.Pinned);
        var memory = (byte*)pin.AddrOfPinnedObject() + offset * type.ElementSize();
        var result = Native.dt_from_memory(memory, &count, 1, (int)type, &Unpin, GCHandle.ToIntPtr(pin));
        if (result == 0)
        {
            pin.Free();
        }
        return Typed(Native.Tensor(result), dtype).requires_grad_(requires_grad);
    }

    [UnmanagedCallersOnly]
    private static void Unpin(nint context) => GCHandle.FromIntPtr(context).Free();

    // Without dimensions, a tensor of one.
    internal static Tensor FromList<T>(
        IList<T> values,
        long[]? dimensions,
        ScalarType? dtype,
        Device? device,
        bool requires_grad,
        string[]? names,
        [CallerArgumentExpression(nameof(values))] string? argument = null
    )
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(values, argument);
        var array = values as T[] ?? values.ToArray();
        return FromSpan<T>(array, dimensions ?? [array.Length], dtype, device, requires_grad, names);
    }

    internal static unsafe Tensor FromSpan<T>(
        ReadOnlySpan<T> values,
        long[] dimensions,
        ScalarType? dtype,
        Device? device,
        bool requires_grad,
        string[]? names
    )
        where T : unmanaged
    {
        fixed (T* source = values)
        {
            return FromPointer(
                source,
                values.Length,
                sizeof(T),
                ToScalarType(typeof(T)),
                dimensions,
                dtype,
                device,
                requires_grad,
                names
            );
        }
    }

    internal static Tensor FromArray<T>(
        Array values,
        ScalarType? dtype,
        Device? device,
        bool requires_grad,
        string[]? names,
        [CallerArgumentExpression(nameof(values))] string? argument = null
    )
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(values, argument);
        return FromSpan<T>(
            MemoryMarshal.CreateReadOnlySpan(
                ref Unsafe.As<byte, T>(ref MemoryMarshal.GetArrayDataReference(values)),
                values.Length
            ),
            Shape(values),
            dtype,
            device,
            requires_grad,
            names
        );
    }

    private static unsafe Tensor Copy(
        Array values,
        long[] dimensions,
        ScalarType? dtype,
        Device? device,
        bool requires_grad,
        string[]? names
    )
    {
        var type = ToScalarType(values.GetType().GetElementType()!);
        fixed (byte* source = &MemoryMarshal.GetArrayDataReference(values))
        {
            return FromPointer(
                source,
                values.LongLength,
                type.ElementSize(),
                type,
                dimensions,
                dtype,
                device,
                requires_grad,
                names
            );
        }
    }

    private static unsafe Tensor FromPointer(
        void* source,
        long length,
        int elementSize,
        ScalarType type,
        long[] dimensions,
        ScalarType? dtype,
        Device? device,
        bool requires_grad,
        string[]? names
    )
    {
        var count = dimensions.Aggregate(1L, (product, size) => checked(product * size));
        if (count != length)
        {
            throw new ArgumentException(
                $"An array of {length} elements for a tensor of shape [{string.Join(", ", dimensions)}], of {count}.",
                nameof(dimensions)
            );
        }
        var target = InitializeDevice(device);
        var result = empty(dimensions, type, CPU);
        if (count > 0)
        {
            Buffer.MemoryCopy(source, result.DataPointer(), count * elementSize, count * elementSize);
            GC.KeepAlive(result);
        }
        if ((dtype ?? type) != type || target.type != DeviceType.CPU)
        {
            using (result)
            {
                return Made(result.to(dtype ?? type, target), requires_grad, names);
            }
        }
        return Made(result, requires_grad, names);
    }

    private static long[] Shape(Array values) =>
        Enumerable.Range(0, values.Rank).Select(values.GetLongLength).ToArray();

    private static ScalarType Default(Scalar value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return is_integral(value.Type) ? ScalarType.Int64 : defaultType;
    }

    /// <summary>The value itself, unless it is null.</summary>
    internal static T NotNull<T>(T? value, [CallerArgumentExpression(nameof(value))] string? argument = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(value, argument);
        return value;
    }

    private static Tensor Typed(Tensor result, ScalarType type)
    {
        if (result.dtype == type)
        {
            return result;
        }
        using (result)
        {
            return result.to_type(type);
        }
    }

    private static Tensor Made(Tensor tensor, bool requires_grad, string[]? names)
    {
        if (names is not null)
        {
            tensor.Dispose();
            throw new NotSupportedException("This engine has no named dimensions: leave names out.");
        }
        return requires_grad ? tensor.requires_grad_() : tensor;
    }
}
