namespace Diffusion.Nn;

/// <summary>Finds the known name that a wrong one was most likely meant to be.</summary>
internal static class ClosestName
{
    /// <summary>The candidate with the fewest edits to <paramref name="name"/>; null if there is none.</summary>
    internal static string? Of(string name, IEnumerable<string> candidates) =>
        candidates.MinBy(candidate => Distance(name, candidate));

    // Levenshtein 1966, two rows of the table at a time.
    private static int Distance(string a, string b)
    {
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        var current = new int[b.Length + 1];
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = int.Min(replaced, 1 + int.Min(previous[j], current[j - 1]));
            }
            (previous, current) = (current, previous);
        }
        return previous[b.Length];
    }
}
