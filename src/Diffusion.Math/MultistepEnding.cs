namespace Diffusion.Math;

/// <summary>How a multi-step sampler ends. A step to clean data is of first order in any case.</summary>
public enum MultistepEnding
{
    /// <summary>Full order to the end.</summary>
    FullOrder,

    /// <summary>The last step is of first order.</summary>
    FirstOrderLast,

    /// <summary>
    /// The last step is of first order, the one before of at most second, and so on: steadier with few steps.
    /// </summary>
    Descending,
}
