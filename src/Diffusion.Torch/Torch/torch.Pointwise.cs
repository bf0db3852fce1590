namespace TorchSharp;

public static partial class torch
{
    public static Tensor conj(Tensor input) => NotNull(input).conj();

    public static Tensor abs(Tensor input) => NotNull(input).abs();

    public static Tensor abs_(Tensor input) => NotNull(input).abs_();

    public static Tensor absolute(Tensor input) => NotNull(input).absolute();

    public static Tensor absolute_(Tensor input) => NotNull(input).absolute_();

    public static Tensor acos(Tensor input) => NotNull(input).acos();

    public static Tensor acos_(Tensor input) => NotNull(input).acos_();

    public static Tensor arccos(Tensor input) => NotNull(input).arccos();

    public static Tensor arccos_(Tensor input) => NotNull(input).arccos_();

    public static Tensor acosh(Tensor input) => NotNull(input).acosh();

    public static Tensor acosh_(Tensor input) => NotNull(input).acosh_();

    public static Tensor arccosh(Tensor input) => NotNull(input).arccosh();

    public static Tensor arccosh_(Tensor input) => NotNull(input).arccosh_();

    public static Tensor angle(Tensor input) => NotNull(input).angle();

    public static Tensor asin(Tensor input) => NotNull(input).asin();

    public static Tensor asin_(Tensor input) => NotNull(input).asin_();

    public static Tensor arcsin(Tensor input) => NotNull(input).arcsin();

    public static Tensor arcsin_(Tensor input) => NotNull(input).arcsin_();

    public static Tensor asinh(Tensor input) => NotNull(input).asinh();

    public static Tensor asinh_(Tensor input) => NotNull(input).asinh_();

    public static Tensor arcsinh(Tensor input) => NotNull(input).arcsinh();

    public static Tensor arcsinh_(Tensor input) => NotNull(input).arcsinh_();

    public static Tensor atan(Tensor input) => NotNull(input).atan();

    public static Tensor atan_(Tensor input) => NotNull(input).atan_();

    public static Tensor arctan(Tensor input) => NotNull(input).arctan();

    public static Tensor arctan_(Tensor input) => NotNull(input).arctan_();

    public static Tensor atanh(Tensor input) => NotNull(input).atanh();

    public static Tensor atanh_(Tensor input) => NotNull(input).atanh_();

    public static Tensor arctanh(Tensor input) => NotNull(input).arctanh();

    public static Tensor arctanh_(Tensor input) => NotNull(input).arctanh_();

    public static Tensor atan2(Tensor input, Tensor other) => NotNull(input).atan2(other);

    public static Tensor atan2_(Tensor input, Tensor other) => NotNull(input).atan2_(other);

    public static Tensor arctan2(Tensor input, Tensor other) => NotNull(input).arctan2(other);

    public static Tensor arctan2_(Tensor input, Tensor other) => NotNull(input).arctan2_(other);

    public static Tensor arctan(Tensor input, Tensor other) => NotNull(input).arctan(other);

    public static Tensor arctan_(Tensor input, Tensor other) => NotNull(input).arctan_(other);

    public static Tensor ceil(Tensor input) => NotNull(input).ceil();

    public static Tensor ceil_(Tensor input) => NotNull(input).ceil_();

    public static Tensor clamp(Tensor input, Scalar? min = null, Scalar? max = null) => NotNull(input).clamp(min, max);

    public static Tensor clamp_(Tensor input, Scalar? min = null, Scalar? max = null) =>
        NotNull(input).clamp_(min, max);

    public static Tensor clamp(Tensor input, Tensor? min = null, Tensor? max = null) => NotNull(input).clamp(min, max);

    public static Tensor clamp_(Tensor input, Tensor? min = null, Tensor? max = null) =>
        NotNull(input).clamp_(min, max);

    public static Tensor clip(Tensor input, Scalar? min = null, Scalar? max = null) => NotNull(input).clip(min, max);

    public static Tensor copysign(Tensor input, Tensor other) => NotNull(input).copysign(other);

    public static Tensor cos(Tensor input) => NotNull(input).cos();

    public static Tensor cos_(Tensor input) => NotNull(input).cos_();

    public static Tensor cosh(Tensor input) => NotNull(input).cosh();

    public static Tensor cosh_(Tensor input) => NotNull(input).cosh_();

    public static Tensor deg2rad(Tensor input) => NotNull(input).deg2rad();

    public static Tensor digamma(Tensor input) => NotNull(input).digamma();

    public static Tensor digamma_(Tensor input) => NotNull(input).digamma_();

    public static Tensor erf(Tensor input) => NotNull(input).erf();

    public static Tensor erf_(Tensor input) => NotNull(input).erf_();

    public static Tensor erfc(Tensor input) => NotNull(input).erfc();

    public static Tensor erfc_(Tensor input) => NotNull(input).erfc_();

    public static Tensor erfinv(Tensor input) => NotNull(input).erfinv();

    public static Tensor erfinv_(Tensor input) => NotNull(input).erfinv_();

    public static Tensor exp(Tensor input) => NotNull(input).exp();

    public static Tensor exp_(Tensor input) => NotNull(input).exp_();

