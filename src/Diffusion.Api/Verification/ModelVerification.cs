using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Checks that a network still computes what was recorded of it: after a conversion, on another machine, in another
/// language. The recording is a file <c>expected.safetensors</c> in the model's folder.
/// </summary>
/// <remarks>
/// The file holds <c>x</c> [B, C, H, W], <c>timesteps</c> [B] (from 0), <c>class_labels</c> where the network takes
/// them, <c>output</c>, and optionally <c>output_f64</c>, intermediate states <c>stage.NAME</c> (see
/// <see cref="UNet2D.Trace"/>) and a deterministic DDIM run <c>ddim.x_T</c>, <c>ddim.x_0</c>, <c>ddim.x_0_f64</c> without
/// clipping.
/// </remarks>
public static class ModelVerification
{
    private const double LargeNumber = 50;
    private const int RecordedImages = 2;
    private const int RecordedSteps = 10;

    /// <summary>Compares a model with its recording.</summary>
    /// <param name="folder">A pipeline folder, or a network's own folder.</param>
    /// <param name="recording">The recording, or the folder it is in; by default the model's own.</param>
    /// <param name="tolerances">
    /// What may differ; by default 2e-5 in float32, 1e-9 in float64 (5e-7 with a softmax in float32), 1e-4 after a run.
    /// </param>
    /// <param name="variant">Which of the model's weights, as for <see cref="Pipeline.Load"/>; null for the usual.</param>
    /// <returns>The largest difference of each recorded tensor.</returns>
    /// <exception cref="FileNotFoundException">There is no network or no recording.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or the recording is of another kind of network.</exception>
    public static VerificationReport Run(
        string folder,
        string? recording = null,
        VerificationTolerances? tolerances = null,
        string? variant = null
    )
    {
        var files = FilesOf(folder, variant);
        var path = recording ?? folder;
        // A file that is named may be anywhere; one that is looked for is in the folder.
        if (Directory.Exists(path))
            path = FolderPath.Inside(path, Recording.Name, path);
        if (!File.Exists(path))
            throw new FileNotFoundException(
                $"There is no recording '{path}' to verify by; record one where the model is known to be right.",
                path
            );
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        using var recorded = Recording.Open(path);
        using var network = files.LoadNetwork();
        RecordedInput.Check(recorded, network.Config);
        tolerances ??= new VerificationTolerances();
        try
        {
            List<VerificationCheck> checks =
            [
                .. Stages(network, recorded, tolerances.Float32),
                .. Trajectory(files, network, recorded, Recording.End, ScalarType.Float32, tolerances.Trajectory),
                .. Trajectory(files, network, recorded, Recording.WideEnd, ScalarType.Float32, tolerances.Trajectory),
            ];
            network.to(ScalarType.Float64);
            checks.AddRange(WideOutput(network, recorded, tolerances.Float64Of(network)));
            checks.AddRange(
                Trajectory(files, network, recorded, Recording.WideEnd, ScalarType.Float64, tolerances.Trajectory)
            );
            return new VerificationReport(folder, path, [.. checks]);
        }
        catch (ArgumentException refused)
        {
            throw new InvalidDataException($"'{path}' doesn't fit the network: {refused.Message}", refused);
        }
    }

    /// <summary>Records what a pipeline's network computes from seeded noise, for a later <see cref="Run"/>.</summary>
    /// <param name="folder">A pipeline folder; <c>expected.safetensors</c> and <c>expected.json</c> are written into it.</param>
    /// <param name="seed">Fixes the input.</param>
    /// <param name="overwrite">Whether a recording that is there is replaced.</param>
    /// <returns>The recording's path.</returns>
    /// <exception cref="IOException">There is a recording already.</exception>
    /// <exception cref="InvalidDataException">The model can't be loaded, or says no sample size.</exception>
    public static string Record(string folder, ulong seed = 0, bool overwrite = false)
    {
        var files = FilesOf(folder, null);
        var path = Path.Combine(folder, Recording.Name);
        if (!overwrite && File.Exists(path))
            throw new IOException($"'{path}' is there already: verify by it, or replace it with --force.");
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var scheduler = files.ReadScheduler();
        using var network = files.LoadNetwork();
        var tensors = Input(network.Config, scheduler.TrainingSteps, seed);
        var output = network.Trace(
            tensors["x"],
            tensors["timesteps"],
            tensors.GetValueOrDefault("class_labels"),
            (stage, state) =>
            {
                if (stage != "output")
                    tensors[Recording.StagePrefix + stage] = state.clone().MoveToOtherDisposeScope(scope);
            }
        );
        tensors["output"] = output;
        // Fourier features have no time 0, where every run ends; a learned variance is no part of DDIM.
        var grid =
            network.Config.TimeEmbeddingType != TimeEmbeddingType.Fourier
            && network.Config.OutChannels == network.Config.InChannels
                ? TimeGrid.Leading(scheduler.TrainingSteps, int.Min(RecordedSteps, scheduler.TrainingSteps))
                : null;
        if (grid is not null)
        {
            tensors[Recording.Start] = tensors["x"].clone();
            Recording.AddTimes(tensors, grid);
            tensors[Recording.End] = Sample(scheduler, network, grid, tensors, ScalarType.Float32, ScalarType.Float32);
        }
        network.to(ScalarType.Float64);
        tensors["output_f64"] = Forward(network, tensors, ScalarType.Float64);
        if (grid is not null)
            tensors[Recording.WideEnd] = Sample(
                scheduler,
                network,
                grid,
                tensors,
                ScalarType.Float64,
                ScalarType.Float64
            );
        Recording.Save(folder, tensors, network.parameters().Sum(p => p.numel()), seed);
        return path;
    }

