using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <content>Samples.</content>
public sealed partial class Pipeline
{
    /// <summary>Draws samples with the folder's own sampler, or another in one argument.</summary>
    /// <param name="count">Number of samples, at least 1.</param>
    /// <param name="steps">Steps of the sampler, in 1 … T.</param>
    /// <param name="seed">The same seed gives the same samples.</param>
    /// <param name="sampler">As for <see cref="Plan"/>; null for the folder's own.</param>
    /// <param name="classes">As for <see cref="Sample(SamplingPlan, int, ulong, long, Action{int, Tensor}?, CancellationToken, IReadOnlyList{long}?, SampleGuidance?)"/>.</param>
    /// <returns>[B, C, H, W] in about [−1, 1], on the CPU.</returns>
    /// <exception cref="ArgumentException">As for <see cref="Plan"/>.</exception>
    public Tensor Sample(
        int count,
        int steps = UsualSteps,
        ulong seed = 0,
        string? sampler = null,
        IReadOnlyList<long>? classes = null
    ) => Sample(Plan(steps, sampler), count, seed, classes: classes);

    /// <summary>Draws samples.</summary>
    /// <param name="plan">The sampler, over <see cref="Schedule"/>; see <see cref="Plan"/>.</param>
    /// <param name="count">Number of samples, at least 1.</param>
    /// <param name="seed">The same seed gives the same samples, however they are split into batches.</param>
    /// <param name="first">Number of the first sample, from 0.</param>
    /// <param name="onStep">Called after each step with the number of steps done and the state, which it must not keep.</param>
    /// <param name="cancel">Ends the run between two steps.</param>
    /// <param name="classes">
    /// For a class-conditional network, the class of each sample, <paramref name="count"/> numbers; or one for all. Null
    /// goes round the classes: sample i, counted from 0, is of class i modulo <see cref="Classes"/>.
    /// </param>
    /// <param name="guidance">What guides the samples and what they start at; null for nothing.</param>
    /// <returns>[B, C, H, W] in about [−1, 1], on the CPU.</returns>
    /// <exception cref="ArgumentException">
    /// A number is outside its range, or classes are given to a network without, or are needed and missing; or the
    /// guidance doesn't fit the network.
    /// </exception>
    public Tensor Sample(
        SamplingPlan plan,
        int count,
        ulong seed = 0,
        long first = 0,
        Action<int, Tensor>? onStep = null,
        CancellationToken cancel = default,
        IReadOnlyList<long>? classes = null,
        SampleGuidance? guidance = null
    )
    {
        using var scope = NewDisposeScope();
        using var noise = new SampleNoise(seed, count, first);
        var shape = SampleShape;
        var start = noise.Next(shape, _device);
        return Run(plan, start, () => noise.Next(shape, _device), first, onStep, cancel, classes, guidance)
            .MoveToOuterDisposeScope();
    }

    /// <summary>Draws samples from given noise, to repeat what another program drew.</summary>
    /// <param name="plan">The sampler, over <see cref="Schedule"/>; see <see cref="Plan"/>.</param>
    /// <param name="noise">
    /// [B, C, H, W], N(0, 1): what sampling starts from, before <see cref="SamplingPlan.StartDeviation"/>.
    /// </param>
    /// <param name="stepNoise">
    /// The fresh noise of a step that adds any, of the same shape; null where <paramref name="plan"/> has none such.
    /// </param>
    /// <param name="classes">As for the other overloads.</param>
    /// <param name="guidance">As for the other overloads; inpainting takes a step noise for each network call.</param>
    /// <returns>[B, C, H, W] in about [−1, 1], on the CPU.</returns>
    /// <exception cref="ArgumentException">A shape doesn't fit, step noise is missing, or as for the others.</exception>
    public Tensor Sample(
        SamplingPlan plan,
        Tensor noise,
        Func<Tensor>? stepNoise = null,
        IReadOnlyList<long>? classes = null,
        SampleGuidance? guidance = null
    )
    {
        ArgumentNullException.ThrowIfNull(plan);
        CheckNoise(noise, nameof(noise), null);
        if (stepNoise is null && plan.Steps.Any(step => step.Noise != 0))
            throw new ArgumentException(
                $"{plan.Name} adds noise in its steps; give that too, or use a deterministic sampler.",
                nameof(stepNoise)
            );
        if (stepNoise is null && guidance?.Known is not null)
            throw new ArgumentException("Inpainting draws noise in every step; give that too.", nameof(stepNoise));
        return Run(plan, noise, StepNoise, 0, null, default, classes, guidance);

        Tensor StepNoise()
        {
            var draw = stepNoise!();
            CheckNoise(draw, nameof(stepNoise), noise.shape[0]);
            return draw.to(_device).to(StateType);
        }
    }

