using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A tensor that a module trains.</summary>
public class Parameter : Tensor
{
    /// <summary>Takes a tensor over, with its place in its dispose scope; the old object is no longer valid.</summary>
    /// <param name="data">The tensor, without a history of computation.</param>
    /// <param name="requires_grad">Whether it is trained.</param>
    public Parameter(Tensor data, bool requires_grad = true)
        : base(Take(data, requires_grad), register: false)
    {
        if (data.OwningDisposeScope is not null)
            DisposeScope.ReplaceWith(data, this);
    }

    private static nint Take(Tensor data, bool requiresGrad)
    {
        ArgumentNullException.ThrowIfNull(data);
        data.requires_grad = requiresGrad;
        return data.MoveHandle();
    }
}
