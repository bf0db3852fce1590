using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Classifier-free guidance, F = w·F_c + (1 − w)·F_u (Ho and Salimans 2022, eq. 6, whose w is one less), and negative
/// conditioning, where F_u has a condition of its own, to be avoided.
/// </summary>
/// <remarks>The formulas are those of <see cref="Diffusion.Math.Guidance.ClassifierFree"/>.</remarks>
public static class ClassifierFree
{
    /// <summary>Guides one denoiser away from another.</summary>
    /// <param name="conditional">F_c, with the condition. Variances behind its prediction are taken over.</param>
    /// <param name="unconditional">
    /// F_u, without it or with the one to be avoided; converted to the first's prediction where it has another.
    /// </param>
    /// <param name="scale">w; where it is 1 or 0 only one of the two is asked.</param>
    /// <param name="rescale">
    /// φ in [0, 1]: each sample of F is multiplied by φ·std(F_c)/std(F) + 1 − φ, against too much contrast (Lin et al.
    /// 2023, eq. 14 to 16, who take 0.7). Default 0.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">φ is outside [0, 1] or NaN.</exception>
    public static Denoiser Of(Denoiser conditional, Denoiser unconditional, GuidanceScale scale, double rescale = 0)
    {
        ArgumentNullException.ThrowIfNull(conditional);
        ArgumentNullException.ThrowIfNull(unconditional);
        Check(scale, rescale);
        var away = unconditional.As(conditional.Prediction);
        return new Denoiser(
            conditional.Prediction,
            (x, at) =>
                scale.At(at) switch
                {
                    1 => conditional.Call(x, at),
                    0 when rescale == 0 => away.Call(x, at),
                    var w => Combine(x, w, rescale, conditional.Call(x, at), away.Call(x, at)),
                }
        );
    }

    /// <summary>The same for one network with labels, which is asked both at once, as one batch of twice the size.</summary>
    /// <param name="network">Function of (x [B, …], time [B], labels [B]).</param>
    /// <param name="prediction">What it predicts.</param>
    /// <param name="labels">
    /// [B] 64-bit integers, the class that each sample shall have. Kept, not copied: they must live as long as the
    /// result.
    /// </param>
    /// <param name="away">[B] the null label, or for negative conditioning the class to avoid. Kept as well.</param>
    /// <param name="scale">w; where it is 1 or 0 the batch is of one size only.</param>
    /// <param name="rescale">φ, as above.</param>
    /// <param name="networkTime">
    /// What the network is told for (time, B, device); default <see cref="NetworkTime.Of(double, long, Device)"/>.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">φ is outside [0, 1] or NaN.</exception>
    /// <exception cref="ArgumentException">The two sets of labels have different shapes.</exception>
    public static Denoiser Of(
        Func<Tensor, Tensor, Tensor, Tensor> network,
        Prediction prediction,
        Tensor labels,
        Tensor away,
        GuidanceScale scale,
        double rescale = 0,
        Func<double, long, Device, Tensor>? networkTime = null
    )
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(away);
        Check(scale, rescale);
        if (!labels.shape.AsSpan().SequenceEqual(away.shape))
            throw new ArgumentException(
                $"away has shape [{string.Join(", ", away.shape)}]; it must have that of labels, "
                    + $"[{string.Join(", ", labels.shape)}].",
                nameof(away)
            );
        networkTime ??= NetworkTime.Of;
        return new Denoiser(
            prediction,
            (x, at) =>
            {
                if (x.shape[0] != labels.shape[0])
                    throw new ArgumentException(
                        $"There are {labels.shape[0]} labels for {x.shape[0]} samples; there must be one for each.",
                        nameof(labels)
                    );
                var w = scale.At(at);
                if (w == 1)
                    return network(x, networkTime(at.Time, x.shape[0], x.device), labels);
                if (w == 0 && rescale == 0)
                    return network(x, networkTime(at.Time, x.shape[0], x.device), away);
                var answers = network(cat([x, x]), networkTime(at.Time, 2 * x.shape[0], x.device), cat([labels, away]))
                    .chunk(2);
                return Combine(x, w, rescale, answers[0], answers[1]);
            }
        );
    }

    /// <summary>The same for a UNet.</summary>
    /// <param name="network">A network with an embedding for each class.</param>
    /// <param name="prediction">What it predicts.</param>
    /// <param name="labels">[B] 64-bit integers, the class that each sample shall have, where the network is. Kept.</param>
    /// <param name="away">
    /// The null label (<see cref="NullLabel.Of"/>) of a network trained with dropped labels, or for negative
    /// conditioning the class to avoid.
    /// </param>
    /// <param name="scale">w; where it is 1 or 0 the network is asked for one of the two only.</param>
    /// <param name="rescale">φ, as above.</param>
    /// <exception cref="ArgumentException">The network has no classes, or none by number.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A label is not one of the network's, or φ is outside [0, 1].</exception>
    public static Denoiser Of(
        UNet2D network,
        Prediction prediction,
        Tensor labels,
        long away,
        GuidanceScale scale,
        double rescale = 0
    )
    {
        GuidedClasses.Check(network, labels);
        GuidedClasses.Check(network, away, nameof(away));
        var others = labels.full_like(away);
        // Freed with the scope that the caller is in, as the labels are.
        return Of(network.forward, prediction, labels, others, scale, rescale);
    }

    // Variances stay the conditional network's.
    private static Tensor Combine(Tensor x, double w, double rescale, Tensor conditional, Tensor unconditional)
    {
        using var scope = NewDisposeScope();
        var (positive, variances) = Answer.Split(x, conditional);
        var guided = LinearCombination.Of([(w, positive), (1 - w, Answer.Split(x, unconditional).Prediction)]);
        if (rescale > 0)
        {
            var deviation = Deviation(guided);
            // A prediction without contrast, deviation 0, stays as it is.
            var ratio = where(deviation > 0, Deviation(positive) / deviation, ones_like(deviation));
            guided = guided * (ratio * rescale + (1 - rescale));
        }
        return Answer.Join(guided, variances).MoveToOuterDisposeScope();
    }

    // Of each sample, [B, 1, …].
    private static Tensor Deviation(Tensor x)
    {
        long[] shape = [x.shape[0], .. Enumerable.Repeat(1L, (int)x.dim() - 1)];
        return x.flatten(1).std(1, unbiased: false).reshape(shape);
    }

    private static void Check(GuidanceScale scale, double rescale)
    {
        ArgumentNullException.ThrowIfNull(scale);
        if (!(rescale >= 0 && rescale <= 1))
            throw new ArgumentOutOfRangeException(
                nameof(rescale),
                rescale,
                $"rescale must be in [0, 1], but is {rescale}."
            );
    }
}