    /// <summary>The shape of one sample, [C, H, W].</summary>
    /// <exception cref="InvalidDataException">The network's config doesn't say its size.</exception>
    public long[] SampleShape =>
        Network.Config.SampleSize is { } size
            ? [Network.Config.InChannels, size.Height, size.Width]
            : throw new InvalidDataException(
                "The network's config has no sample_size, so the size of its samples isn't known."
            );

    private Tensor Run(
        SamplingPlan plan,
        Tensor noise,
        Func<Tensor> stepNoise,
        long first,
        Action<int, Tensor>? onStep,
        CancellationToken cancel,
        IReadOnlyList<long>? classes,
        SampleGuidance? guidance
    )
    {
        ArgumentNullException.ThrowIfNull(plan);
        CheckFits(plan, Network.Config, Scheduler.Prediction);
        guidance?.Check(Network);
        Network.eval();
        using var scope = NewDisposeScope();
        var labels = ClassLabels.Of(Network.Config, classes, checked((int)noise.shape[0]), first)?.to(_device);
        var draw = noise.to(_device).to(StateType);
        var start = Given(guidance?.Image, nameof(SampleGuidance.Image)) is { } image
            ? image * plan.Start.Alpha + draw * plan.Start.Sigma
            : draw.mul(plan.StartDeviation);
        var samples = PlanSampler.Run(plan, Guided(), start, Step, onStep, cancel);
        return samples.cpu().MoveToOuterDisposeScope();

        Tensor Step() => stepNoise().to(StateType);

        Denoiser Guided()
        {
            var denoiser = guidance?.Scale is { } scale
                ? ClassifierFree.Of(
                    Answer,
                    Scheduler.Prediction,
                    labels!,
                    full_like(labels!, guidance.AwayFrom(Network)),
                    scale,
                    guidance.Rescale
                )
                : Denoiser.Of((x, time) => Answer(x, time, labels), Scheduler.Prediction);
            return Given(guidance?.Known, nameof(SampleGuidance.Known)) is { } known
                ? Inpainting.Of(denoiser, known, guidance!.Mask!.to(_device), Step)
                : denoiser;
        }

        // In the network's own type, and without the variances that this plan has no use for.
        Tensor Answer(Tensor x, Tensor time, Tensor? classLabels)
        {
            var answer = Network.forward(x.to(_dtype), time, classLabels).to(StateType);
            return AnswersVariances(Network.Config) && !plan.LearnsVariance ? answer.chunk(2, dim: 1)[0] : answer;
        }
    }

    // An image that the caller gave, one for all or one each, as states are.
    private Tensor? Given(Tensor? image, string name)
    {
        if (image is not null && (image.dim() < 3 || !image.shape.AsSpan(^3..).SequenceEqual(SampleShape)))
            throw new ArgumentException(
                $"guidance: {name} has the shape [{string.Join(", ", image.shape)}]; it must be"
                    + $" [{string.Join(", ", SampleShape)}]."
            );
        return image?.to(_device).to(StateType);
    }

    private void CheckNoise(Tensor noise, string name, long? count)
    {
        ArgumentNullException.ThrowIfNull(noise, name);
        var shape = SampleShape;
        if (
            noise.dim() != 4
            || !noise.shape.AsSpan(1).SequenceEqual(shape)
            || noise.shape[0] != (count ?? noise.shape[0])
        )
            throw new ArgumentException(
                $"{name} has the shape [{string.Join(", ", noise.shape)}]; it must be"
                    + $" [{count?.ToString() ?? "B"}, {string.Join(", ", shape)}].",
                name
            );
    }
}
