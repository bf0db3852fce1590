using System.Globalization;
using System.Text;

namespace Diffusion.Nn;

/// <summary>Text of files of unknown origin, made fit for a message.</summary>
internal static class FileText
{
    private const int MaxLength = 200;

    /// <summary>Cuts what is long and replaces characters that could command a terminal or turn a line
    /// around.</summary>
    internal static string Shown(string text)
    {
        var shown = new StringBuilder();
        foreach (var c in text.AsSpan(0, int.Min(text.Length, MaxLength)))
            shown.Append(char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? '\uFFFD' : c);
        if (text.Length > MaxLength)
            shown.Append("… (").Append(text.Length).Append(" characters)");
        return shown.ToString();
    }

    /// <inheritdoc cref="Shown(string)"/>
    internal static string Shown(ReadOnlySpan<byte> utf8) =>
        Shown(Encoding.UTF8.GetString(utf8[..int.Min(utf8.Length, 4 * MaxLength)]));
}
