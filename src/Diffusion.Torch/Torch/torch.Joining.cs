using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    private static readonly Op catOp = new("cat");
    private static readonly Op stackOp = new("stack");
    private static readonly Op hstackOp = new("hstack");
    private static readonly Op vstackOp = new("vstack");
    private static readonly Op dstackOp = new("dstack");
    private static readonly Op columnStackOp = new("column_stack");
    private static readonly Op einsumOp = new("einsum");
    private static readonly Op meshgridOp = new("meshgrid", "indexing");
    private static readonly Op broadcastTensorsOp = new("broadcast_tensors");
    private static readonly Op whereIndicesOp = new("where");
    private static readonly Op cdistOp = new("cdist");
    private static readonly Op blockDiagOp = new("block_diag");
    private static readonly Op searchsortedOp = new("searchsorted", "Tensor");

    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => catOp.Call(Listed(tensors), dim);

    public static Tensor cat(Tensor[] tensors, long dim = 0) => catOp.Call(tensors, dim);

    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => catOp.Call(tensors.ToArray(), dim);

    public static Tensor concat(IList<Tensor> tensors, long dim = 0) => cat(tensors, dim);

    public static Tensor concat(Tensor[] tensors, long dim = 0) => cat(tensors, dim);

    public static Tensor concat(ReadOnlySpan<Tensor> tensors, long dim = 0) => cat(tensors, dim);

    public static Tensor concatenate(IList<Tensor> tensors, long axis = 0) => cat(tensors, axis);

    public static Tensor concatenate(Tensor[] tensors, long axis = 0) => cat(tensors, axis);

    public static Tensor concatenate(ReadOnlySpan<Tensor> tensors, long axis = 0) => cat(tensors, axis);

    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => stackOp.Call(Listed(tensors), dim);

    public static Tensor hstack(IList<Tensor> tensors) => hstackOp.Call(Listed(tensors));

    public static Tensor hstack(params Tensor[] tensors) => hstackOp.Call(tensors);

    public static Tensor hstack(IEnumerable<Tensor> tensors) => hstackOp.Call(Listed(tensors));

    public static Tensor hstack(ReadOnlySpan<Tensor> tensors) => hstackOp.Call(tensors.ToArray());

    public static Tensor vstack(IList<Tensor> tensors) => vstackOp.Call(Listed(tensors));

    public static Tensor vstack(Tensor[] tensors) => vstackOp.Call(tensors);

    public static Tensor vstack(ReadOnlySpan<Tensor> tensors) => vstackOp.Call(tensors.ToArray());

    public static Tensor dstack(params Tensor[] tensors) => dstackOp.Call(tensors);

    public static Tensor dstack(IList<Tensor> tensors) => dstackOp.Call(Listed(tensors));

    public static Tensor dstack(ReadOnlySpan<Tensor> tensors) => dstackOp.Call(tensors.ToArray());

    public static Tensor dstack(IEnumerable<Tensor> tensors) => dstackOp.Call(Listed(tensors));

    public static Tensor column_stack(IList<Tensor> tensors) => columnStackOp.Call(Listed(tensors));

    public static Tensor column_stack(params Tensor[] tensors) => columnStackOp.Call(tensors);

    public static Tensor column_stack(ReadOnlySpan<Tensor> tensors) => columnStackOp.Call(tensors.ToArray());

    /// <summary>Sums of products in Einstein's notation: "bij,bjk->bik" is a batched matrix product.</summary>
    public static Tensor einsum(string equation, params Tensor[] tensors) => einsumOp.Call(equation, tensors);

    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij") =>
        meshgridOp.List(Listed(tensors), indexing);

    public static IList<Tensor> broadcast_tensors(params Tensor[] tensors) => broadcastTensorsOp.List(tensors);

    public static Tensor block_diag(params Tensor[] tensors) => blockDiagOp.Call((Arg)tensors);

    public static Tensor[] where(Tensor condition) => whereIndicesOp.List(condition);

    public static Tensor cdist(
        Tensor x1,
        Tensor x2,
        double p = 2.0,
        compute_mode compute_mode = compute_mode.use_mm_for_euclid_dist_if_necessary
    ) => cdistOp.Call(x1, x2, p, (long)compute_mode);

    public static Tensor searchsorted(
        Tensor sorted_sequence,
        Tensor values,
        bool out_int32 = false,
        bool right = false,
        Tensor? sorter = null
    ) => searchsortedOp.Call(sorted_sequence, NotNull(values), out_int32, right, Arg.None, Arg.Optional(sorter));

    private static Tensor[] Listed(IEnumerable<Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        return tensors as Tensor[] ?? tensors.ToArray();
    }
}
