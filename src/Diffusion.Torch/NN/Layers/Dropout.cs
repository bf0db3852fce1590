using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>In training, sets each element to 0 with probability p and scales the others by 1/(1−p).</summary>
public sealed class Dropout : ParameterLessModule<Tensor, Tensor>
{
    internal Dropout(double p, bool inplace)
        : base(nameof(Dropout))
    {
        if (!(p >= 0 && p <= 1))
            throw new ArgumentOutOfRangeException(nameof(p), p, "A probability is in 0..1.");
        this.p = p;
        this.inplace = inplace;
    }

    /// <summary>Probability of a 0.</summary>
    public double p { get; set; }

    /// <summary>Whether the input is overwritten.</summary>
    public bool inplace { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tensor) => nn.functional.dropout(tensor, p, training, inplace);
}
