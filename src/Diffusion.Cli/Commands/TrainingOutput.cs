namespace Diffusion.Cli;

/// <summary>What training prints on standard output; what goes wrong is on standard error with each of them.</summary>
internal enum TrainingOutput
{
    /// <summary>Words and live progress.</summary>
    Progress,

    /// <summary>Nothing.</summary>
    Quiet,

    /// <summary>JSON objects, one a line.</summary>
    Json,
}
