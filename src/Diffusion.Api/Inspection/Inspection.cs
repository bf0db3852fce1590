using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>One inspection while it goes on: gathers parts and problems.</summary>
internal sealed partial class Inspection(string path, string root, string? variant)
{
    // Without weights to compare with, a config is believed up to this many parameters (1 GB).
    private const double MostUnseen = 1 << 28;

    private readonly List<InspectionProblem> _problems = [];
    private readonly List<string> _notices = [];
    private readonly List<WeightsReport> _weights = [];
    private readonly List<CheckpointReport> _checkpoints = [];
    private readonly ModelFiles _files = ModelFiles.Of(root, variant);
    private InspectionReport _report = new() { Path = path };
    private NetworkShape? _network;

    internal InspectionReport OfFile()
    {
        if (IsWeights(path))
        {
            _report = _report with { Kind = ModelKind.Weights };
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
        var files = _files;
        var isPipeline = Pipeline.IsIn(root) || !files.IsNetwork && Directory.Exists(files.NetworkFolder);
        if (TrainingSetup.IsIn(root) || Directory.Exists(Path.Combine(root, CheckpointStore.FolderName)))
            InspectRun();
        if (isPipeline)
            InspectPipeline(files);
        else if (_report.Kind == ModelKind.Unknown && files.IsNetwork)
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
        InspectIndex(Path.Combine(root, PipelineIndex.File));
        InspectScheduler(Path.Combine(root, files.Scheduler));
        InspectNetworkFolder(files);
        // The last word is the loader's own; without it a new rule there would be missed here.
        if (_problems.Count == whole)
            TryLoad();
    }

    private void InspectNetworkFolder(ModelFiles files)
    {
        if (_report.Kind == ModelKind.Unknown)
            _report = _report with { Kind = ModelKind.Network };
        var config = InspectNetworkConfig(Path.Combine(root, files.NetworkConfig));
        var weights = FindWeights(files);
        if (config is not null)
            MakeNetwork(config, weights is null ? null : WeightsHeaders.Read(weights));
        if (weights is not null)
            AddWeights(weights, "weights", first: true);
    }

    private string? FindWeights(ModelFiles files)
    {
        try
        {
            return files.Weights();
        }
        catch (Exception refused) when (refused is IOException or InvalidDataException)
        {
            var folder = files.NetworkFolder;
            Problem(folder, refused.Message.Replace($"{folder}: ", "", StringComparison.Ordinal));
            return null;
        }
    }

    private void InspectLooseWeights()
    {
        var files = Directory.EnumerateFiles(root).Order(StringComparer.Ordinal).ToList();
        var weights = files.Where(file => IsWeights(file) && IsInside(file)).ToList();
        var shards = weights.Where(SafetensorsIndex.IsIndex).SelectMany(WeightsHeaders.ShardsOf);
        weights = [.. weights.Except(shards.ToList())];
        if (weights.Count == 0)
        {
            if (_problems.Count > 0)
                return;
            var pickles = files.Where(WeightsFolder.IsPickle).Select(Path.GetFileName).ToList();
            Problem(
                root,
                pickles.Count == 0
                    ? $"there is no model here: neither {PipelineIndex.File} nor {TrainingSetup.FileName} nor a "
                        + "network's config.json nor a .safetensors file in it."
                    : $"there is only {string.Join(", ", pickles)}: pickled weights are programs and are never read; "
                        + "save them as safetensors in Python."
            );
            return;
        }
        _report = _report with { Kind = ModelKind.Weights };
        foreach (var file in weights)
            AddWeights(file, Checkpoint.Parts.FirstOrDefault(p => p.File == Path.GetFileName(file)).Role ?? "weights");
    }

    private bool IsInside(string file)
    {
        try
        {
            _ = FolderPath.Inside(root, Path.GetFileName(file), root);
            return true;
        }
        catch (InvalidDataException outside)
        {
            Problem(file, outside.Message);
            return false;
        }
    }

    private void MakeNetwork(UNet2DConfig config, WeightsHeaders? weights)
    {
        if (weights is { Problems.IsEmpty: true })
            try
            {
                UNet2DSize.Check(config, weights.Numbers, "it");
                _network = NetworkShape.Of(config);
            }
            catch (InvalidDataException refused)
            {
                Problem(weights.Shards[0], refused.Message);
            }
        else if (UNet2DSize.Of(config) is var size && size <= MostUnseen)
            _network = NetworkShape.Of(config);
        else
            _notices.Add(
                FormattableString.Invariant(
                    $"The network has {size:F0} numbers; without weights it isn't made to look at."
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
            wanted is null && headers.Problems.IsEmpty ? null : _problems.Count == before
        );
        _weights.Insert(first ? 0 : _weights.Count, report);
        if (headers.Tensors.Count(t => AttentionNames.IsLegacy(t.Name)) is > 0 and var old)
            _notices.Add($"{Relative(file)}: {old} tensors of attention have their names of before diffusers 0.14.");
    }

    private void TryLoad()
    {
        try
        {
            using var pipeline = Pipeline.Load(root, variant: variant);
            _notices.AddRange(pipeline.Notices.Except(_notices));
        }
        catch (Exception refused)
            when (refused is InvalidDataException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            Problem(root, refused.Message);
        }
    }

    // By the loader's own rules: what it wouldn't read isn't read here either.
    private string? Text(string file)
    {
        try
        {
            return _files.ReadText(Relative(file).Replace(Path.DirectorySeparatorChar, '/'));
        }
        catch (FileNotFoundException)
        {
            Problem(file, "it is missing.");
        }
        catch (Exception refused) when (refused is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Problem(file, refused.Message);
        }
        return null;
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

    // The file is named beside the message, which may begin with the folder's name.
    private void Problem(string file, string message)
    {
        var own = $"{root}: ";
        _problems.Add(
            new InspectionProblem(
                Relative(file),
                message.StartsWith(own, StringComparison.Ordinal) ? message[own.Length..] : message
            )
        );
    }

    private string Relative(string file) => Path.GetRelativePath(root, file);

    private static string Unreadable(string file) =>
        WeightsFolder.IsPickle(file)
            ? "it is a pickle, which is a program and is never read; save the weights as safetensors in Python."
        : SafetensorsIndex.IsIndex(file) ? "it holds no weights; inspect the folder that it is in."
        : "it is neither a .safetensors file nor the .safetensors.index.json of a sharded one.";

    private static bool IsWeights(string file) =>
        file.EndsWith(SafetensorsSet.Extension, StringComparison.OrdinalIgnoreCase)
        || Path.GetFileName(file).Contains(SafetensorsSet.Extension + ".", StringComparison.OrdinalIgnoreCase)
            && SafetensorsIndex.IsIndex(file);
}
