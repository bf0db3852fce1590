using System.Runtime.InteropServices;
using TorchSharp.Interop;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Engine;

/// <summary>The engine's own operators, where plain ones would pass over memory more often.</summary>
/// <remarks>
/// Each can be switched off, here or in the environment before the first use:
/// <c>DIFFUSION_PLAIN=attention,convolution,winograd,norm,optimizer</c>, or <c>all</c>. The results agree to rounding. They run on
/// the CPU in float32 and float64 (attention in bfloat16 also); what they don't cover is computed by libtorch's operators.
/// </remarks>
public static class Kernels
{
    private static readonly string[] Plain = (Environment.GetEnvironmentVariable("DIFFUSION_PLAIN") ?? "").Split(
        ',',
        StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries
    );

    /// <summary>Attention without the matrix of scores.</summary>
    public static bool Attention { get; set; } = IsOn("attention");

    /// <summary>Group normalisation in one pass with what stands around it.</summary>
    public static bool GroupNorm { get; set; } = IsOn("norm");

    /// <summary>Convolution without a change of memory order.</summary>
    public static bool Convolution { get; set; } = IsOn("convolution");

    /// <summary>Convolutions of 3 × 3 and 5 × 5 taps by Winograd's algorithm (arXiv:1509.09308), which takes a quarter, or a
    /// third, of the products, at about twice the rounding error of plain sums; part of <see cref="Convolution"/>. The matrix unit
    /// (<see cref="InstructionSet"/> amx) goes before it.</summary>
    public static bool Winograd { get; set; } = IsOn("winograd");

    /// <summary>Clipping of gradients, Adam and moving averages, each in one pass over all parameters.</summary>
    public static bool Optimizer { get; set; } = IsOn("optimizer");

    /// <summary>The instruction set of the kernels in use: amx, avx512, avx2 or generic. At first the best there is;
    /// <c>DIFFUSION_PLAIN=amx</c> leaves amx out.</summary>
    /// <exception cref="ArgumentException">This processor can't run the one that is set.</exception>
    public static unsafe string InstructionSet
    {
        get => Marshal.PtrToStringUTF8((nint)Native.dt_kernels())!;
        set
        {
            if (Native.dt_use_kernels(value) == 0)
                throw new ArgumentException($"This processor has no kernels for '{value}'.", nameof(value));
        }
    }

    /// <summary>softmax(Q Kᵀ/√d + mask) V, or null where the kernel can't be asked.</summary>
    public static Tensor? TryAttention(Tensor query, Tensor key, Tensor value, Tensor? mask, bool causal)
    {
        var (q, k, v, m) = (query.Handle, key.Handle, value.Handle, mask?.Handle ?? 0);
        if (!Attention || Native.Check(Native.dt_attention_fits(q, k, v, m)) == 0)
            return null;
        return Native.Tensor(Native.dt_attention(q, k, v, m, causal ? 1 : 0, 1 / double.Sqrt(query.size(-1))));
    }

    /// <summary>act(norm(x + add)·(1 + scale) + shift), or null where the kernel can't be asked or the normalisation's
    /// hooks are to run. x [B, C, H, W], the others [B, C].</summary>
    public static Tensor? TryGroupNorm(
        GroupNorm norm,
        Tensor x,
        Tensor? add,
        Tensor? scale,
        Tensor? shift,
        bool silu
    ) =>
        norm.HasHooks
            ? null
            : TryGroupNorm(
                x,
                norm.num_groups,
                norm.eps,
                norm.affine ? norm.weight : null,
                norm.bias,
                add,
                scale,
                shift,
                silu
            );

