using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op argwhereOp = new("argwhere");
        private static readonly Op bincountOp = new("bincount");
        private static readonly Op bucketizeTensorOp = new("bucketize", "Tensor");
        private static readonly Op copyInPlaceOp = new("copy_");
        private static readonly Op diagonalScatterOp = new("diagonal_scatter");
        private static readonly Op fillInPlaceScalarOp = new("fill_", "Scalar");
        private static readonly Op gatherOp = new("gather");
        private static readonly Op indexAddInPlaceOp = new("index_add_");
        private static readonly Op indexAddOp = new("index_add");
        private static readonly Op indexCopyInPlaceOp = new("index_copy_");
        private static readonly Op indexCopyOp = new("index_copy");
        private static readonly Op indexFillInPlaceIntScalarOp = new("index_fill_", "int_Scalar");
        private static readonly Op indexFillIntScalarOp = new("index_fill", "int_Scalar");
        private static readonly Op indexSelectOp = new("index_select");
        private static readonly Op isinTensorTensorOp = new("isin", "Tensor_Tensor");
        private static readonly Op maskedFillInPlaceScalarOp = new("masked_fill_", "Scalar");
        private static readonly Op maskedFillScalarOp = new("masked_fill", "Scalar");
        private static readonly Op maskedScatterInPlaceOp = new("masked_scatter_");
        private static readonly Op maskedScatterOp = new("masked_scatter");
        private static readonly Op maskedSelectOp = new("masked_select");
        private static readonly Op narrowOp = new("narrow");
        private static readonly Op nonzeroOp = new("nonzero");
        private static readonly Op scatterAddInPlaceOp = new("scatter_add_");
        private static readonly Op scatterAddOp = new("scatter_add");
        private static readonly Op scatterInPlaceSrcOp = new("scatter_", "src");
        private static readonly Op scatterSrcOp = new("scatter", "src");
        private static readonly Op selectIntOp = new("select", "int");
        private static readonly Op selectScatterOp = new("select_scatter");
        private static readonly Op sliceScatterOp = new("slice_scatter");
        private static readonly Op sliceTensorOp = new("slice", "Tensor");
        private static readonly Op takeAlongDimOp = new("take_along_dim");
        private static readonly Op takeOp = new("take");
        private static readonly Op whereSelfOp = new("where", "self");
        private static readonly Op zeroInPlaceOp = new("zero_");

        public Tensor select(long dim, long index) => selectIntOp.Call(this, dim, index);

        public Tensor narrow(long dim, long start, long length) => narrowOp.Call(this, dim, start, length);

        public Tensor slice(long dim, long start, long finish, long step) =>
            sliceTensorOp.Call(this, dim, start, finish, step);

        public Tensor gather(long dim, Tensor index) => gatherOp.Call(this, dim, index);

        public Tensor scatter(long dim, Tensor index, Tensor src) => scatterSrcOp.Call(this, dim, index, src);

        public Tensor scatter_(long dim, Tensor index, Tensor src) =>
            scatterInPlaceSrcOp.InPlace(this, dim, index, src);

        public Tensor scatter_add(long dim, Tensor index, Tensor src) => scatterAddOp.Call(this, dim, index, src);

        public Tensor scatter_add_(long dim, Tensor index, Tensor src) =>
            scatterAddInPlaceOp.InPlace(this, dim, index, src);

        public Tensor index_select(long dim, Tensor index) => indexSelectOp.Call(this, dim, index);

        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) =>
            indexAddOp.Call(this, dim, index, source, alpha);

        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) =>
            indexAddInPlaceOp.InPlace(this, dim, index, source, alpha);

        public Tensor index_copy(long dim, Tensor index, Tensor source) => indexCopyOp.Call(this, dim, index, source);

        public Tensor index_copy_(long dim, Tensor index, Tensor source) =>
            indexCopyInPlaceOp.InPlace(this, dim, index, source);

        public Tensor index_fill(long dim, Tensor index, Scalar value) =>
            indexFillIntScalarOp.Call(this, dim, index, value);

        public Tensor index_fill_(long dim, Tensor index, Scalar value) =>
            indexFillInPlaceIntScalarOp.InPlace(this, dim, index, value);

        public Tensor masked_fill(Tensor mask, Scalar value) => maskedFillScalarOp.Call(this, mask, value);

        public Tensor masked_fill_(Tensor mask, Scalar value) => maskedFillInPlaceScalarOp.InPlace(this, mask, value);

        public Tensor masked_select(Tensor mask) => maskedSelectOp.Call(this, mask);

        public Tensor masked_scatter(Tensor mask, Tensor value) => maskedScatterOp.Call(this, mask, value);

        public Tensor take(Tensor index) => takeOp.Call(this, index);

        public Tensor take_along_dim(Tensor indices, long dim) => takeAlongDimOp.Call(this, indices, dim);

        public Tensor take_along_dim(Tensor indices) => takeAlongDimOp.Call(this, indices);

        public Tensor nonzero() => nonzeroOp.Call(this);

        public Tensor argwhere() => argwhereOp.Call(this);

        public Tensor where(Tensor condition, Tensor y) => whereSelfOp.Call(condition, this, y);

        public Tensor bucketize(Tensor boundaries, bool outInt32 = false, bool right = false) =>
            bucketizeTensorOp.Call(this, boundaries, outInt32, right);

        public Tensor bincount(Tensor? weights, long minlength = 0) =>
            bincountOp.Call(this, Arg.Optional(weights), minlength);

        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false) =>
            isinTensorTensorOp.Call(this, test_elements, assumeUnique, invert);

        public Tensor copy_(Tensor source, bool nonBlocking = false) =>
            copyInPlaceOp.InPlace(this, source, nonBlocking);

        public Tensor fill_(Scalar value) => fillInPlaceScalarOp.InPlace(this, value);

        public Tensor zero_() => zeroInPlaceOp.InPlace(this);

        public Tensor masked_scatter_(Tensor mask, Tensor value) => maskedScatterInPlaceOp.InPlace(this, mask, value);

        public Tensor diagonal_scatter(Tensor src, long offset = 0L, long dim1 = 0L, long dim2 = 1L) =>
            diagonalScatterOp.Call(this, src, offset, dim1, dim2);

        public Tensor select_scatter(Tensor src, long dim, long index) => selectScatterOp.Call(this, src, dim, index);

        public Tensor slice_scatter(Tensor src, long dim = 0L, long? start = null, long? end = null, long step = 1L) =>
            sliceScatterOp.Call(this, src, dim, start, end, step);
    }
}
