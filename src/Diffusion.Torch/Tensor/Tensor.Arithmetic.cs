using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op addInPlaceScalarOp = new("add_", "Scalar");
        private static readonly Op addInPlaceTensorOp = new("add_", "Tensor");
        private static readonly Op addScalarOp = new("add", "Scalar");
        private static readonly Op addTensorOp = new("add", "Tensor");
        private static readonly Op addcdivInPlaceOp = new("addcdiv_");
        private static readonly Op addcdivOp = new("addcdiv");
        private static readonly Op addcmulInPlaceOp = new("addcmul_");
        private static readonly Op addcmulOp = new("addcmul");
        private static readonly Op bitwiseAndInPlaceTensorOp = new("bitwise_and_", "Tensor");
        private static readonly Op bitwiseAndTensorOp = new("bitwise_and", "Tensor");
        private static readonly Op bitwiseLeftShiftTensorOp = new("bitwise_left_shift", "Tensor");
        private static readonly Op bitwiseNotInPlaceOp = new("bitwise_not_");
        private static readonly Op bitwiseNotOp = new("bitwise_not");
        private static readonly Op bitwiseOrInPlaceTensorOp = new("bitwise_or_", "Tensor");
        private static readonly Op bitwiseOrTensorOp = new("bitwise_or", "Tensor");
        private static readonly Op bitwiseRightShiftTensorOp = new("bitwise_right_shift", "Tensor");
        private static readonly Op bitwiseXorInPlaceTensorOp = new("bitwise_xor_", "Tensor");
        private static readonly Op bitwiseXorTensorOp = new("bitwise_xor", "Tensor");
        private static readonly Op divInPlaceScalarModeOp = new("div_", "Scalar_mode");
        private static readonly Op divInPlaceScalarOp = new("div_", "Scalar");
        private static readonly Op divInPlaceTensorModeOp = new("div_", "Tensor_mode");
        private static readonly Op divInPlaceTensorOp = new("div_", "Tensor");
        private static readonly Op divScalarModeOp = new("div", "Scalar_mode");
        private static readonly Op divScalarOp = new("div", "Scalar");
        private static readonly Op divTensorModeOp = new("div", "Tensor_mode");
        private static readonly Op divTensorOp = new("div", "Tensor");
        private static readonly Op floatPowerTensorTensorOp = new("float_power", "Tensor_Tensor");
        private static readonly Op floorDivideInPlaceScalarOp = new("floor_divide_", "Scalar");
        private static readonly Op floorDivideInPlaceTensorOp = new("floor_divide_", "Tensor");
        private static readonly Op floorDivideOp = new("floor_divide");
        private static readonly Op floorDivideScalarOp = new("floor_divide", "Scalar");
        private static readonly Op fmaxOp = new("fmax");
        private static readonly Op fminOp = new("fmin");
        private static readonly Op fmodInPlaceScalarOp = new("fmod_", "Scalar");
        private static readonly Op fmodInPlaceTensorOp = new("fmod_", "Tensor");
        private static readonly Op fmodScalarOp = new("fmod", "Scalar");
        private static readonly Op fmodTensorOp = new("fmod", "Tensor");
        private static readonly Op gcdOp = new("gcd");
        private static readonly Op hypotOp = new("hypot");
        private static readonly Op lcmOp = new("lcm");
        private static readonly Op ldexpTensorOp = new("ldexp", "Tensor");
        private static readonly Op logaddexp2Op = new("logaddexp2");
        private static readonly Op logaddexpOp = new("logaddexp");
        private static readonly Op maximumOp = new("maximum");
        private static readonly Op minimumOp = new("minimum");
        private static readonly Op mulInPlaceScalarOp = new("mul_", "Scalar");
        private static readonly Op mulInPlaceTensorOp = new("mul_", "Tensor");
        private static readonly Op mulScalarOp = new("mul", "Scalar");
        private static readonly Op mulTensorOp = new("mul", "Tensor");
        private static readonly Op powInPlaceScalarOp = new("pow_", "Scalar");
        private static readonly Op powInPlaceTensorOp = new("pow_", "Tensor");
        private static readonly Op powTensorScalarOp = new("pow", "Tensor_Scalar");
        private static readonly Op powTensorTensorOp = new("pow", "Tensor_Tensor");
        private static readonly Op remainderInPlaceScalarOp = new("remainder_", "Scalar");
        private static readonly Op remainderInPlaceTensorOp = new("remainder_", "Tensor");
        private static readonly Op remainderScalarOp = new("remainder", "Scalar");
        private static readonly Op remainderTensorOp = new("remainder", "Tensor");
        private static readonly Op subInPlaceScalarOp = new("sub_", "Scalar");
        private static readonly Op subInPlaceTensorOp = new("sub_", "Tensor");
        private static readonly Op subScalarOp = new("sub", "Scalar");
        private static readonly Op subTensorOp = new("sub", "Tensor");
        private static readonly Op xlogyInPlaceScalarOtherOp = new("xlogy_", "Scalar_Other");
        private static readonly Op xlogyInPlaceTensorOp = new("xlogy_", "Tensor");
        private static readonly Op xlogyScalarOtherOp = new("xlogy", "Scalar_Other");
        private static readonly Op xlogyTensorOp = new("xlogy", "Tensor");

        public Tensor add(Tensor target) => addTensorOp.Call(this, target);

        public Tensor add(Tensor target, Scalar alpha) => addTensorOp.Call(this, target, alpha);

        public Tensor add(Scalar scalar) => addScalarOp.Call(this, scalar);

        public Tensor add(Scalar scalar, Scalar alpha) => addScalarOp.Call(this, scalar, alpha);

        public Tensor add_(Tensor target) => addInPlaceTensorOp.InPlace(this, target);

        public Tensor add_(Tensor target, Scalar alpha) => addInPlaceTensorOp.InPlace(this, target, alpha);

        public Tensor add_(Scalar scalar) => addInPlaceScalarOp.InPlace(this, scalar);

        public Tensor add_(Scalar scalar, Scalar alpha) => addInPlaceScalarOp.InPlace(this, scalar, alpha);

        public Tensor sub(Tensor target) => subTensorOp.Call(this, target);

        public Tensor sub(Scalar target) => subScalarOp.Call(this, target);

        public Tensor sub_(Tensor target) => subInPlaceTensorOp.InPlace(this, target);

        public Tensor sub_(Scalar target) => subInPlaceScalarOp.InPlace(this, target);

        public Tensor subtract(Scalar target) => sub(target);

        public Tensor subtract(Tensor target) => sub(target);

        public Tensor subtract_(Scalar target) => sub_(target);

        public Tensor subtract_(Tensor target) => sub_(target);

        public Tensor mul(Tensor target) => mulTensorOp.Call(this, target);

        public Tensor mul(Scalar target) => mulScalarOp.Call(this, target);

        public Tensor multiply(Tensor target) => mul(target);

        public Tensor multiply(Scalar target) => mul(target);

        public Tensor mul_(Tensor target) => mulInPlaceTensorOp.InPlace(this, target);

        public Tensor mul_(Scalar target) => mulInPlaceScalarOp.InPlace(this, target);

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None
                ? divTensorOp.Call(this, target)
                : divTensorModeOp.Call(this, target, Name(rounding_mode));

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None
                ? divScalarOp.Call(this, target)
                : divScalarModeOp.Call(this, target, Name(rounding_mode));

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None
                ? divInPlaceTensorOp.InPlace(this, target)
                : divInPlaceTensorModeOp.InPlace(this, target, Name(rounding_mode));

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            rounding_mode == RoundingMode.None
                ? divInPlaceScalarOp.InPlace(this, target)
                : divInPlaceScalarModeOp.InPlace(this, target, Name(rounding_mode));

        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            div(target, rounding_mode);

        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            div(target, rounding_mode);

        public Tensor divide_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) =>
            div_(target, rounding_mode);

        public Tensor divide_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) =>
            div_(target, rounding_mode);

        public Tensor true_divide(Tensor other) => div(other);

        public Tensor true_divide(Scalar other) => div(other);

        public Tensor true_divide_(Tensor other) => div_(other);

        public Tensor true_divide_(Scalar other) => div_(other);

        public Tensor floor_divide(Tensor other) => floorDivideOp.Call(this, other);

        public Tensor floor_divide(Scalar other) => floorDivideScalarOp.Call(this, other);

        public Tensor fmod(Tensor target) => fmodTensorOp.Call(this, target);

        public Tensor fmod(Scalar scalar) => fmodScalarOp.Call(this, scalar);

        public Tensor remainder(Tensor target) => remainderTensorOp.Call(this, target);

        public Tensor remainder(Scalar scalar) => remainderScalarOp.Call(this, scalar);

        public Tensor remainder_(Tensor target) => remainderInPlaceTensorOp.InPlace(this, target);

        public Tensor remainder_(Scalar scalar) => remainderInPlaceScalarOp.InPlace(this, scalar);

        public Tensor pow(Tensor exponent) => powTensorTensorOp.Call(this, exponent);

        public Tensor pow(Scalar exponent) => powTensorScalarOp.Call(this, exponent);

        public Tensor pow_(Tensor exponent) => powInPlaceTensorOp.InPlace(this, exponent);

        public Tensor pow_(Scalar exponent) => powInPlaceScalarOp.InPlace(this, exponent);

        public Tensor float_power(Tensor target) => floatPowerTensorTensorOp.Call(this, target);

        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) =>
            addcmulOp.Call(this, tensor1, tensor2, value);

        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            addcmulInPlaceOp.InPlace(this, tensor1, tensor2, value);

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) =>
            addcdivOp.Call(this, tensor1, tensor2, value);

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => addcdivOp.Call(this, tensor1, tensor2);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            addcdivInPlaceOp.InPlace(this, tensor1, tensor2, value);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => addcdivInPlaceOp.InPlace(this, tensor1, tensor2);

        public Tensor maximum(Tensor other) => maximumOp.Call(this, other);

        public Tensor minimum(Tensor other) => minimumOp.Call(this, other);

        public Tensor fmax(Tensor other) => fmaxOp.Call(this, other);

        public Tensor fmin(Tensor other) => fminOp.Call(this, other);

        public Tensor hypot(Tensor other) => hypotOp.Call(this, other);

        public Tensor logaddexp(Tensor other) => logaddexpOp.Call(this, other);

        public Tensor logaddexp2(Tensor other) => logaddexp2Op.Call(this, other);

        public Tensor xlogy(Tensor y) => xlogyTensorOp.Call(this, y);

        public Tensor xlogy(Scalar y) => xlogyScalarOtherOp.Call(this, y);

        public Tensor bitwise_and(Tensor other) => bitwiseAndTensorOp.Call(this, other);

        public Tensor bitwise_or(Tensor other) => bitwiseOrTensorOp.Call(this, other);

        public Tensor bitwise_xor(Tensor other) => bitwiseXorTensorOp.Call(this, other);

        public Tensor bitwise_not() => bitwiseNotOp.Call(this);

        public Tensor floor_divide_(Tensor other) => floorDivideInPlaceTensorOp.InPlace(this, other);

        public Tensor floor_divide_(Scalar other) => floorDivideInPlaceScalarOp.InPlace(this, other);

        public Tensor fmod_(Tensor target) => fmodInPlaceTensorOp.InPlace(this, target);

        public Tensor fmod_(Scalar scalar) => fmodInPlaceScalarOp.InPlace(this, scalar);

        public Tensor xlogy_(Tensor y) => xlogyInPlaceTensorOp.InPlace(this, y);

        public Tensor xlogy_(Scalar y) => xlogyInPlaceScalarOtherOp.InPlace(this, y);

        public Tensor gcd(Tensor other) => gcdOp.Call(this, other);

        public Tensor lcm(Tensor other) => lcmOp.Call(this, other);

        public Tensor ldexp(Tensor other) => ldexpTensorOp.Call(this, other);

        public Tensor bitwise_and_(Tensor other) => bitwiseAndInPlaceTensorOp.InPlace(this, other);

        public Tensor bitwise_or_(Tensor other) => bitwiseOrInPlaceTensorOp.InPlace(this, other);

        public Tensor bitwise_xor_(Tensor other) => bitwiseXorInPlaceTensorOp.InPlace(this, other);

        public Tensor bitwise_not_() => bitwiseNotInPlaceOp.InPlace(this);

        public Tensor bitwise_left_shift(Tensor other) => bitwiseLeftShiftTensorOp.Call(this, other);

        public Tensor bitwise_right_shift(Tensor other) => bitwiseRightShiftTensorOp.Call(this, other);
    }
}
