using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>q(x_t | x₀) of a batch: an isotropic Gaussian for each of its elements.</summary>
/// <param name="Mean">α_t·x₀, of the data's shape.</param>
/// <param name="Variance">σ_t², [B, 1, …] so that it broadcasts over the data.</param>
public sealed record MarginalTensors(Tensor Mean, Tensor Variance);
