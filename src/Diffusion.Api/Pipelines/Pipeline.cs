using System.Collections.Immutable;
using System.Globalization;
using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// A trained model: a network and the scheduler config it was trained with, kept as a diffusers pipeline folder
/// (<c>model_index.json</c>, <c>scheduler/scheduler_config.json</c>, <c>unet/config.json</c>,
/// <c>unet/diffusion_pytorch_model.safetensors</c>) that Python's diffusers reads as it is.
/// </summary>
/// <remarks>
/// Pipelines of a <c>UNet2DModel</c> and any scheduler of <see cref="SchedulerClass"/>; docs/checkpoints.md says what
/// every key means here. Owns its network: dispose of it when done. Not thread-safe.
/// </remarks>
public sealed partial class Pipeline : IDisposable
{
    /// <summary>The release of diffusers whose format is written.</summary>
    internal const string DiffusersVersion = "0.27.2";

    /// <summary>Steps of a sampler where nobody says how many.</summary>
    public const int UsualSteps = 50;

    internal static readonly string SchedulerFile = Path.Combine("scheduler", "scheduler_config.json");
    internal static readonly string NetworkConfigFile = Path.Combine("unet", "config.json");
    internal static readonly string WeightsFile = Path.Combine("unet", "diffusion_pytorch_model.safetensors");
    private static readonly string PickledFile = Path.Combine("unet", "diffusion_pytorch_model.bin");

    private readonly GaussianDiffusion _process;
    private readonly Device _device;
    private readonly ScalarType _dtype;

    /// <summary>Joins a network and its scheduler config.</summary>
    /// <param name="network">Owned by the pipeline from here on.</param>
    /// <param name="scheduler">Schedule, prediction, variance, sampler.</param>
    /// <param name="device">Where to compute; default the CPU. The network is moved there.</param>
    /// <param name="dtype">
    /// What the network computes in; default 32-bit floats. States of the sampler are 64-bit for a 64-bit network,
    /// otherwise 32-bit.
    /// </param>
    /// <exception cref="ArgumentException"><paramref name="dtype"/> is no type of real numbers.</exception>
    public Pipeline(UNet2D network, SchedulerConfig scheduler, Device? device = null, ScalarType? dtype = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(scheduler);
        _dtype = dtype ?? ScalarType.Float32;
        if (_dtype is not (ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16))
            throw new ArgumentException($"dtype must be a type of real numbers, such as Float32, not {_dtype}.");
        (Network, Scheduler, _process, _device) = (network, scheduler, scheduler.ToProcess(), device ?? CPU);
        Network.to(_device);
        Network.to(_dtype);
    }

    /// <summary>The network.</summary>
    public UNet2D Network { get; }

    /// <summary>Schedule, prediction, variance, sampler.</summary>
    public SchedulerConfig Scheduler { get; }

    /// <summary>The noise schedule.</summary>
    public Schedule Schedule => _process.Schedule;

    /// <summary>What was said in the files but has no effect here, one line each.</summary>
    public ImmutableArray<string> Notices { get; private init; } = [];

    /// <summary>
    /// How many classes the network knows by number; null where it knows none, or any number, as those of
    /// <see cref="ClassEmbedType.Timestep"/> do. <see cref="NullLabel"/> is none of them.
    /// </summary>
    public int? Classes => NullLabel.ClassesBeside(Network.Config);

    private PipelineIndex Index { get; init; } = PipelineIndex.Default;

    // Some pipeline classes sample by a scheduler of their own, made of the folder's.
    private SchedulerConfig Sampler
    {
        get => field ?? Scheduler;
        init;
    }

    private ScalarType StateType => _dtype == ScalarType.Float64 ? _dtype : ScalarType.Float32;

    /// <summary>Whether a folder holds a pipeline.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, PipelineIndex.File));

