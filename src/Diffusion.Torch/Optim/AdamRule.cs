using Diffusion.Engine;
using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>
/// One step of Adam: `m ← β₁m + (1−β₁)g`, `v ← β₂v + (1−β₂)g²`,
/// `θ ← θ − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε)`. Order and roundings are PyTorch's.
/// </summary>
internal readonly record struct AdamRule(
    double LearningRate,
    double Beta1,
    double Beta2,
    double Epsilon,
    double WeightDecay,
    bool Maximize,
    bool IsDecayDecoupled
)
{
    public void Apply(Parameter parameter, Tensor grad, long step, Tensor m, Tensor v, Tensor? largestV)
    {
        using var scope = NewDisposeScope();
        var direction = Maximize ? -grad : grad;
        if (WeightDecay != 0)
        {
            if (IsDecayDecoupled)
                parameter.mul_(1 - LearningRate * WeightDecay);
            else
                direction = direction.add(parameter, WeightDecay);
        }
        m.mul_(Beta1).add_(direction, 1 - Beta1);
        v.mul_(Beta2).addcmul_(direction, direction, 1 - Beta2);
        largestV?.copy_(maximum(largestV, v));
        var denominator = (largestV ?? v).sqrt();
        denominator.div_(double.Sqrt(1 - double.Pow(Beta2, step))).add_(Epsilon);
        parameter.addcdiv_(m, denominator, -LearningRate / (1 - double.Pow(Beta1, step)));
    }

    /// <summary>One step for all parameters that have a gradient, in one pass; false, with nothing changed, where that
    /// can't be done.</summary>
    public static bool TryApply(IReadOnlyList<(AdamRule Rule, IAdamState State)> all)
    {
        var items = new AdamItem[all.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = all[i].Rule.ItemOf(all[i].State);
        if (!Kernels.TryAdam(items))
            return false;
        for (var i = 0; i < items.Length; i++)
            all[i].State.Step += items[i].HadGradient;
        return true;
    }

    private AdamItem ItemOf(IAdamState state)
    {
        var step = state.Step + 1;
        return new AdamItem
        {
            Parameter = state.Parameter.Handle,
            First = state.First.Handle,
            Second = state.Second.Handle,
            Decay = IsDecayDecoupled ? 1 - LearningRate * WeightDecay : 1,
            Pull = IsDecayDecoupled ? 0 : WeightDecay,
            Sign = Maximize ? -1 : 1,
            Beta1 = Beta1,
            Beta2 = Beta2,
            Epsilon = Epsilon,
            Correction = double.Sqrt(1 - double.Pow(Beta2, step)),
            Rate = LearningRate / (1 - double.Pow(Beta1, step)),
        };
    }
}
