using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>What rounding to another element type changed.</summary>
/// <param name="MaxRelative">
/// Largest |x′ − x|/|x| among values of the new type's normal range; at most 2⁻¹¹ for float16, 2⁻⁸ for bfloat16.
/// </param>
/// <param name="MaxAbsolute">Largest |x′ − x|.</param>
/// <param name="BecameZero">Values that are too small for the new type.</param>
/// <param name="NotFinite">Values that were NaN or infinite before; they stay so.</param>
public sealed record PrecisionLoss(double MaxRelative, double MaxAbsolute, long BecameZero, long NotFinite)
{
    /// <summary>Nothing was changed.</summary>
    public static PrecisionLoss None { get; } = new(0, 0, 0, 0);

    /// <summary>Both losses together.</summary>
    /// <param name="other">The loss of other tensors.</param>
    public PrecisionLoss And(PrecisionLoss other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new(
            double.Max(MaxRelative, other.MaxRelative),
            double.Max(MaxAbsolute, other.MaxAbsolute),
            BecameZero + other.BecameZero,
            NotFinite + other.NotFinite
        );
    }

    /// <summary>Compares a tensor with its rounded self.</summary>
    /// <param name="name">Its name, for the message.</param>
    /// <param name="before">The tensor.</param>
    /// <param name="after">The same in the new type.</param>
    /// <exception cref="InvalidDataException">A finite value became infinite.</exception>
    internal static PrecisionLoss Between(string name, Tensor before, Tensor after)
    {
        using var scope = NewDisposeScope();
        var wide = before.to_type(ScalarType.Float64);
        var finite = wide.isfinite();
        var absent = before.numel() - finite.sum().ToInt64();
        var x = wide.masked_select(finite);
        if (x.numel() == 0)
            return None with { NotFinite = absent };
        var rounded = after.to_type(ScalarType.Float64).masked_select(finite);
        if (!rounded.isfinite().all().ToBoolean())
            throw new InvalidDataException(
                FormattableString.Invariant(
                    $"'{name}' has the value {x.abs().max().ToDouble():G6}, which {after.dtype} can't hold (at most {Largest(after.dtype):G5}); use bf16, which can."
                )
            );
        var size = x.abs();
        var error = (rounded - x).abs();
        var normal = size.ge(SmallestNormal(after.dtype));
        var relative = error.masked_select(normal) / size.masked_select(normal);
        return new PrecisionLoss(
            relative.numel() == 0 ? 0 : relative.max().ToDouble(),
            error.max().ToDouble(),
            rounded.eq(0).logical_and(x.ne(0)).sum().ToInt64(),
            absent
        );
    }

    private static double Largest(ScalarType type) =>
        type == ScalarType.Float16 ? (double)Half.MaxValue : float.MaxValue;

    // 2⁻¹⁴ and 2⁻¹²⁶.
    private static double SmallestNormal(ScalarType type) => double.ScaleB(1, type == ScalarType.Float16 ? -14 : -126);
}
