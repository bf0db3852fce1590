using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>`x·sigmoid(x)`, also known as swish.</summary>
        public static SiLU SiLU() => new(false);

        /// <summary>`x·sigmoid(x)`, also known as swish.</summary>
        /// <param name="inplace">Whether the input is overwritten.</param>
        public static SiLU SiLU(bool inplace) => new(inplace);

        /// <summary>`max(0, x)`.</summary>
        /// <param name="inplace">Whether the input is overwritten.</param>
        public static ReLU ReLU(bool inplace = false) => new(inplace);

        /// <summary>`x·Φ(x)`.</summary>
        public static GELU GELU() => new(false);

        /// <summary>`x·Φ(x)`.</summary>
        /// <param name="inplace">Whether the input is overwritten.</param>
        public static GELU GELU(bool inplace) => new(inplace);

        /// <summary>`1 / (1 + e⁻ˣ)`.</summary>
        public static Sigmoid Sigmoid() => new(false);

        /// <summary>`1 / (1 + e⁻ˣ)`.</summary>
        /// <param name="inplace">Whether the input is overwritten.</param>
        public static Sigmoid Sigmoid(bool inplace) => new(inplace);

        /// <summary>Hyperbolic tangent.</summary>
        public static Tanh Tanh() => new(false);

        /// <summary>Hyperbolic tangent.</summary>
        /// <param name="inplace">Whether the input is overwritten.</param>
        public static Tanh Tanh(bool inplace = false) => new(inplace);

        /// <summary>`eˣ / Σ eˣ` along one dimension.</summary>
        /// <param name="dim">The dimension that sums to 1.</param>
        public static Softmax Softmax(long dim) => new(dim);

        /// <summary>In training, sets elements to 0 at random and scales the others up.</summary>
        /// <param name="p">Probability of a 0, 0..1.</param>
        /// <param name="inplace">Whether the input is overwritten.</param>
        public static Dropout Dropout(double p = 0.5, bool inplace = false) => new(p, inplace);
    }
}
