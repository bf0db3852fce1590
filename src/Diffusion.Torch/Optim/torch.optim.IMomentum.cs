namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        /// <summary>Has a momentum that a schedule may change.</summary>
        public interface IMomentum
        {
            /// <summary>Share of the last step that stays.</summary>
            double Momentum { get; set; }
        }
    }
}