    /// <summary>Loads a pipeline folder, ours or diffusers'.</summary>
    /// <param name="folder">The folder that <c>model_index.json</c> is in.</param>
    /// <param name="device">Where to compute; default the CPU.</param>
    /// <param name="dtype">What to compute in, whatever the files hold; default 32-bit floats.</param>
    /// <param name="ema">
    /// The decay of the average to load, of those that a run kept beside the first; null for the folder's own weights.
    /// </param>
    /// <exception cref="FileNotFoundException">A file of the pipeline is missing.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is damaged, lies outside of the folder, says something unsupported, or doesn't fit the others.
    /// </exception>
    public static Pipeline Load(string folder, Device? device = null, ScalarType? dtype = null, double? ema = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!IsIn(folder))
            throw new FileNotFoundException(
                $"'{folder}' is not a pipeline folder: there is no {PipelineIndex.File} in it."
            );
        var files = new PipelineFolder(folder);
        var index = files.Parse(PipelineIndex.File, PipelineIndex.Read);
        ImmutableArray<string> notices = [];
        // The index, not the config itself, says which class reads the config.
        var scheduler = files.Parse(
            SchedulerFile,
            text => SchedulerConfig.FromJson(text, out notices).As(index.Scheduler)
        );
        var sampler = files.Parse(SchedulerFile, _ => scheduler.As(index.Sampler ?? scheduler.Class));
        var config = files.Parse(NetworkConfigFile, UNet2DConfig.FromJson);
        CheckChannels(config, scheduler);
        var weights = ema is { } decay ? AverageIn(files, decay) : WeightsIn(files);
        var network = new UNet2D(config);
        try
        {
            Weights.Load(network, weights);
            network.eval();
            return new Pipeline(network, scheduler, device, dtype)
            {
                Index = index,
                Sampler = sampler,
                Notices = notices.AddRange(
                    config
                        .UnknownKeys.Keys.Where(key => !key.StartsWith('_'))
                        .Select(key => $"unet: {key} is unknown and has no effect.")
                ),
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Saves the pipeline; every file is replaced whole. What was loaded and not changed is written as it was, unknown
    /// keys included.
    /// </summary>
    /// <param name="folder">Made where it isn't there.</param>
    public void Save(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        Save(folder, Network.Config, Scheduler, Network.state_dict(), Index);
    }

    /// <summary>Saves a pipeline of which only the weights are at hand, such as a moving average.</summary>
    internal static void Save(
        string folder,
        UNet2DConfig config,
        SchedulerConfig scheduler,
        IEnumerable<KeyValuePair<string, Tensor>> weights,
        PipelineIndex? index = null
    )
    {
        Directory.CreateDirectory(Path.Combine(folder, "scheduler"));
        Directory.CreateDirectory(Path.Combine(folder, "unet"));
        AtomicFile.WriteText(Path.Combine(folder, SchedulerFile), scheduler.ToJson());
        AtomicFile.WriteText(Path.Combine(folder, NetworkConfigFile), config.ToJson());
        // One file; shards that were there before, which would be read first, go.
        Safetensors.SaveSharded(
            Path.Combine(folder, WeightsFile),
            weights.Select(pair => (pair.Key, pair.Value)),
            long.MaxValue,
            Safetensors.TorchMetadata
        );
        // Last, since it is what makes the folder a pipeline.
        AtomicFile.WriteText(
            Path.Combine(folder, PipelineIndex.File),
            (index ?? PipelineIndex.Default).Write(scheduler.Class)
        );
    }

    /// <summary>
    /// Saves an average beside a pipeline's own weights, as what diffusers calls a variant: its
    /// <c>from_pretrained(…, variant="ema-0.9999")</c> reads it.
    /// </summary>
    internal static void SaveAverage(string folder, double decay, IEnumerable<KeyValuePair<string, Tensor>> weights)
    {
        Directory.CreateDirectory(Path.Combine(folder, "unet"));
        Safetensors.Save(
            Path.Combine(folder, AverageFile(decay)),
            weights.Select(pair => (pair.Key, pair.Value)),
            Safetensors.TorchMetadata
        );
    }

    /// <summary>The sampler to draw with: the folder's own, or another in one argument.</summary>
    /// <param name="steps">
    /// Steps of the sampler, in 1 … T; some call the network more often, see <see cref="SamplingPlan.NetworkCalls"/>.
    /// </param>
    /// <param name="sampler">
    /// One of <see cref="SamplerCatalogue.Names"/>; null for the one that the folder's scheduler config is, as diffusers
    /// runs it.
    /// </param>
    /// <param name="grid">
    /// One of <see cref="SamplerCatalogue.Grids"/>; null for the spacing of the folder's scheduler config.
    /// </param>
    /// <param name="eta">η of the samplers that have one; null for their default.</param>
    /// <param name="churn">S_churn of <c>edm</c>; null for its default.</param>
    /// <param name="strength">
    /// Share of the steps to take, the last ones, in (0, 1]: where to start at an image (<see cref="SampleGuidance.Image"/>).
    /// The number is rounded, and at least 1. Null takes all.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A name is unknown, a number outside its range, an option one that the sampler doesn't have, or the network's
    /// prediction says nothing at a level that is visited.
    /// </exception>
    public SamplingPlan Plan(
        int steps,
        string? sampler = null,
        string? grid = null,
        double? eta = null,
        double? churn = null,
        double? strength = null
    )
    {
        if (strength is { } share && !(share > 0 && share <= 1))
            throw new ArgumentOutOfRangeException(nameof(strength), share, $"strength must be in (0, 1], not {share}.");
        if (steps < 1 || steps > Schedule.Steps)
            throw new ArgumentOutOfRangeException(
                nameof(steps),
                steps,
                $"steps must be in 1 … {Schedule.Steps}, the times that the network was trained at, not {steps}."
            );
        var plan =
            sampler is null
            && grid is null
            && churn is null
            && strength is null
            && (eta is null || Sampler.Class == SchedulerClass.Ddim)
                ? Sampler.Plan(steps, eta ?? 0)
                : Swapped(steps, sampler ?? NameOf(Sampler.Class), grid, eta, churn, strength ?? 1);
        CheckFits(plan);
        return plan;
    }

    /// <summary>Draws samples with the folder's own sampler, or another in one argument.</summary>
    /// <param name="count">Number of samples, at least 1.</param>
    /// <param name="steps">Steps of the sampler, in 1 … T.</param>
    /// <param name="seed">The same seed gives the same samples.</param>
    /// <param name="sampler">One of <see cref="SamplerCatalogue.Names"/>; null for the folder's own.</param>
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

    /// <summary>Frees the network.</summary>
    public void Dispose()
    {
        _process.Dispose();
        Network.Dispose();
    }

    private long[] SampleShape =>
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
        CheckFits(plan);
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
                    full_like(labels!, guidance.Away ?? Network.Config.NumClassEmbeds!.Value - 1),
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

    private SamplingPlan Swapped(int steps, string sampler, string? grid, double? eta, double? churn, double strength)
    {
        var whole = grid is null
            ? SchedulerPlan.Grid(Sampler, Schedule, steps)
            : SamplerCatalogue.Grid(grid, Schedule, steps);
        return SamplerCatalogue
            .Find(sampler)
            .Plan(
                strength == 1 ? whole : whole.Last(int.Max(1, (int)double.Round(strength * whole.Count))),
                new SamplerOptions
                {
                    X0Rule = Scheduler.X0Rule,
                    Variance = Scheduler.Variance,
                    Prediction = Scheduler.Prediction,
                    Eta = eta,
                    Churn = churn,
                }
            );
    }

    // The catalogue's name for a scheduler, to put it on another grid.
    private string NameOf(SchedulerClass @class) =>
        @class switch
        {
            SchedulerClass.Ddpm => "ddpm",
            SchedulerClass.Ddim => "ddim",
            SchedulerClass.EulerDiscrete => "euler",
            SchedulerClass.EulerAncestralDiscrete => "euler-ancestral",
            SchedulerClass.HeunDiscrete => "heun",
            SchedulerClass.LmsDiscrete => "lms",
            SchedulerClass.Pndm => Sampler.SkipPrkSteps ? "plms" : "pndm",
            _ => throw new ArgumentException(
                $"The folder's {SchedulerConfigJson.NameOf(@class)} has a grid of its own; name a sampler to put on"
                    + $" another: {string.Join(", ", SamplerCatalogue.Names)}."
            ),
        };

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

    // Before a sample is begun: what the network can't answer at a level or a time of the plan.
    private void CheckFits(SamplingPlan plan)
    {
        if (plan.LearnsVariance && !AnswersVariances(Network.Config))
            throw new ArgumentException($"{plan.Name} needs a network that answers variances; this one doesn't.");
        foreach (var step in plan.Steps)
        {
            if (step.Evaluate is not { } at)
                continue;
            if (Network.Config.TimeEmbeddingType == TimeEmbeddingType.Fourier && at.Time <= 1)
                throw new ArgumentException(
                    "The network takes the logarithm of its time (Fourier features), which must be above 0, but this"
                        + " sampler visits time 0; use another grid, such as trailing."
                );
            try
            {
                _ =
                    plan.X0Rule == X0Rule.None
                        ? plan.ToQuantity(Scheduler.Prediction, at)
                        : plan.ToX0(Scheduler.Prediction, at);
            }
            catch (InvalidOperationException silent)
            {
                throw new ArgumentException(silent.Message, silent);
            }
        }
    }

    private static string WeightsIn(PipelineFolder files)
    {
        var path = files.PathOf(WeightsFile);
        // In diffusers' order: a set of shards goes before a single file.
        foreach (var choice in new[] { files.PathOf(WeightsFile + ModelFiles.ShardIndexEnding), path })
            if (File.Exists(choice))
                return choice;
        throw new FileNotFoundException(
            File.Exists(files.PathOf(PickledFile))
                ? $"There is no '{path}', only the pickled {Path.GetFileName(PickledFile)}, which may run any code and is"
                    + " never read; save it in Python with safe_serialization=True."
                : $"There is no '{path}': the pipeline has no weights."
        );
    }

    private static string AverageFile(double decay) =>
        Path.Combine(
            "unet",
            $"diffusion_pytorch_model.ema-{decay.ToString("R", CultureInfo.InvariantCulture)}.safetensors"
        );

    // A run's first average has no file of its own: it is the folder's weights.
    private static string AverageIn(PipelineFolder files, double decay)
    {
        var path = files.PathOf(AverageFile(decay));
        if (File.Exists(path))
            return path;
        var run = files.PathOf(TrainingSetup.FileName);
        if (File.Exists(run) && TrainingSetup.Load(Path.GetDirectoryName(run)!).Options.EmaDecay == decay)
            return WeightsIn(files);
        throw new FileNotFoundException(
            $"There is no '{path}': the folder holds no average of the decay {decay.ToString(CultureInfo.InvariantCulture)}."
        );
    }

    private static bool AnswersVariances(UNet2DConfig network) => network.OutChannels == 2 * network.InChannels;

    /// <summary>Refuses a network that doesn't answer what the scheduler's variance needs.</summary>
    internal static void CheckChannels(UNet2DConfig network, SchedulerConfig scheduler)
    {
        var wanted = (scheduler.Variance.IsLearned ? 2 : 1) * network.InChannels;
        if (network.OutChannels != wanted)
            throw new InvalidDataException(
                $"The network takes {network.InChannels} channels and answers {network.OutChannels}; with the variance"
                    + $" '{scheduler.Variance}' (variance_type) it must answer {wanted}."
            );
    }
}
