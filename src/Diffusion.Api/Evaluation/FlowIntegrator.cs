using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Integrates a flow by a Runge–Kutta table, in equal steps or in adapted ones.</summary>
internal sealed class FlowIntegrator(FlowSolver solver, Func<Tensor, double, FlowState> slope)
{
    private const int FirstSteps = 50;
    private const int MostSteps = 100_000;
    private const double Safety = 0.9;
    private const double LeastFactor = 0.2;
    private const double GreatestFactor = 5;

    /// <summary>The state at the end. The start belongs to the caller.</summary>
    internal FlowState Run(FlowState start, double from, double to)
    {
        using var scope = NewDisposeScope();
        var state = new FlowState(start.X.alias(), start.LogVolume.alias());
        return (solver.Steps > 0 ? Equal(state, from, to) : Adapted(state, from, to)).ToOuterScope();
    }

    private FlowState Equal(FlowState state, double from, double to)
    {
        var step = (to - from) / solver.Steps;
        for (var i = 0; i < solver.Steps; i++)
        {
            using var scope = NewDisposeScope();
            var at = from + i * step;
            var slopes = Slopes(state, at, step, slope(state.X, at));
            var next = state.Plus(step, solver.Table.Weights, slopes).ToOuterScope();
            state.Dispose();
            state = next;
        }
        return state;
    }

    // The last stage is the next step's first: both are the slope at the step's end.
    private FlowState Adapted(FlowState state, double from, double to)
    {
        var (at, step) = (from, (to - from) / FirstSteps);
        var first = slope(state.X, at);
        for (var i = 0; i < MostSteps; i++)
        {
            using var scope = NewDisposeScope();
            var isLast = at + step >= to;
            if (isLast)
                step = to - at;
            var slopes = Slopes(state, at, step, first);
            var next = state.Plus(step, solver.Table.Weights, slopes);
            var error = Error(state, next, step, slopes);
            if (error <= 1)
            {
                first.Dispose();
                state.Dispose();
                (state, first) = (next.ToOuterScope(), slopes[^1].ToOuterScope());
                if (isLast)
                    return state;
                at += step;
            }
            var factor = Safety * double.Pow(error, -1.0 / solver.Table.Order);
            step *= double.Clamp(factor, LeastFactor, GreatestFactor);
        }
        throw new InvalidOperationException(
            $"The probability flow was not done after {MostSteps} steps ({solver.Name}); ask for a greater tolerance or"
                + " for equal steps."
        );
    }

    private List<FlowState> Slopes(FlowState state, double at, double step, FlowState first)
    {
        List<FlowState> slopes = [first];
        for (var i = 1; i < solver.Table.Stages.Length; i++)
        {
            var inner = state.Plus(step, solver.Table.Stages[i], slopes);
            slopes.Add(slope(inner.X, at + solver.Table.Node(i) * step));
        }
        return slopes;
    }

    // The greatest of the batch, in units of the tolerance.
    private double Error(FlowState state, FlowState next, double step, List<FlowState> slopes)
    {
        var zero = new FlowState(zeros_like(state.X), zeros_like(state.LogVolume));
        var error = zero.Plus(step, solver.Table.ErrorWeights, slopes);
        var size = state.X.abs().maximum(next.X.abs()).add(1);
        var x = error.X.div(size).flatten(1).square().mean([1L]).sqrt().max().ToDouble();
        var dimension = state.X.numel() / state.X.shape[0];
        var volume = error.LogVolume.abs().max().ToDouble() / dimension;
        var greatest = double.Max(x, volume) / solver.Tolerance;
        return double.IsFinite(greatest)
            ? greatest
            : throw new NotFiniteNumberException("The probability flow left the range of numbers.", greatest);
    }
}
