namespace Diffusion.Cli;

/// <summary>Losses by time, and on which images.</summary>
/// <param name="Losses">Time and mean squared error.</param>
/// <param name="Images">The images, in words.</param>
internal sealed record MeasuredLosses(IReadOnlyList<(double Time, double Loss)> Losses, string Images);
