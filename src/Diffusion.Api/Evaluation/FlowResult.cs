namespace Diffusion.Api;

/// <summary>The likelihood of 8-bit images by the probability flow. Immutable.</summary>
/// <param name="Nats">
/// −ln p(x₀ + u) of the model's density over uniform noise u in each pixel's interval, less the logarithm of the
/// interval's volume: at least −ln of the images' probability in expectation (Theis et al. 2016).
/// </param>
/// <param name="BitsPerDimension">The same in bits a dimension.</param>
/// <param name="NetworkCalls">Calls of the network with the slowest batch, each with as many gradients as the trace takes.</param>
public sealed record FlowResult(Estimate Nats, Estimate BitsPerDimension, int NetworkCalls);
