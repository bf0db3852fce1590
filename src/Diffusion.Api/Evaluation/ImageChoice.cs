using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Which images of a data set are evaluated, and in which batches.</summary>
internal static class ImageChoice
{
    /// <summary>Image numbers drawn at random without repetition, in batches.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The data set hasn't that many images.</exception>
    internal static IEnumerable<int[]> Batches(ImageDataset data, int count, int batchSize, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (count < 2 || count > data.Count)
            throw new ArgumentOutOfRangeException(
                nameof(count),
                count,
                $"{count} images were asked for; {data.Name} has {data.Count}, and an interval needs at least 2."
            );
        var order = new BatchOrder(data.Count, count, (ulong)Seeds.Derive(seed, Seeds.Stream.Choice, 0));
        return order.Batch(0).Chunk(batchSize);
    }

    /// <summary>The images as network values on a device, and their classes where they have some.</summary>
    internal static (Tensor X0, Tensor? Labels) Load(ImageDataset data, int[] images, Device device) =>
        (data.Batch(images).to(device), data.Labels.IsEmpty ? null : data.LabelBatch(images).to(device));
}