    public static Tensor exp2(Tensor input) => NotNull(input).exp2();

    public static Tensor expm1(Tensor input) => NotNull(input).expm1();

    public static Tensor expm1_(Tensor input) => NotNull(input).expm1_();

    public static Tensor fix(Tensor input) => NotNull(input).fix();

    public static Tensor fix_(Tensor input) => NotNull(input).fix_();

    public static Tensor floor(Tensor input) => NotNull(input).floor();

    public static Tensor floor_(Tensor input) => NotNull(input).floor_();

    public static Tensor frac(Tensor input) => NotNull(input).frac();

    public static Tensor frac_(Tensor input) => NotNull(input).frac_();

    public static (Tensor Mantissa, Tensor Exponent) frexp(Tensor input) => NotNull(input).frexp();

    public static Tensor lerp(Tensor input, Tensor end, Tensor weight) => NotNull(input).lerp(end, weight);

    public static Tensor lgamma(Tensor input) => NotNull(input).lgamma();

    public static Tensor lgamma_(Tensor input) => NotNull(input).lgamma_();

    public static Tensor log(Tensor input) => NotNull(input).log();

    public static Tensor log_(Tensor input) => NotNull(input).log_();

    public static Tensor log10(Tensor input) => NotNull(input).log10();

    public static Tensor log10_(Tensor input) => NotNull(input).log10_();

    public static Tensor log1p(Tensor input) => NotNull(input).log1p();

    public static Tensor log1p_(Tensor input) => NotNull(input).log1p_();

    public static Tensor log2(Tensor input) => NotNull(input).log2();

    public static Tensor log2_(Tensor input) => NotNull(input).log2_();

    public static Tensor logit(Tensor input, double? eps = null) => NotNull(input).logit(eps);

    public static Tensor i0(Tensor input) => NotNull(input).i0();

    public static Tensor igamma(Tensor input, Tensor other) => NotNull(input).igamma(other);

    public static Tensor igammac(Tensor input, Tensor other) => NotNull(input).igammac(other);

    public static Tensor nan_to_num(Tensor input, double nan = 0d, double? posinf = null, double? neginf = null) =>
        NotNull(input).nan_to_num(nan, posinf, neginf);

    public static Tensor neg(Tensor input) => NotNull(input).neg();

    public static Tensor neg_(Tensor input) => NotNull(input).neg_();

    public static Tensor negative(Tensor input) => NotNull(input).negative();

    public static Tensor nextafter(Tensor input, Tensor other) => NotNull(input).nextafter(other);

    public static Tensor positive(Tensor input) => NotNull(input).positive();

    public static Tensor rad2deg(Tensor input) => NotNull(input).rad2deg();

    public static Tensor reciprocal(Tensor input) => NotNull(input).reciprocal();

    public static Tensor reciprocal_(Tensor input) => NotNull(input).reciprocal_();

    public static Tensor round(Tensor input, long decimals = 0L) => NotNull(input).round(decimals);

    public static Tensor round_(Tensor input, long decimals = 0L) => NotNull(input).round_(decimals);

    public static Tensor rsqrt(Tensor input) => NotNull(input).rsqrt();

    public static Tensor rsqrt_(Tensor input) => NotNull(input).rsqrt_();

    public static Tensor sign(Tensor input) => NotNull(input).sign();

    public static Tensor sign_(Tensor input) => NotNull(input).sign_();

    public static Tensor sgn(Tensor input) => NotNull(input).sgn();

    public static Tensor sgn_(Tensor input) => NotNull(input).sgn_();

    public static Tensor signbit(Tensor input) => NotNull(input).signbit();

    public static Tensor sin(Tensor input) => NotNull(input).sin();

    public static Tensor sin_(Tensor input) => NotNull(input).sin_();

    public static Tensor sinc(Tensor input) => NotNull(input).sinc();

    public static Tensor sinc_(Tensor input) => NotNull(input).sinc_();

    public static Tensor sinh(Tensor input) => NotNull(input).sinh();

    public static Tensor sinh_(Tensor input) => NotNull(input).sinh_();

    public static Tensor sqrt(Tensor input) => NotNull(input).sqrt();

    public static Tensor sqrt_(Tensor input) => NotNull(input).sqrt_();

    public static Tensor square(Tensor input) => NotNull(input).square();

    public static Tensor tan(Tensor input) => NotNull(input).tan();

    public static Tensor tan_(Tensor input) => NotNull(input).tan_();

    public static Tensor tanh(Tensor input) => NotNull(input).tanh();

    public static Tensor tanh_(Tensor input) => NotNull(input).tanh_();

    public static Tensor trunc(Tensor input) => NotNull(input).trunc();

    public static Tensor trunc_(Tensor input) => NotNull(input).trunc_();

    public static Tensor clamp_max(Tensor input, Scalar max) => NotNull(input).clamp_max(max);

    public static Tensor clamp_max_(Tensor input, Scalar max) => NotNull(input).clamp_max_(max);

    public static Tensor clamp_min(Tensor input, Scalar min) => NotNull(input).clamp_min(min);

    public static Tensor clamp_min_(Tensor input, Scalar min) => NotNull(input).clamp_min_(min);
}
