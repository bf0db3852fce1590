using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>`x·sigmoid(x)`, also known as swish.</summary>
public sealed class SiLU : ParameterLessModule<Tensor, Tensor>
{
    internal SiLU(bool inplace)
        : base(nameof(SiLU)) => this.inplace = inplace;

    /// <summary>Whether the input is overwritten.</summary>
    public bool inplace { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tensor) => inplace ? NotNull(tensor).silu_().alias() : NotNull(tensor).silu();
}
