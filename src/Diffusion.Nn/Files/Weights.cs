using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>A network's tensors in and out of safetensors files.</summary>
public static class Weights
{
    private const int Listed = 8;

    // What diffusers' attention called its layers before release 0.14.
    private static readonly (string Old, string New)[] OldAttentionNames =
    [
        (".query.", ".to_q."),
        (".key.", ".to_k."),
        (".value.", ".to_v."),
        (".proj_attn.", ".to_out.0."),
    ];

    // One tensor under two names; releases since 0.28 write the first alone.
    private const string Frequencies = "time_proj.weight";
    private const string OldFrequencies = "time_proj.W";

    /// <summary>Reads a network's tensors; values take the network's own type and device.</summary>
    /// <param name="module">The network.</param>
    /// <param name="path">A safetensors file with exactly its tensors; older attention names are understood.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or tensors are missing, unused (each named, with
    /// the closest known name), of another shape (both given) or of a kind that can't be converted. The network then
    /// is as it was.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static void Load(nn.Module module, string path)
    {
        ArgumentNullException.ThrowIfNull(module);
        var target = module.state_dict();
        var header = Safetensors.ReadHeader(path);
        // Before the tensors are read: a wrong file of gigabytes should be refused at once.
        var names = header.Entries.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        var described = header.Entries.ToDictionary(
            e => ModernName(e.Name, target, names),
            e => new TensorKind([.. e.Shape], e.DType)
        );
        AddTwin(described, target);
        Check(described, target, path);
        using var file = Safetensors.Load(path);
        var tensors = file.Tensors.ToDictionary(t => ModernName(t.Key, target, names), t => t.Value);
        AddTwin(tensors, target);
        Copy(tensors, target, path);
    }

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
        Check(source.ToDictionary(t => t.Key, t => new TensorKind(t.Value.shape, t.Value.dtype)), target, origin);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        foreach (var (name, tensor) in target)
            tensor.copy_(source[name]);
    }

    private static string ModernName(string name, Dictionary<string, Tensor> known, HashSet<string> taken)
    {
        foreach (var (old, current) in OldAttentionNames)
        {
            var modern = name.Replace(old, current, StringComparison.Ordinal);
            if (known.ContainsKey(modern) && !taken.Contains(modern))
                return modern;
        }
        return name;
    }

    private static void AddTwin<T>(Dictionary<string, T> found, Dictionary<string, Tensor> known)
    {
        foreach (var (name, twin) in new[] { (Frequencies, OldFrequencies), (OldFrequencies, Frequencies) })
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
        var problems = new List<string>();
        problems.AddRange(Described(missing, "is missing", "the file has", unused));
        problems.AddRange(Described(unused, "isn't used by the network", "it has", target.Keys));
        foreach (var (name, kind) in source)
            if (target.TryGetValue(name, out var tensor) && Mismatch(kind, tensor) is { } mismatch)
                problems.Add($"'{name}' {mismatch}");
        if (problems.Count > 0)
            throw new InvalidDataException($"{origin} doesn't fit the network: {Summary(problems)}.");
    }

    private static IEnumerable<string> Described(
        IEnumerable<string> names,
        string problem,
        string hint,
        IEnumerable<string> known
    ) =>
        names
            .Take(Listed + 1)
            .Select(name =>
                ClosestName.Of(name, known) is { } closest
                    ? $"'{name}' {problem} (closest: {hint} '{closest}')"
                    : $"'{name}' {problem}"
            );

    private static string? Mismatch(TensorKind kind, Tensor target)
    {
        if (!kind.Shape.SequenceEqual(target.shape))
            return $"has the shape [{string.Join(", ", kind.Shape)}], the network's is "
                + $"[{string.Join(", ", target.shape)}]";
        return SafetensorsDType.IsReal(kind.DType) == SafetensorsDType.IsReal(target.dtype)
            ? null
            : $"is of {SafetensorsDType.NameOf(kind.DType)}, the network's of {SafetensorsDType.NameOf(target.dtype)}";
    }

    private static string Summary(List<string> problems) =>
        problems.Count <= Listed
            ? string.Join("; ", problems)
            : $"{string.Join("; ", problems.Take(Listed))}; and {problems.Count - Listed} more";

    private readonly record struct TensorKind(long[] Shape, ScalarType DType);
}
