using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>A number for every time of a schedule, to be looked up by a tensor of times.</summary>
internal sealed class TimeTable : IDisposable
{
    private readonly Tensor _values;

    /// <summary>Tabulates a function of the noise level over t = 1 … T, in double precision.</summary>
    internal TimeTable(Schedule schedule, Func<NoiseLevel, double> value)
        : this(schedule, (int t) => value(schedule[t])) { }

    /// <summary>Tabulates a function of the time t = 1 … T, in double precision.</summary>
    internal TimeTable(Schedule schedule, Func<int, double> value)
    {
        // Entry 0 is never read: some functions have no value on clean data.
        var values = Enumerable.Range(1, schedule.Steps).Select(value).Prepend(0).ToArray();
        _values = tensor(values).DetachFromDisposeScope();
    }

    /// <summary>The values at times [B], as [B, 1, …] with the type, device and number of dimensions of <paramref name="like"/>.</summary>
    internal Tensor At(Tensor t, Tensor like)
    {
        using var scope = NewDisposeScope();
        var shape = new long[like.dim()];
        Array.Fill(shape, 1);
        shape[0] = t.shape[0];
        var values = _values.index_select(0, t.cpu().to_type(ScalarType.Int64));
        return values.to_type(like.dtype).to(like.device).reshape(shape).MoveToOuterDisposeScope();
    }

    public void Dispose() => _values.Dispose();
}
