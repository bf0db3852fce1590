using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>`eˣ / Σ eˣ` along one dimension.</summary>
public sealed class Softmax : ParameterLessModule<Tensor, Tensor>
{
    internal Softmax(long dim)
        : base(nameof(Softmax)) => this.dim = dim;

    /// <summary>The dimension that sums to 1.</summary>
    public long dim { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tensor) => NotNull(tensor).softmax(dim);
}
