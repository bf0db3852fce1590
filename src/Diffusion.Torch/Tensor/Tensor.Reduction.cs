using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op amaxOp = new("amax");
        private static readonly Op aminOp = new("amin");
        private static readonly Op aminmaxOp = new("aminmax");
        private static readonly Op argmaxOp = new("argmax");
        private static readonly Op argminOp = new("argmin");
        private static readonly Op argsortOp = new("argsort");
        private static readonly Op countNonzeroDimIntListOp = new("count_nonzero", "dim_IntList");
        private static readonly Op countNonzeroOp = new("count_nonzero");
        private static readonly Op cummaxOp = new("cummax");
        private static readonly Op cumminOp = new("cummin");
        private static readonly Op cumprodOp = new("cumprod");
        private static readonly Op cumsumOp = new("cumsum");
        private static readonly Op cumulativeTrapezoidDxOp = new("cumulative_trapezoid", "dx");
        private static readonly Op cumulativeTrapezoidXOp = new("cumulative_trapezoid", "x");
        private static readonly Op diffOp = new("diff");
        private static readonly Op distOp = new("dist");
        private static readonly Op histcOp = new("histc");
        private static readonly Op kthvalueOp = new("kthvalue");
        private static readonly Op logcumsumexpOp = new("logcumsumexp");
        private static readonly Op logsumexpOp = new("logsumexp");
        private static readonly Op maxDimOp = new("max", "dim");
        private static readonly Op maxOp = new("max");
        private static readonly Op maxOtherOp = new("max", "other");
        private static readonly Op meanDimOp = new("mean", "dim");
        private static readonly Op meanOp = new("mean");
        private static readonly Op medianOp = new("median");
        private static readonly Op minDimOp = new("min", "dim");
        private static readonly Op minOp = new("min");
        private static readonly Op minOtherOp = new("min", "other");
        private static readonly Op modeOp = new("mode");
        private static readonly Op msortOp = new("msort");
        private static readonly Op nanmeanOp = new("nanmean");
        private static readonly Op nanmedianOp = new("nanmedian");
        private static readonly Op nanquantileOp = new("nanquantile");
        private static readonly Op nansumOp = new("nansum");
        private static readonly Op normScalarOp = new("norm", "Scalar");
        private static readonly Op normScalarOptDimOp = new("norm", "ScalarOpt_dim");
        private static readonly Op prodDimIntOp = new("prod", "dim_int");
        private static readonly Op prodOp = new("prod");
        private static readonly Op quantileOp = new("quantile");
        private static readonly Op renormOp = new("renorm");
        private static readonly Op sortStableOp = new("sort", "stable");
        private static readonly Op stdDimOp = new("std", "dim");
        private static readonly Op stdMeanDimOp = new("std_mean", "dim");
        private static readonly Op stdMeanOp = new("std_mean");
        private static readonly Op stdOp = new("std");
        private static readonly Op sumDimIntListOp = new("sum", "dim_IntList");
        private static readonly Op sumOp = new("sum");
        private static readonly Op topkOp = new("topk");
        private static readonly Op traceOp = new("trace");
        private static readonly Op trapezoidDxOp = new("trapezoid", "dx");
        private static readonly Op trapezoidXOp = new("trapezoid", "x");
        private static readonly Op varDimOp = new("var", "dim");
        private static readonly Op varMeanDimOp = new("var_mean", "dim");
        private static readonly Op varMeanOp = new("var_mean");
        private static readonly Op varOp = new("var");

        public Tensor sum(ScalarType? type = null) => sumOp.Call(this, type);

        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) =>
            sumDimIntListOp.Call(this, dim, keepdim, type);

        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) =>
            sumDimIntListOp.Call(this, dim, keepdim, type);

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => sum([dim], keepdim, type);

        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) =>
            sum([dim0, dim1], keepdim, type);

        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) =>
            sum([dim0, dim1, dim2], keepdim, type);

        public Tensor mean() => meanOp.Call(this);

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            meanDimOp.Call(this, dimensions, keepdim, type);

        public Tensor prod(ScalarType? type = null) => prodOp.Call(this, type);

        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) =>
            prodDimIntOp.Call(this, dim, keepdim, type);

        public Tensor std(bool unbiased = true) => stdOp.Call(this, unbiased);

        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Typed(stdDimOp.Call(this, dimensions, unbiased, keepdim), type);

        public Tensor std(
            ReadOnlySpan<long> dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std(dimensions.ToArray(), unbiased, keepdim, type);

        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std([dim], unbiased, keepdim, type);

        public Tensor std((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            std([dim.Item1, dim.Item2], unbiased, keepdim, type);

        public Tensor std(
            (long, long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public Tensor var(bool unbiased = true) => varOp.Call(this, unbiased);

        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            Typed(varDimOp.Call(this, dimensions, unbiased, keepdim), type);

        public Tensor var(
            ReadOnlySpan<long> dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var(dimensions.ToArray(), unbiased, keepdim, type);

        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var([dim], unbiased, keepdim, type);

        public Tensor var((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) =>
            var([dim.Item1, dim.Item2], unbiased, keepdim, type);

        public Tensor var(
            (long, long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean(bool unbiased = true) => stdMeanOp.Pair(this, unbiased);

        public (Tensor @var, Tensor mean) var_mean(bool unbiased = true) => varMeanOp.Pair(this, unbiased);

        public Tensor max() => maxOp.Call(this);

        public Tensor max(Tensor other) => maxOtherOp.Call(this, other);

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => maxDimOp.Pair(this, dim, keepdim);

        public Tensor min() => minOp.Call(this);

        public Tensor min(Tensor other) => minOtherOp.Call(this, other);

        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => minDimOp.Pair(this, dim, keepdim);

        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) =>
            amax((ReadOnlySpan<long>)dims, keepdim, @out);

        public Tensor amax(params long[] dims) => amax((ReadOnlySpan<long>)dims);

        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) =>
            @out is null ? amaxOp.Call(this, dims, keepdim) : @out.copy_(amaxOp.Call(this, dims, keepdim));

        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) =>
            amin((ReadOnlySpan<long>)dims, keepdim, @out);

        public Tensor amin(params long[] dims) => amin((ReadOnlySpan<long>)dims);

        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) =>
            @out is null ? aminOp.Call(this, dims, keepdim) : @out.copy_(aminOp.Call(this, dims, keepdim));

        public (Tensor min, Tensor max) aminmax(long? dim = null, bool keepdim = false) =>
            aminmaxOp.Pair(this, dim, keepdim);

        public Tensor argmax() => argmaxOp.Call(this);

        public Tensor argmax(long dim, bool keepdim = false) => argmaxOp.Call(this, dim, keepdim);

        public Tensor argmin() => argminOp.Call(this);

        public Tensor argmin(long dim, bool keepdim = false) => argminOp.Call(this, dim, keepdim);

        public Tensor median() => medianOp.Call(this);

        public Tensor nanmedian() => nanmedianOp.Call(this);

        public Tensor nansum() => nansumOp.Call(this);

        public Tensor norm(float p = 2.0f) => normScalarOp.Call(this, p);

        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) =>
            normScalarOptDimOp.Call(this, p, new long[] { dim }, keepdim);

        public Tensor dist(Tensor other, float p = 2.0f) => distOp.Call(this, other, p);

        public Tensor logsumexp(long dim, bool keepdim = false) => logsumexpOp.Call(this, new[] { dim }, keepdim);

        public Tensor logcumsumexp(long dim) => logcumsumexpOp.Call(this, dim);

        public Tensor cumsum(long dim, ScalarType? type = null) => cumsumOp.Call(this, dim, type);

        public Tensor cumprod(long dim, ScalarType? type = null) => cumprodOp.Call(this, dim, type);

        public (Tensor values, Tensor indexes) cummax(long dim) => cummaxOp.Pair(this, dim);

        public (Tensor values, Tensor indexes) cummin(long dim) => cumminOp.Pair(this, dim);

        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) => quantileOp.Call(this, q, dim, keepdim);

        public Tensor nanquantile(Tensor q, long dim = -1, bool keepdim = false) =>
            nanquantileOp.Call(this, q, dim, keepdim);

        public (Tensor values, Tensor indices) kthvalue(long k, long? dim, bool keepdim = false) =>
            kthvalueOp.Pair(this, k, dim ?? -1, keepdim);

        public (Tensor values, Tensor indices) mode(long dim = -1L, bool keepdim = false) =>
            modeOp.Pair(this, dim, keepdim);

        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) =>
            sortStableOp.Pair(this, stable, dim, descending);

        public Tensor argsort(long dim = -1, bool descending = false) => argsortOp.Call(this, dim, descending);

        public Tensor msort() => msortOp.Call(this);

        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) =>
            topkOp.Pair(this, k, dim, largest, sorted);

        public Tensor count_nonzero(long[]? dims = null) =>
            dims is null ? countNonzeroOp.Call(this) : countNonzeroDimIntListOp.Call(this, dims);

        public Tensor trace() => traceOp.Call(this);

        public (Tensor std, Tensor mean) std_mean(
            long[] dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => TypedPair(stdMeanDimOp.Pair(this, dimensions, unbiased, keepdim), type);

        public (Tensor std, Tensor mean) std_mean(
            ReadOnlySpan<long> dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std_mean(dimensions.ToArray(), unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean(
            long dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std_mean([dim], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean(
            (long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std_mean([dim.Item1, dim.Item2], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean(
            (long, long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => std_mean([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) var_mean(
            long[] dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => TypedPair(varMeanDimOp.Pair(this, dimensions, unbiased, keepdim), type);

        public (Tensor std, Tensor mean) var_mean(
            ReadOnlySpan<long> dimensions,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var_mean(dimensions.ToArray(), unbiased, keepdim, type);

        public (Tensor @var, Tensor mean) var_mean(
            long dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var_mean([dim], unbiased, keepdim, type);

        public (Tensor @var, Tensor mean) var_mean(
            (long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var_mean([dim.Item1, dim.Item2], unbiased, keepdim, type);

        public (Tensor @var, Tensor mean) var_mean(
            (long, long, long) dim,
            bool unbiased = true,
            bool keepdim = false,
            ScalarType? type = null
        ) => var_mean([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public Tensor nanmean(int? dim = null, bool keepdim = false, ScalarType? dtype = null) =>
            nanmeanOp.Call(this, dim is null ? Arg.None : new long[] { dim.Value }, keepdim, dtype);

        public Tensor histc(long bins = 100, long min = 0, long max = 0) => histcOp.Call(this, bins, min, max);

        public Tensor diff(long n = 1, long dim = -1, Tensor? prepend = null, Tensor? append = null) =>
            diffOp.Call(this, n, dim, Arg.Optional(prepend), Arg.Optional(append));

        public Tensor trapezoid(double dx = 1, long dim = -1) => trapezoidDxOp.Call(this, dx, dim);

        public Tensor trapezoid(Tensor x, long dim = -1) => trapezoidXOp.Call(this, x, dim);

        public Tensor cumulative_trapezoid(double dx = 1, long dim = -1) => cumulativeTrapezoidDxOp.Call(this, dx, dim);

        public Tensor cumulative_trapezoid(Tensor x, long dim = -1) => cumulativeTrapezoidXOp.Call(this, x, dim);

        public Tensor renorm(float p, long dim, float maxnorm) => renormOp.Call(this, p, dim, maxnorm);
    }
}
