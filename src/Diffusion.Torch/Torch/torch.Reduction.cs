namespace TorchSharp;

public static partial class torch
{
    public static Tensor trapezoid(Tensor y, Tensor x, long dim = -1) => NotNull(y).trapezoid(x, dim);

    public static Tensor trapezoid(Tensor y, double dx = 1, long dim = -1) => NotNull(y).trapezoid(dx, dim);

    public static Tensor cumulative_trapezoid(Tensor y, Tensor x, long dim = -1) =>
        NotNull(y).cumulative_trapezoid(x, dim);

    public static Tensor cumulative_trapezoid(Tensor y, double dx = 1, long dim = -1) =>
        NotNull(y).cumulative_trapezoid(dx, dim);

    public static Tensor argsort(Tensor input, long dim = -1, bool descending = false) =>
        NotNull(input).argsort(dim, descending);

    public static (Tensor values, Tensor indices) kthvalue(Tensor input, long k, long? dim, bool keepdim = false) =>
        NotNull(input).kthvalue(k, dim, keepdim);

    public static (Tensor values, Tensor indices) sort(
        Tensor input,
        long dim = -1,
        bool descending = false,
        bool stable = false
    ) => NotNull(input).sort(dim, descending, stable);

    public static (Tensor values, Tensor indices) topk(
        Tensor tensor,
        int k,
        int dim = -1,
        bool largest = true,
        bool sorted = true
    ) => NotNull(tensor).topk(k, dim, largest, sorted);

    public static Tensor msort(Tensor tensor) => NotNull(tensor).msort();

    public static (Tensor values, Tensor indices) cummax(Tensor input, long dim) => NotNull(input).cummax(dim);

    public static (Tensor values, Tensor indices) cummin(Tensor input, long dim) => NotNull(input).cummin(dim);

    public static Tensor cumprod(Tensor input, long dim, ScalarType? dtype = null) =>
        NotNull(input).cumprod(dim, dtype);

    public static Tensor cumsum(Tensor input, long dim, ScalarType? type = null) => NotNull(input).cumsum(dim, type);

    public static Tensor diff(Tensor input, long n = 1, long dim = -1, Tensor? prepend = null, Tensor? append = null) =>
        NotNull(input).diff(n, dim, prepend, append);

    public static Tensor histc(Tensor input, long bins = 100, long min = 0, long max = 0) =>
        NotNull(input).histc(bins, min, max);

    public static Tensor logcumsumexp(Tensor input, long dim) => NotNull(input).logcumsumexp(dim);

    public static Tensor renorm(Tensor input, float p, long dim, float maxnorm) =>
        NotNull(input).renorm(p, dim, maxnorm);

    public static Tensor trace(Tensor input) => NotNull(input).trace();

    public static Tensor argmax(Tensor input) => NotNull(input).argmax();

    public static Tensor argmax(Tensor input, long dim, bool keepdim = false) => NotNull(input).argmax(dim, keepdim);

    public static Tensor argmin(Tensor input) => NotNull(input).argmin();

    public static Tensor argmin(Tensor input, long dim, bool keepdim = false) => NotNull(input).argmin(dim, keepdim);

    public static Tensor amax(Tensor input, long[] dims, bool keepdim = false, Tensor? @out = null) =>
        NotNull(input).amax(dims, keepdim, @out);

    public static Tensor amax(Tensor input, ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) =>
        NotNull(input).amax(dims, keepdim, @out);

    public static Tensor amax(Tensor input, long[] dims) => NotNull(input).amax(dims);

    public static Tensor amin(Tensor input, long[] dims, bool keepdim = false, Tensor? @out = null) =>
        NotNull(input).amin(dims, keepdim, @out);

    public static Tensor amin(Tensor input, ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) =>
        NotNull(input).amin(dims, keepdim, @out);

    public static (Tensor min, Tensor max) aminmax(Tensor input, long? dim = null, bool keepdim = false) =>
        NotNull(input).aminmax(dim, keepdim);

    public static Tensor max(Tensor input) => NotNull(input).max();

    public static Tensor max(Tensor input, Tensor other) => NotNull(input).max(other);

    public static (Tensor values, Tensor indexes) max(Tensor input, long dim, bool keepdim = false) =>
        NotNull(input).max(dim, keepdim);

    public static Tensor min(Tensor input) => NotNull(input).min();

    public static Tensor min(Tensor input, Tensor other) => NotNull(input).min(other);

    public static (Tensor values, Tensor indexes) min(Tensor input, long dim, bool keepdim = false) =>
        NotNull(input).min(dim, keepdim);

    public static Tensor dist(Tensor input, Tensor other, float p = 2.0f) => NotNull(input).dist(other, p);

    public static Tensor logsumexp(Tensor input, long dim, bool keepdim = false) =>
        NotNull(input).logsumexp(dim, keepdim);

    public static Tensor mean(Tensor input) => NotNull(input).mean();

