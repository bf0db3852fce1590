using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Scores samples against held-out images in the features of a <see cref="FeatureNetwork"/>: Fréchet distance, precision
/// and recall. Images are rounded to 8 bits first, as the held-out ones are.
/// </summary>
/// <remarks>
/// The Fréchet distance is to all held-out images; precision and recall are against as many as there are samples. Keeps
/// the features, not the images. Not thread-safe.
/// </remarks>
public sealed class SampleEvaluator : IDisposable
{
    private const int BatchSize = 500;

    private readonly FeatureNetwork _features;
    private readonly FeatureStatistics _reference;
    private readonly Tensor _referenceFeatures;

    /// <summary>Prepares the comparison.</summary>
    /// <param name="features">The space to compare in; stays the caller's.</param>
    /// <param name="heldOut">Images that neither the model nor the features were trained on.</param>
    /// <param name="samples">N, the number of samples in every comparison: above k = 3, at most the held-out images.</param>
    /// <param name="seed">Which of the held-out images precision and recall are measured against; default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">N is outside its range.</exception>
    /// <exception cref="ArgumentException">The images have other channels than the features take.</exception>
    public SampleEvaluator(FeatureNetwork features, ImageDataset heldOut, int samples, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(heldOut);
        if (samples <= PrecisionRecall.DefaultNeighbours || samples > heldOut.Count)
            throw new ArgumentOutOfRangeException(
                nameof(samples),
                samples,
                $"{samples} samples were asked for; at least {PrecisionRecall.DefaultNeighbours + 1} are needed, and at"
                    + $" most as many as there are held-out images, {heldOut.Count}."
            );
        (_features, Samples) = (features, samples);
        _reference = new FeatureStatistics(FeatureNetwork.Dimension);
        using var scope = NewDisposeScope();
        var kept = new List<Tensor>();
        foreach (var images in ImageChoice.Batches(heldOut, heldOut.Count, BatchSize, seed))
        {
            var batch = features.Features(heldOut.Batch(images));
            _reference.Add(batch);
            if (kept.Count * BatchSize < samples)
                kept.Add(batch);
        }
        _referenceFeatures = cat(kept).narrow(0, 0, samples).contiguous().DetachFromDisposeScope();
    }

    /// <summary>N, the number of samples in every comparison.</summary>
    public int Samples { get; }

    /// <summary>Scores samples.</summary>
    /// <param name="draw">
    /// Gives the next samples, [B, C, H, W] in about [−1, 1] with B at most the number asked for; called until there are N.
    /// </param>
    /// <exception cref="ArgumentException">The samples have another shape than the features take, or none came.</exception>
    public SampleScores Score(Func<int, Tensor> draw)
    {
        ArgumentNullException.ThrowIfNull(draw);
        using var scope = NewDisposeScope();
        var statistics = new FeatureStatistics(FeatureNetwork.Dimension);
        var kept = new List<Tensor>();
        while (statistics.Count < Samples)
        {
            using var inner = NewDisposeScope();
            var wanted = (int)(Samples - statistics.Count);
            var images = draw(wanted);
            if (images.dim() != 4 || images.shape[0] < 1 || images.shape[0] > wanted)
                throw new ArgumentException(
                    $"Samples of shape [{string.Join(", ", images.shape)}] came where at most {wanted} images"
                        + " [B, C, H, W] were asked for.",
                    nameof(draw)
                );
            var features = _features.Features(EightBit(images));
            statistics.Add(features);
            kept.Add(features.MoveToOuterDisposeScope());
        }
        return new SampleScores(
            statistics.FrechetDistance(_reference),
            PrecisionRecall.Of(_referenceFeatures, cat(kept)),
            Samples
        );
    }

    /// <summary>
    /// Scores images of a data set, drawn at random without repetition: what a perfect sampler would get at this N.
    /// </summary>
    /// <param name="data">Other images than the held-out ones, such as the training images; at least N.</param>
    /// <param name="seed">Which of them; default 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer than N.</exception>
    public SampleScores Score(ImageDataset data, ulong seed = 0)
    {
        using var batches = ImageChoice.Batches(data, Samples, BatchSize, seed).GetEnumerator();
        return Score(_ =>
        {
            batches.MoveNext();
            return data.Batch(batches.Current);
        });
    }

    /// <summary>Frees the features of the held-out images.</summary>
    public void Dispose() => _referenceFeatures.Dispose();

    private static Tensor EightBit(Tensor images)
    {
        var pixels = tensor(Pixels.ToBytes(images)).reshape(images.shape);
        return pixels.to_type(ScalarType.Float32).div(127.5).sub(1);
    }
}
