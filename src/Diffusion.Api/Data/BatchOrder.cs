namespace Diffusion.Api;

/// <summary>
/// Which images make up which batch: every epoch is a fresh permutation, and batches run on across its end. A pure
/// function of seed and step, so that a resumed run sees what an unbroken one would have seen.
/// </summary>
public sealed class BatchOrder
{
    private readonly int _count;
    private readonly int _batchSize;
    private readonly ulong _seed;
    private (long Epoch, int[] Images) _current = (-1, []);

    /// <summary>Orders a data set.</summary>
    /// <param name="count">Number of images, at least 1.</param>
    /// <param name="batchSize">Images a batch, at least 1; may be more than <paramref name="count"/>.</param>
    /// <param name="seed">Fixes the permutations.</param>
    public BatchOrder(int count, int batchSize, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        (_count, _batchSize, _seed) = (count, batchSize, seed);
    }

    /// <summary>The image numbers of the batch of a step.</summary>
    /// <param name="step">0 for the first.</param>
    public int[] Batch(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        var batch = new int[_batchSize];
        for (var i = 0; i < batch.Length; i++)
        {
            var position = step * _batchSize + i;
            batch[i] = Epoch(position / _count)[(int)(position % _count)];
        }
        return batch;
    }

    private int[] Epoch(long epoch)
    {
        if (_current.Epoch != epoch)
        {
            var images = Enumerable.Range(0, _count).ToArray();
            new Random((int)Seeds.Derive(_seed, Seeds.Stream.Order, epoch)).Shuffle(images);
            _current = (epoch, images);
        }
        return _current.Images;
    }
}
