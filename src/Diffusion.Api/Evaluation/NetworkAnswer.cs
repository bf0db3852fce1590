using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>What a network answered about noisy images, checked: its prediction and, where it learns one, the variance.</summary>
/// <param name="Prediction">Of the images' shape.</param>
/// <param name="Variance">The second half of the channels; null where the variance is fixed.</param>
internal readonly record struct NetworkAnswer(Tensor Prediction, Tensor? Variance)
{
    /// <summary>Asks a network.</summary>
    /// <param name="network">Function of (x, 0-based time, classes or null).</param>
    /// <param name="x">[B, C, …].</param>
    /// <param name="time">[B], as the network is told it.</param>
    /// <param name="labels">[B] classes, or null.</param>
    /// <param name="variance">Whether the network answers variances behind its prediction.</param>
    /// <exception cref="ArgumentException">The answer has another shape than the images.</exception>
    internal static NetworkAnswer Of(
        Func<Tensor, Tensor, Tensor?, Tensor> network,
        Tensor x,
        Tensor time,
        Tensor? labels,
        ReverseVariance variance
    )
    {
        var output = network(x, time, labels);
        long[] wanted = variance.IsLearned ? [x.shape[0], 2 * x.shape[1], .. x.shape[2..]] : x.shape;
        if (!output.shape.AsSpan().SequenceEqual(wanted))
            throw new ArgumentException(
                $"The network answers [{string.Join(", ", output.shape)}] for images of"
                    + $" [{string.Join(", ", x.shape)}]; with the reverse variance {variance.Name} it must be"
                    + $" [{string.Join(", ", wanted)}].",
                nameof(network)
            );
        if (!variance.IsLearned)
            return new NetworkAnswer(output, null);
        var halves = output.chunk(2, dim: 1);
        return new NetworkAnswer(halves[0], halves[1]);
    }

    /// <summary>A network that takes no classes as one that gets none.</summary>
    internal static Func<Tensor, Tensor, Tensor?, Tensor> Unconditional(Func<Tensor, Tensor, Tensor> network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return (x, time, _) => network(x, time);
    }

    /// <summary>A tensor's numbers in row-major order; refuses any that isn't finite.</summary>
    internal static double[] Numbers(Tensor tensor, string what)
    {
        using var scope = NewDisposeScope();
        var numbers = tensor.detach().cpu().to_type(ScalarType.Float64).contiguous().data<double>().ToArray();
        foreach (var number in numbers)
            if (!double.IsFinite(number))
                throw new NotFiniteNumberException($"{what} holds {number}; the model can't be evaluated.", number);
        return numbers;
    }
}
