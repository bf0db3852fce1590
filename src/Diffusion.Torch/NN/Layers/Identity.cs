using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>The input itself, as a tensor of its own over the same data.</summary>
public sealed class Identity : ParameterLessModule<Tensor, Tensor>
{
    internal Identity()
        : base(nameof(Identity)) { }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tensor) => NotNull(tensor).alias();
}
