namespace Diffusion.Api;

/// <summary>How near samples are to held-out images, in the features of one network. Immutable.</summary>
/// <param name="Frechet">Fréchet distance to the held-out images, ≥ 0; the less the better.</param>
/// <param name="Quality">Precision and recall.</param>
/// <param name="Samples">Number of samples; scores compare only at the same number.</param>
public sealed record SampleScores(double Frechet, PrecisionRecall Quality, int Samples);
