using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op aliasOp = new("alias");
        private static readonly Op isPinnedOp = new("is_pinned");
        private static readonly Op pinMemoryOp = new("pin_memory");

        public long Dimensions
        {
            get
            {
                var result = Native.Check(Native.dt_dim(Handle));
                GC.KeepAlive(this);
                return result;
            }
        }

        public long dim() => Dimensions;

        public long ndim => Dimensions;

        public long NumberOfElements
        {
            get
            {
                var result = Native.Check(Native.dt_numel(Handle));
                GC.KeepAlive(this);
                return result;
            }
        }

        public long numel() => NumberOfElements;

        public long ElementSize
        {
            get
            {
                var result = Native.Check(Native.dt_element_size(Handle));
                GC.KeepAlive(this);
                return result;
            }
        }

        public long element_size() => ElementSize;

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_complex() => torch.is_complex(dtype);

        /// <summary>Whether the one element of the tensor isn't 0.</summary>
        public bool is_nonzero() => ToScalar().ToComplexFloat64() != default;

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_leaf
        {
            get
            {
                var result = Native.Check(Native.dt_is_leaf(Handle)) != 0;
                GC.KeepAlive(this);
                return result;
            }
        }

        public bool is_sparse
        {
            get
            {
                var result = Native.Check(Native.dt_is_sparse(Handle)) != 0;
                GC.KeepAlive(this);
                return result;
            }
        }

        public ScalarType dtype
        {
            get
            {
                var result = (ScalarType)Native.Check(Native.dt_dtype(Handle));
                GC.KeepAlive(this);
                return result;
            }
        }

        public torch.Device device
        {
            get
            {
                var (type, index) = DeviceNumbers();
                return new torch.Device((DeviceType)type, index);
            }
        }

        public int device_index => DeviceNumbers().Index;

        public DeviceType device_type => (DeviceType)DeviceNumbers().Type;

        private unsafe (int Type, int Index) DeviceNumbers()
        {
            int type;
            int index;
            Native.Check(Native.dt_device(Handle, &type, &index));
            GC.KeepAlive(this);
            return (type, index);
        }

        public long[] shape => size();

        public unsafe long[] size()
        {
            var sizes = new long[Dimensions];
            fixed (long* pointer = sizes)
            {
                Native.Check(Native.dt_sizes(Handle, pointer));
            }
            GC.KeepAlive(this);
            return sizes;
        }

        /// <summary>The size of one dimension; negative numbers count from the last.</summary>
        public long size(int dim) => size()[Wrap(dim)];

        public unsafe long[] stride()
        {
            var strides = new long[Dimensions];
            fixed (long* pointer = strides)
            {
                Native.Check(Native.dt_strides(Handle, pointer));
            }
            GC.KeepAlive(this);
            return strides;
        }

        public long stride(int dim) => stride()[Wrap(dim)];

        private int Wrap(int dim)
        {
            var count = (int)Dimensions;
            if (dim < -count || dim >= count)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(dim),
                    dim,
                    $"A tensor of {count} dimensions has dimension numbers from {-count} to {count - 1}."
                );
            }
            return dim < 0 ? dim + count : dim;
        }

        public long storage_offset()
        {
            var result = Native.Check(Native.dt_storage_offset(Handle));
            GC.KeepAlive(this);
            return result;
        }

        public bool is_contiguous()
        {
            var result = Native.Check(Native.dt_is_contiguous(Handle)) != 0;
            GC.KeepAlive(this);
            return result;
        }

        public bool is_pinned() => isPinnedOp.Test(this);

        public Tensor pin_memory() => pinMemoryOp.Call(this);

        public Tensor alias() => aliasOp.Call(this);
    }
}
