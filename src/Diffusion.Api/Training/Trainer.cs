using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Trains a network by AdamW with warm-up and cosine decay, gradient clipping and an exponential moving average of its
/// weights. All of its randomness is a function of the seed and the step, so that a resumed run equals an unbroken one.
/// </summary>
/// <remarks>Not thread-safe. Owns its optimizer and average, not the network, the process or the data.</remarks>
public sealed class Trainer : IDisposable
{
    private readonly nn.Module<Tensor, Tensor, Tensor> _network;
    private readonly GaussianDiffusion _process;
    private readonly ImageDataset _data;
    private readonly BatchOrder _order;
    private readonly Device _device;
    private readonly UNet2D? _conditional;
    private readonly AdamW _optimizer;

    /// <summary>Prepares a run from its beginning.</summary>
    /// <param name="network">Function of (x [B, C, H, W], 0-based time [B]); trained in place. A <see cref="UNet2D"/> with
    /// classes is told those of the images.</param>
    /// <param name="process">Schedule, prediction and loss weight.</param>
    /// <param name="data">The images; with labels where the network has classes.</param>
    /// <param name="options">How to train.</param>
    /// <param name="device">Where to train; default the CPU. The network is moved there.</param>
    /// <exception cref="InvalidDataException">The network has classes and the images have no labels, or one outside of
    /// them.</exception>
    public Trainer(
        nn.Module<Tensor, Tensor, Tensor> network,
        GaussianDiffusion process,
        ImageDataset data,
        TrainingOptions options,
        Device? device = null
    )
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_network, _process, _data, Options, _device) = (network, process, data, options, device ?? CPU);
        _conditional = network is UNet2D { Config.HasClasses: true } unet ? unet : null;
        if (_conditional is not null)
            ClassTable.Check(_conditional.Config, data);
        _network.to(_device);
        _order = new BatchOrder(data.Count, options.BatchSize, options.Seed);
        _optimizer = optim.AdamW(
            _network.parameters(),
            options.LearningRate,
            options.Beta1,
            options.Beta2,
            weight_decay: options.WeightDecay
        );
        Ema = new Ema(_network, options.EmaDecay);
    }

    /// <summary>How this run is trained.</summary>
    public TrainingOptions Options { get; }

    /// <summary>Optimizer steps done.</summary>
    public long Step { get; private set; }

    /// <summary>The average of the weights, which samples are drawn with.</summary>
    public Ema Ema { get; }

    /// <summary>Trains for one step.</summary>
    /// <returns>The loss and the learning rate of the step.</returns>
    /// <exception cref="NotFiniteNumberException">
    /// The loss or the gradient is NaN or infinite; the weights are as before the step.
    /// </exception>
    public (double Loss, double LearningRate) TrainStep()
    {
        using var scope = NewDisposeScope();
        var rate = LearningRateAt(Step);
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = rate;

        _network.train();
        manual_seed(Seeds.Derive(Options.Seed, Seeds.Stream.Dropout, Step));
        var images = _order.Batch(Step);
        var x0 = NextBatch(images);
        using var loss = _process.Loss(NetworkFor(images), x0, NextTimes(), NextNoise(x0));
        var value = loss.ToDouble();
        if (!double.IsFinite(value))
            throw Diverged("loss", value);
        _optimizer.zero_grad();
        loss.backward();
        var norm = nn.utils.clip_grad_norm_(_network.parameters(), Options.GradientClip);
        if (!double.IsFinite(norm))
            throw Diverged("gradient's norm", norm);
        _optimizer.step();
        Ema.Update(_network);
        Step++;
        return (value, rate);
    }

    /// <summary>Saves what a resumed run needs as a folder: weights, average, optimizer and step.</summary>
    /// <param name="folder">Its place; a checkpoint that is there is replaced once the new one is whole.</param>
    public void SaveCheckpoint(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Checkpoint.Save(folder, folder + ".partial", Capture(), TimeSpan.Zero);
    }

    /// <summary>Takes up a run where <see cref="SaveCheckpoint"/> left it; network and options must be those it had.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <exception cref="InvalidDataException">It is damaged, or another network's.</exception>
    public void LoadCheckpoint(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Checkpoint.Load(folder, Restore);
    }

    /// <summary>What a resumed run needs, as named tensors: weights, average and optimizer.</summary>
    internal TrainerState Capture() => TrainerState.Of(_network, Ema, _optimizer, Step);

    /// <summary>Takes up a run where a checkpoint left it.</summary>
    internal void Restore(TrainerState state)
    {
        state.CopyTo(_network, Ema, _optimizer);
        Step = state.Step;
    }

    /// <summary>Frees the optimizer and the average.</summary>
    public void Dispose()
    {
        _optimizer.Dispose();
        Ema.Dispose();
    }

    private NotFiniteNumberException Diverged(string what, double value) =>
        new($"The {what} of step {Step + 1} is {value}. Start a new run with a smaller learning rate.", value);

    private double LearningRateAt(long step) =>
        LearningRateSchedule.WarmupCosine(step, Options.Steps, Options.LearningRate, Options.WarmupSteps);

    // The network as a function of (x, time), at the classes of the batch where it has some.
    private Func<Tensor, Tensor, Tensor> NetworkFor(int[] images)
    {
        if (_conditional is not { } unet)
            return _network.call;
        var labels = _data.LabelBatch(images).to(_device);
        return (x, times) => unet.forward(x, times, labels);
    }

    private Tensor NextBatch(int[] images)
    {
        var flips = new bool[Options.HorizontalFlip ? images.Length : 0];
        var random = new Random((int)Seeds.Derive(Options.Seed, Seeds.Stream.Flips, Step));
        for (var i = 0; i < flips.Length; i++)
            flips[i] = random.Next(2) == 1;
        return _data.Batch(images, flips).to(_device);
    }

    private Tensor NextTimes()
    {
        var offset = new Random((int)Seeds.Derive(Options.Seed, Seeds.Stream.Times, Step)).NextDouble();
        return tensor(TimeSampler.Stratified(offset, Options.BatchSize, _process.Schedule.Steps)).to(_device);
    }

    private Tensor NextNoise(Tensor x0)
    {
        using var generator = new Generator((ulong)Seeds.Derive(Options.Seed, Seeds.Stream.Noise, Step), CPU);
        return randn(x0.shape, ScalarType.Float32, generator: generator).to(_device);
    }
}
