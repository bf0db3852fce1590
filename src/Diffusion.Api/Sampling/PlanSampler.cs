using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Runs a <see cref="SamplingPlan"/> on tensors: the same table that <c>Diffusion.Math</c> runs on doubles, one linear
/// combination a step.
/// </summary>
public static class PlanSampler
{
    /// <summary>Samples from noise to data. No gradient is recorded.</summary>
    /// <param name="plan">The sampler, as a table.</param>
    /// <param name="network">
    /// Any function of (x [B, C, H, W], time [B]) whose result has the shape of x; of [B, 2C, H, W], variances behind
    /// the prediction, where <see cref="SamplingPlan.LearnsVariance"/>. Times are 0-based, see
    /// <see cref="NetworkTime"/>.
    /// </param>
    /// <param name="prediction">What the network predicts.</param>
    /// <param name="start">
    /// [B, C, H, W], the plan's starting state: N(0, 1) times <see cref="SamplingPlan.StartDeviation"/>.
    /// </param>
    /// <param name="noise">
    /// Fresh standard normal noise of a batch's shape; called once for each step that needs it.
    /// </param>
    /// <param name="onStep">
    /// Called after each step with the number of steps done and the state, which it must not keep.
    /// </param>
    /// <param name="cancel">Ends the run between two steps.</param>
    /// <returns>[B, C, H, W], the plan's last state.</returns>
    /// <param name="networkTime">
    /// What the network is told for (time of the plan, B, device). The default, <see cref="NetworkTime.Of(double, long,
    /// Device)"/>, is for plans over a <see cref="Schedule"/>; plans over a continuous curve (flow, VE, EDM) need the time
    /// that their network was trained with.
    /// </param>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was asked for.</exception>
    public static Tensor Run(
        SamplingPlan plan,
        Func<Tensor, Tensor, Tensor> network,
        Prediction prediction,
        Tensor start,
        Func<Tensor> noise,
        Action<int, Tensor>? onStep = null,
        CancellationToken cancel = default,
        Func<double, long, Device, Tensor>? networkTime = null
    ) => Run(plan, Denoiser.Of(network, prediction, networkTime), start, noise, onStep, cancel);

