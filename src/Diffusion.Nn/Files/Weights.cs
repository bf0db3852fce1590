using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>A network's tensors in and out of safetensors files.</summary>
public static class Weights
{
    private const int Listed = 8;

    // One tensor under two names, each with the other; releases since 0.28 write the first alone.
    internal static readonly (string Name, string Twin)[] Twins =
    [
        ("time_proj.weight", "time_proj.W"),
        ("time_proj.W", "time_proj.weight"),
    ];

    /// <summary>Reads a network's tensors; values take the network's own type and device.</summary>
    /// <param name="module">The network.</param>
    /// <param name="path">A safetensors file, or the index of a set of them, with exactly its tensors; older attention
    /// names are understood. See <see cref="FileIn"/>.</param>
    /// <exception cref="InvalidDataException">A file is damaged, or tensors are missing, unused (each named, with
    /// the closest known name), of another shape (both given) or of a kind that can't be converted. All that is checked
    /// before the first tensor changes.</exception>
    /// <exception cref="IOException">A file can't be read. Where that (or a file cut short by someone else) happens in
    /// the middle of loading, the network is loaded in part.</exception>
    public static void Load(nn.Module module, string path)
    {
        ArgumentNullException.ThrowIfNull(module);
        var target = module.state_dict();
        using var file = Safetensors.Open(path);
        var names = file.Names.ToHashSet(StringComparer.Ordinal);
        var sources = file.Entries.ToDictionary(e => ModernName(e.Name, target, names), StringComparer.Ordinal);
        AddTwin(sources, target);
        Check(sources.ToDictionary(s => s.Key, s => TensorKind.Of(s.Value)), target, path);
        foreach (var name in names)
            file.Check(name);
        foreach (var (name, tensor) in target)
            file.CopyTo(sources[name].Name, tensor);
    }

    /// <summary>Finds the weights in a folder by the names and in the order of Python's diffusers: the index of a set of
    /// shards (<c>diffusion_pytorch_model.safetensors.index.json</c>), then the single file
    /// (<c>diffusion_pytorch_model.safetensors</c>).</summary>
    /// <param name="folder">The network's folder, such as a pipeline's <c>unet</c>.</param>
    /// <param name="variant">A part of the names that tells one precision or kind from another, such as <c>fp16</c> for
    /// <c>diffusion_pytorch_model.fp16.safetensors</c>; none by default.</param>
    /// <returns>The path, for <see cref="Load"/>.</returns>
    /// <exception cref="FileNotFoundException">There are no such weights; the message says which variants there are, or
    /// what else.</exception>
    /// <exception cref="InvalidDataException">They are a symbolic link out of the folder.</exception>
    /// <exception cref="ArgumentException">A variant has characters other than letters, digits, <c>_</c>, <c>-</c> and
    /// <c>.</c>.</exception>
    public static string FileIn(string folder, string? variant = null) => WeightsFolder.FileIn(folder, null, variant);

    /// <summary>Writes a network's parameters and persistent buffers.</summary>
    /// <param name="module">The network.</param>
    /// <param name="path">The file; replaced whole if it exists.</param>
    /// <exception cref="IOException">The file can't be written; what was there before still is.</exception>
    public static void Save(nn.Module module, string path)
    {
        ArgumentNullException.ThrowIfNull(module);
        Safetensors.Save(path, module.state_dict().Select(t => (t.Key, t.Value)), Safetensors.TorchMetadata);
    }

    /// <summary>Copies named tensors into others of the same names and shapes.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="target">Where to; types and devices stay.</param>
    /// <param name="origin">What the source is called in messages.</param>
    /// <exception cref="InvalidDataException">As for <see cref="Load"/>; the target then is as it was.</exception>
    public static void Copy(
        IReadOnlyDictionary<string, Tensor> source,
        IReadOnlyDictionary<string, Tensor> target,
        string origin
    )
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        Check(source.ToDictionary(t => t.Key, t => TensorKind.Of(t.Value)), target, origin);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (name, tensor) in target)
            tensor.copy_(source[name]);
    }

    private static string ModernName(string name, Dictionary<string, Tensor> known, HashSet<string> taken)
    {
        foreach (var (old, current) in AttentionNames.Pairs)
        {
            var modern = name.Replace(old, current, StringComparison.Ordinal);
            if (known.ContainsKey(modern) && !taken.Contains(modern))
                return modern;
        }
        return name;
    }

    private static void AddTwin<T>(Dictionary<string, T> found, Dictionary<string, Tensor> known)
    {
        foreach (var (name, twin) in Twins)
            if (known.ContainsKey(twin) && !found.ContainsKey(twin) && found.TryGetValue(name, out var value))
                found[twin] = value;
    }

    private static void Check(
        Dictionary<string, TensorKind> source,
        IReadOnlyDictionary<string, Tensor> target,
        string origin
    )
    {
        var missing = target.Keys.Where(name => !source.ContainsKey(name)).ToList();
        var unused = source.Keys.Where(name => !target.ContainsKey(name)).ToList();
        if (OtherNetwork.Describe(target.Count, missing, unused) is { } other)
            throw new InvalidDataException($"{origin} doesn't fit the network: {other}.");
        var problems = new List<string>();
        // What is left over is the likelier meant.
        problems.AddRange(Described(missing, "is missing", "the file has", unused, source.Keys));
        problems.AddRange(Described(unused, "isn't used by the network", "it has", target.Keys));
        foreach (var (name, kind) in source)
            if (target.TryGetValue(name, out var tensor) && kind.MismatchWith(tensor, "the network's") is { } mismatch)
                problems.Add($"'{FileText.Shown(name)}' {mismatch}");
        if (problems.Count > 0)
            throw new InvalidDataException($"{origin} doesn't fit the network: {Summary(problems)}.");
    }

    private static IEnumerable<string> Described(
        IEnumerable<string> names,
        string problem,
        string hint,
        params IEnumerable<string>[] known
    ) =>
        names.Select(
            (name, i) =>
                i <= Listed && ClosestName.First(name, known) is { } closest
                    ? $"'{FileText.Shown(name)}' {problem} (closest: {hint} '{FileText.Shown(closest)}')"
                    : $"'{FileText.Shown(name)}' {problem}"
        );

    private static string Summary(List<string> problems) =>
        problems.Count <= Listed
            ? string.Join("; ", problems)
            : $"{string.Join("; ", problems.Take(Listed))}; and {problems.Count - Listed} more";
}
