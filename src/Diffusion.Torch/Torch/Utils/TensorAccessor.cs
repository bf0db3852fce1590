using System.Collections;

namespace TorchSharp.Utils;

/// <summary>Reads and writes the elements of a tensor on the CPU, in the order of its indices.</summary>
public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T>
    where T : unmanaged
{
    private readonly torch.Tensor tensor;
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly bool contiguous;

    internal TensorAccessor(torch.Tensor tensor)
    {
        this.tensor = tensor;
        shape = tensor.shape;
        strides = tensor.stride();
        contiguous = tensor.is_contiguous();
    }

    public long Count => tensor.NumberOfElements;

    public bool IsReadOnly => false;

    /// <summary>One element by its indices, which count from 0; or by its number in a tensor of any shape.</summary>
    public T this[params long[] indices]
    {
        get
        {
            var value = *Address(Offset(indices));
            GC.KeepAlive(tensor);
            return value;
        }
        set
        {
            *Address(Offset(indices)) = value;
            GC.KeepAlive(tensor);
        }
    }

    public T[] ToArray()
    {
        var result = new T[Count];
        CopyTo(result);
        return result;
    }

    /// <summary>A .NET array of as many dimensions as the tensor (one element for none).</summary>
    public Array ToNDArray()
    {
        if (shape.Length < 2)
        {
            return ToArray();
        }
        var result = Array.CreateInstance(typeof(T), shape);
        var indices = new long[shape.Length];
        foreach (var value in this)
        {
            result.SetValue(value, indices);
            for (var i = shape.Length - 1; i >= 0 && ++indices[i] == shape[i]; i--)
            {
                indices[i] = 0;
            }
        }
        return result;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyTo(torch.NotNull(array).AsSpan(), arrayIndex, tensorIndex);

    /// <summary>Copies elements from <paramref name="tensorIndex"/> on until the tensor or the span ends.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is negative, or beyond the end.</exception>
    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var count = CopyLength(array.Length, arrayIndex, tensorIndex);
        var target = array.Slice(arrayIndex, count);
        if (contiguous)
        {
            new ReadOnlySpan<T>(Address(0) + tensorIndex, count).CopyTo(target);
        }
        else
        {
            for (var i = 0; i < count; i++)
            {
                target[i] = *Address(Offset(tensorIndex + i));
            }
        }
        GC.KeepAlive(tensor);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) =>
        CopyFrom((ReadOnlySpan<T>)torch.NotNull(array), arrayIndex, tensorIndex);

    /// <summary>Overwrites elements from <paramref name="tensorIndex"/> on until the tensor or the span ends.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An index is negative, or beyond the end.</exception>
    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var count = CopyLength(array.Length, arrayIndex, tensorIndex);
        var source = array.Slice(arrayIndex, count);
        for (var i = 0; i < count; i++)
        {
            *Address(contiguous ? tensorIndex + i : Offset(tensorIndex + i)) = source[i];
        }
        GC.KeepAlive(tensor);
    }

    public IEnumerator<T> GetEnumerator()
    {
        for (long i = 0; i < Count; i++)
        {
            yield return At(i);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose() { }

    internal static T ReadItemAt(torch.Tensor tensor, long index)
    {
        tensor.ValidateType(typeof(T));
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, tensor.NumberOfElements);
        return new TensorAccessor<T>(tensor).At(index);
    }

    private T At(long number)
    {
        var value = *Address(contiguous ? number : Offset(number));
        GC.KeepAlive(tensor);
        return value;
    }

    // Both indices may be at the end, where nothing is left to copy.
    private int CopyLength(int length, int arrayIndex, long tensorIndex)
    {
        CheckStart(arrayIndex, length, nameof(arrayIndex));
        CheckStart(tensorIndex, Count, nameof(tensorIndex));
        return (int)long.Min(Count - tensorIndex, length - arrayIndex);
    }

    private T* Address(long offset) => (T*)tensor.DataPointer() + offset;

    // The number of an element in index order, as a distance in memory.
    private long Offset(long number)
    {
        var offset = 0L;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            (number, var index) = long.DivRem(number, shape[i]);
            offset += index * strides[i];
        }
        return offset;
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1 && shape.Length != 1)
        {
            Check(indices[0], Count);
            return Offset(indices[0]);
        }
        if (indices.Length != shape.Length)
        {
            throw new ArgumentException($"{indices.Length} indices for a tensor of {shape.Length} dimensions.");
        }
        var offset = 0L;
        for (var i = 0; i < indices.Length; i++)
        {
            Check(indices[i], shape[i]);
            offset += indices[i] * strides[i];
        }
        return offset;
    }

    private static void CheckStart(long index, long end, string argument)
    {
        if (index < 0 || index > end)
        {
            throw new ArgumentOutOfRangeException(argument, index, $"The allowed range is 0 to {end}.");
        }
    }

    private static void Check(long index, long size)
    {
        if (index < 0 || index >= size)
        {
            throw new IndexOutOfRangeException($"The index is {index}; the allowed range is 0 to {size - 1}.");
        }
    }
}
