using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>`x·Φ(x)` with the standard normal's distribution function Φ: the exact form.</summary>
public sealed class GELU : ParameterLessModule<Tensor, Tensor>
{
    internal GELU(bool inplace)
        : base(nameof(GELU)) => this.inplace = inplace;

    /// <summary>Whether the input is overwritten.</summary>
    public bool inplace { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tensor) => inplace ? NotNull(tensor).gelu_().alias() : NotNull(tensor).gelu();
}
