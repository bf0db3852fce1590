using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>`max(0, x)`.</summary>
public sealed class ReLU : ParameterLessModule<Tensor, Tensor>
{
    internal ReLU(bool inplace)
        : base(nameof(ReLU)) => this.inplace = inplace;

    /// <summary>Whether the input is overwritten.</summary>
    public bool inplace { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tensor) => inplace ? NotNull(tensor).relu_().alias() : NotNull(tensor).relu();
}
