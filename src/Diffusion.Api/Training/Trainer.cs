using System.Collections.Immutable;
using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Trains a network by AdamW with a learning rate that goes over the steps, gradient clipping and exponential moving averages
/// of its weights. All of its randomness is a function of the seed and the step, so that a resumed run equals an unbroken one.
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
    private readonly ImmutableArray<(string Name, Parameter Value)> _parameters;
    private readonly AdamW _optimizer;
    private readonly TimeSampling _times;

    // Once a thread has used AMX's tiles, .NET 10 can't handle a null reference on it: the process ends instead. So that work
    // is kept off the callers' threads.
    private readonly OwnThread? _mixed;
    private ImportanceTimes? _importance;

    /// <summary>Prepares a run from its beginning.</summary>
    /// <param name="network">Function of (x [B, C, H, W], 0-based time [B]); trained in place. A <see cref="UNet2D"/> with
    /// classes is told those of the images.</param>
    /// <param name="process">Schedule, prediction and loss weight.</param>
    /// <param name="data">The images; with labels where the network has classes.</param>
    /// <param name="options">How to train.</param>
    /// <param name="device">Where to train; default the CPU. The network is moved there.</param>
    /// <param name="times">How times are drawn; default <see cref="TimeSampling.Stratified"/>.</param>
    /// <exception cref="InvalidDataException">The network has classes and the images have no labels, or one outside of
    /// them; or labels are to be dropped and there is no null label.</exception>
    /// <exception cref="ArgumentException">Mixed precision is asked for and the network isn't a <see cref="UNet2D"/>.</exception>
    /// <exception cref="PlatformNotSupportedException">Mixed precision is asked for and the processor hasn't it.</exception>
    public Trainer(
        nn.Module<Tensor, Tensor, Tensor> network,
        GaussianDiffusion process,
        ImageDataset data,
        TrainingOptions options,
        Device? device = null,
        TimeSampling? times = null
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
        if (options.Precision == TrainingPrecision.BFloat16)
        {
            if (network is not UNet2D)
                throw new ArgumentException(
                    $"Mixed precision trains a {nameof(UNet2D)}, not a {network.GetType().Name}.",
                    nameof(network)
                );
            MixedPrecision.Require(_device, MixedPrecision.OnProcessor);
        }
        if (options.LabelDropout > 0)
            NullLabel.Require(_conditional?.Config);
        _times = times ?? TimeSampling.Stratified;
        _importance = _times.Begin(process.Schedule.Steps);
        _network.to(_device);
        _order = new BatchOrder(data.Count, options.BatchSize, options.Seed);
        // In the order of the optimizer's groups: what decays, then norms' factors and biases, which don't.
        _parameters = [.. _network.named_parameters().OrderBy(parameter => Decays(parameter.parameter) ? 0 : 1)];
        _optimizer = optim.AdamW(
            _parameters
                .GroupBy(parameter => Decays(parameter.Value))
                .Select(group => new AdamW.ParamGroup(
                    group.Select(parameter => parameter.Value),
                    new AdamW.Options { weight_decay = group.Key ? options.WeightDecay : 0 }
                )),
            options.LearningRate,
            options.Beta1,
            options.Beta2
        );
        _mixed = options.Precision == TrainingPrecision.BFloat16 ? new OwnThread("mixed precision") : null;
        Averages = [.. options.EmaRules.Select(rule => new Ema(_network, rule))];
    }

    /// <summary>How this run is trained.</summary>
    public TrainingOptions Options { get; }

    /// <summary>Optimizer steps done.</summary>
    public long Step { get; private set; }

    /// <summary>The average of the weights, which samples are drawn with.</summary>
    public Ema Ema => Averages[0];

    /// <summary>All averages: <see cref="Ema"/>, then those of <see cref="TrainingOptions.MoreEmaDecays"/>.</summary>
    public ImmutableArray<Ema> Averages { get; }

    /// <summary>Trains for one step.</summary>
    /// <returns>The loss, the learning rate and more of the step.</returns>
    /// <exception cref="NotFiniteNumberException">
    /// The loss or the gradient is NaN or infinite; the message says at which step and time and in which term or tensor. The
    /// weights are as before the step.
    /// </exception>
    public TrainingStep TrainStep()
    {
        using var scope = NewDisposeScope();
        var rate = Options.LearningRateAt(Step);
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = rate;

        _network.train();
        manual_seed(Seeds.Derive(Options.Seed, Seeds.Stream.Dropout, Step));
        var batch = NextBatch();
        // Rather than zeros, which every gradient would be added to.
        foreach (var (_, parameter) in _parameters)
            parameter.grad = null;
        var losses = new BatchLosses(Step + 1);
        foreach (var part in batch.Parts(Options.Accumulation))
            losses.Add(part.Times, _mixed is null ? Backward(part) : _mixed.Run(() => Mixed(part)));
        var norm = nn.utils.clip_grad_norm_(_network.parameters(), Options.GradientClip);
        if (!double.IsFinite(norm))
            throw Diverged(norm);
        _optimizer.step();
        foreach (var average in Averages)
            average.Update(_network);
        _importance = _importance?.With(batch.Times, losses.Unweighted);
        Step++;
        return new TrainingStep(losses.Mean, rate, norm, losses.Bound);
    }

    /// <summary>Saves what a resumed run needs as a folder: weights, average, optimizer and step.</summary>
    /// <param name="folder">Its place; a checkpoint that is there is replaced once the new one is whole.</param>
    public void SaveCheckpoint(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        using var scope = NewDisposeScope();
        Checkpoint.Save(folder, folder + AtomicFile.AsideSuffix, Capture(), new CheckpointPosition(Step, 0));
    }

    /// <summary>Takes up a run where <see cref="SaveCheckpoint"/> left it; network and options must be those it had.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <exception cref="InvalidDataException">It is damaged, or another network's.</exception>
    public void LoadCheckpoint(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Checkpoint.Load(folder, (state, _) => Restore(state));
    }

    /// <summary>What a resumed run needs, as named tensors: weights, averages, optimizer and the history of losses.</summary>
    internal TrainerState Capture() =>
        TrainerState.Of(_network, Averages, Moments(), Step, ImportanceState.Of(_importance));

    /// <summary>Takes up a run where a checkpoint left it.</summary>
    internal void Restore(TrainerState state)
    {
        var importance = _importance is null
            ? null
            : ImportanceState.Restore(state.Times, _times, _process.Schedule.Steps);
        state.CopyTo(_network, Averages, Moments());
        foreach (var moments in _optimizer.state_dict().State.Cast<AdamW.State>())
            moments.step = state.Step;
        _importance = importance;
        Step = state.Step;
    }

    /// <summary>Refuses weights that are not finite: such a checkpoint would be no good one.</summary>
    /// <exception cref="NotFiniteNumberException">Names a tensor.</exception>
    internal void RequireFiniteWeights()
    {
        using var scope = NewDisposeScope();
        foreach (var (name, value) in _parameters)
            if (!value.isfinite().all().ToBoolean())
                throw new NotFiniteNumberException(
                    $"After step {Step} the weights '{name}' are not finite. Start a new run with a smaller learning rate."
                );
    }

    /// <summary>Frees the optimizer and the averages.</summary>
    public void Dispose()
    {
        _mixed?.Dispose();
        _optimizer.Dispose();
        foreach (var average in Averages)
            average.Dispose();
    }

    private static bool Decays(Parameter parameter) => parameter.dim() > 1;

    // One part of a batch, forwards and backwards; its share of the batch's mean.
    private BatchLosses.Part Backward(TrainingBatch part)
    {
        using var scope = NewDisposeScope();
        using var terms = _process.Losses(
            NetworkFor(part.Labels),
            part.X0.to(_device),
            tensor(part.Times).to(_device),
            part.Noise.to(_device)
        );
        var values = BatchLosses.Part.Of(terms, part.Weights);
        if (values.AreFinite)
            terms
                .Total.mul(tensor(part.Weights, terms.Total.dtype).to(_device))
                .sum()
                .div(Options.BatchSize)
                .backward();
        return values;
    }

    private BatchLosses.Part Mixed(TrainingBatch part)
    {
        using var precision = MixedPrecision.Begin();
        return Backward(part);
    }

    private Dictionary<string, Tensor> Moments()
    {
        var moments = new Dictionary<string, Tensor>();
        foreach (var ((name, _), state) in _parameters.Zip(_optimizer.state_dict().State.Cast<AdamW.State>()))
        {
            moments[TrainerState.MomentPrefixes[0] + name] = state.exp_avg;
            moments[TrainerState.MomentPrefixes[1] + name] = state.exp_avg_sq;
        }
        return moments;
    }

    private NotFiniteNumberException Diverged(double norm)
    {
        var (name, _) = _parameters.FirstOrDefault(parameter =>
            parameter.Value.grad is { } gradient && !gradient.isfinite().all().ToBoolean()
        );
        return new NotFiniteNumberException(
            $"The gradient's norm of step {Step + 1} is {norm}"
                + (name is null ? "" : $", first in '{name}'")
                + ". Start a new run with a smaller learning rate.",
            norm
        );
    }

    // The network as a function of (x, time), at the classes of the batch where it has some.
    private Func<Tensor, Tensor, Tensor> NetworkFor(Tensor? labels)
    {
        if (labels is null)
            return _network.call;
        var moved = labels.to(_device);
        return (x, times) => _conditional!.forward(x, times, moved);
    }

    private TrainingBatch NextBatch()
    {
        var images = _order.Batch(Step);
        var x0 = _data.Batch(images, Flips(images.Length));
        var times = _times.Draw(images.Length, _process.Schedule, _importance, Random(Seeds.Stream.Times));
        double[] weights = [.. times.Select(time => _importance?.Weight(time) ?? 1)];
        return new TrainingBatch(x0, Noise(x0), times, weights, Labels(images));
    }

    private bool[] Flips(int count)
    {
        var flips = new bool[Options.HorizontalFlip ? count : 0];
        var random = Random(Seeds.Stream.Flips);
        for (var i = 0; i < flips.Length; i++)
            flips[i] = random.Next(2) == 1;
        return flips;
    }

    private Tensor? Labels(int[] images)
    {
        if (_conditional is not { } unet)
            return null;
        var labels = _data.LabelBatch(images);
        if (Options.LabelDropout == 0)
            return labels;
        var random = Random(Seeds.Stream.Labels);
        bool[] dropped = [.. images.Select(_ => random.NextDouble() < Options.LabelDropout)];
        return labels.masked_fill(tensor(dropped), NullLabel.Of(unet.Config)!.Value);
    }

    private Tensor Noise(Tensor x0)
    {
        using var generator = new Generator((ulong)Seeds.Derive(Options.Seed, Seeds.Stream.Noise, Step), CPU);
        return randn(x0.shape, ScalarType.Float32, generator: generator);
    }

    private Random Random(Seeds.Stream stream) => new((int)Seeds.Derive(Options.Seed, stream, Step));
}
