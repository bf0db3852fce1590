using System.Globalization;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>A moving average's values.</summary>
/// <param name="Decay">Its final decay; null where the checkpoint doesn't say, as those of before there were several.</param>
/// <param name="Values">By tensor name.</param>
internal sealed record AverageState(double? Decay, IReadOnlyDictionary<string, Tensor> Values)
{
    /// <summary>What a further average is called: its file in a checkpoint, its variant of a finished run's weights.</summary>
    internal static string NameOf(double decay) => $"ema-{decay.ToString("R", CultureInfo.InvariantCulture)}";
}
