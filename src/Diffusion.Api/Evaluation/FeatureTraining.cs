using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>How a <see cref="FeatureNetwork"/> is trained: the same network for the same data, seed and machine. Immutable.</summary>
public sealed record FeatureTraining
{
    /// <summary>Passes over the training images, at least 1; default 3.</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>Images a step, at least 1; default 100.</summary>
    public int BatchSize { get; init; } = 100;

    /// <summary>Peak learning rate of AdamW, finite and &gt; 0; default 3e-3.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Fixes initialisation and order; default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Optimizer steps that training takes.</summary>
    /// <param name="training">The training images.</param>
    public long StepsFor(ImageDataset training)
    {
        ArgumentNullException.ThrowIfNull(training);
        return ((long)Epochs * training.Count + BatchSize - 1) / BatchSize;
    }

    /// <summary>Trains a network and measures its accuracy.</summary>
    /// <param name="training">Images with labels.</param>
    /// <param name="heldOut">Other images with labels, to measure the accuracy on; classes with names are matched by
    /// them.</param>
    /// <param name="onStep">Called after every step with the number of steps done and the loss.</param>
    /// <param name="cancel">Ends the work after a step.</param>
    /// <exception cref="InvalidDataException">Labels are missing or out of range, or the images' sizes differ.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was asked for.</exception>
    public FeatureNetwork Train(
        ImageDataset training,
        ImageDataset heldOut,
        Action<long, double>? onStep = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(heldOut);
        Validate();
        var classes = int.Max(2, training.ClassCount);
        FeatureNetwork.CheckLabels(training, classes);
        heldOut = ClassNames.Match(heldOut, training.ClassNames, who: "the feature network");
        FeatureNetwork.CheckLabels(heldOut, classes);
        ImageShapes.CheckSame(training, heldOut);

        manual_seed(Seeds.Derive(Seed, Seeds.Stream.Initialisation, 0));
        var network = new FeatureNetwork(training.Channels, classes);
        try
        {
            Fit(network, training, onStep, cancel);
            network.eval();
            network.Accuracy = network.AccuracyOn(heldOut);
            network.TrainedOn = FeatureNetwork.DigestOf(training);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private void Fit(
        FeatureNetwork network,
        ImageDataset training,
        Action<long, double>? onStep,
        CancellationToken cancel
    )
    {
        var steps = StepsFor(training);
        var order = new BatchOrder(training.Count, BatchSize, Seed);
        using var optimizer = optim.AdamW(network.parameters(), LearningRate);
        for (long step = 0; step < steps; step++)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = LearningRateSchedule.WarmupCosine(step, steps, LearningRate, steps / 20);
            var images = order.Batch(step);
            var logits = network.call(training.Batch(images));
            var loss = nn.functional.cross_entropy(logits, training.LabelBatch(images));
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            onStep?.Invoke(step + 1, loss.ToDouble());
        }
    }

    private void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        if (!(LearningRate > 0 && double.IsFinite(LearningRate)))
            throw new ArgumentOutOfRangeException(
                nameof(LearningRate),
                LearningRate,
                $"The learning rate must be a finite number above 0, not {LearningRate}."
            );
    }
}
