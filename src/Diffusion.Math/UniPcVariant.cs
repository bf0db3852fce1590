namespace Diffusion.Math;

/// <summary>
/// B(h) of UniPC (Zhao et al. 2023, section 3.1): matters where one weight is fixed at ½, else cancels.
/// </summary>
public enum UniPcVariant
{
    /// <summary>B(h) = h.</summary>
    Bh1,

    /// <summary>B(h) = e^h − 1, the better one with guidance.</summary>
    Bh2,
}