    private static ModelFiles FilesOf(string folder, string? variant)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var files = ModelFiles.Of(folder, variant);
        var config = Path.Combine(folder, files.NetworkConfig);
        if (!File.Exists(config))
            throw new FileNotFoundException($"'{folder}' holds no whole network: there is no '{config}'.", config);
        _ = files.Weights();
        return files;
    }

    private static IEnumerable<VerificationCheck> Stages(UNet2D network, Recording recorded, double tolerance)
    {
        var checks = new List<VerificationCheck>();
        using var x = recorded["x"].to_type(ScalarType.Float32);
        using var output = network.Trace(
            x,
            recorded["timesteps"],
            recorded.ClassLabels,
            (stage, state) =>
            {
                var name = stage == "output" ? stage : Recording.StagePrefix + stage;
                if (recorded.Tensors.TryGetValue(name, out var expected))
                    checks.Add(Compare(recorded.Path, name, state, expected, ScalarType.Float32, tolerance));
            }
        );
        var unknown = recorded
            .Tensors.Keys.Where(name => name.StartsWith(Recording.StagePrefix, StringComparison.Ordinal))
            .Except(checks.Select(check => check.Name))
            .ToList();
        return unknown.Count == 0
            ? checks
            : throw new InvalidDataException(
                $"'{recorded.Path}' has {string.Join(", ", unknown)}, a stage that this network doesn't have."
            );
    }

    private static IEnumerable<VerificationCheck> WideOutput(UNet2D network, Recording recorded, double tolerance)
    {
        const string name = "output_f64";
        if (!recorded.Tensors.TryGetValue(name, out var expected))
            yield break;
        using var output = Forward(network, recorded.Tensors, ScalarType.Float64);
        yield return Compare(recorded.Path, name, output, expected, ScalarType.Float64, tolerance);
    }

    private static IEnumerable<VerificationCheck> Trajectory(
        ModelFiles files,
        UNet2D network,
        Recording recorded,
        string name,
        ScalarType precision,
        double tolerance
    )
    {
        if (!recorded.Tensors.TryGetValue(name, out var expected))
            yield break;
        _ = recorded[Recording.Start];
        var scheduler = files.ReadScheduler();
        var grid = recorded.Times(scheduler.ToSchedule());
        // Of a recorded end in float64 the run is too, also around a network in float32: what differs is the network's.
        var run = name == Recording.WideEnd ? ScalarType.Float64 : precision;
        using var end = Sample(scheduler, network, grid, recorded.Tensors, precision, run);
        // Without clipping an untrained network's images reach some hundreds. Both ends in float32 carry roundings in
        // proportion, of which each library has its own: 2e-6 of the greatest number are some thirty of them.
        var scale = run == ScalarType.Float32 ? double.Max(1, expected.abs().max().ToDouble() / LargeNumber) : 1;
        yield return Compare(recorded.Path, name, end, expected, precision, tolerance * scale);
    }

    private static Tensor Forward(UNet2D network, IReadOnlyDictionary<string, Tensor> tensors, ScalarType precision)
    {
        using var x = tensors["x"].to_type(precision);
        return network.forward(x, tensors["timesteps"], tensors.GetValueOrDefault("class_labels"));
    }

    private static Tensor Sample(
        SchedulerConfig scheduler,
        UNet2D network,
        TimeGrid grid,
        IReadOnlyDictionary<string, Tensor> tensors,
        ScalarType precision,
        ScalarType run
    )
    {
        var classes = tensors.GetValueOrDefault("class_labels");
        using var start = tensors[Recording.Start].to_type(run);
        return PlanSampler.Run(
            Samplers.Ddim(scheduler.ToSchedule(), grid),
            (x, times) => network.forward(x.to_type(precision), times, classes).to_type(run),
            scheduler.Prediction,
            start,
            () => throw new InvalidOperationException("DDIM draws no noise at η = 0.")
        );
    }

    private static VerificationCheck Compare(
        string path,
        string name,
        Tensor actual,
        Tensor expected,
        ScalarType precision,
        double tolerance
    )
    {
        if (!actual.shape.AsSpan().SequenceEqual(expected.shape))
            throw new InvalidDataException(
                $"'{path}': {name} has the shape [{string.Join(", ", expected.shape)}]; "
                    + $"the network's is [{string.Join(", ", actual.shape)}]."
            );
        using var scope = NewDisposeScope();
        var difference = (actual.to_type(ScalarType.Float64) - expected.to_type(ScalarType.Float64)).abs();
        var largest = difference.numel() == 0 ? 0 : difference.max().ToDouble();
        return new VerificationCheck(name, precision, [.. actual.shape], largest, tolerance);
    }

    private static Dictionary<string, Tensor> Input(UNet2DConfig config, int trainingSteps, ulong seed)
    {
        var size =
            config.SampleSize
            ?? throw new InvalidDataException(
                "The network's config has no sample_size, so the size of a recording's input isn't known."
            );
        using var noise = new SampleNoise(seed, RecordedImages);
        var tensors = new Dictionary<string, Tensor>
        {
            ["x"] = noise.Next([config.InChannels, size.Height, size.Width], CPU),
            // One little and one much; never 0, which Fourier features don't have.
            ["timesteps"] = tensor([long.Max(1, trainingSteps / 10), long.Max(1, trainingSteps * 3L / 4)]),
        };
        if (!config.HasClasses)
            return tensors;
        tensors["class_labels"] = config.ClassEmbedType switch
        {
            ClassEmbedType.Identity => noise.Next([4 * config.BlockOutChannels[0]], CPU),
            ClassEmbedType.Timestep => tensor([1L, 2L]),
            _ => tensor([1L % config.NumClassEmbeds!.Value, 2L % config.NumClassEmbeds.Value]),
        };
        return tensors;
    }
}
