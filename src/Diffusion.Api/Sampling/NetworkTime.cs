using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// The network's door: schedules count times from 1 as the papers do (0 is clean data), networks and checkpoints count
/// from 0. This is the one place where one becomes the other.
/// </summary>
public static class NetworkTime
{
    /// <summary>What a network is told for each image's time.</summary>
    /// <param name="t">[B] times in 1 … T, integers.</param>
    /// <returns>[B], 64-bit integers in 0 … T − 1.</returns>
    public static Tensor Of(Tensor t)
    {
        ArgumentNullException.ThrowIfNull(t);
        return t.to_type(ScalarType.Int64).sub(1);
    }

    /// <summary>What a network is told for a whole batch at one time.</summary>
    /// <param name="t">The time in 1 … T; may lie between two times of the schedule.</param>
    /// <param name="batch">B.</param>
    /// <param name="device">Where the images are.</param>
    /// <returns>[B]: 64-bit integers where the time is whole, else 32-bit floats.</returns>
    public static Tensor Of(double t, long batch, Device device) =>
        double.IsInteger(t)
            ? full([batch], (long)t - 1, ScalarType.Int64, device)
            : full([batch], t - 1, ScalarType.Float32, device);
}
