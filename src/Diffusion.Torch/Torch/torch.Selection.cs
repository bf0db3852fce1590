namespace TorchSharp;

public static partial class torch
{
    public static Tensor isin(Tensor tensor, Tensor test_elements, bool assumeUnique = false, bool invert = false) =>
        NotNull(tensor).isin(test_elements, assumeUnique, invert);

    public static Tensor argwhere(Tensor input) => NotNull(input).argwhere();

    public static Tensor gather(Tensor input, long dim, Tensor index) => NotNull(input).gather(dim, index);

    public static Tensor index_add(Tensor input, long dim, Tensor index, Tensor source, Scalar alpha) =>
        NotNull(input).index_add(dim, index, source, alpha);

    public static Tensor index_add_(Tensor input, long dim, Tensor index, Tensor source, Scalar alpha) =>
        NotNull(input).index_add_(dim, index, source, alpha);

    public static Tensor index_copy(Tensor input, long dim, Tensor index, Tensor source) =>
        NotNull(input).index_copy(dim, index, source);

    public static Tensor index_copy_(Tensor input, long dim, Tensor index, Tensor source) =>
        NotNull(input).index_copy_(dim, index, source);

    public static Tensor index_select(Tensor input, long dim, Tensor index) => NotNull(input).index_select(dim, index);

    public static Tensor masked_select(Tensor input, Tensor mask) => NotNull(input).masked_select(mask);

    public static Tensor narrow(Tensor input, long dim, long start, long length) =>
        NotNull(input).narrow(dim, start, length);

    public static Tensor nonzero(Tensor input) => NotNull(input).nonzero();

    public static Tensor select(Tensor input, long dim, long index) => NotNull(input).select(dim, index);

    public static Tensor scatter(Tensor input, long dim, Tensor index, Tensor src) =>
        NotNull(input).scatter(dim, index, src);

    public static Tensor scatter_(Tensor input, long dim, Tensor index, Tensor src) =>
        NotNull(input).scatter_(dim, index, src);

    public static Tensor diagonal_scatter(Tensor input, Tensor src, long offset = 0L, long dim1 = 0L, long dim2 = 1L) =>
        NotNull(input).diagonal_scatter(src, offset, dim1, dim2);

    public static Tensor select_scatter(Tensor input, Tensor src, long dim, long index) =>
        NotNull(input).select_scatter(src, dim, index);

    public static Tensor slice_scatter(
        Tensor input,
        Tensor src,
        long dim = 0L,
        long? start = null,
        long? end = null,
        long step = 1L
    ) => NotNull(input).slice_scatter(src, dim, start, end, step);

    public static Tensor scatter_add(Tensor input, long dim, Tensor index, Tensor src) =>
        NotNull(input).scatter_add(dim, index, src);

    public static Tensor take(Tensor input, Tensor index) => NotNull(input).take(index);

    public static Tensor take_along_dim(Tensor input, Tensor indices, long dim = 0L) =>
        NotNull(input).take_along_dim(indices, dim);

    public static Tensor where(Tensor condition, Tensor x, Tensor y) => NotNull(x).where(condition, NotNull(y));

    public static Tensor bincount(Tensor input, Tensor? weights = null, long minlength = 0) =>
        NotNull(input).bincount(weights, minlength);

    public static Tensor bucketize(Tensor input, Tensor boundaries, bool outInt32 = false, bool right = false) =>
        NotNull(input).bucketize(boundaries, outInt32, right);

    public static Tensor scatter_add_(Tensor input, long dim, Tensor index, Tensor src) =>
        NotNull(input).scatter_add_(dim, index, src);

    public static Tensor index_fill(Tensor input, long dim, Tensor index, Scalar value) =>
        NotNull(input).index_fill(dim, index, value);

    public static Tensor index_fill_(Tensor input, long dim, Tensor index, Scalar value) =>
        NotNull(input).index_fill_(dim, index, value);
}
