namespace TorchSharp;

public static partial class torch
{
    public static Tensor adjoint(Tensor input) => NotNull(input).adjoint();

    public static Tensor[] chunk(Tensor input, long chunks, long dim = 0) => NotNull(input).chunk(chunks, dim);

    public static Tensor[] dsplit(Tensor input, Tensor indices_or_sections) =>
        NotNull(input).dsplit(NotNull(indices_or_sections));

    public static Tensor[] dsplit(Tensor input, long size) => NotNull(input).dsplit(size);

    public static Tensor[] dsplit(Tensor input, long[] indices_or_sections) =>
        NotNull(input).dsplit(indices_or_sections);

    public static Tensor[] hsplit(Tensor input, Tensor indices_or_sections) =>
        NotNull(input).hsplit(NotNull(indices_or_sections));

    public static Tensor[] hsplit(Tensor input, long indices_or_sections) => NotNull(input).hsplit(indices_or_sections);

    public static Tensor[] hsplit(Tensor input, long[] indices_or_sections) =>
        NotNull(input).hsplit(indices_or_sections);

    public static Tensor movedim(Tensor input, long[] source, long[] destination) =>
        NotNull(input).movedim(source, destination);

    public static Tensor moveaxis(Tensor input, long[] source, long[] destination) =>
        NotNull(input).moveaxis(source, destination);

    public static Tensor permute(Tensor input, params long[] permutation) => NotNull(input).permute(permutation);

    public static Tensor reshape(Tensor input, params long[] shape) => NotNull(input).reshape(shape);

    public static Tensor[] split(Tensor tensor, long[] split_size_or_sections, long dim = 0L) =>
        NotNull(tensor).split(split_size_or_sections, dim);

    public static Tensor swapaxes(Tensor input, long axis0, long axis1) => NotNull(input).swapaxes(axis0, axis1);

    public static Tensor swapdims(Tensor input, long dim0, long dim1) => NotNull(input).swapdims(dim0, dim1);

    public static Tensor t(Tensor input) => NotNull(input).t();

    public static Tensor[] tensor_split(Tensor input, long indices_or_sections, long dim = 0L) =>
        NotNull(input).tensor_split(indices_or_sections, dim);

    public static Tensor[] tensor_split(Tensor input, long[] indices_or_sections, long dim = 0L) =>
        NotNull(input).tensor_split(indices_or_sections, dim);

    public static Tensor[] tensor_split(Tensor input, Tensor indices_or_sections, long dim = 0L) =>
        NotNull(input).tensor_split(NotNull(indices_or_sections), dim);

    public static Tensor tile(Tensor input, long[] dims) => NotNull(input).tile(dims);

    public static Tensor transpose(Tensor input, long dim0, long dim1) => NotNull(input).transpose(dim0, dim1);

    public static Tensor[] unbind(Tensor input, long dim = 0L) => NotNull(input).unbind(dim);

    public static Tensor unsqueeze(Tensor input, long dim) => NotNull(input).unsqueeze(dim);

    public static Tensor unsqueeze_(Tensor input, long dim) => NotNull(input).unsqueeze_(dim);

    public static Tensor[] vsplit(Tensor input, long[] indices_or_sections) =>
        NotNull(input).vsplit(indices_or_sections);

    public static Tensor broadcast_to(Tensor input, params long[] shape) => NotNull(input).broadcast_to(shape);

    public static Tensor clone(Tensor input) => NotNull(input).clone();

    public static Tensor diag(Tensor input, long diagonal = 0) => NotNull(input).diag(diagonal);

    public static Tensor diag_embed(Tensor input, long offset = 0L, long dim1 = -2L, long dim2 = -1L) =>
        NotNull(input).diag_embed(offset, dim1, dim2);

    public static Tensor diagflat(Tensor input, long offset = 0) => NotNull(input).diagflat(offset);

    public static Tensor diagonal(Tensor input, long offset = 0L, long dim1 = 0L, long dim2 = 1L) =>
        NotNull(input).diagonal(offset, dim1, dim2);

    public static Tensor flatten(Tensor input, long start_dim = 0, long end_dim = -1) =>
        NotNull(input).flatten(start_dim, end_dim);

    public static Tensor flip(Tensor input, params long[] dims) => NotNull(input).flip(dims);

    public static Tensor fliplr(Tensor input) => NotNull(input).fliplr();

    public static Tensor flipud(Tensor input) => NotNull(input).flipud();

    public static Tensor rot90(Tensor input, long k = 1, (long, long)? dims = null) => NotNull(input).rot90(k, dims);

    public static Tensor ravel(Tensor input) => NotNull(input).ravel();

    public static Tensor repeat_interleave(Tensor input, long repeats, long? dim = null, long? output_size = null) =>
        NotNull(input).repeat_interleave(repeats, dim, output_size);

    public static Tensor repeat_interleave(Tensor input, Tensor repeats, long? dim = null, long? output_size = null) =>
        NotNull(input).repeat_interleave(repeats, dim, output_size);

    public static Tensor roll(Tensor input, long shifts, long? dims = null) => NotNull(input).roll(shifts, dims);

    public static Tensor roll(Tensor input, (long, long) shifts, (long, long) dims) =>
        NotNull(input).roll(shifts, dims);

    public static Tensor roll(Tensor input, (long, long, long) shifts, (long, long, long) dims) =>
        NotNull(input).roll(shifts, dims);

    public static Tensor roll(Tensor input, long[] shifts, long[] dims) => NotNull(input).roll(shifts, dims);

    public static Tensor roll(Tensor input, long[] shifts) => NotNull(input).roll(shifts);

    public static Tensor roll(Tensor input, ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default) =>
        NotNull(input).roll(shifts, dims);

    public static Tensor tril(Tensor input, long diagonal = 0) => NotNull(input).tril(diagonal);

    public static Tensor tril_(Tensor input, long diagonal = 0) => NotNull(input).tril_(diagonal);

    public static Tensor triu(Tensor input, long diagonal = 0L) => NotNull(input).triu(diagonal);

    public static Tensor triu_(Tensor input, long diagonal = 0L) => NotNull(input).triu_(diagonal);

    public static Tensor view_as_real(Tensor input) => NotNull(input).view_as_real();

    public static Tensor view_as_complex(Tensor input) => NotNull(input).view_as_complex();

    public static Tensor squeeze(Tensor input, long? dim = null) => NotNull(input).squeeze(dim);

    public static Tensor squeeze_(Tensor input, long? dim = null) => NotNull(input).squeeze_(dim);

    public static Tensor[] unbind(Tensor tensor, int dim = 0) => NotNull(tensor).unbind(dim);

    public static Tensor unflatten(Tensor input, long dim, params long[] sizes) => NotNull(input).unflatten(dim, sizes);

    public static Tensor unflatten(Tensor input, long dim, Size sizes) => NotNull(input).unflatten(dim, sizes);
}
