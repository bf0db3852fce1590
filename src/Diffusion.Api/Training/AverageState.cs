using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>A moving average's values.</summary>
/// <param name="Decay">Its final decay; null where the checkpoint doesn't say, as those of before there were several.</param>
/// <param name="Values">By tensor name.</param>
internal sealed record AverageState(double? Decay, IReadOnlyDictionary<string, Tensor> Values);
