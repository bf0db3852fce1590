namespace Diffusion.Cli;

/// <summary>A part of a report, or why it is missing.</summary>
/// <param name="Value">The part; null where it is missing.</param>
/// <param name="Why">Why it is missing, or what is to be said of it all the same; null for nothing.</param>
/// <param name="Command">What makes it; null where no command does.</param>
internal sealed record ReportPart<T>(T? Value, string? Why = null, string? Command = null)
    where T : class;
