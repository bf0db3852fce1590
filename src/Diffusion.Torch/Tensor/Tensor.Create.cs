using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op emptyLikeOp = new("empty_like");
        private static readonly Op fullLikeOp = new("full_like");
        private static readonly Op onesLikeOp = new("ones_like");
        private static readonly Op randLikeOp = new("rand_like");
        private static readonly Op randintLikeOp = new("randint_like", "low_dtype");
        private static readonly Op randnLikeOp = new("randn_like");
        private static readonly Op zerosLikeOp = new("zeros_like");

        public Tensor rand_like(ScalarType? dtype = null, torch.Device? device = null, bool requires_grad = false) =>
            randLikeOp.Call(this, dtype, Arg.None, device).requires_grad_(requires_grad);

        public Tensor randn_like(ScalarType? dtype = null, torch.Device? device = null, bool requires_grad = false) =>
            randnLikeOp.Call(this, dtype, Arg.None, device).requires_grad_(requires_grad);

        public Tensor randint_like(
            long low,
            long high,
            ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => randintLikeOp.Call(this, low, high, dtype, Arg.None, device).requires_grad_(requires_grad);

        public Tensor new_ones(
            long size,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.ones([size], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_ones(
            long rows,
            long columns,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.ones([rows, columns], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_ones(
            long dim0,
            long dim1,
            long dim2,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.ones([dim0, dim1, dim2], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_ones(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.ones([dim0, dim1, dim2, dim3], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_zeros(
            long[] size,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.zeros(size, dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_zeros(
            ReadOnlySpan<long> size,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.zeros(size.ToArray(), dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_zeros(
            long size,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.zeros([size], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_zeros(
            long rows,
            long columns,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.zeros([rows, columns], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_zeros(
            long dim0,
            long dim1,
            long dim2,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.zeros([dim0, dim1, dim2], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_zeros(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.zeros([dim0, dim1, dim2, dim3], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor zeros_like(ScalarType? dtype = null, torch.Device? device = null, bool requires_grad = false) =>
            zerosLikeOp.Call(this, dtype, Arg.None, device).requires_grad_(requires_grad);

        public Tensor ones_like(ScalarType? dtype = null, torch.Device? device = null, bool requires_grad = false) =>
            onesLikeOp.Call(this, dtype, Arg.None, device).requires_grad_(requires_grad);

        public Tensor new_empty(
            long[] size,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.empty(size, dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_empty(
            ReadOnlySpan<long> size,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.empty(size.ToArray(), dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_empty(
            long size,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.empty([size], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_empty(
            long rows,
            long columns,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.empty([rows, columns], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_empty(
            long dim0,
            long dim1,
            long dim2,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.empty([dim0, dim1, dim2], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_empty(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.empty([dim0, dim1, dim2, dim3], dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor empty_like(ScalarType? dtype = null, torch.Device? device = null, bool requires_grad = false) =>
            emptyLikeOp.Call(this, dtype, Arg.None, device).requires_grad_(requires_grad);

        public Tensor new_full(
            long[] size,
            Scalar value,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.full(size, value, dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_full(
            ReadOnlySpan<long> size,
            Scalar value,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.full(size.ToArray(), value, dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_full(
            long size,
            Scalar value,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.full([size], value, dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_full(
            long rows,
            long columns,
            Scalar value,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.full([rows, columns], value, dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_full(
            long dim0,
            long dim1,
            long dim2,
            Scalar value,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.full([dim0, dim1, dim2], value, dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor new_full(
            long dim0,
            long dim1,
            long dim2,
            long dim3,
            Scalar value,
            torch.ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => torch.full([dim0, dim1, dim2, dim3], value, dtype ?? this.dtype, device ?? this.device, requires_grad);

        public Tensor full_like(
            Scalar value,
            ScalarType? dtype = null,
            torch.Device? device = null,
            bool requires_grad = false
        ) => fullLikeOp.Call(this, value, dtype, Arg.None, device).requires_grad_(requires_grad);
    }
}
