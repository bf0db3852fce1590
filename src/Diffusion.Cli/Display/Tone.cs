namespace Diffusion.Cli;

/// <summary>How a sentence of a report is meant.</summary>
internal enum Tone
{
    /// <summary>As it is.</summary>
    Plain,

    /// <summary>All is well.</summary>
    Good,

    /// <summary>Worth a word.</summary>
    Note,

    /// <summary>Something is wrong.</summary>
    Bad,
}
