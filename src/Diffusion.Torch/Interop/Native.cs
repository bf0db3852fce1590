using System.Numerics;
using System.Reflection;
using System.Runtime.InteropServices;
using Diffusion.Engine;

namespace TorchSharp.Interop;

/// <summary>The bridge's functions. Handles are owned references; 0 stands for an undefined tensor.</summary>
internal static unsafe partial class Native
{
    private const string Library = "diffusion_torch";

    static Native()
    {
        WaitWithoutSpinning();
        NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, Resolve);
        // libtorch starts with one thread in Debian's build.
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OMP_NUM_THREADS")))
        {
            dt_set_threads(Environment.ProcessorCount);
        }
        // What a container allows, where there is one.
        dt_memory_limit(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);
        TensorMemory.IsKept = Kernels.IsOn("memory");
    }

    /// <summary>The error that the last failed call on this thread left.</summary>
    public static ExternalException Error() => new(Marshal.PtrToStringUTF8((nint)dt_last_error()));

    /// <summary>Throws the error that a call reports by a negative number; returns any other.</summary>
    public static T Check<T>(T result)
        where T : IBinaryInteger<T> => T.IsNegative(result) ? throw Error() : result;

    /// <summary>A tensor from a handle that is 0 only on failure.</summary>
    public static torch.Tensor Tensor(nint handle) => handle != 0 ? new torch.Tensor(handle) : throw Error();

    // libgomp spins at barriers for long: where another process takes a core, each parallel region can cost a scheduler
    // tick. Binding threads to cores helps as well, but .NET's new threads and child processes inherit the binding.
    // libgomp reads its environment once, when it is loaded, and .NET's own variables don't reach it.
    private static void WaitWithoutSpinning()
    {
        string[] waiting = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY"];
        if (OperatingSystem.IsLinux() && waiting.All(name => Environment.GetEnvironmentVariable(name) is null))
        {
            setenv("OMP_WAIT_POLICY", "passive", 0);
        }
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
        {
            return 0;
        }
        var file = Path.Combine(AppContext.BaseDirectory, "libdiffusion_torch.so");
        if (!File.Exists(file))
        {
            file = Path.Combine(Path.GetDirectoryName(assembly.Location) ?? "", "libdiffusion_torch.so");
        }
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (DllNotFoundException error)
        {
            throw new DllNotFoundException(
                $"The tensor engine's library {file} doesn't load: {error.Message} "
                    + "It needs libtorch: apt-get install libtorch-dev libopenblas0-pthread, then build again.",
                error
            );
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport(Library)]
    public static partial byte* dt_last_error();

    [LibraryImport(Library)]
    public static partial byte* dt_version();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint dt_find(string name, string overload);

    [LibraryImport(Library)]
    public static partial byte* dt_argument_name(nint op, int index);

    [LibraryImport(Library)]
    public static partial int dt_argument_is_optional(nint op, int index);

    [LibraryImport(Library)]
    public static partial int dt_call(nint op, Cell* cells, int count, Cell* results, int room);

    [LibraryImport(Library)]
    public static partial nint dt_index(nint self, Cell* cells, int count);

    [LibraryImport(Library)]
    public static partial int dt_use_keeping_allocator(int on);

    [LibraryImport(Library)]
    public static partial void dt_memory(long* figures);

    [LibraryImport(Library)]
    public static partial void dt_memory_give_back();

    [LibraryImport(Library)]
    public static partial void dt_memory_limit(long bytes);

    [LibraryImport(Library)]
    public static partial int dt_convolution_fits(
        nint x,
        nint weight,
        nint bias,
        long padHeight,
        long padWidth,
        int winograd
    );

    [LibraryImport(Library)]
    public static partial nint dt_convolution(
        nint x,
        nint weight,
        nint bias,
        long padHeight,
        long padWidth,
        int winograd
    );

    [LibraryImport(Library)]
    public static partial int dt_profile_start();

    [LibraryImport(Library)]
    public static partial byte* dt_profile_stop();

    [LibraryImport(Library)]
    public static partial byte* dt_kernels();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int dt_use_kernels(string name);

    [LibraryImport(Library)]
    public static partial int dt_attention_fits(nint q, nint k, nint v, nint mask);

    [LibraryImport(Library)]
    public static partial nint dt_attention(nint q, nint k, nint v, nint mask, int causal, double scale);

    [LibraryImport(Library)]
    public static partial int dt_group_norm_fits(
        nint x,
        nint add,
        nint weight,
        nint bias,
        nint scale,
        nint shift,
        long groups
    );

    [LibraryImport(Library)]
    public static partial nint dt_group_norm(
        nint x,
        nint add,
        nint weight,
        nint bias,
        nint scale,
        nint shift,
        long groups,
        double epsilon,
        int silu
    );

    [LibraryImport(Library)]
    public static partial int dt_clip_gradients(
        nint* parameters,
        long count,
        double limit,
        double epsilon,
        double* norm
    );

    [LibraryImport(Library)]
    public static partial int dt_adam(AdamItem* items, long count);

    [LibraryImport(Library)]
    public static partial int dt_average(nint* averages, nint* values, long count, double decay);

    [LibraryImport(Library)]
    public static partial int dt_index_put(nint self, Cell* cells, int count, Cell* value);

    [LibraryImport(Library)]
    public static partial void dt_free(nint self);

    [LibraryImport(Library)]
    public static partial void dt_free_list(nint list);

    [LibraryImport(Library)]
    public static partial long dt_dim(nint self);

    [LibraryImport(Library)]
    public static partial long dt_numel(nint self);

    [LibraryImport(Library)]
    public static partial int dt_dtype(nint self);

    [LibraryImport(Library)]
    public static partial long dt_element_size(nint self);

    [LibraryImport(Library)]
    public static partial int dt_device(nint self, int* type, int* index);

    [LibraryImport(Library)]
    public static partial int dt_sizes(nint self, long* sizes);

    [LibraryImport(Library)]
    public static partial int dt_strides(nint self, long* strides);

    [LibraryImport(Library)]
    public static partial int dt_is_sparse(nint self);

    [LibraryImport(Library)]
    public static partial int dt_is_contiguous(nint self);

    [LibraryImport(Library)]
    public static partial long dt_storage_offset(nint self);

    [LibraryImport(Library)]
    public static partial void* dt_data(nint self);

    [LibraryImport(Library)]
    public static partial nint dt_from_memory(
        void* memory,
        long* sizes,
        int dim,
        int dtype,
        delegate* unmanaged<nint, void> release,
        nint context
    );

    [LibraryImport(Library)]
    public static partial int dt_item(nint self, Cell* result);

    [LibraryImport(Library)]
    public static partial int dt_requires_grad(nint self);

    [LibraryImport(Library)]
    public static partial int dt_set_requires_grad(nint self, int value);

    [LibraryImport(Library)]
    public static partial int dt_is_leaf(nint self);

    [LibraryImport(Library)]
    public static partial int dt_retain_grad(nint self);

    [LibraryImport(Library)]
    public static partial nint dt_grad(nint self);

    [LibraryImport(Library)]
    public static partial int dt_set_grad(nint self, nint grad);

    [LibraryImport(Library)]
    public static partial int dt_set_data(nint self, nint source);

    [LibraryImport(Library)]
    public static partial int dt_backward(
        nint* tensors,
        int count,
        nint* grads,
        int gradCount,
        int retainGraph,
        int createGraph,
        nint* inputs,
        int inputCount
    );

    [LibraryImport(Library)]
    public static partial int dt_autograd_grad(
        nint* outputs,
        int count,
        nint* inputs,
        int inputCount,
        nint* grads,
        int gradCount,
        int retainGraph,
        int createGraph,
        int allowUnused,
        nint* results
    );

    [LibraryImport(Library)]
    public static partial int dt_grad_enabled();

    [LibraryImport(Library)]
    public static partial int dt_set_grad_enabled(int enabled);

    [LibraryImport(Library)]
    public static partial nint dt_inference_enter(int enabled);

    [LibraryImport(Library)]
    public static partial void dt_inference_leave(nint mode);

    [LibraryImport(Library)]
    public static partial int dt_inference_enabled();

    [LibraryImport(Library)]
    public static partial nint dt_generator_new(int deviceType, int deviceIndex, ulong seed);

    [LibraryImport(Library)]
    public static partial nint dt_generator_default();

    [LibraryImport(Library)]
    public static partial void dt_generator_free(nint self);

    [LibraryImport(Library)]
    public static partial int dt_generator_set_seed(nint self, ulong seed);

    [LibraryImport(Library)]
    public static partial ulong dt_generator_seed(nint self, int fresh);

    [LibraryImport(Library)]
    public static partial nint dt_generator_get_state(nint self);

    [LibraryImport(Library)]
    public static partial int dt_generator_set_state(nint self, nint state);

    [LibraryImport(Library)]
    public static partial int dt_manual_seed(ulong seed);

    [LibraryImport(Library)]
    public static partial int dt_get_threads();

    [LibraryImport(Library)]
    public static partial int dt_set_threads(int count);

    [LibraryImport(Library)]
    public static partial int dt_get_interop_threads();

    [LibraryImport(Library)]
    public static partial int dt_set_interop_threads(int count);

    [LibraryImport(Library)]
    public static partial int dt_promote_types(int left, int right);

    [LibraryImport(Library)]
    public static partial int dt_can_cast(int from, int to);

    [LibraryImport(Library)]
    public static partial int dt_cuda_count();
}
