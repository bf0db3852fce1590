namespace Diffusion.Engine;

/// <summary>An operator's share of a profile.</summary>
/// <param name="Name">Its name in libtorch.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="Time">The time in it, without the operators that it called.</param>
public readonly record struct OperatorTime(string Name, long Calls, TimeSpan Time);
