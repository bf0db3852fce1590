namespace Diffusion.Nn;

/// <summary>Finds the known name that a wrong one was most likely meant to be.</summary>
internal static class ClosestName
{
    // Names come from files: what nobody would mistype isn't worth hours of comparing.
    private const int MaxLength = 256;
    private const int MaxCandidates = 10_000;

    /// <summary>The candidate with the fewest edits to <paramref name="name"/>; null if there is none with at most half
    /// as many as the longer of the two has letters. Of names and lists that are far too long, only the beginning
    /// counts.</summary>
    internal static string? Of(string name, IEnumerable<string> candidates)
    {
        string? closest = null;
        var fewest = int.MaxValue;
        foreach (var candidate in candidates.Take(MaxCandidates))
        {
            // So many edits it takes at least.
            if (int.Abs(Shortened(name).Length - Shortened(candidate).Length) >= fewest)
                continue;
            var distance = Distance(Shortened(name), Shortened(candidate));
            if (distance < fewest && 2 * distance <= int.Max(Shortened(name).Length, Shortened(candidate).Length))
                (closest, fewest) = (candidate, distance);
        }
        return closest;
    }

    /// <summary>The closest in the first list that has one.</summary>
    internal static string? First(string name, params IEnumerable<string>[] lists) =>
        lists.Select(candidates => Of(name, candidates)).FirstOrDefault(found => found is not null);

    private static ReadOnlySpan<char> Shortened(string name) => name.AsSpan(0, int.Min(name.Length, MaxLength));

    // Levenshtein 1966, two rows of the table at a time.
    private static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        Span<int> previous = stackalloc int[MaxLength + 1];
        Span<int> current = stackalloc int[MaxLength + 1];
        for (var j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = int.Min(replaced, 1 + int.Min(previous[j], current[j - 1]));
            }
            var swapped = previous;
            previous = current;
            current = swapped;
        }
        return previous[b.Length];
    }
}
