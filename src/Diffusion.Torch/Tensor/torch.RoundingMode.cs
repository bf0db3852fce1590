namespace TorchSharp;

public static partial class torch
{
    /// <summary>How a quotient is rounded.</summary>
    public enum RoundingMode
    {
        None = 0,
        trunc = 1,
        floor = 2,
    }

    private static string? Name(RoundingMode mode) => mode == RoundingMode.None ? null : mode.ToString();
}
