namespace TorchSharp;

public static partial class torch
{
    public static Tensor maximum(Tensor input, Tensor other) => NotNull(input).maximum(other);

    public static Tensor minimum(Tensor input, Tensor other) => NotNull(input).minimum(other);

    public static Tensor fmax(Tensor input, Tensor other) => NotNull(input).fmax(other);

    public static Tensor fmin(Tensor input, Tensor other) => NotNull(input).fmin(other);

    public static Tensor gcd(Tensor left, Tensor right) => NotNull(left).gcd(NotNull(right));

    public static Tensor lcm(Tensor input, Tensor other) => NotNull(input).lcm(other);

    public static Tensor add(Tensor left, Tensor right) => NotNull(left).add(NotNull(right));

    public static Tensor add(Tensor left, Scalar right) => NotNull(left).add(right);

    public static Tensor add(Tensor left, Tensor right, Scalar alpha) => NotNull(left).add(NotNull(right), alpha);

    public static Tensor add(Tensor left, Scalar right, Scalar alpha) => NotNull(left).add(right, alpha);

    public static Tensor add_(Tensor left, Tensor right) => NotNull(left).add_(NotNull(right));

    public static Tensor add_(Tensor left, Scalar right) => NotNull(left).add_(right);

    public static Tensor add_(Tensor left, Tensor right, Scalar alpha) => NotNull(left).add_(NotNull(right), alpha);

    public static Tensor add_(Tensor left, Scalar right, Scalar alpha) => NotNull(left).add_(right, alpha);

    public static Tensor addcdiv(Tensor input, Tensor tensor1, Tensor tensor2, Scalar value) =>
        NotNull(input).addcdiv(tensor1, tensor2, value);

    public static Tensor addcdiv_(Tensor input, Tensor tensor1, Tensor tensor2, Scalar value) =>
        NotNull(input).addcdiv_(tensor1, tensor2, value);

    public static Tensor addcmul(Tensor input, Tensor tensor1, Tensor tensor2, Scalar value) =>
        NotNull(input).addcmul(tensor1, tensor2, value);

    public static Tensor addcmul_(Tensor input, Tensor tensor1, Tensor tensor2, Scalar value) =>
        NotNull(input).addcmul_(tensor1, tensor2, value);

    public static Tensor bitwise_not(Tensor input) => NotNull(input).bitwise_not();

    public static Tensor bitwise_not_(Tensor input) => NotNull(input).bitwise_not_();

    public static Tensor bitwise_and(Tensor left, Tensor right) => NotNull(left).bitwise_and(NotNull(right));

    public static Tensor bitwise_and_(Tensor left, Tensor right) => NotNull(left).bitwise_and_(NotNull(right));

    public static Tensor bitwise_or(Tensor left, Tensor right) => NotNull(left).bitwise_or(NotNull(right));

    public static Tensor bitwise_or_(Tensor left, Tensor right) => NotNull(left).bitwise_or_(NotNull(right));

    public static Tensor bitwise_xor(Tensor left, Tensor right) => NotNull(left).bitwise_xor(NotNull(right));

    public static Tensor bitwise_xor_(Tensor left, Tensor right) => NotNull(left).bitwise_xor_(NotNull(right));

    public static Tensor bitwise_left_shift(Tensor left, Tensor right) =>
        NotNull(left).bitwise_left_shift(NotNull(right));

    public static Tensor bitwise_right_shift(Tensor left, Tensor right) =>
        NotNull(left).bitwise_right_shift(NotNull(right));

    public static Tensor div(Tensor left, Tensor right, RoundingMode rounding_mode = RoundingMode.None) =>
        NotNull(left).div(NotNull(right), rounding_mode);

    public static Tensor div(Tensor left, Scalar right, RoundingMode rounding_mode = RoundingMode.None) =>
        NotNull(left).div(right, rounding_mode);

    public static Tensor div_(Tensor left, Scalar right, RoundingMode rounding_mode = RoundingMode.None) =>
        NotNull(left).div_(right, rounding_mode);

    public static Tensor div_(Tensor left, Tensor right, RoundingMode rounding_mode = RoundingMode.None) =>
        NotNull(left).div_(NotNull(right), rounding_mode);

    public static Tensor divide(Tensor left, Tensor right, RoundingMode rounding_mode = RoundingMode.None) =>
        NotNull(left).divide(NotNull(right), rounding_mode);

    public static Tensor divide(Tensor left, Scalar right, RoundingMode rounding_mode = RoundingMode.None) =>
        NotNull(left).divide(right, rounding_mode);

