using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Diffusion.Math;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>A recorded input and what a network made of it: <c>expected.safetensors</c>, <c>expected.json</c>.</summary>
internal sealed partial class Recording : IDisposable
{
    internal const string Name = "expected.safetensors";
    internal const string NotesName = "expected.json";
    internal const string Start = "ddim.x_T";
    internal const string End = "ddim.x_0";
    internal const string WideEnd = "ddim.x_0_f64";
    internal const string StagePrefix = "stage.";
    private const string TimesName = "ddim.timesteps";

    // The steps of a recording that doesn't say its times.
    private const int DefaultSteps = 10;

    private readonly SafetensorsFile _file;

    private Recording(string path)
    {
        Path = path;
        _file = Safetensors.Load(path);
    }

    internal string Path { get; }

    internal IReadOnlyDictionary<string, Tensor> Tensors => _file.Tensors;

    internal Tensor? ClassLabels => Tensors.GetValueOrDefault("class_labels");

    internal static Recording Open(string path)
    {
        var recording = new Recording(path);
        try
        {
            foreach (var needed in new[] { "x", "timesteps", "output" })
                _ = recording[needed];
            return recording;
        }
        catch
        {
            recording.Dispose();
            throw;
        }
    }

    /// <summary>A tensor that must be there.</summary>
    internal Tensor this[string name] =>
        Tensors.GetValueOrDefault(name)
        ?? throw new InvalidDataException(
            $"'{Path}' is not a recording to verify by: it has no tensor '{name}' (there must be x, timesteps, output)."
        );

    /// <summary>The recorded run's times: as a tensor or in the notes, else diffusers' own spacing.</summary>
    internal TimeGrid Times(Schedule schedule)
    {
        if (Tensors.TryGetValue(TimesName, out var recorded))
        {
            using var times = recorded.to_type(ScalarType.Int64);
            return Grid(times.data<long>().ToArray());
        }
        return Noted() is { } noted ? Grid(noted) : TimeGrid.Leading(schedule.Steps, DefaultSteps);
    }

    /// <summary>Writes a recording and its notes, each whole or not at all.</summary>
    internal static void Save(string folder, IReadOnlyDictionary<string, Tensor> tensors, long parameters, ulong seed)
    {
        Safetensors.Save(System.IO.Path.Combine(folder, Name), tensors.Select(t => (t.Key, t.Value)));
        var notes = new JsonObject
        {
            ["parameters"] = parameters,
            ["seed"] = seed,
            ["tensors"] = new JsonObject(
                tensors.Keys.Order(StringComparer.Ordinal).Select(name => KeyValuePair.Create(name, Meaning(name)))
            ),
        };
        AtomicFile.WriteText(
            System.IO.Path.Combine(folder, NotesName),
            notes.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n"
        );
    }

    /// <summary>Adds the times of a run, counted as networks count.</summary>
    internal static void AddTimes(Dictionary<string, Tensor> tensors, TimeGrid grid) =>
        tensors[TimesName] = tensor(grid.Times.SkipLast(1).Select(t => (long)t - 1).ToArray());

    public void Dispose() => _file.Dispose();

    private static JsonNode? Meaning(string name) =>
        name switch
        {
            "x" => "input [2, C, H, W], float32",
            "timesteps" => "time of each image as networks count, from 0",
            "class_labels" => "the class of each image",
            "output" => "output in float32",
            "output_f64" => "the same weights widened to float64",
            Start => "where a DDIM run (eta 0, no clipping) starts",
            TimesName => "times of the run, from 0",
            End => "where it ends in float32",
            WideEnd => "where it ends in float64",
            _ => "an intermediate state of the network in float32",
        };

    private TimeGrid Grid(long[] times)
    {
        try
        {
            return TimeGrid.Explicit([.. times.Select(t => checked((int)t + 1)), 0]);
        }
        catch (Exception refused) when (refused is ArgumentException or OverflowException)
        {
            throw new InvalidDataException($"'{Path}': the run's times can't be used: {refused.Message}", refused);
        }
    }

    private long[]? Noted()
    {
        var notes = System.IO.Path.ChangeExtension(System.IO.Path.GetFullPath(Path), ".json");
        if (!File.Exists(notes))
            return null;
        var (folder, name) = (System.IO.Path.GetDirectoryName(notes)!, System.IO.Path.GetFileName(notes));
        var text = RegularFile.ReadText(FolderPath.Inside(folder, name, Path));
        var list = TimesInText().Match(text);
        return list.Success
            ? [.. list.Groups[1].Value.Split(',').Select(t => long.Parse(t, CultureInfo.InvariantCulture))]
            : null;
    }

    [GeneratedRegex(@"\bt = \[((?:\d{1,9}, )*\d{1,9})\]")]
    private static partial Regex TimesInText();
}
