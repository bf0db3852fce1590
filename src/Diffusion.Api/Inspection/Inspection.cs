using System.Collections.Immutable;
using System.Text.Json;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>One inspection while it goes on: gathers parts and problems.</summary>
internal sealed class Inspection(string path, string root)
{
    // Without weights to compare with, a config is believed up to this many parameters (1 GB).
    private const double MostUnseen = 1 << 28;

    private readonly List<InspectionProblem> _problems = [];
    private readonly List<string> _notices = [];
    private readonly List<WeightsReport> _weights = [];
    private readonly List<CheckpointReport> _checkpoints = [];
    private InspectionReport _report = new() { Path = path };
    private NetworkShape? _network;

    internal InspectionReport OfFile()
    {
        _report = _report with { Kind = ModelKind.Weights };
        if (IsWeights(path))
        {
            var config = Path.Combine(root, "config.json");
            if (File.Exists(config) && InspectNetworkConfig(config) is { } network)
                MakeNetwork(network, WeightsHeaders.Read(path));
            AddWeights(path, "weights");
        }
        else
            Problem(path, Unreadable(path));
        return Done();
    }

    internal InspectionReport OfFolder()
    {
        var files = ModelFiles.Of(root);
        var isPipeline =
            File.Exists(files.Index) || files.NetworkFolder != root && Directory.Exists(files.NetworkFolder);
        if (TrainingSetup.IsIn(root) || Directory.Exists(Path.Combine(root, CheckpointStore.FolderName)))
            InspectRun();
        if (isPipeline)
            InspectPipeline(files);
        else if (_report.Kind == ModelKind.Unknown && files.NetworkFolder == root)
            InspectNetworkFolder(files);
        else if (_report.Kind == ModelKind.Unknown)
            InspectLooseWeights();
        return Done();
    }

    private void InspectPipeline(ModelFiles files)
    {
        var whole = _problems.Count;
        if (_report.Kind == ModelKind.Unknown)
            _report = _report with { Kind = ModelKind.Pipeline };
        InspectIndex(files.Index);
        InspectScheduler(files.Scheduler);
        InspectNetworkFolder(files);
        // The last word is the loader's own; without it a new rule there would be missed here.
        if (_problems.Count == whole)
            TryLoad();
    }

    private void InspectNetworkFolder(ModelFiles files)
    {
        if (_report.Kind == ModelKind.Unknown)
            _report = _report with { Kind = ModelKind.Network };
        var config = InspectNetworkConfig(files.Config);
        if (!File.Exists(files.Weights))
        {
            var others = Directory.Exists(files.NetworkFolder)
                ? Directory.EnumerateFiles(files.NetworkFolder).Where(IsPickle).Select(Path.GetFileName).ToList()
                : [];
            Problem(
                files.Weights,
                others.Count == 0
                    ? "is missing."
                    : $"is missing. {string.Join(", ", others)}: pickled weights are programs and are never read; "
                        + "save them as safetensors in Python."
            );
            if (config is not null)
                MakeNetwork(config, null);
            return;
        }
        if (config is not null)
            MakeNetwork(config, WeightsHeaders.Read(files.Weights));
        AddWeights(files.Weights, "weights", first: true);
    }

    private void InspectRun()
    {
        _report = _report with { Kind = ModelKind.TrainingRun };
        var setup = Path.Combine(root, TrainingSetup.FileName);
        if (File.Exists(setup))
            InspectSetup(setup);
        else
            Problem(setup, "is missing: what the run was made from isn't known.");
        var store = new CheckpointStore(root);
        var newest = true;
        foreach (var folder in store.Folders().Reverse())
        {
            InspectCheckpoint(folder, newest);
            newest = false;
        }
        if (newest)
            _notices.Add("There is no checkpoint yet; the run would start from step 0.");
        if (Directory.Exists(store.AsideFolder))
            _notices.Add($"{Relative(store.AsideFolder)} was left by a run that was killed; it does no harm.");
    }

