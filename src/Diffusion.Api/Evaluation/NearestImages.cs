using System.Collections.Immutable;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>The images of a data set that are nearest to given ones. Immutable.</summary>
/// <param name="Indices">For each given image its k nearest of the data set, nearest first.</param>
/// <param name="Distances">Their distances: root of the sum of squared differences over all pixels of [−1, 1], or over features.</param>
public sealed record NearestImages(
    ImmutableArray<ImmutableArray<int>> Indices,
    ImmutableArray<ImmutableArray<double>> Distances
)
{
    private const int BatchSize = 1000;

    /// <summary>Searches a data set from end to end, a batch at a time.</summary>
    /// <param name="images">[B, C, H, W] in [−1, 1].</param>
    /// <param name="data">Where to search; of the same image shape.</param>
    /// <param name="count">k, 1 … the number of images in the data set.</param>
    /// <param name="features">
    /// The space to measure in, from [B, C, H, W] to [B, F], such as <see cref="FeatureNetwork.Features"/>; null for
    /// pixels.
    /// </param>
    /// <param name="cancel">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">The shapes don't fit, or k is out of range.</exception>
    public static NearestImages Find(
        Tensor images,
        ImageDataset data,
        int count,
        Func<Tensor, Tensor>? features = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(data);
        if (
            images.dim() != 4
            || images.shape[0] == 0
            || !images.shape[1..].AsSpan().SequenceEqual([data.Channels, data.Height, data.Width])
        )
            throw new ArgumentException(
                $"Images of shape [{string.Join(", ", images.shape)}] were given; {data.Name} holds"
                    + $" {ImageShapes.Of(data)} (channels, height, width).",
                nameof(images)
            );
        if (count < 1 || count > data.Count)
            throw new ArgumentOutOfRangeException(
                nameof(count),
                count,
                $"{count} neighbours were asked for; {data.Name} has {data.Count} images."
            );
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var points = Points(images, features);
        var distances = empty([images.shape[0], 0], ScalarType.Float64);
        var indices = empty([images.shape[0], 0], ScalarType.Int64);
        foreach (var batch in Enumerable.Range(0, data.Count).Chunk(BatchSize))
        {
            cancel.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var found = cdist(points, Points(data.Batch(batch), features));
            var numbers = arange(batch[0], batch[0] + batch.Length, ScalarType.Int64).expand(found.shape);
            var (all, numbered) = (cat([distances, found], 1), cat([indices, numbers], 1));
            var kept = (int)long.Min(count, all.shape[1]);
            var (best, places) = all.topk(kept, 1, largest: false);
            (distances, indices) = (
                best.MoveToOuterDisposeScope(),
                numbered.gather(1, places).MoveToOuterDisposeScope()
            );
        }
        return new NearestImages(
            Rows(indices.data<long>().ToArray(), count, number => (int)number),
            Rows(distances.data<double>().ToArray(), count, distance => distance)
        );
    }

    /// <summary>One row an image: the image, then its neighbours, nearest first.</summary>
    /// <param name="images">The images that were searched for.</param>
    /// <param name="data">The data set that was searched.</param>
    /// <param name="scale">Every pixel becomes scale × scale pixels.</param>
    public Picture Draw(Tensor images, ImageDataset data, int scale = 3)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(data);
        if (images.dim() != 4 || images.shape[0] != Indices.Length)
            throw new ArgumentException(
                $"Images of shape [{string.Join(", ", images.shape)}] were given for {Indices.Length} rows.",
                nameof(images)
            );
        using var scope = NewDisposeScope();
        var own = images.cpu().to_type(ScalarType.Float32).unsqueeze(1);
        var count = Indices[0].Length;
        var found = data.Batch([.. Indices.SelectMany(row => row)]);
        var rows = cat([own, found.reshape([Indices.Length, count, .. found.shape[1..]])], 1);
        return ImageGrid.Arrange(rows.flatten(0, 1), count + 1, scale);
    }

    private static Tensor Points(Tensor images, Func<Tensor, Tensor>? features) =>
        (features is null ? images : features(images)).cpu().to_type(ScalarType.Float64).flatten(1);

    private static ImmutableArray<ImmutableArray<TResult>> Rows<T, TResult>(
        T[] values,
        int count,
        Func<T, TResult> convert
    ) => [.. values.Chunk(count).Select(row => row.Select(convert).ToImmutableArray())];
}
