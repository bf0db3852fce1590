using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op addbmmInPlaceOp = new("addbmm_");
        private static readonly Op addbmmOp = new("addbmm");
        private static readonly Op addmmInPlaceOp = new("addmm_");
        private static readonly Op addmmOp = new("addmm");
        private static readonly Op addmvInPlaceOp = new("addmv_");
        private static readonly Op addmvOp = new("addmv");
        private static readonly Op addrInPlaceOp = new("addr_");
        private static readonly Op addrOp = new("addr");
        private static readonly Op baddbmmOp = new("baddbmm");
        private static readonly Op bmmOp = new("bmm");
        private static readonly Op choleskyInverseOp = new("cholesky_inverse");
        private static readonly Op choleskyOp = new("cholesky");
        private static readonly Op choleskySolveOp = new("cholesky_solve");
        private static readonly Op corrcoefOp = new("corrcoef");
        private static readonly Op covOp = new("cov");
        private static readonly Op detOp = new("det");
        private static readonly Op dotOp = new("dot");
        private static readonly Op innerOp = new("inner");
        private static readonly Op inverseOp = new("inverse");
        private static readonly Op kronOp = new("kron");
        private static readonly Op logdetOp = new("logdet");
        private static readonly Op matmulOp = new("matmul");
        private static readonly Op matrixExpOp = new("matrix_exp");
        private static readonly Op matrixPowerOp = new("matrix_power");
        private static readonly Op mmOp = new("mm");
        private static readonly Op mvOp = new("mv");
        private static readonly Op outerOp = new("outer");
        private static readonly Op pinverseOp = new("pinverse");
        private static readonly Op tensordotOp = new("tensordot");
        private static readonly Op vdotOp = new("vdot");

        public Tensor matmul(Tensor target) => matmulOp.Call(this, target);

        public Tensor mm(Tensor target) => mmOp.Call(this, target);

        public Tensor mv(Tensor target) => mvOp.Call(this, target);

        public Tensor bmm(Tensor batch2) => bmmOp.Call(this, batch2);

        public Tensor dot(Tensor target) => dotOp.Call(this, target);

        public Tensor vdot(Tensor target) => vdotOp.Call(this, target);

        public Tensor inner(Tensor vec2) => innerOp.Call(this, vec2);

        public Tensor outer(Tensor vec2) => outerOp.Call(this, vec2);

        public Tensor ger(Tensor vec2) => outer(vec2);

        public Tensor kron(Tensor other) => kronOp.Call(this, other);

        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            baddbmmOp.Call(this, batch1, batch2, beta, alpha);

        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            addmmOp.Call(this, mat1, mat2, beta, alpha);

        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            addmmInPlaceOp.InPlace(this, mat1, mat2, beta, alpha);

        public Tensor addbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            addbmmOp.Call(this, batch1, batch2, beta, alpha);

        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1.0f, float alpha = 1.0f) =>
            addmvOp.Call(this, mat, vec, beta, alpha);

        public Tensor addr(Tensor vec1, Tensor vec2, float beta = 1.0f, float alpha = 1.0f) =>
            addrOp.Call(this, vec1, vec2, beta, alpha);

        public Tensor det() => detOp.Call(this);

        public Tensor logdet() => logdetOp.Call(this);

        public Tensor matrix_power(int n) => matrixPowerOp.Call(this, n);

        public Tensor matrix_exp() => matrixExpOp.Call(this);

        public Tensor cholesky(bool upper = false) => choleskyOp.Call(this, upper);

        public Tensor inverse() => inverseOp.Call(this);

        public Tensor cov(long correction = 1, Tensor? fweights = null, Tensor? aweights = null) =>
            covOp.Call(this, correction, Arg.Optional(fweights), Arg.Optional(aweights));

        public Tensor corrcoef() => corrcoefOp.Call(this);

        public Tensor addbmm_(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
            addbmmInPlaceOp.InPlace(this, batch1, batch2, beta, alpha);

        public Tensor addmv_(Tensor mat, Tensor vec, float beta = 1.0f, float alpha = 1.0f) =>
            addmvInPlaceOp.InPlace(this, mat, vec, beta, alpha);

        public Tensor addr_(Tensor vec1, Tensor vec2, float beta = 1.0f, float alpha = 1.0f) =>
            addrInPlaceOp.InPlace(this, vec1, vec2, beta, alpha);

        public Tensor tensordot(Tensor b, long[] dims1, long[] dims2) => tensordotOp.Call(this, b, dims1, dims2);

        public Tensor cholesky_inverse(bool upper = false) => choleskyInverseOp.Call(this, upper);

        public Tensor cholesky_solve(Tensor input2, bool upper = false) => choleskySolveOp.Call(this, input2, upper);

        public Tensor pinverse(double rcond = 1e-15, bool hermitian = false) => pinverseOp.Call(this, rcond);
    }
}
