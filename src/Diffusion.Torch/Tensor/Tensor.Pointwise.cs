using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op absInPlaceOp = new("abs_");
        private static readonly Op absOp = new("abs");
        private static readonly Op acosInPlaceOp = new("acos_");
        private static readonly Op acosOp = new("acos");
        private static readonly Op acoshInPlaceOp = new("acosh_");
        private static readonly Op acoshOp = new("acosh");
        private static readonly Op angleOp = new("angle");
        private static readonly Op asinInPlaceOp = new("asin_");
        private static readonly Op asinOp = new("asin");
        private static readonly Op asinhInPlaceOp = new("asinh_");
        private static readonly Op asinhOp = new("asinh");
        private static readonly Op atan2InPlaceOp = new("atan2_");
        private static readonly Op atan2Op = new("atan2");
        private static readonly Op atanInPlaceOp = new("atan_");
        private static readonly Op atanOp = new("atan");
        private static readonly Op atanhInPlaceOp = new("atanh_");
        private static readonly Op atanhOp = new("atanh");
        private static readonly Op ceilInPlaceOp = new("ceil_");
        private static readonly Op ceilOp = new("ceil");
        private static readonly Op clampInPlaceOp = new("clamp_");
        private static readonly Op clampInPlaceTensorOp = new("clamp_", "Tensor");
        private static readonly Op clampMaxInPlaceOp = new("clamp_max_");
        private static readonly Op clampMaxOp = new("clamp_max");
        private static readonly Op clampMinInPlaceOp = new("clamp_min_");
        private static readonly Op clampMinOp = new("clamp_min");
        private static readonly Op clampOp = new("clamp");
        private static readonly Op clampTensorOp = new("clamp", "Tensor");
        private static readonly Op conjOp = new("conj");
        private static readonly Op copysignTensorOp = new("copysign", "Tensor");
        private static readonly Op cosInPlaceOp = new("cos_");
        private static readonly Op cosOp = new("cos");
        private static readonly Op coshInPlaceOp = new("cosh_");
        private static readonly Op coshOp = new("cosh");
        private static readonly Op deg2radOp = new("deg2rad");
        private static readonly Op digammaInPlaceOp = new("digamma_");
        private static readonly Op digammaOp = new("digamma");
        private static readonly Op erfInPlaceOp = new("erf_");
        private static readonly Op erfOp = new("erf");
        private static readonly Op erfcInPlaceOp = new("erfc_");
        private static readonly Op erfcOp = new("erfc");
        private static readonly Op erfinvInPlaceOp = new("erfinv_");
        private static readonly Op erfinvOp = new("erfinv");
        private static readonly Op exp2Op = new("exp2");
        private static readonly Op expInPlaceOp = new("exp_");
        private static readonly Op expOp = new("exp");
        private static readonly Op expm1InPlaceOp = new("expm1_");
        private static readonly Op expm1Op = new("expm1");
        private static readonly Op floorInPlaceOp = new("floor_");
        private static readonly Op floorOp = new("floor");
        private static readonly Op fracInPlaceOp = new("frac_");
        private static readonly Op fracOp = new("frac");
        private static readonly Op frexpTensorOp = new("frexp", "Tensor");
        private static readonly Op heavisideOp = new("heaviside");
        private static readonly Op i0Op = new("i0");
        private static readonly Op igammaOp = new("igamma");
        private static readonly Op igammacOp = new("igammac");
        private static readonly Op lerpInPlaceTensorOp = new("lerp_", "Tensor");
        private static readonly Op lerpTensorOp = new("lerp", "Tensor");
        private static readonly Op lgammaInPlaceOp = new("lgamma_");
        private static readonly Op lgammaOp = new("lgamma");
        private static readonly Op log10InPlaceOp = new("log10_");
        private static readonly Op log10Op = new("log10");
        private static readonly Op log1pInPlaceOp = new("log1p_");
        private static readonly Op log1pOp = new("log1p");
        private static readonly Op log2InPlaceOp = new("log2_");
        private static readonly Op log2Op = new("log2");
        private static readonly Op logInPlaceOp = new("log_");
        private static readonly Op logOp = new("log");
        private static readonly Op logitOp = new("logit");
        private static readonly Op nanToNumOp = new("nan_to_num");
        private static readonly Op negInPlaceOp = new("neg_");
        private static readonly Op negOp = new("neg");
        private static readonly Op nextafterOp = new("nextafter");
        private static readonly Op positiveOp = new("positive");
        private static readonly Op rad2degOp = new("rad2deg");
        private static readonly Op reciprocalInPlaceOp = new("reciprocal_");
        private static readonly Op reciprocalOp = new("reciprocal");
        private static readonly Op roundDecimalsOp = new("round", "decimals");
        private static readonly Op roundInPlaceDecimalsOp = new("round_", "decimals");
        private static readonly Op roundInPlaceOp = new("round_");
        private static readonly Op roundOp = new("round");
        private static readonly Op rsqrtInPlaceOp = new("rsqrt_");
        private static readonly Op rsqrtOp = new("rsqrt");
        private static readonly Op sgnInPlaceOp = new("sgn_");
        private static readonly Op sgnOp = new("sgn");
        private static readonly Op signInPlaceOp = new("sign_");
        private static readonly Op signOp = new("sign");
        private static readonly Op signbitOp = new("signbit");
        private static readonly Op sinInPlaceOp = new("sin_");
        private static readonly Op sinOp = new("sin");
        private static readonly Op sincInPlaceOp = new("sinc_");
        private static readonly Op sincOp = new("sinc");
        private static readonly Op sinhInPlaceOp = new("sinh_");
        private static readonly Op sinhOp = new("sinh");
        private static readonly Op sqrtInPlaceOp = new("sqrt_");
        private static readonly Op sqrtOp = new("sqrt");
        private static readonly Op tanInPlaceOp = new("tan_");
        private static readonly Op tanOp = new("tan");
        private static readonly Op tanhInPlaceOp = new("tanh_");
        private static readonly Op tanhOp = new("tanh");
        private static readonly Op truncInPlaceOp = new("trunc_");
        private static readonly Op truncOp = new("trunc");

        public Tensor abs() => absOp.Call(this);

        public Tensor absolute() => abs();

        public Tensor abs_() => absInPlaceOp.InPlace(this);

        public Tensor absolute_() => abs_();

        public Tensor acos() => acosOp.Call(this);

        public Tensor arccos() => acos();

        public Tensor asin() => asinOp.Call(this);

        public Tensor arcsin() => asin();

        public Tensor atan() => atanOp.Call(this);

        public Tensor atan2(Tensor other) => atan2Op.Call(this, other);

        public Tensor arctan2(Tensor other) => atan2(other);

        public Tensor sin() => sinOp.Call(this);

        public Tensor sin_() => sinInPlaceOp.InPlace(this);

        public Tensor cos() => cosOp.Call(this);

        public Tensor cos_() => cosInPlaceOp.InPlace(this);

        public Tensor tan() => tanOp.Call(this);

        public Tensor tan_() => tanInPlaceOp.InPlace(this);

        public Tensor sinh() => sinhOp.Call(this);

        public Tensor cosh() => coshOp.Call(this);

        public Tensor tanh() => tanhOp.Call(this);

        public Tensor tanh_() => tanhInPlaceOp.InPlace(this);

        public Tensor asinh() => arcsinh();

        public Tensor arcsinh() => asinhOp.Call(this);

        public Tensor acosh() => arccosh();

        public Tensor arccosh() => acoshOp.Call(this);

        public Tensor atanh() => arctanh();

        public Tensor arctanh() => atanhOp.Call(this);

        public Tensor ceil() => ceilOp.Call(this);

        public Tensor ceil_() => ceilInPlaceOp.InPlace(this);

        public Tensor floor() => floorOp.Call(this);

        public Tensor floor_() => floorInPlaceOp.InPlace(this);

        public Tensor trunc() => truncOp.Call(this);

        public Tensor trunc_() => truncInPlaceOp.InPlace(this);

        public Tensor fix() => trunc();

        public Tensor frac() => fracOp.Call(this);

        public Tensor round(long decimals = 0L) =>
            decimals == 0 ? roundOp.Call(this) : roundDecimalsOp.Call(this, decimals);

        public Tensor round_(long decimals = 0L) =>
            decimals == 0 ? roundInPlaceOp.InPlace(this) : roundInPlaceDecimalsOp.InPlace(this, decimals);

        public Tensor exp() => expOp.Call(this);

        public Tensor exp_() => expInPlaceOp.InPlace(this);

        public Tensor exp2() => exp2Op.Call(this);

        public Tensor expm1() => expm1Op.Call(this);

        public Tensor expm1_() => expm1InPlaceOp.InPlace(this);

        public Tensor log() => logOp.Call(this);

        public Tensor log_() => logInPlaceOp.InPlace(this);

        public Tensor log10() => log10Op.Call(this);

        public Tensor log2() => log2Op.Call(this);

        public Tensor log1p() => log1pOp.Call(this);

        public Tensor log1p_() => log1pInPlaceOp.InPlace(this);

        public Tensor logit(double? eps = null) => logitOp.Call(this, eps);

        public Tensor neg() => negOp.Call(this);

        public Tensor neg_() => negInPlaceOp.InPlace(this);

        public Tensor negative() => neg();

        public Tensor positive() => positiveOp.Call(this);

        public Tensor reciprocal() => reciprocalOp.Call(this);

        public Tensor reciprocal_() => reciprocalInPlaceOp.InPlace(this);

        public Tensor rsqrt() => rsqrtOp.Call(this);

        public Tensor rsqrt_() => rsqrtInPlaceOp.InPlace(this);

        public Tensor sqrt() => sqrtOp.Call(this);

        public Tensor sqrt_() => sqrtInPlaceOp.InPlace(this);

        public Tensor square() => pow(2);

        public Tensor sign() => signOp.Call(this);

        public Tensor sign_() => signInPlaceOp.InPlace(this);

        public Tensor sgn() => sgnOp.Call(this);

        public Tensor signbit() => signbitOp.Call(this);

        public Tensor erf() => erfOp.Call(this);

        public Tensor erf_() => erfInPlaceOp.InPlace(this);

        public Tensor erfc() => erfcOp.Call(this);

        public Tensor erfinv() => erfinvOp.Call(this);

        public Tensor erfinv_() => erfinvInPlaceOp.InPlace(this);

        public Tensor lgamma() => lgammaOp.Call(this);

        public Tensor digamma() => digammaOp.Call(this);

        public Tensor nan_to_num(double nan = 0d, double? posinf = null, double? neginf = null) =>
            nanToNumOp.Call(this, nan, posinf, neginf);

        public Tensor deg2rad() => deg2radOp.Call(this);

        public Tensor rad2deg() => rad2degOp.Call(this);

        public Tensor lerp(Tensor end, Tensor weight) => lerpTensorOp.Call(this, end, weight);

        public Tensor lerp_(Tensor end, Tensor weight) => lerpInPlaceTensorOp.InPlace(this, end, weight);

        public Tensor clamp(Scalar? min = null, Scalar? max = null) =>
            clampOp.Call(this, Arg.Optional(min), Arg.Optional(max));

        public Tensor clamp(Tensor? min = null, Tensor? max = null) =>
            clampTensorOp.Call(this, Arg.Optional(min), Arg.Optional(max));

        public Tensor clip(Scalar? min = null, Scalar? max = null) => clamp(min, max);

        public Tensor clamp_(Scalar? min = null, Scalar? max = null) =>
            clampInPlaceOp.InPlace(this, Arg.Optional(min), Arg.Optional(max));

        public Tensor clamp_(Tensor? min = null, Tensor? max = null) =>
            clampInPlaceTensorOp.InPlace(this, Arg.Optional(min), Arg.Optional(max));

        public Tensor clamp_max(Scalar max) => clampMaxOp.Call(this, max);

        public Tensor clamp_max_(Scalar max) => clampMaxInPlaceOp.InPlace(this, max);

        public Tensor clamp_min(Scalar min) => clampMinOp.Call(this, min);

        public Tensor clamp_min_(Scalar min) => clampMinInPlaceOp.InPlace(this, min);

        public Tensor acos_() => acosInPlaceOp.InPlace(this);

        public Tensor arccos_() => acos_();

        public Tensor asin_() => asinInPlaceOp.InPlace(this);

        public Tensor arcsin_() => asin_();

        public Tensor atan_() => atanInPlaceOp.InPlace(this);

        public Tensor arctan() => atan();

        public Tensor arctan_() => atan_();

        public Tensor arctan(Tensor other) => atan2(other);

        public Tensor arctan_(Tensor other) => atan2_(other);

        public Tensor atan2_(Tensor other) => atan2InPlaceOp.InPlace(this, other);

        public Tensor arctan2_(Tensor other) => atan2_(other);

        public Tensor sinh_() => sinhInPlaceOp.InPlace(this);

        public Tensor cosh_() => coshInPlaceOp.InPlace(this);

        public Tensor arcsinh_() => asinhInPlaceOp.InPlace(this);

        public Tensor asinh_() => arcsinh_();

        public Tensor arccosh_() => acoshInPlaceOp.InPlace(this);

        public Tensor acosh_() => arccosh_();

        public Tensor arctanh_() => atanhInPlaceOp.InPlace(this);

        public Tensor atanh_() => arctanh_();

        public Tensor sinc() => sincOp.Call(this);

        public Tensor sinc_() => sincInPlaceOp.InPlace(this);

        public Tensor frac_() => fracInPlaceOp.InPlace(this);

        public Tensor fix_() => trunc_();

        public Tensor log10_() => log10InPlaceOp.InPlace(this);

        public Tensor log2_() => log2InPlaceOp.InPlace(this);

        public Tensor sgn_() => sgnInPlaceOp.InPlace(this);

        public Tensor erfc_() => erfcInPlaceOp.InPlace(this);

        public Tensor lgamma_() => lgammaInPlaceOp.InPlace(this);

        public Tensor digamma_() => digammaInPlaceOp.InPlace(this);

        public Tensor i0() => i0Op.Call(this);

        public Tensor angle() => angleOp.Call(this);

        public Tensor conj() => conjOp.Call(this);

        public Tensor copysign(Tensor other) => copysignTensorOp.Call(this, other);

        public Tensor heaviside(Tensor other) => heavisideOp.Call(this, other);

        public Tensor igamma(Tensor other) => igammaOp.Call(this, other);

        public Tensor igammac(Tensor other) => igammacOp.Call(this, other);

        public Tensor nextafter(Tensor other) => nextafterOp.Call(this, other);

        public (Tensor Mantissa, Tensor Exponent) frexp() => frexpTensorOp.Pair(this);
    }
}
