using Diffusion.Nn;

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

    /// <summary>
    /// Output in float64; null, the default, is 1e-9, or 5e-7 where the network's attention computes its softmax in
    /// float32 (<see cref="AttentionBlock"/>): that rounds as the exponential of the libtorch at hand does.
    /// </summary>
    public double? Float64
    {
        get;
        init => field = value is { } given ? Checked(given, nameof(Float64)) : null;
    }

    /// <summary>
    /// The end of a sampling run; default 1e-4. Of a run in float32 throughout, a fiftieth of that times the greatest
    /// number of its end where that number is above 50.
    /// </summary>
    public double Trajectory
    {
        get;
        init => field = Checked(value, nameof(Trajectory));
    } = 1e-4;

    internal double Float64Of(UNet2D network) =>
        Float64 ?? (network.modules().Any(m => m is AttentionBlock { SoftmaxInFloat32: true }) ? 5e-7 : 1e-9);

    private static double Checked(double value, string name) =>
        value >= 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(
                name,
                FormattableString.Invariant($"The tolerance {name} must be a finite number of at least 0, not {value}.")
            );
}
