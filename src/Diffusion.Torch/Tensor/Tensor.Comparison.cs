using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op allDimOp = new("all", "dim");
        private static readonly Op allOp = new("all");
        private static readonly Op allcloseOp = new("allclose");
        private static readonly Op anyDimOp = new("any", "dim");
        private static readonly Op anyOp = new("any");
        private static readonly Op eqInPlaceScalarOp = new("eq_", "Scalar");
        private static readonly Op eqInPlaceTensorOp = new("eq_", "Tensor");
        private static readonly Op eqScalarOp = new("eq", "Scalar");
        private static readonly Op eqTensorOp = new("eq", "Tensor");
        private static readonly Op equalOp = new("equal");
        private static readonly Op geInPlaceScalarOp = new("ge_", "Scalar");
        private static readonly Op geInPlaceTensorOp = new("ge_", "Tensor");
        private static readonly Op geScalarOp = new("ge", "Scalar");
        private static readonly Op geTensorOp = new("ge", "Tensor");
        private static readonly Op gtInPlaceScalarOp = new("gt_", "Scalar");
        private static readonly Op gtInPlaceTensorOp = new("gt_", "Tensor");
        private static readonly Op gtScalarOp = new("gt", "Scalar");
        private static readonly Op gtTensorOp = new("gt", "Tensor");
        private static readonly Op iscloseOp = new("isclose");
        private static readonly Op isfiniteOp = new("isfinite");
        private static readonly Op isinfOp = new("isinf");
        private static readonly Op isnanOp = new("isnan");
        private static readonly Op isneginfOp = new("isneginf");
        private static readonly Op isposinfOp = new("isposinf");
        private static readonly Op isrealOp = new("isreal");
        private static readonly Op leInPlaceScalarOp = new("le_", "Scalar");
        private static readonly Op leInPlaceTensorOp = new("le_", "Tensor");
        private static readonly Op leScalarOp = new("le", "Scalar");
        private static readonly Op leTensorOp = new("le", "Tensor");
        private static readonly Op logicalAndInPlaceOp = new("logical_and_");
        private static readonly Op logicalAndOp = new("logical_and");
        private static readonly Op logicalNotInPlaceOp = new("logical_not_");
        private static readonly Op logicalNotOp = new("logical_not");
        private static readonly Op logicalOrInPlaceOp = new("logical_or_");
        private static readonly Op logicalOrOp = new("logical_or");
        private static readonly Op logicalXorInPlaceOp = new("logical_xor_");
        private static readonly Op logicalXorOp = new("logical_xor");
        private static readonly Op ltInPlaceScalarOp = new("lt_", "Scalar");
        private static readonly Op ltInPlaceTensorOp = new("lt_", "Tensor");
        private static readonly Op ltScalarOp = new("lt", "Scalar");
        private static readonly Op ltTensorOp = new("lt", "Tensor");
        private static readonly Op neInPlaceScalarOp = new("ne_", "Scalar");
        private static readonly Op neInPlaceTensorOp = new("ne_", "Tensor");
        private static readonly Op neScalarOp = new("ne", "Scalar");
        private static readonly Op neTensorOp = new("ne", "Tensor");

        public Tensor eq(Tensor target) => eqTensorOp.Call(this, target);

        public Tensor eq(Scalar target) => eqScalarOp.Call(this, target);

        public Tensor ne(Tensor target) => neTensorOp.Call(this, target);

        public Tensor ne(Scalar target) => neScalarOp.Call(this, target);

        public Tensor lt(Tensor target) => ltTensorOp.Call(this, target);

        public Tensor lt(Scalar target) => ltScalarOp.Call(this, target);

        public Tensor le(Tensor target) => leTensorOp.Call(this, target);

        public Tensor le(Scalar target) => leScalarOp.Call(this, target);

        public Tensor gt(Tensor target) => gtTensorOp.Call(this, target);

        public Tensor gt(Scalar target) => gtScalarOp.Call(this, target);

        public Tensor ge(Tensor target) => geTensorOp.Call(this, target);

        public Tensor ge(Scalar target) => geScalarOp.Call(this, target);

        public Tensor equal(Tensor target) => eq(target);

        public Tensor not_equal(Tensor target) => ne(target);

        public Tensor less(Tensor target) => lt(target);

        public Tensor less_equal(Tensor target) => le(target);

        public Tensor greater(Tensor target) => gt(target);

        public Tensor greater_equal(Tensor target) => ge(target);

        public bool Equals(Tensor target) => equalOp.Test(this, target);

        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) =>
            allcloseOp.Test(this, target, rtol, atol, equal_nan);

        public Tensor isclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool nanEqual = false) =>
            iscloseOp.Call(this, other, rtol, atol, nanEqual);

        public Tensor isnan() => isnanOp.Call(this);

        public Tensor isinf() => isinfOp.Call(this);

        public Tensor isfinite() => isfiniteOp.Call(this);

        public Tensor isposinf() => isposinfOp.Call(this);

        public Tensor isneginf() => isneginfOp.Call(this);

        public Tensor logical_and(Tensor other) => logicalAndOp.Call(this, other);

        public Tensor logical_and_(Tensor other) => logicalAndInPlaceOp.InPlace(this, other);

        public Tensor logical_or(Tensor other) => logicalOrOp.Call(this, other);

        public Tensor logical_or_(Tensor other) => logicalOrInPlaceOp.InPlace(this, other);

        public Tensor logical_xor(Tensor other) => logicalXorOp.Call(this, other);

        public Tensor logical_not() => logicalNotOp.Call(this);

        public Tensor logical_not_() => logicalNotInPlaceOp.InPlace(this);

        public Tensor all() => allOp.Call(this);

        public Tensor all(long dim, bool keepdim = false) => allDimOp.Call(this, dim, keepdim);

        public Tensor any() => anyOp.Call(this);

        public Tensor any(long dim, bool keepdim = false) => anyDimOp.Call(this, dim, keepdim);

        public Tensor eq_(Tensor target) => eqInPlaceTensorOp.InPlace(this, target);

        public Tensor eq_(Scalar target) => eqInPlaceScalarOp.InPlace(this, target);

        public Tensor ne_(Tensor target) => neInPlaceTensorOp.InPlace(this, target);

        public Tensor ne_(Scalar target) => neInPlaceScalarOp.InPlace(this, target);

        public Tensor lt_(Tensor target) => ltInPlaceTensorOp.InPlace(this, target);

        public Tensor lt_(Scalar target) => ltInPlaceScalarOp.InPlace(this, target);

        public Tensor le_(Tensor target) => leInPlaceTensorOp.InPlace(this, target);

        public Tensor le_(Scalar target) => leInPlaceScalarOp.InPlace(this, target);

        public Tensor gt_(Tensor target) => gtInPlaceTensorOp.InPlace(this, target);

        public Tensor gt_(Scalar target) => gtInPlaceScalarOp.InPlace(this, target);

        public Tensor ge_(Tensor target) => geInPlaceTensorOp.InPlace(this, target);

        public Tensor ge_(Scalar target) => geInPlaceScalarOp.InPlace(this, target);

        public Tensor less_equal_(Tensor target) => le_(target);

        public Tensor not_equal_(Tensor target) => ne_(target);

        public Tensor logical_xor_(Tensor other) => logicalXorInPlaceOp.InPlace(this, other);

        public Tensor isreal() => isrealOp.Call(this);
    }
}
