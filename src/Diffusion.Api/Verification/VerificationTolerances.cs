namespace Diffusion.Api;

/// <summary>The largest absolute differences that a verification lets pass.</summary>
public sealed record VerificationTolerances
{
    /// <summary>Intermediate stages and output in float32; default 2e-5.</summary>
    public double Float32
    {
        get;
        init => field = Checked(value, nameof(Float32));
    } = 2e-5;

    /// <summary>Output in float64; default 1e-9.</summary>
    public double Float64
    {
        get;
        init => field = Checked(value, nameof(Float64));
    } = 1e-9;

    /// <summary>The end of a sampling run, in either precision; default 1e-4.</summary>
    public double Trajectory
    {
        get;
        init => field = Checked(value, nameof(Trajectory));
    } = 1e-4;

    private static double Checked(double value, string name) =>
        value >= 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                FormattableString.Invariant($"The tolerance {name} must be a finite number of at least 0, not {value}.")
            );
}
