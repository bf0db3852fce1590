using Diffusion.Api;
using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>The first so many samples of a sampler and a seed: some kept when they were drawn, the rest drawn later.</summary>
/// <param name="pipeline">What draws them; stays the caller's.</param>
/// <param name="plan">The sampler.</param>
/// <param name="count">How many.</param>
/// <param name="seed">Their seed.</param>
/// <param name="batchSize">How many are drawn at a time.</param>
internal sealed class FirstSamples(Pipeline pipeline, SamplingPlan plan, int count, ulong seed, int batchSize)
    : IDisposable
{
    private readonly List<Tensor> _kept = [];

    /// <summary>Steps of the sampler that <see cref="Draw"/> still has to take, over all batches.</summary>
    internal long StepsLeft => (long)((Left + batchSize - 1) / batchSize) * plan.Steps.Length;

    private int Kept => (int)_kept.Sum(batch => batch.shape[0]);

    private int Left => count - Kept;

    /// <summary>Keeps copies of the next samples, drawn elsewhere; those beyond the first so many are left.</summary>
    /// <param name="batch">[B, C, H, W].</param>
    internal void Keep(Tensor batch)
    {
        if (Left > 0)
            _kept.Add(batch.narrow(0, 0, long.Min(Left, batch.shape[0])).clone().DetachFromDisposeScope());
    }

    /// <summary>All of them, [count, C, H, W]; those that weren't kept are drawn.</summary>
    /// <param name="onStep">Called after each step with the number of steps taken.</param>
    /// <param name="cancel">Ends the work between two steps.</param>
    internal Tensor Draw(Action<long> onStep, CancellationToken cancel)
    {
        var done = 0L;
        while (Left > 0)
        {
            using var scope = NewDisposeScope();
            Keep(pipeline.Sample(plan, int.Min(batchSize, Left), seed, Kept, (_, _) => onStep(++done), cancel));
        }
        return cat(_kept);
    }

    /// <summary>Frees the kept samples.</summary>
    public void Dispose() => _kept.ForEach(batch => batch.Dispose());
}
