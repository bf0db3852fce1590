namespace Diffusion.Nn;

/// <summary>What diffusers calls the layers of attention, and what it called them before release 0.14.</summary>
internal static class AttentionNames
{
    private const string Blocks = ".attentions.";

    /// <summary>The parts of a tensor's name that changed.</summary>
    internal static readonly (string Old, string New)[] Pairs =
    [
        (".query.", ".to_q."),
        (".key.", ".to_k."),
        (".value.", ".to_v."),
        (".proj_attn.", ".to_out.0."),
    ];

    /// <summary>Whether a tensor of an attention block has its old name.</summary>
    internal static bool IsLegacy(string name) => ToCurrent(name) != name;

    /// <summary>Today's name of a tensor; others stay as they are.</summary>
    internal static string ToCurrent(string name) =>
        Pairs.Aggregate(name, (current, pair) => Replace(current, pair.Old, pair.New));

    /// <summary>The name before release 0.14; others stay as they are.</summary>
    internal static string ToLegacy(string name) =>
        Pairs.Aggregate(name, (current, pair) => Replace(current, pair.New, pair.Old));

    // Only within attention blocks: elsewhere the same words may mean something else.
    private static string Replace(string name, string from, string to) =>
        name.IndexOf(Blocks, StringComparison.Ordinal) is var start and >= 0
        && name.IndexOf(from, start, StringComparison.Ordinal) is var at and >= 0
            ? name[..at] + to + name[(at + from.Length)..]
            : name;
}
