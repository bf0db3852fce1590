using System.Text.Json;

namespace Diffusion.Api;

/// <content>Training runs: their setup and checkpoints.</content>
internal sealed partial class Inspection
{
    private void InspectRun()
    {
        _report = _report with { Kind = ModelKind.TrainingRun };
        var setup = Path.Combine(root, TrainingSetup.FileName);
        var from = default(string);
        if (File.Exists(setup))
            from = InspectSetup(setup)?.From;
        else
            Problem(setup, "it is missing: what the run was made from isn't known.");
        var store = new CheckpointStore(root, canBeginAgain: false);
        var newest = true;
        foreach (var folder in store.Folders().Reverse())
        {
            InspectCheckpoint(folder, newest);
            newest = false;
        }
        if (newest && from is not null)
            Problem(root, $"There is no checkpoint, and a run that began with '{from}' can't begin again without.");
        else if (newest)
            _notices.Add("There is no checkpoint yet; the run would start from step 0.");
        if (Directory.Exists(store.AsideFolder))
            _notices.Add($"{Relative(store.AsideFolder)} was left by a run that was killed; it does no harm.");
    }

    private TrainingSetup? InspectSetup(string file)
    {
        var whole = _problems.Count;
        if (Text(file) is not { } text)
            return null;
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
            return null;
        }
        try
        {
            var setup = TrainingSetup.Load(root);
            _report = _report with { TrainingSteps = setup.Options.Steps };
            if (!File.Exists(setup.Data) && !Directory.Exists(setup.Data))
                _notices.Add($"The images '{setup.Data}' aren't here, so that the run can't go on here.");
            return setup;
        }
        catch (InvalidDataException damaged) when (_problems.Count == whole)
        {
            Problem(file, damaged.Message);
        }
        catch (InvalidDataException)
        {
            // Its parts were found wanting above, each by name.
        }
        return null;
    }

    private void InspectCheckpoint(string folder, bool newest)
    {
        var before = _problems.Count;
        var (step, elapsed) = (default(long?), default(TimeSpan?));
        try
        {
            var position = Checkpoint.ReadPosition(folder);
            (step, elapsed) = (position.Step, TimeSpan.FromSeconds(position.Seconds));
        }
        catch (Exception refused) when (refused is InvalidDataException or IOException)
        {
            Problem(folder, refused.Message);
        }
        foreach (var (file, role) in Checkpoint.Parts)
            AddWeights(Path.Combine(folder, file), role);
        foreach (var average in Directory.EnumerateFiles(folder, Checkpoint.MoreAverages).Order(StringComparer.Ordinal))
            AddWeights(average, "EMA");
        var whole = _problems.Count == before;
        _checkpoints.Add(new CheckpointReport(Relative(folder), step, elapsed, whole));
        if (newest || whole)
            return;
        // A run goes on from the newest; the others are read only where that is damaged.
        _notices.AddRange(_problems.Skip(before).Select(p => $"{p.File}: {p.Message}"));
        _problems.RemoveRange(before, _problems.Count - before);
    }
}