    /// <summary>
    /// act(norm(x + add)·(1 + scale) + shift), or null where the kernel can't be asked. x [B, C, H, W], weight and bias
    /// [C], the others [B, C].
    /// </summary>
    public static Tensor? TryGroupNorm(
        Tensor x,
        long groups,
        double epsilon,
        Tensor? weight,
        Tensor? bias,
        Tensor? add,
        Tensor? scale,
        Tensor? shift,
        bool silu
    )
    {
        var (h, w, b) = (x.Handle, weight?.Handle ?? 0, bias?.Handle ?? 0);
        var (a, s, t) = (add?.Handle ?? 0, scale?.Handle ?? 0, shift?.Handle ?? 0);
        if (!GroupNorm || Native.Check(Native.dt_group_norm_fits(h, a, w, b, s, t, groups)) == 0)
            return null;
        return Native.Tensor(Native.dt_group_norm(h, a, w, b, s, t, groups, epsilon, silu ? 1 : 0));
    }

    /// <summary>A convolution by one pixel a step, or null where the kernel can't be asked or libtorch is faster.</summary>
    public static Tensor? TryConvolution(
        Tensor x,
        Tensor weight,
        Tensor? bias,
        ReadOnlySpan<long> strides,
        ReadOnlySpan<long> padding,
        ReadOnlySpan<long> dilation,
        long groups
    )
    {
        if (!Convolution || groups != 1 || strides.ContainsAnyExcept(1) || dilation.ContainsAnyExcept(1))
            return null;
        var (h, w, b) = (x.Handle, weight.Handle, bias?.Handle ?? 0);
        var (vertical, horizontal) = padding switch
        {
            [] => (0, 0),
            [var both] => (both, both),
            [var first, var second] => (first, second),
            _ => (-1, -1),
        };
        var winograd = Winograd ? 1 : 0;
        if (Native.Check(Native.dt_convolution_fits(h, w, b, vertical, horizontal, winograd)) == 0)
            return null;
        return Native.Tensor(Native.dt_convolution(h, w, b, vertical, horizontal, winograd));
    }

    /// <summary>average ← decay·average + (1 − decay)·value for all pairs at once; false, with nothing changed, where the
    /// kernel can't be asked.</summary>
    /// <param name="pairs">The averages, no two of which share memory, and the values. Averages take no part in autograd.</param>
    /// <param name="decay">What is kept of an average.</param>
    public static unsafe bool TryAverage(IReadOnlyList<(Tensor Average, Tensor Value)> pairs, double decay)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        if (!Optimizer)
            return false;
        nint[] averages = [.. pairs.Select(pair => pair.Average.Handle)];
        nint[] values = [.. pairs.Select(pair => pair.Value.Handle)];
        bool isDone;
        fixed (nint* average = averages)
        fixed (nint* value = values)
            isDone = Native.Check(Native.dt_average(average, value, averages.Length, decay)) != 0;
        GC.KeepAlive(pairs);
        return isDone;
    }

    /// <summary>Scales the gradients so that their joint 2-norm isn't above a limit; the norm before, or null, with nothing
    /// changed, where the kernel can't be asked.</summary>
    internal static unsafe double? TryClip(IReadOnlyList<Parameter> parameters, double limit, double epsilon)
    {
        if (!Optimizer)
            return null;
        double norm;
        bool isDone;
        nint[] handles = [.. parameters.Select(parameter => parameter.Handle)];
        fixed (nint* first = handles)
            isDone = Native.Check(Native.dt_clip_gradients(first, handles.Length, limit, epsilon, &norm)) != 0;
        GC.KeepAlive(parameters);
        return isDone ? norm : null;
    }

    /// <summary>A step of Adam for all parameters that have a gradient, which is told for each; false, with nothing
    /// changed, where the kernel can't be asked.</summary>
    internal static unsafe bool TryAdam(Span<AdamItem> items)
    {
        fixed (AdamItem* first = items)
            return Optimizer && Native.Check(Native.dt_adam(first, items.Length)) != 0;
    }

    /// <summary>Whether the environment leaves an optimisation on.</summary>
    internal static bool IsOn(string name) => !Plain.Contains(name) && !Plain.Contains("all");
}
