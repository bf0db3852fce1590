namespace Diffusion.Cli;

/// <summary>One thing that the doctor looked at.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Finding">What was found.</param>
/// <param name="Remedy">What to do about it; null where all is well.</param>
internal sealed record DoctorCheck(string Name, string Finding, string? Remedy = null);