    public static Tensor divide_(Tensor left, Tensor right, RoundingMode rounding_mode = RoundingMode.None) =>
        NotNull(left).divide_(NotNull(right), rounding_mode);

    public static Tensor float_power(Tensor input, Tensor target) => NotNull(input).float_power(NotNull(target));

    public static Tensor floor_divide(Tensor input, Tensor other) => NotNull(input).floor_divide(other);

    public static Tensor floor_divide_(Tensor input, Tensor other) => NotNull(input).floor_divide_(other);

    public static Tensor fmod(Tensor left, Tensor right) => NotNull(left).fmod(NotNull(right));

    public static Tensor fmod_(Tensor left, Tensor right) => NotNull(left).fmod_(NotNull(right));

    public static Tensor fmod(Tensor left, Scalar right) => NotNull(left).fmod(right);

    public static Tensor fmod_(Tensor left, Scalar right) => NotNull(left).fmod_(right);

    public static Tensor ldexp(Tensor input, Tensor other) => NotNull(input).ldexp(other);

    public static Tensor logaddexp(Tensor left, Tensor right) => NotNull(left).logaddexp(NotNull(right));

    public static Tensor logaddexp2(Tensor left, Tensor right) => NotNull(left).logaddexp2(NotNull(right));

    public static Tensor hypot(Tensor left, Tensor right) => NotNull(left).hypot(NotNull(right));

    public static Tensor mul(Tensor left, Tensor right) => NotNull(left).mul(NotNull(right));

    public static Tensor mul(Tensor left, Scalar right) => NotNull(left).mul(right);

    public static Tensor mul_(Tensor left, Tensor right) => NotNull(left).mul_(NotNull(right));

    public static Tensor mul_(Tensor left, Scalar right) => NotNull(left).mul_(right);

    public static Tensor multiply(Tensor left, Tensor right) => NotNull(left).multiply(NotNull(right));

    public static Tensor multiply(Tensor left, Scalar right) => NotNull(left).multiply(right);

    public static Tensor pow(Tensor left, Tensor exponent) => NotNull(left).pow(NotNull(exponent));

    public static Tensor pow(Tensor left, Scalar exponent) => NotNull(left).pow(exponent);

    public static Tensor pow_(Tensor left, Tensor exponent) => NotNull(left).pow_(NotNull(exponent));

    public static Tensor pow_(Tensor left, Scalar exponent) => NotNull(left).pow_(exponent);

    public static Tensor remainder(Tensor left, Tensor right) => NotNull(left).remainder(NotNull(right));

    public static Tensor remainder(Tensor left, Scalar right) => NotNull(left).remainder(right);

    public static Tensor remainder_(Tensor left, Tensor right) => NotNull(left).remainder_(NotNull(right));

    public static Tensor remainder_(Tensor left, Scalar right) => NotNull(left).remainder_(right);

    public static Tensor sub(Tensor left, Tensor right) => NotNull(left).sub(NotNull(right));

    public static Tensor sub(Tensor left, Scalar right) => NotNull(left).sub(right);

    public static Tensor sub_(Tensor left, Tensor right) => NotNull(left).sub_(NotNull(right));

    public static Tensor sub_(Tensor left, Scalar right) => NotNull(left).sub_(right);

    public static Tensor subtract(Tensor left, Tensor right) => NotNull(left).subtract(NotNull(right));

    public static Tensor subtract(Tensor left, Scalar right) => NotNull(left).subtract(right);

    public static Tensor subtract_(Tensor left, Tensor right) => NotNull(left).subtract_(NotNull(right));

    public static Tensor subtract_(Tensor left, Scalar right) => NotNull(left).subtract_(right);

    public static Tensor true_divide(Tensor dividend, Tensor divisor) =>
        NotNull(dividend).true_divide(NotNull(divisor));

    public static Tensor true_divide_(Tensor dividend, Tensor divisor) =>
        NotNull(dividend).true_divide_(NotNull(divisor));

    public static Tensor xlogy(Tensor x, Tensor y) => NotNull(x).xlogy(NotNull(y));

    public static Tensor xlogy_(Tensor x, Tensor y) => NotNull(x).xlogy_(NotNull(y));

    public static Tensor xlogy(Tensor x, Scalar y) => NotNull(x).xlogy(y);

    public static Tensor xlogy_(Tensor x, Scalar y) => NotNull(x).xlogy_(y);
}
