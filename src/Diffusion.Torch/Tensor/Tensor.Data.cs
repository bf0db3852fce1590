using TorchSharp.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The elements as .NET values, in the tensor's own order of indices.</summary>
        public TensorAccessor<T> data<T>()
            where T : unmanaged
        {
            ValidateType(typeof(T));
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        /// <summary>The one element of the tensor.</summary>
        public T item<T>()
            where T : unmanaged
        {
            if (NumberOfElements != 1)
            {
                throw new ArgumentException($"item() needs a tensor of one element; this one has {NumberOfElements}.");
            }
            using var accessor = data<T>();
            return accessor[0];
        }

        /// <summary>The memory of a contiguous tensor on the CPU. It is valid as long as the tensor lives.</summary>
        public unsafe Span<byte> bytes
        {
            get
            {
                var length = NumberOfElements * ElementSize;
                if (!is_contiguous())
                {
                    throw new InvalidOperationException(
                        "The bytes of a tensor that isn't contiguous: call contiguous()."
                    );
                }
                if (length > int.MaxValue)
                {
                    throw new ArgumentException($"A span holds up to {int.MaxValue} bytes; this tensor has {length}.");
                }
                return new Span<byte>(DataPointer(), (int)length);
            }
            set
            {
                var target = bytes;
                if (value.Length != target.Length)
                {
                    throw new ArgumentException(
                        $"{value.Length} bytes for a tensor of {target.Length}.",
                        nameof(value)
                    );
                }
                value.CopyTo(target);
                GC.KeepAlive(this);
            }
        }

        /// <summary>Writes the elements' bytes, in C order, without a copy of the whole.</summary>
        public unsafe void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            ArgumentNullException.ThrowIfNull(stream);
            using var source = Contiguous();
            var length = source.NumberOfElements * source.ElementSize;
            var memory = (byte*)source.DataPointer();
            for (long start = 0; start < length; start += bufferSize)
            {
                stream.Write(new ReadOnlySpan<byte>(memory + start, (int)long.Min(bufferSize, length - start)));
            }
            GC.KeepAlive(source);
        }

        /// <summary>Reads what <see cref="WriteBytesToStream"/> wrote; the tensor must be contiguous.</summary>
        public unsafe void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            ArgumentNullException.ThrowIfNull(stream);
            if (!is_contiguous())
            {
                throw new InvalidOperationException("Reading into a tensor that isn't contiguous.");
            }
            var length = NumberOfElements * ElementSize;
            var memory = (byte*)DataPointer();
            for (long start = 0; start < length; start += bufferSize)
            {
                stream.ReadExactly(new Span<byte>(memory + start, (int)long.Min(bufferSize, length - start)));
            }
            GC.KeepAlive(this);
        }

        public double ReadCpuDouble(long i) => TensorAccessor<double>.ReadItemAt(this, i);

        public float ReadCpuSingle(long i) => TensorAccessor<float>.ReadItemAt(this, i);

        public int ReadCpuInt32(long i) => TensorAccessor<int>.ReadItemAt(this, i);

        public long ReadCpuInt64(long i) => TensorAccessor<long>.ReadItemAt(this, i);

        public byte ReadCpuByte(long i) => TensorAccessor<byte>.ReadItemAt(this, i);

        public sbyte ReadCpuSByte(long i) => TensorAccessor<sbyte>.ReadItemAt(this, i);

        public short ReadCpuInt16(long i) => TensorAccessor<short>.ReadItemAt(this, i);

        public bool ReadCpuBool(long i) => TensorAccessor<bool>.ReadItemAt(this, i);

        public T ReadCpuValue<T>(long i)
            where T : unmanaged => TensorAccessor<T>.ReadItemAt(this, i);

        /// <summary>The one element of the tensor as a scalar.</summary>
        public unsafe Scalar ToScalar()
        {
            Cell cell;
            Native.Check(Native.dt_item(Handle, &cell));
            GC.KeepAlive(this);
            return cell.Tag switch
            {
                Tag.Double => new Scalar(dtype, cell.Real),
                Tag.Complex => new Scalar(dtype, new System.Numerics.Complex(cell.Real, cell.Imaginary)),
                _ => new Scalar(dtype, cell.Integer),
            };
        }

        public static explicit operator float(Tensor value) => NotNull(value).ToSingle();

        public static explicit operator double(Tensor value) => NotNull(value).ToDouble();

        public static explicit operator sbyte(Tensor value) => NotNull(value).ToSByte();

        public static explicit operator byte(Tensor value) => NotNull(value).ToByte();

        public static explicit operator short(Tensor value) => NotNull(value).ToInt16();

        public static explicit operator int(Tensor value) => NotNull(value).ToInt32();

        public static explicit operator long(Tensor value) => NotNull(value).ToInt64();

        public static explicit operator bool(Tensor value) => NotNull(value).ToBoolean();

        internal void ValidateType(Type type)
        {
            var matches = dtype switch
            {
                ScalarType.Float16 => type == typeof(Half),
                ScalarType.BFloat16 => type == typeof(ushort),
                _ => ToScalarType(type) == dtype,
            };
            if (!matches)
            {
                throw new ArgumentException($"The tensor holds {dtype}, which isn't .NET's {type.Name}.");
            }
        }

        internal unsafe void* DataPointer()
        {
            if (device_type != DeviceType.CPU)
            {
                throw new InvalidOperationException($"The tensor is on {device}: call cpu() to read its elements.");
            }
            var pointer = Native.dt_data(Handle);
            if (pointer == null && NumberOfElements != 0)
            {
                throw Native.Error();
            }
            return pointer;
        }

        // Another wrapper in all cases, so that the caller may always dispose it.
        internal Tensor Contiguous()
        {
            var local = device_type == DeviceType.CPU ? this : cpu();
            var result = local.contiguous();
            if (!ReferenceEquals(local, this))
            {
                local.Dispose();
            }
            return result;
        }
    }
}