    private void InspectSetup(string file)
    {
        var whole = _problems.Count;
        if (Text(file) is not { } text)
            return;
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                if (json.RootElement.TryGetProperty("scheduler", out var scheduler))
                    InspectScheduler(file, scheduler.GetRawText());
                if (json.RootElement.TryGetProperty("unet", out var unet))
                    if (InspectNetworkConfig(file, unet.GetRawText()) is { } config)
                        MakeNetwork(config, null);
            }
        }
        catch (JsonException damaged)
        {
            Problem(file, $"Not JSON: {damaged.Message}");
            return;
        }
        try
        {
            var setup = TrainingSetup.Load(root);
            _report = _report with { TrainingSteps = setup.Options.Steps };
            if (!File.Exists(setup.Data) && !Directory.Exists(setup.Data))
                _notices.Add($"The images '{setup.Data}' aren't here, so that the run can't go on here.");
        }
        catch (InvalidDataException damaged) when (_problems.Count == whole)
        {
            Problem(file, damaged.Message);
        }
        catch (InvalidDataException)
        {
            // Its parts were found wanting above, each by name.
        }
    }

    private void InspectCheckpoint(string folder, bool newest)
    {
        var before = _problems.Count;
        var (step, elapsed) = (default(long?), default(TimeSpan?));
        try
        {
            (step, elapsed) = Checkpoint.ReadPosition(folder);
        }
        catch (Exception refused) when (refused is InvalidDataException or IOException)
        {
            Problem(folder, refused.Message);
        }
        foreach (var (file, role) in Checkpoint.Parts)
            AddWeights(Path.Combine(folder, file), role);
        var whole = _problems.Count == before;
        _checkpoints.Add(new CheckpointReport(Relative(folder), step, elapsed, whole));
        if (newest || whole)
            return;
        // Only the newest is ever read.
        _notices.AddRange(_problems.Skip(before).Select(p => $"{p.File}: {p.Message}"));
        _problems.RemoveRange(before, _problems.Count - before);
    }

    private void InspectLooseWeights()
    {
        var files = Directory.EnumerateFiles(root).Order(StringComparer.Ordinal).ToList();
        var weights = files.Where(IsWeights).ToList();
        var shards = weights.Where(f => f.EndsWith(ModelFiles.ShardIndexEnding)).SelectMany(WeightsHeaders.ShardsOf);
        weights = [.. weights.Except(shards.ToList())];
        if (weights.Count == 0)
        {
            var pickles = files.Where(IsPickle).Select(Path.GetFileName).ToList();
            Problem(
                root,
                pickles.Count == 0
                    ? $"holds no model: there is neither {ModelFiles.IndexName} nor {TrainingSetup.FileName} nor a "
                        + "network's config.json nor a .safetensors file in it."
                    : $"holds only {string.Join(", ", pickles)}: pickled weights are programs and are never read; "
                        + "save them as safetensors in Python."
            );
            return;
        }
        _report = _report with { Kind = ModelKind.Weights };
        foreach (var file in weights)
            AddWeights(file, "weights");
    }

    private void InspectIndex(string file)
    {
        if (Text(file) is not { } text)
            return;
        try
        {
            using var json = JsonDocument.Parse(text);
            if (
                json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("_class_name", out var name)
                && name.ValueKind == JsonValueKind.String
            )
                _report = _report with { PipelineClass = name.GetString() };
        }
        catch (JsonException damaged)
        {
            Problem(file, $"Not JSON: {damaged.Message}");
        }
    }

    private void InspectScheduler(string file)
    {
        if (Text(file) is { } text)
            InspectScheduler(file, text);
    }

    private void InspectScheduler(string file, string json)
    {
        ImmutableArray<string> notices = [];
        var read = ConfigInspection.Read(json, text => SchedulerConfig.FromJson(text, out notices));
        AddProblems(file, read.Problems);
        _report = _report with
        {
            SchedulerConfig = ConfigInspection.Report(
                Relative(file),
                json,
                read.Value?.ToJson(),
                read.Refused,
                key => notices.Any(notice => ConfigInspection.Names(notice, key))
            ),
            Scheduler = read.Value is { } config ? Summary(config) : null,
        };
        if (read.Value is not null)
            _notices.AddRange(notices.Except(_notices));
    }

    private static SchedulerReport Summary(SchedulerConfig config)
    {
        var schedule = config.ToSchedule();
        return new SchedulerReport(
            schedule.Steps,
            config.Prediction,
            config.Variance,
            config.X0Rule,
            schedule.TerminalAlphaBar,
            schedule.Snr(1),
            schedule.Snr(schedule.Steps)
        );
    }

    private UNet2DConfig? InspectNetworkConfig(string file) =>
        Text(file) is { } text ? InspectNetworkConfig(file, text) : null;

    private UNet2DConfig? InspectNetworkConfig(string file, string json)
    {
        var read = ConfigInspection.Read(json, UNet2DConfig.FromJson);
        AddProblems(file, read.Problems);
        var unknown = read.Value?.UnknownKeys.Keys.Where(key => !key.StartsWith('_')).ToList() ?? [];
        _report = _report with
        {
            NetworkConfig = ConfigInspection.Report(
                Relative(file),
                json,
                read.Value?.ToJson(),
                read.Refused,
                unknown.Contains
            ),
        };
        _notices.AddRange(unknown.Select(key => $"unet: {key} is unknown and has no effect.").Except(_notices));
        return read.Value;
    }

    private void MakeNetwork(UNet2DConfig config, WeightsHeaders? weights)
    {
        var least = NetworkShape.AtLeast(config);
        if (weights is { Problems.IsEmpty: true } && least > weights.Tensors.Sum(t => t.Values))
            Problem(
                weights.Shards[0],
                FormattableString.Invariant(
                    $"holds {weights.Tensors.Sum(t => t.Values)} numbers; the config's network has at least {least:F0}."
                )
            );
        else if (weights is { Problems.IsEmpty: true } || least <= MostUnseen)
            _network = NetworkShape.Of(config);
        else
            _notices.Add(
                FormattableString.Invariant(
                    $"The network has at least {least:F0} parameters; without weights it isn't made to look at."
                )
            );
        _report = _report with { Network = _network?.Report };
    }

    private void AddWeights(string file, string role, bool first = false)
    {
        var before = _problems.Count;
        var headers = WeightsHeaders.Read(file);
        foreach (var (part, message) in headers.Problems)
            Problem(part, message);
        var wanted = _network is null ? null : TensorFit.Wanted(_network, role);
        if (wanted is not null && headers.Problems.IsEmpty)
            AddProblems(file, TensorFit.Problems(headers.Tensors, wanted));
        var report = new WeightsReport(
            Relative(file),
            role,
            [.. headers.Shards.Select(Relative)],
            wanted is null ? headers.Tensors : TensorFit.InOrder(headers.Tensors, wanted.Keys),
            headers.Metadata,
            wanted is null || !headers.Problems.IsEmpty ? null : _problems.Count == before
        );
        _weights.Insert(first ? 0 : _weights.Count, report);
        if (headers.Tensors.Count(t => AttentionNames.IsLegacy(t.Name)) is > 0 and var old)
            _notices.Add($"{Relative(file)}: {old} tensors of attention have their names of before diffusers 0.14.");
    }

    private void TryLoad()
    {
        try
        {
            using var pipeline = Pipeline.Load(root);
            _notices.AddRange(pipeline.Notices.Except(_notices));
        }
        catch (Exception refused)
            when (refused is InvalidDataException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            Problem(root, refused.Message);
        }
    }

    private string? Text(string file)
    {
        if (!File.Exists(file))
        {
            Problem(file, "is missing.");
            return null;
        }
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            Problem(file, refused.Message);
            return null;
        }
    }

    private InspectionReport Done() =>
        _report with
        {
            Weights = [.. _weights],
            Checkpoints = [.. _checkpoints],
            Problems = [.. _problems.Distinct()],
            Notices = [.. _notices],
        };

    private void AddProblems(string file, IEnumerable<string> messages)
    {
        foreach (var message in messages)
            Problem(file, message);
    }

    private void Problem(string file, string message) => _problems.Add(new InspectionProblem(Relative(file), message));

    private string Relative(string file) => Path.GetRelativePath(root, file);

    private static string Unreadable(string file) =>
        IsPickle(file)
            ? "is a pickle, which is a program and is never read; save the weights as safetensors in Python."
            : "is neither a .safetensors file nor the .safetensors.index.json of a sharded one.";

    private static bool IsWeights(string file) =>
        file.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
        || file.EndsWith(".safetensors" + ModelFiles.ShardIndexEnding, StringComparison.OrdinalIgnoreCase);

    private static bool IsPickle(string file) =>
        Path.GetExtension(file).ToLowerInvariant() is ".bin" or ".pt" or ".pth" or ".ckpt" or ".pkl";
}
