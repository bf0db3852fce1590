namespace Diffusion.Nn;

/// <summary>The order of texts by Unicode code points, which is that of their UTF-8 bytes; .NET's ordinal order puts
/// U+E000 to U+FFFF behind the characters above.</summary>
internal sealed class CodePointOrder : IComparer<string>
{
    internal static readonly CodePointOrder Instance = new();

    private CodePointOrder() { }

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        var common = x.AsSpan().CommonPrefixLength(y);
        return x?.Length > common && y?.Length > common
            ? Weight(x[common]).CompareTo(Weight(y[common]))
            : (x?.Length ?? -1).CompareTo(y?.Length ?? -1);
    }

    private static int Weight(char c) => char.IsSurrogate(c) ? c + char.MaxValue : c;
}
