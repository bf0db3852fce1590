namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        /// <summary>Has decay rates of moments that a schedule may change.</summary>
        public interface IBetas
        {
            /// <summary>Decay rates of the first and of the second moment.</summary>
            (double, double) Betas { get; set; }
        }
    }
}
