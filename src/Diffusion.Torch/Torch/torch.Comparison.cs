namespace TorchSharp;

public static partial class torch
{
    public static bool allclose(
        Tensor tensor,
        Tensor target,
        double rtol = 1e-05,
        double atol = 1e-08,
        bool equal_nan = false
    ) => NotNull(tensor).allclose(NotNull(target), rtol, atol, equal_nan);

    public static Tensor eq(Tensor left, Tensor right) => NotNull(left).eq(NotNull(right));

    public static Tensor equal(Tensor tensor, Tensor target) => NotNull(tensor).equal(NotNull(target));

    public static Tensor ge(Tensor left, Tensor right) => NotNull(left).ge(NotNull(right));

    public static Tensor greater_equal(Tensor tensor, Tensor target) => NotNull(tensor).greater_equal(NotNull(target));

    public static Tensor gt(Tensor left, Tensor right) => NotNull(left).gt(NotNull(right));

    public static Tensor greater(Tensor tensor, Tensor target) => NotNull(tensor).greater(NotNull(target));

    public static Tensor isclose(
        Tensor tensor,
        Tensor other,
        double rtol = 1e-05,
        double atol = 1e-08,
        bool nanEqual = false
    ) => NotNull(tensor).isclose(other, rtol, atol, nanEqual);

    public static Tensor isfinite(Tensor tensor) => NotNull(tensor).isfinite();

    public static Tensor isinf(Tensor tensor) => NotNull(tensor).isinf();

    public static Tensor isposinf(Tensor tensor) => NotNull(tensor).isposinf();

    public static Tensor isneginf(Tensor tensor) => NotNull(tensor).isneginf();

    public static Tensor isnan(Tensor input) => NotNull(input).isnan();

    public static Tensor isreal(Tensor tensor) => NotNull(tensor).isreal();

    public static Tensor le(Tensor left, Tensor right) => NotNull(left).le(NotNull(right));

    public static Tensor less_equal(Tensor tensor, Tensor target) => NotNull(tensor).less_equal(NotNull(target));

    public static Tensor lt(Tensor left, Tensor right) => NotNull(left).lt(NotNull(right));

    public static Tensor less(Tensor tensor, Tensor target) => NotNull(tensor).less(NotNull(target));

    public static Tensor ne(Tensor left, Tensor right) => NotNull(left).ne(NotNull(right));

    public static Tensor not_equal(Tensor tensor, Tensor target) => NotNull(tensor).not_equal(NotNull(target));

    public static Tensor logical_and(Tensor left, Tensor right) => NotNull(left).logical_and(NotNull(right));

    public static Tensor logical_and_(Tensor left, Tensor right) => NotNull(left).logical_and_(NotNull(right));

    public static Tensor logical_not(Tensor input) => NotNull(input).logical_not();

    public static Tensor logical_or(Tensor left, Tensor right) => NotNull(left).logical_or(NotNull(right));

    public static Tensor logical_or_(Tensor left, Tensor right) => NotNull(left).logical_or_(NotNull(right));

    public static Tensor logical_xor(Tensor left, Tensor right) => NotNull(left).logical_xor(NotNull(right));

    public static Tensor logical_xor_(Tensor left, Tensor right) => NotNull(left).logical_xor_(NotNull(right));

    public static Tensor all(Tensor input) => NotNull(input).all();

    public static Tensor all(Tensor input, long dim, bool keepdim = false) => NotNull(input).all(dim, keepdim);

    public static Tensor any(Tensor input) => NotNull(input).any();

    public static Tensor any(Tensor input, long dim, bool keepdim = false) => NotNull(input).any(dim, keepdim);
}
