using System.Collections.Immutable;
using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Evaluates a trained model on held-out images: its bound, its likelihood, its samples.</summary>
/// <remarks>Owns neither the pipeline nor the images. Not thread-safe.</remarks>
public sealed class PipelineEvaluator
{
    private readonly Pipeline _pipeline;
    private readonly ImageDataset _heldOut;
    private readonly Device _device;
    private readonly ScalarType _type;

    /// <summary>Joins a model and images, and checks that they fit.</summary>
    /// <param name="pipeline">The model.</param>
    /// <param name="heldOut">Images that it wasn't trained on; with labels where the model knows classes.</param>
    /// <param name="classNames">The names of the model's classes, for example from <see cref="ClassNames.Load"/>, by which
    /// those of the images are matched (<see cref="ClassNames.Match"/>); none by default.</param>
    /// <exception cref="InvalidDataException">
    /// The images have another shape than the model's, or classes that it doesn't know, or none where it needs them.
    /// </exception>
    public PipelineEvaluator(Pipeline pipeline, ImageDataset heldOut, ImmutableArray<string> classNames = default)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(heldOut);
        CheckShape(pipeline, heldOut);
        if (pipeline.Network.Config.HasClasses)
            heldOut = ClassNames.Match(heldOut, classNames, pipeline.Classes);
        CheckClasses(pipeline, heldOut);
        (_pipeline, _heldOut) = (pipeline, heldOut);
        var weight = pipeline.Network.parameters().First();
        (_device, _type) = (weight.device, weight.dtype);
    }

    /// <summary>The held-out images, their classes as the model numbers them.</summary>
    public ImageDataset HeldOut => _heldOut;

    /// <summary>The variational bound, as <see cref="BoundEvaluator.Evaluate"/> estimates it.</summary>
    /// <param name="images">Number of held-out images, at least 2.</param>
    /// <param name="options">How to estimate; default as <see cref="BoundOptions"/> says.</param>
    /// <param name="onImages">Called after each batch with the number of images done.</param>
    /// <param name="cancel">Ends the work between two network calls.</param>
    public BoundResult Bound(
        int images,
        BoundOptions? options = null,
        Action<long>? onImages = null,
        CancellationToken cancel = default
    )
    {
        _pipeline.Network.eval();
        return new BoundEvaluator(Answer, _pipeline.Process, options).Evaluate(
            _heldOut,
            images,
            onImages,
            _device,
            cancel
        );
    }

    /// <summary>The probability flow's likelihood, as <see cref="FlowEvaluator.Evaluate"/> computes it.</summary>
    /// <param name="images">Number of held-out images, at least 2.</param>
    /// <param name="options">How to integrate; default as <see cref="FlowOptions"/> says.</param>
    /// <param name="onImages">Called after each batch with the number of images done.</param>
    /// <param name="cancel">Ends the work between two network calls.</param>
    public FlowResult Flow(
        int images,
        FlowOptions? options = null,
        Action<long>? onImages = null,
        CancellationToken cancel = default
    )
    {
        _pipeline.Network.eval();
        return new FlowEvaluator(Answer, _pipeline.Process, options).Evaluate(
            _heldOut,
            images,
            onImages,
            _device,
            cancel
        );
    }

    /// <summary>Draws samples and scores them.</summary>
    /// <param name="evaluator">What to score them by.</param>
    /// <param name="plan">The sampler, see <see cref="Pipeline.Plan"/>.</param>
    /// <param name="batchSize">Samples at a time, at least 1.</param>
    /// <param name="seed">The same seed gives the same samples.</param>
    /// <param name="onCall">Called after each step of the sampler with network calls done and in all.</param>
    /// <param name="onDrawn">
    /// Called with each batch [B, C, H, W] before it is scored, in the order of the samples' numbers; it is freed then.
    /// </param>
    /// <param name="cancel">Ends the work between two steps.</param>
    public SampleScores Samples(
        SampleEvaluator evaluator,
        SamplingPlan plan,
        int batchSize = 64,
        ulong seed = 0,
        Action<long, long>? onCall = null,
        Action<Tensor>? onDrawn = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(evaluator);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        var batches = (evaluator.Samples + batchSize - 1) / batchSize;
        var total = (long)batches * plan.Steps.Length;
        var (first, done) = (0, 0L);
        return evaluator.Score(wanted =>
        {
            var count = int.Min(batchSize, wanted);
            var drawn = _pipeline.Sample(plan, count, seed, first, (_, _) => onCall?.Invoke(++done, total), cancel);
            first += count;
            onDrawn?.Invoke(drawn);
            return drawn;
        });
    }

    private Tensor Answer(Tensor x, Tensor time, Tensor? labels) =>
        _pipeline
            .Network.forward(x.to_type(_type), time, _pipeline.Network.Config.HasClasses ? labels : null)
            .to_type(x.dtype);

    private static void CheckShape(Pipeline pipeline, ImageDataset heldOut)
    {
        var config = pipeline.Network.Config;
        var shape = ImageShapes.Of(heldOut);
        var wanted = new ImageShape(
            config.InChannels,
            config.SampleSize?.Height ?? heldOut.Height,
            config.SampleSize?.Width ?? heldOut.Width
        );
        if (shape != wanted)
            throw new InvalidDataException(
                $"{heldOut.Name} holds images of {shape} (channels×height×width); the model was trained on {wanted}."
                    + " Evaluate it on images of that shape, or have them scaled to it (--size, ImageLoading.Size)."
            );
    }

    private static void CheckClasses(Pipeline pipeline, ImageDataset heldOut)
    {
        if (!pipeline.Network.Config.HasClasses)
            return;
        if (pipeline.Classes is not { } classes)
            throw new InvalidDataException(
                "The model takes class embeddings in place of class numbers, which can't be read from a data set."
            );
        if (heldOut.Labels.IsEmpty)
            throw new InvalidDataException(
                $"The model knows {classes} classes, and {heldOut.Name} has no labels; name images with labels."
            );
        for (var i = 0; i < heldOut.Count; i++)
            if (heldOut.Labels[i] >= classes)
                throw new InvalidDataException(
                    $"{heldOut.Name}: image {i} has label {heldOut.Labels[i]}; the model knows 0 … {classes - 1}."
                );
    }
}