    public static Tensor mean(Tensor input, long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
        NotNull(input).mean(dimensions, keepdim, type);

    public static Tensor nanmean(Tensor input, int? dim = null, bool keepdim = false, ScalarType? dtype = null) =>
        NotNull(input).nanmean(dim, keepdim, dtype);

    public static Tensor median(Tensor input) => NotNull(input).median();

    public static Tensor nanmedian(Tensor input) => NotNull(input).nanmedian();

    public static (Tensor values, Tensor indices) mode(Tensor input, long dim = -1L, bool keepdim = false) =>
        NotNull(input).mode(dim, keepdim);

    public static Tensor norm(Tensor input, float p = 2.0f) => NotNull(input).norm(p);

    public static Tensor norm(Tensor input, int dimension, bool keepdim = false, float p = 2.0f) =>
        NotNull(input).norm(dimension, keepdim, p);

    public static Tensor nansum(Tensor input) => NotNull(input).nansum();

    public static Tensor quantile(Tensor input, Tensor q, long dim = -1, bool keepdim = false) =>
        NotNull(input).quantile(q, dim, keepdim);

    public static Tensor nanquantile(Tensor input, Tensor q, long dim = -1, bool keepdim = false) =>
        NotNull(input).nanquantile(q, dim, keepdim);

    public static Tensor prod(Tensor input, ScalarType? type = null) => NotNull(input).prod(type);

    public static Tensor prod(Tensor input, long dim, bool keepdim = false, ScalarType? type = null) =>
        NotNull(input).prod(dim, keepdim, type);

    public static Tensor std(Tensor input, bool unbiased = true) => NotNull(input).std(unbiased);

    public static Tensor std(
        Tensor input,
        long[] dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).std(dimensions, unbiased, keepdim, type);

    public static Tensor std(
        Tensor input,
        long dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).std(dimensions, unbiased, keepdim, type);

    public static Tensor std(
        Tensor input,
        (long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).std(dimensions, unbiased, keepdim, type);

    public static Tensor std(
        Tensor input,
        (long, long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).std(dimensions, unbiased, keepdim, type);

    public static (Tensor std, Tensor mean) std_mean(
        Tensor input,
        long[] dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).std_mean(dimensions, unbiased, keepdim, type);

    public static (Tensor std, Tensor mean) std_mean(
        Tensor input,
        ReadOnlySpan<long> dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).std_mean(dimensions, unbiased, keepdim, type);

    public static (Tensor std, Tensor mean) std_mean(
        Tensor input,
        long dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).std_mean(dimensions, unbiased, keepdim, type);

    public static (Tensor std, Tensor mean) std_mean(
        Tensor input,
        (long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).std_mean(dimensions, unbiased, keepdim, type);

    public static (Tensor std, Tensor mean) std_mean(
        Tensor input,
        (long, long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).std_mean(dimensions, unbiased, keepdim, type);

    public static Tensor sum(Tensor input, ScalarType? type = null) => NotNull(input).sum(type);

    public static Tensor sum(Tensor input, ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) =>
        NotNull(input).sum(dim, keepdim, type);

    public static Tensor sum(Tensor input, long dim, bool keepdim = false, ScalarType? type = null) =>
        NotNull(input).sum(dim, keepdim, type);

    public static Tensor var(Tensor input, bool unbiased = true) => NotNull(input).var(unbiased);

    public static Tensor var(
        Tensor input,
        long[] dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).var(dimensions, unbiased, keepdim, type);

    public static Tensor var(
        Tensor input,
        long dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).var(dimensions, unbiased, keepdim, type);

    public static Tensor var(
        Tensor input,
        (long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).var(dimensions, unbiased, keepdim, type);

    public static Tensor var(
        Tensor input,
        (long, long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).var(dimensions, unbiased, keepdim, type);

    public static (Tensor @var, Tensor mean) var_mean(Tensor input, bool unbiased = true) =>
        NotNull(input).var_mean(unbiased);

    public static (Tensor @var, Tensor mean) var_mean(
        Tensor input,
        long[] dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).var_mean(dimensions, unbiased, keepdim, type);

    public static (Tensor @var, Tensor mean) var_mean(
        Tensor input,
        ReadOnlySpan<long> dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).var_mean(dimensions, unbiased, keepdim, type);

    public static (Tensor @var, Tensor mean) var_mean(
        Tensor input,
        long dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).var_mean(dimensions, unbiased, keepdim, type);

    public static (Tensor @var, Tensor mean) var_mean(
        Tensor input,
        (long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).var_mean(dimensions, unbiased, keepdim, type);

    public static (Tensor @var, Tensor mean) var_mean(
        Tensor input,
        (long, long, long) dimensions,
        bool unbiased = true,
        bool keepdim = false,
        ScalarType? type = null
    ) => NotNull(input).var_mean(dimensions, unbiased, keepdim, type);

    public static Tensor count_nonzero(Tensor input, long[]? dims = null) => NotNull(input).count_nonzero(dims);

    public static (Tensor std, Tensor mean) std_mean(Tensor input, bool unbiased = true) =>
        NotNull(input).std_mean(unbiased);
}
