using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op adjointOp = new("adjoint");
        private static readonly Op asStridedOp = new("as_strided");
        private static readonly Op atleast1dOp = new("atleast_1d");
        private static readonly Op atleast2dOp = new("atleast_2d");
        private static readonly Op atleast3dOp = new("atleast_3d");
        private static readonly Op broadcastToOp = new("broadcast_to");
        private static readonly Op channelShuffleOp = new("channel_shuffle");
        private static readonly Op chunkOp = new("chunk");
        private static readonly Op cloneOp = new("clone");
        private static readonly Op contiguousOp = new("contiguous");
        private static readonly Op diagEmbedOp = new("diag_embed");
        private static readonly Op diagOp = new("diag");
        private static readonly Op diagflatOp = new("diagflat");
        private static readonly Op diagonalOp = new("diagonal");
        private static readonly Op dsplitArrayOp = new("dsplit", "array");
        private static readonly Op dsplitIntOp = new("dsplit", "int");
        private static readonly Op expandAsOp = new("expand_as");
        private static readonly Op expandOp = new("expand");
        private static readonly Op flattenUsingIntsOp = new("flatten", "using_ints");
        private static readonly Op flipOp = new("flip");
        private static readonly Op fliplrOp = new("fliplr");
        private static readonly Op flipudOp = new("flipud");
        private static readonly Op hsplitArrayOp = new("hsplit", "array");
        private static readonly Op hsplitIntOp = new("hsplit", "int");
        private static readonly Op movedimIntlistOp = new("movedim", "intlist");
        private static readonly Op permuteOp = new("permute");
        private static readonly Op ravelOp = new("ravel");
        private static readonly Op repeatInterleaveSelfIntOp = new("repeat_interleave", "self_int");
        private static readonly Op repeatInterleaveSelfTensorOp = new("repeat_interleave", "self_Tensor");
        private static readonly Op repeatOp = new("repeat");
        private static readonly Op reshapeOp = new("reshape");
        private static readonly Op rollOp = new("roll");
        private static readonly Op rot90Op = new("rot90");
        private static readonly Op splitTensorOp = new("split", "Tensor");
        private static readonly Op splitWithSizesOp = new("split_with_sizes");
        private static readonly Op squeezeDimOp = new("squeeze", "dim");
        private static readonly Op squeezeInPlaceDimOp = new("squeeze_", "dim");
        private static readonly Op squeezeInPlaceOp = new("squeeze_");
        private static readonly Op squeezeOp = new("squeeze");
        private static readonly Op tOp = new("t");
        private static readonly Op tensorSplitIndicesOp = new("tensor_split", "indices");
        private static readonly Op tensorSplitSectionsOp = new("tensor_split", "sections");
        private static readonly Op tensorSplitTensorIndicesOrSectionsOp = new(
            "tensor_split",
            "tensor_indices_or_sections"
        );
        private static readonly Op tileOp = new("tile");
        private static readonly Op transposeInPlaceOp = new("transpose_");
        private static readonly Op transposeIntOp = new("transpose", "int");
        private static readonly Op trilInPlaceOp = new("tril_");
        private static readonly Op trilOp = new("tril");
        private static readonly Op triuInPlaceOp = new("triu_");
        private static readonly Op triuOp = new("triu");
        private static readonly Op unbindIntOp = new("unbind", "int");
        private static readonly Op unflattenIntOp = new("unflatten", "int");
        private static readonly Op unfoldOp = new("unfold");
        private static readonly Op unsqueezeInPlaceOp = new("unsqueeze_");
        private static readonly Op unsqueezeOp = new("unsqueeze");
        private static readonly Op viewAsComplexOp = new("view_as_complex");
        private static readonly Op viewAsOp = new("view_as");
        private static readonly Op viewAsRealOp = new("view_as_real");
        private static readonly Op viewOp = new("view");
        private static readonly Op vsplitArrayOp = new("vsplit", "array");
        private static readonly Op vsplitIntOp = new("vsplit", "int");

        public Tensor reshape(params long[] shape) => reshapeOp.Call(this, shape);

        public Tensor view(params long[] shape) => viewOp.Call(this, shape);

        public Tensor view_as(Tensor other) => viewAsOp.Call(this, other);

        public Tensor flatten(long start_dim = 0, long end_dim = -1) =>
            flattenUsingIntsOp.Call(this, start_dim, end_dim);

        public Tensor unflatten(long dim, params long[] sizes) => unflattenIntOp.Call(this, dim, sizes);

        public Tensor unflatten(long dim, torch.Size sizes) => unflatten(dim, sizes.Shape);

        public Tensor ravel() => ravelOp.Call(this);

        public Tensor squeeze(long? dim = null) => dim is null ? squeezeOp.Call(this) : squeezeDimOp.Call(this, dim);

        public Tensor squeeze_(long? dim = null) =>
            dim is null ? squeezeInPlaceOp.InPlace(this) : squeezeInPlaceDimOp.InPlace(this, dim);

        public Tensor unsqueeze(long dim) => unsqueezeOp.Call(this, dim);

        public Tensor unsqueeze_(long dim) => unsqueezeInPlaceOp.InPlace(this, dim);

        public Tensor t() => tOp.Call(this);

        public Tensor transpose(long dim0, long dim1) => transposeIntOp.Call(this, dim0, dim1);

        public Tensor transpose_(long dim0, long dim1) => transposeInPlaceOp.InPlace(this, dim0, dim1);

        public Tensor swapdims(long dim0, long dim1) => transpose(dim0, dim1);

        public Tensor swapaxes(long dim0, long dim1) => transpose(dim0, dim1);

        public Tensor permute(params long[] permutation) => permuteOp.Call(this, permutation);

        public Tensor permute(IEnumerable<long> permutation) => permute(permutation.ToArray());

        public Tensor movedim(long[] source, long[] destination) => movedimIntlistOp.Call(this, source, destination);

        public Tensor moveaxis(long[] source, long[] destination) => movedim(source, destination);

        public Tensor contiguous() => contiguousOp.Call(this);

        public Tensor clone() => cloneOp.Call(this);

        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) =>
            expandOp.Call(this, sizes, isImplicit);

        public Tensor expand(Size sizes, bool isImplicit = false) => expand(sizes.Shape, isImplicit);

        public Tensor expand(long[] sizes, bool isImplicit = false) => expandOp.Call(this, sizes, isImplicit);

        public Tensor expand(params long[] sizes) => expandOp.Call(this, sizes);

        public Tensor expand_as(Tensor other) => expandAsOp.Call(this, other);

        public Tensor broadcast_to(params long[] shape) => broadcastToOp.Call(this, shape);

        public Tensor repeat(params long[] sizes) => repeatOp.Call(this, sizes);

        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) =>
            repeatInterleaveSelfTensorOp.Call(this, repeats, dim, output_size);

        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) =>
            repeatInterleaveSelfIntOp.Call(this, repeats, dim, output_size);

        public Tensor tile(long[] reps) => tileOp.Call(this, reps);

        public Tensor flip(params long[] dims) => flipOp.Call(this, dims);

        public Tensor fliplr() => fliplrOp.Call(this);

        public Tensor flipud() => flipudOp.Call(this);

        public Tensor roll(long shifts, long? dims = null) =>
            rollOp.Call(this, new[] { shifts }, dims is null ? Array.Empty<long>() : new[] { dims.Value });

        public Tensor roll((long, long) shifts, (long, long) dims) =>
            roll([shifts.Item1, shifts.Item2], [dims.Item1, dims.Item2]);

        public Tensor roll((long, long, long) shifts, (long, long, long) dims) =>
            roll([shifts.Item1, shifts.Item2, shifts.Item3], [dims.Item1, dims.Item2, dims.Item3]);

        public Tensor roll(long[] shifts, long[] dims) => rollOp.Call(this, shifts, dims);

        public Tensor roll(long[] shifts) => roll(shifts, new long[] { 0 });

        public Tensor roll(ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default) =>
            rollOp.Call(this, shifts, dims);

        public Tensor rot90(long k = 1, (long, long)? dims = null) =>
            rot90Op.Call(this, k, dims is { } plane ? new[] { plane.Item1, plane.Item2 } : new long[] { 0, 1 });

        public Tensor diag(long diagonal = 0) => diagOp.Call(this, diagonal);

        public Tensor diagonal(long offset = 0L, long dim1 = 0L, long dim2 = 1L) =>
            diagonalOp.Call(this, offset, dim1, dim2);

        public Tensor diag_embed(long offset = 0L, long dim1 = -2L, long dim2 = -1L) =>
            diagEmbedOp.Call(this, offset, dim1, dim2);

        public Tensor tril(long diagonal = 0) => trilOp.Call(this, diagonal);

        public Tensor triu(long diagonal = 0) => triuOp.Call(this, diagonal);

        public Tensor tril_(long diagonal = 0) => trilInPlaceOp.InPlace(this, diagonal);

        public Tensor triu_(long diagonal = 0) => triuInPlaceOp.InPlace(this, diagonal);

        public Tensor unfold(long dimension, long size, long step) => unfoldOp.Call(this, dimension, size, step);

        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0L) =>
            asStridedOp.Call(this, size, strides, storageOffset);

        public Tensor[] chunk(long chunks, long dim = 0L) => chunkOp.List(this, chunks, dim);

        public Tensor[] split(long size, int dim = 0) => splitTensorOp.List(this, size, dim);

        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => splitWithSizesOp.List(this, sizes, dim);

        public Tensor[] split(long[] sizes, long dim = 0) => splitWithSizesOp.List(this, sizes, dim);

        public Tensor[] split(params long[] sizes) => splitWithSizesOp.List(this, sizes);

        public Tensor[] unbind(long dimension = 0L) => unbindIntOp.List(this, dimension);

        public Tensor[] tensor_split(long size, long dim = 0L) => tensorSplitSectionsOp.List(this, size, dim);

        public Tensor[] tensor_split(long[] sizes, long dim = 0L) => tensorSplitIndicesOp.List(this, sizes, dim);

        public Tensor atleast_1d() => atleast1dOp.Call(this);

        public Tensor atleast_2d() => atleast2dOp.Call(this);

        public Tensor atleast_3d() => atleast3dOp.Call(this);

        public Tensor diagflat(long offset = 0) => diagflatOp.Call(this, offset);

        public Tensor[] tensor_split(Tensor indices, long dim = 0L) =>
            tensorSplitTensorIndicesOrSectionsOp.List(this, indices, dim);

        public Tensor[] vsplit(long size) => vsplitIntOp.List(this, size);

        public Tensor[] vsplit(params long[] sizes) => vsplitArrayOp.List(this, sizes);

        public Tensor[] vsplit(Tensor indices) => tensor_split(indices, 0);

        public Tensor[] hsplit(long size) => hsplitIntOp.List(this, size);

        public Tensor[] hsplit(params long[] sizes) => hsplitArrayOp.List(this, sizes);

        public Tensor[] hsplit(Tensor indices) => tensor_split(indices, 1);

        public Tensor[] dsplit(long size) => dsplitIntOp.List(this, size);

        public Tensor[] dsplit(params long[] sizes) => dsplitArrayOp.List(this, sizes);

        public Tensor[] dsplit(Tensor indices) => tensor_split(indices, 2);

        public Tensor view_as_complex() => viewAsComplexOp.Call(this);

        public Tensor view_as_real() => viewAsRealOp.Call(this);

        public Tensor adjoint() => adjointOp.Call(this);

        public Tensor channel_shuffle(long groups) => channelShuffleOp.Call(this, groups);
    }
}
