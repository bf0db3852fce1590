using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>An operator of libtorch's dispatcher, found by name at its first call.</summary>
internal sealed unsafe class Op(string name, string overload = "")
{
    private const int ScratchOnStack = 1024;

    private nint handle;

    private string FullName => overload.Length == 0 ? $"aten::{name}" : $"aten::{name}.{overload}";

    /// <summary>Calls an operator with one tensor as its result.</summary>
    public Tensor Call(params ReadOnlySpan<Arg> arguments)
    {
        Cell result;
        Invoke(arguments, &result, 1);
        return new Tensor(result.Pointer);
    }

    /// <summary>Calls an operator that writes into its first argument, and returns that argument itself.</summary>
    public Tensor InPlace(Tensor self, params ReadOnlySpan<Arg> arguments)
    {
        var all = new Arguments();
        all[0] = self;
        for (var i = 0; i < arguments.Length; i++)
        {
            all[i + 1] = arguments[i];
        }
        Invoke(((ReadOnlySpan<Arg>)all)[..(arguments.Length + 1)], null, 0);
        return self;
    }

    /// <summary>Calls an operator with two tensors as its result.</summary>
    public (Tensor, Tensor) Pair(params ReadOnlySpan<Arg> arguments)
    {
        var results = stackalloc Cell[2];
        Invoke(arguments, results, 2);
        return (new Tensor(results[0].Pointer), new Tensor(results[1].Pointer));
    }

    /// <summary>Calls an operator with three tensors as its result.</summary>
    public (Tensor, Tensor, Tensor) Triple(params ReadOnlySpan<Arg> arguments)
    {
        var results = stackalloc Cell[3];
        Invoke(arguments, results, 3);
        return (new Tensor(results[0].Pointer), new Tensor(results[1].Pointer), new Tensor(results[2].Pointer));
    }

    /// <summary>Calls an operator with a list of tensors as its result.</summary>
    public Tensor[] List(params ReadOnlySpan<Arg> arguments)
    {
        Cell result;
        Invoke(arguments, &result, 1);
        var handles = new ReadOnlySpan<nint>((void*)result.Pointer, result.Count);
        var tensors = new Tensor[handles.Length];
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = new Tensor(handles[i]);
        }
        Native.dt_free_list(result.Pointer);
        return tensors;
    }

    /// <summary>Calls an operator whose result is true or false.</summary>
    public bool Test(params ReadOnlySpan<Arg> arguments)
    {
        Cell result;
        Invoke(arguments, &result, 1);
        return result.Integer != 0;
    }

    private void Invoke(ReadOnlySpan<Arg> arguments, Cell* results, int room)
    {
        if (handle == 0)
        {
            handle = Native.dt_find($"aten::{name}", overload);
            if (handle == 0)
            {
                throw Native.Error();
            }
        }
        var extra = 0L;
        foreach (ref readonly var argument in arguments)
        {
            extra += argument.Reference switch
            {
                null => 0,
                Array list => list.Length,
                string text => text.Length + 1,
                _ => 0,
            };
        }
        var cells = stackalloc Cell[arguments.Length];
        var small = stackalloc long[extra <= ScratchOnStack ? (int)extra : 0];
        fixed (long* large = extra <= ScratchOnStack ? [] : new long[extra])
        {
            var scratch = large is null ? small : large;
            for (var i = 0; i < arguments.Length; i++)
            {
                Write(arguments[i], ref cells[i], ref scratch, i);
            }
            if (Native.dt_call(handle, cells, arguments.Length, results, room) < 0)
            {
                throw Failure(arguments);
            }
        }
        foreach (ref readonly var argument in arguments)
        {
            GC.KeepAlive(argument.Reference);
        }
    }

    private void Write(in Arg argument, ref Cell cell, ref long* scratch, int position)
    {
        cell = new Cell { Tag = argument.Tag, Integer = argument.Bits };
        switch (argument.Tag)
        {
            case Tag.Tensor:
                cell.Pointer = ((Tensor?)argument.Reference ?? throw Missing(position)).Handle;
                break;
            case Tag.Complex:
                var scalar = (Scalar)argument.Reference!;
                cell.Real = scalar.Complex.Real;
                cell.Imaginary = scalar.Complex.Imaginary;
                break;
            case Tag.Ints:
                cell.Pointer = (nint)scratch;
                cell.Count = ((long[])argument.Reference!).Length;
                ((long[])argument.Reference).CopyTo(new Span<long>(scratch, cell.Count));
                scratch += cell.Count;
                break;
            case Tag.Doubles:
                cell.Pointer = (nint)scratch;
                cell.Count = ((double[])argument.Reference!).Length;
                ((double[])argument.Reference).CopyTo(new Span<double>(scratch, cell.Count));
                scratch += cell.Count;
                break;
            case Tag.Tensors:
            case Tag.OptionalTensors:
                var tensors = (Tensor?[]?)argument.Reference ?? throw Missing(position);
                cell.Pointer = (nint)scratch;
                cell.Count = tensors.Length;
                foreach (var tensor in tensors)
                {
                    *scratch++ =
                        tensor is not null ? tensor.Handle
                        : argument.Tag == Tag.OptionalTensors ? 0
                        : throw Missing(position);
                }
                break;
            case Tag.Device:
                cell.Integer = (long)((Device)argument.Reference!).type;
                cell.Count = ((Device)argument.Reference).index;
                break;
            case Tag.Generator:
                cell.Pointer = ((Generator)argument.Reference!).Handle;
                break;
            case Tag.String:
                var text = (string)argument.Reference!;
                cell.Pointer = (nint)scratch;
                cell.Count = Encoding.UTF8.GetBytes(text, new Span<byte>(scratch, 8 * (text.Length + 1)));
                scratch += text.Length + 1;
                break;
        }
    }

    private Exception Failure(ReadOnlySpan<Arg> arguments)
    {
        var error = Native.Error();
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].Tag == Tag.None && Native.dt_argument_is_optional(handle, i) == 0)
            {
                return Missing(i);
            }
        }
        return error;
    }

    private ArgumentNullException Missing(int position)
    {
        var argument = Marshal.PtrToStringUTF8((nint)Native.dt_argument_name(handle, position));
        return new ArgumentNullException(
            argument,
            $"{FullName} needs its argument '{argument}': give it a value other than null."
        );
    }

    [System.Runtime.CompilerServices.InlineArray(16)]
    private struct Arguments
    {
        private Arg first;
    }
}
