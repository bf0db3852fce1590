using Diffusion.Math;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>The losses that importance sampling has seen, as tensors of a checkpoint.</summary>
internal static class ImportanceState
{
    private const string Losses = "losses";
    private const string Counts = "counts";

    /// <summary><c>losses</c> [T, history], the oldest first and 0 where there are none yet, and how many, <c>counts</c> [T].</summary>
    internal static IReadOnlyDictionary<string, Tensor> Of(ImportanceTimes? times)
    {
        if (times is null)
            return new Dictionary<string, Tensor>();
        var losses = new double[times.TrainingSteps * times.History];
        var counts = new long[times.TrainingSteps];
        for (var t = 1; t <= times.TrainingSteps; t++)
        {
            var kept = times.LossesAt(t);
            kept.CopyTo(losses, (t - 1) * times.History);
            counts[t - 1] = kept.Length;
        }
        return new Dictionary<string, Tensor>
        {
            [Losses] = tensor(losses).reshape(times.TrainingSteps, times.History),
            [Counts] = tensor(counts),
        };
    }

    /// <summary>The value that they were of.</summary>
    /// <exception cref="InvalidDataException">They are no such state.</exception>
    internal static ImportanceTimes Restore(
        IReadOnlyDictionary<string, Tensor> state,
        TimeSampling sampling,
        int trainingSteps
    )
    {
        using var scope = NewDisposeScope();
        try
        {
            if (
                state.GetValueOrDefault(Losses) is not { } table
                || state.GetValueOrDefault(Counts) is not { } counted
                || table.dim() != 2
                || table.shape[0] != trainingSteps
                || counted.numel() != trainingSteps
            )
                throw new InvalidDataException("The checkpoint's history of losses is missing, or another schedule's.");
            var history = (int)table.shape[1];
            var losses = table.to_type(ScalarType.Float64).contiguous().data<double>().ToArray();
            var counts = counted.to_type(ScalarType.Int64).contiguous().data<long>().ToArray();
            return sampling.Restore(
                counts.Select((count, t) => losses.AsSpan(t * history, checked((int)count)).ToArray())
            );
        }
        catch (Exception damaged) when (damaged is ArgumentException or OverflowException)
        {
            throw new InvalidDataException(
                $"The checkpoint's history of losses is damaged: {damaged.Message}",
                damaged
            );
        }
    }
}
