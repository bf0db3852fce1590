namespace Diffusion.Api;

/// <summary>Why a model doesn't load: one reason.</summary>
/// <param name="File">The file it is in, from the inspected folder.</param>
/// <param name="Message">What is wrong, and what is allowed.</param>
public sealed record InspectionProblem(string File, string Message);
