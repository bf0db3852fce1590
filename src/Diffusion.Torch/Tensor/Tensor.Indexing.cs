using System.Runtime.CompilerServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op indexTensorsOp = new("index", "Tensor");
        private static readonly Op indexPutTensorsOp = new("index_put_");
        private static readonly Op putOp = new("put_");

        /// <summary>Indexing as in Python: numbers, ranges, slices, ellipsis, tensors.</summary>
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => index(i1);
            set => index_put_(value, i1);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => index(i1, i2);
            set => index_put_(value, i1, i2);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => index(i1, i2, i3);
            set => index_put_(value, i1, i2, i3);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => index(i1, i2, i3, i4);
            set => index_put_(value, i1, i2, i3, i4);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5]
        {
            get => index(i1, i2, i3, i4, i5);
            set => index_put_(value, i1, i2, i3, i4, i5);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4, long i5, long i6]
        {
            get => index(i1, i2, i3, i4, i5, i6);
            set => index_put_(value, i1, i2, i3, i4, i5, i6);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params long[] indices]
        {
            get => index(NotNull(indices).Select(i => (TensorIndex)i).ToArray());
            set => index_put_(value, NotNull(indices).Select(i => (TensorIndex)i).ToArray());
        }

        public unsafe Tensor index(params TensorIndex[] indices)
        {
            ArgumentNullException.ThrowIfNull(indices);
            fixed (Cell* cells = new Cell[indices.Length])
            fixed (long* bounds = new long[3L * indices.Length])
            {
                Write(indices, cells, bounds);
                var result = Native.dt_index(Handle, cells, indices.Length);
                GC.KeepAlive(this);
                GC.KeepAlive(indices);
                return Native.Tensor(result);
            }
        }

        /// <summary>The elements at the places that broadcast tensors of indices (or one mask) name.</summary>
        public Tensor index(params Tensor[] indices) => indexTensorsOp.Call(this, Arg.OptionalTensors(indices));

        public Tensor index_put_(Tensor value, params TensorIndex[] indices)
        {
            ArgumentNullException.ThrowIfNull(value);
            Put(indices, new Cell { Tag = Tag.Tensor, Pointer = value.Handle });
            GC.KeepAlive(value);
            return this;
        }

        /// <summary>Writes, or with <paramref name="accumulate"/> adds, values at the indexed places.</summary>
        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            if (!accumulate)
            {
                return index_put_(value, indices);
            }
            ArgumentNullException.ThrowIfNull(value);
            using var scope = NewDisposeScope();
            var positions = torch.arange(NumberOfElements, ScalarType.Int64, device).reshape(shape).index(indices);
            return putOp.InPlace(this, positions, value.expand(positions.shape), true);
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            indexPutTensorsOp.InPlace(this, Arg.OptionalTensors(indices), value, accumulate);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            ArgumentNullException.ThrowIfNull(value);
            var cell = new Cell { Tag = value.Tag, Integer = value.Bits };
            if (value.IsComplex)
            {
                cell.Real = value.Complex.Real;
                cell.Imaginary = value.Complex.Imaginary;
            }
            Put(indices, cell);
            return this;
        }

        public Tensor index_put_(Scalar value, params Tensor[] indices) =>
            index_put_(value, NotNull(indices).Select(TensorIndex.Tensor).ToArray());

        private unsafe void Put(TensorIndex[] indices, Cell value)
        {
            ArgumentNullException.ThrowIfNull(indices);
            fixed (Cell* cells = new Cell[indices.Length])
            fixed (long* bounds = new long[3L * indices.Length])
            {
                Write(indices, cells, bounds);
                Native.Check(Native.dt_index_put(Handle, cells, indices.Length, &value));
            }
            GC.KeepAlive(this);
            GC.KeepAlive(indices);
        }

        private static unsafe void Write(TensorIndex[] indices, Cell* cells, long* bounds)
        {
            for (var i = 0; i < indices.Length; i++)
            {
                ref readonly var index = ref indices[i];
                cells[i] = new Cell { Tag = index.Tag, Integer = index.Start };
                if (index.Tag == Tag.Tensor)
                {
                    cells[i].Pointer = index.Target!.Handle;
                }
                else if (index.Tag == Tag.Slice)
                {
                    cells[i].Pointer = (nint)bounds;
                    *bounds++ = index.Start;
                    *bounds++ = index.Stop;
                    *bounds++ = index.Step;
                }
            }
        }
    }
}
