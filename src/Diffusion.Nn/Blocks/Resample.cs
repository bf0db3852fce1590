namespace Diffusion.Nn;

/// <summary>Whether a residual block changes the image size.</summary>
public enum Resample
{
    /// <summary>It doesn't.</summary>
    None,

    /// <summary>It halves it, by the mean of 2×2 pixels.</summary>
    Down,

    /// <summary>It doubles it, by nearest neighbour.</summary>
    Up,

    /// <summary>It halves it behind a smoothing filter; the shortcut then has a convolution always.</summary>
    FirDown,

    /// <summary>It doubles it in front of a smoothing filter; the shortcut then has a convolution always.</summary>
    FirUp,
}
