using System.Collections.Immutable;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>Holds the tensors of a file against those that a network has.</summary>
internal static class TensorFit
{
    private const int MostSearched = 40;
    private const int LongestSearched = 200;

    /// <summary>The tensors that a file of a role must hold.</summary>
    internal static Dictionary<string, (ImmutableArray<long> Sizes, bool Real)> Wanted(
        NetworkShape network,
        string role
    )
    {
        var tensors = network.Tensors.Select(t => (t.Name, t.Sizes, Real: SafetensorsDType.IsReal(t.Type)));
        if (role == Checkpoint.OptimizerRole)
            tensors = tensors
                .Where(t => network.Parameters.Contains(t.Name))
                .SelectMany(t => TrainerState.MomentPrefixes.Select(prefix => (prefix + t.Name, t.Sizes, true)));
        return tensors.ToDictionary(t => t.Name, t => (t.Sizes, t.Real), StringComparer.Ordinal);
    }

    /// <summary>A file's tensors in the network's order; those that it doesn't have come last.</summary>
    internal static ImmutableArray<TensorReport> InOrder(IEnumerable<TensorReport> tensors, IEnumerable<string> names)
    {
        var places = names.Index().ToDictionary(n => n.Item, n => n.Index, StringComparer.Ordinal);
        return
        [
            .. tensors.OrderBy(t =>
                places.GetValueOrDefault(
                    t.Name,
                    places.GetValueOrDefault(AttentionNames.ToCurrent(t.Name), int.MaxValue)
                )
            ),
        ];
    }

    /// <summary>
    /// Every difference: missing and unused tensors with the closest known name, other shapes, other kinds; one sentence in
    /// place of hundreds where the tensors are another network's.
    /// </summary>
    /// <param name="found">The file's tensors; older attention names are understood.</param>
    /// <param name="wanted">The network's.</param>
    internal static IEnumerable<string> Problems(
        IReadOnlyCollection<TensorReport> found,
        IReadOnlyDictionary<string, (ImmutableArray<long> Sizes, bool Real)> wanted
    )
    {
        var names = found.Select(t => t.Name).ToHashSet(StringComparer.Ordinal);
        var byName = found
            .DistinctBy(t => Current(t.Name, wanted, names))
            .ToDictionary(t => Current(t.Name, wanted, names), StringComparer.Ordinal);
        foreach (var (name, twin) in Weights.Twins)
            if (wanted.ContainsKey(twin) && !byName.ContainsKey(twin) && byName.TryGetValue(name, out var same))
                byName[twin] = same;
        var missing = wanted.Keys.Where(name => !byName.ContainsKey(name)).ToList();
        var unused = byName.Keys.Where(name => !wanted.ContainsKey(name)).ToList();
        if (OtherNetwork.Describe(wanted.Count, missing, unused) is { } other)
        {
            yield return $"{char.ToUpperInvariant(other[0])}{other[1..]}.";
            yield break;
        }
        foreach (var (i, name) in missing.Index())
        {
            var sizes = wanted[name].Sizes;
            var alike = unused.Where(candidate => byName[candidate].Shape.SequenceEqual(sizes));
            yield return $"'{name}' {Text(sizes)} is missing"
                + $"{Closest("the file has", name, i, alike, unused, byName.Keys)}.";
        }
        foreach (var (i, name) in unused.Index())
        {
            var sizes = byName[name].Shape;
            var alike = missing.Where(candidate => wanted[candidate].Sizes.SequenceEqual(sizes));
            yield return $"'{name}' {Text(sizes)} isn't used"
                + $"{Closest("the network has", name, i, alike, missing, wanted.Keys)}.";
        }
        foreach (var (name, (sizes, real)) in wanted)
        {
            if (!byName.TryGetValue(name, out var tensor))
                continue;
            if (!tensor.Shape.SequenceEqual(sizes))
                yield return $"'{name}' has the shape {Text(tensor.Shape)}; the network's is {Text(sizes)}.";
            else if (tensor.IsReal != real)
                yield return $"'{name}' is of {tensor.Type}; "
                    + $"the network's is {(real ? "a floating point" : "an integer")} type.";
        }
    }

    private static string Current<T>(string name, IReadOnlyDictionary<string, T> wanted, HashSet<string> taken) =>
        AttentionNames.ToCurrent(name) is var current && wanted.ContainsKey(current) && !taken.Contains(current)
            ? current
            : name;

    // What is left over on the other side is the likelier meant, with the same shape still more. The search takes names times names times letters.
    private static string Closest(string where, string name, int number, params IEnumerable<string>[] candidates) =>
        number < MostSearched
        && name.Length <= LongestSearched
        && ClosestName.First(name, [.. candidates.Select(names => names.Where(n => n.Length <= LongestSearched))])
            is { } closest
            ? $" (closest: {where} '{closest}')"
            : "";

    private static string Text(ImmutableArray<long> sizes) => $"[{string.Join(", ", sizes)}]";
}
