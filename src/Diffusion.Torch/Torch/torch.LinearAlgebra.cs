namespace TorchSharp;

public static partial class torch
{
    public static Tensor addbmm(Tensor input, Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
        NotNull(input).addbmm(batch1, batch2, beta, alpha);

    public static Tensor addbmm_(Tensor input, Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
        NotNull(input).addbmm_(batch1, batch2, beta, alpha);

    public static Tensor addmm(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) =>
        NotNull(input).addmm(mat1, mat2, beta, alpha);

    public static Tensor addmm_(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) =>
        NotNull(input).addmm_(mat1, mat2, beta, alpha);

    public static Tensor addmv(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) =>
        NotNull(input).addmv(NotNull(mat1), NotNull(mat2), beta, alpha);

    public static Tensor addmv_(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) =>
        NotNull(input).addmv_(NotNull(mat1), NotNull(mat2), beta, alpha);

    public static Tensor addr(Tensor input, Tensor vec1, Tensor vec2, float beta = 1.0f, float alpha = 1.0f) =>
        NotNull(input).addr(vec1, vec2, beta, alpha);

    public static Tensor addr_(Tensor input, Tensor vec1, Tensor vec2, float beta = 1.0f, float alpha = 1.0f) =>
        NotNull(input).addr_(vec1, vec2, beta, alpha);

    public static Tensor baddbmm(Tensor input, Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) =>
        NotNull(input).baddbmm(batch1, batch2, beta, alpha);

    public static Tensor bmm(Tensor input, Tensor batch2) => NotNull(input).bmm(NotNull(batch2));

    public static Tensor cholesky_inverse(Tensor input, bool upper = false) => NotNull(input).cholesky_inverse(upper);

    public static Tensor cholesky_solve(Tensor input, Tensor input2, bool upper = false) =>
        NotNull(input).cholesky_solve(input2, upper);

    public static Tensor dot(Tensor input, Tensor other) => NotNull(input).dot(NotNull(other));

    public static Tensor ger(Tensor input, Tensor vec2) => NotNull(input).ger(vec2);

    public static Tensor inner(Tensor input, Tensor vec2) => NotNull(input).inner(NotNull(vec2));

    public static Tensor inverse(Tensor input) => NotNull(input).inverse();

    public static Tensor det(Tensor input) => NotNull(input).det();

    public static Tensor logdet(Tensor input) => NotNull(input).logdet();

    public static Tensor matmul(Tensor input, Tensor target) => NotNull(input).matmul(NotNull(target));

    public static Tensor matrix_power(Tensor input, int n) => NotNull(input).matrix_power(n);

    public static Tensor matrix_exp(Tensor input) => NotNull(input).matrix_exp();

    public static Tensor mm(Tensor input, Tensor target) => NotNull(input).mm(NotNull(target));

    public static Tensor mv(Tensor input, Tensor target) => NotNull(input).mv(NotNull(target));

    public static Tensor outer(Tensor input, Tensor vec2) => NotNull(input).outer(vec2);

    public static Tensor pinverse(Tensor input, double rcond = 1e-15, bool hermitian = false) =>
        NotNull(input).pinverse(rcond, hermitian);

    public static Tensor vdot(Tensor input, Tensor target) => NotNull(input).vdot(NotNull(target));

    public static Tensor corrcoef(Tensor input) => NotNull(input).corrcoef();

    public static Tensor cov(Tensor input, long correction = 1, Tensor? fweights = null, Tensor? aweights = null) =>
        NotNull(input).cov(correction, fweights, aweights);

    public static Tensor kron(Tensor input, Tensor other) => NotNull(input).kron(other);

    public static Tensor tensordot(Tensor a, Tensor b, long[] dims1, long[] dims2) =>
        NotNull(a).tensordot(NotNull(b), dims1, dims2);

    public static Tensor cholesky(Tensor input, bool upper) => NotNull(input).cholesky(upper);
}
