namespace Diffusion.Api;

/// <summary>A Fréchet distance as reports have it. Immutable.</summary>
/// <param name="Value">The distance to the held-out images.</param>
/// <param name="Samples">Number of samples; distances compare only at the same number.</param>
/// <param name="FeaturesVersion">The features' <see cref="FeatureNetwork.Version"/>; they compare only in the same ones.</param>
/// <param name="Accuracy">The features' <see cref="FeatureNetwork.Accuracy"/>.</param>
/// <param name="Real">The distance of as many training images: what a perfect sampler would get; null if not known.</param>
/// <param name="FeaturesTrainedOn">The features' <see cref="FeatureNetwork.TrainedOn"/>; null in files of before it was kept.</param>
public sealed record FrechetReport(
    double Value,
    int Samples,
    string FeaturesVersion,
    double Accuracy,
    double? Real = null,
    string? FeaturesTrainedOn = null
);
