namespace Diffusion.Nn;

/// <summary>Tells weights of another network from those in which a few tensors are wrong.</summary>
internal static class OtherNetwork
{
    // Less than that is said tensor by tensor.
    private const int Few = 8;

    /// <summary>One sentence in place of hundreds, without its full stop; null where most tensors are the network's.</summary>
    /// <param name="wanted">How many tensors the network has.</param>
    /// <param name="missing">Those of them that aren't there.</param>
    /// <param name="unused">Those that are there and that it hasn't.</param>
    internal static string? Describe(int wanted, IReadOnlyList<string> missing, IReadOnlyList<string> unused)
    {
        var belonging = wanted - missing.Count;
        var held = belonging + unused.Count;
        if (missing.Count <= Few || unused.Count <= Few || 2 * belonging >= int.Min(wanted, held))
            return null;
        return $"these are another network's weights: of the {held} tensors {(belonging == 0 ? "none" : $"only {belonging}")}"
            + $" {(belonging == 1 ? "has a name" : "have names")} of this network's {wanted}. There is"
            + $" '{FileText.Shown(unused[0])}', it wants '{FileText.Shown(missing[0])}'; take the config that was saved with"
            + " the weights";
    }
}