    /// <summary>Samples from noise to data by a denoiser, such as a guided one. No gradient is recorded.</summary>
    /// <param name="plan">The sampler, as a table.</param>
    /// <param name="denoiser">
    /// Its answers have the shape of x; or [B, 2C, H, W], variances behind the prediction, where
    /// <see cref="SamplingPlan.LearnsVariance"/>.
    /// </param>
    /// <param name="start">[B, C, H, W], the plan's starting state, as above.</param>
    /// <param name="noise">Fresh standard normal noise of a batch's shape, as above.</param>
    /// <param name="onStep">Called after each step, as above.</param>
    /// <param name="cancel">Ends the run between two steps.</param>
    /// <returns>[B, C, H, W], the plan's last state.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was asked for.</exception>
    public static Tensor Run(
        SamplingPlan plan,
        Denoiser denoiser,
        Tensor start,
        Func<Tensor> noise,
        Action<int, Tensor>? onStep = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(denoiser);
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(noise);

        using var noGrad = no_grad();
        using var run = NewDisposeScope();
        var states = new History(plan.Steps.Max(s => s.States.Length));
        var outputs = new History(int.Max(1, plan.Steps.Max(s => s.Outputs.Length)));
        var rawLength = plan.Steps.Max(s => s.RawOutputs.Length);
        var rawOutputs = new History(rawLength);
        var pass = new CombinationPass();
        states.Push(start.alias());
        for (var i = 0; i < plan.Steps.Length; i++)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var step = plan.Steps[i];
            Tensor? deviation = null;
            if (step.Evaluate is { } evaluation)
            {
                var answer = denoiser.Call(states[0], evaluation);
                var prediction = denoiser.Prediction;
                var output = plan.LearnsVariance ? answer.chunk(2, dim: 1)[0] : answer;
                outputs.Push(Convert(pass, plan, evaluation, prediction, states[0], output).MoveToOuterDisposeScope());
                if (rawLength > 0)
                    rawOutputs.Push(
                        pass.Add(plan.ToQuantity(prediction, evaluation).Terms(output, states[0]))
                            .MoveToOuterDisposeScope()
                    );
                if (step.Learned is not null)
                    deviation = Deviation(step, answer.chunk(2, dim: 1)[1]);
            }
            var next = Combine(pass, step, states, outputs, rawOutputs, Noise);
            pass.Run();
            states.Push(next.MoveToOuterDisposeScope());

            Tensor Noise() => deviation is null ? noise() : noise().mul(deviation);
            onStep?.Invoke(i + 1, states[0]);
        }
        return states[0].MoveToOuterDisposeScope();
    }

    // The network's output in the plan's own quantity, by way of x̂₀ where a rule changes that.
    private static Tensor Convert(
        CombinationPass pass,
        SamplingPlan plan,
        Evaluation at,
        Prediction prediction,
        Tensor x,
        Tensor output
    )
    {
        return plan.X0Rule.Match(
            none: () => pass.Add(plan.ToQuantity(prediction, at).Terms(output, x)),
            clip: range => FromX0(X0(range)),
            dynamicThreshold: (quantile, maximum) =>
            {
                var x0 = X0();
                pass.Run();
                return FromX0(Threshold(x0, quantile, maximum));
            }
        );

        Tensor X0(double? range = null) => pass.Add(plan.ToX0(prediction, at).Terms(output, x), range);

        Tensor FromX0(Tensor x0)
        {
            var map = plan.FromX0(at);
            return map is { ModelCoefficient: 1, XtCoefficient: 0 } ? x0 : pass.Add(map.Terms(x0, x));
        }
    }

    // Each sample into [−s, s] and over s, where s is its own quantile of |x̂₀|, interpolated between two ranks.
    private static Tensor Threshold(Tensor x0, double quantile, double maximum)
    {
        var sorted = x0.flatten(1).abs().sort(1).Values;
        var position = quantile * (sorted.shape[1] - 1);
        var below = (long)position;
        var low = sorted.select(1, below);
        var high = sorted.select(1, long.Min(below + 1, sorted.shape[1] - 1));
        long[] shape = [x0.shape[0], .. Enumerable.Repeat(1L, (int)x0.dim() - 1)];
        var bound = (low + ((high - low) * (position - below))).clamp(1, maximum).reshape(shape);
        return x0.maximum(-bound).minimum(bound) / bound;
    }

    // The standard deviation that each number of the network's second half means.
    private static Tensor Deviation(SamplingStep step, Tensor output)
    {
        if (step.Learned == ReverseVariance.Learned)
            return output.clamp(ReverseVariance.FixedSmall.Of(step.From, step.To)).sqrt();
        var map = LogDeviationMap.LearnedRange(step.From, step.To);
        return (output * map.Slope + map.Offset).exp();
    }

    private static Tensor Combine(
        CombinationPass pass,
        SamplingStep step,
        History states,
        History outputs,
        History rawOutputs,
        Func<Tensor> noise
    )
    {
        var terms = new List<(double, Tensor)>();
        for (var k = 0; k < step.States.Length; k++)
            terms.Add((step.States[k], states[k]));
        for (var k = 0; k < step.Outputs.Length; k++)
            terms.Add((step.Outputs[k], outputs[k]));
        for (var k = 0; k < step.RawOutputs.Length; k++)
            terms.Add((step.RawOutputs[k], rawOutputs[k]));
        if (step.Noise != 0)
            terms.Add((step.Noise, noise()));
        return pass.Add(terms);
    }

    // The newest few tensors, newest first; frees what falls off the end.
    private sealed class History(int length)
    {
        private readonly List<Tensor> _items = [];

        internal Tensor this[int age] => _items[age];

        internal void Push(Tensor item)
        {
            _items.Insert(0, item);
            if (_items.Count <= length)
                return;
            _items[^1].Dispose();
            _items.RemoveAt(length);
        }
    }
}
