using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Diffusion.Cli;

/// <summary>Elements of a page. Every text goes through here, so that what files say is text and no more.</summary>
internal static class Html
{
    private const int MostCharacters = 4000;

    private static readonly string[] Void = ["meta", "link", "img", "input", "wbr"];

    /// <summary>An element; strings in its content become text.</summary>
    internal static XElement Tag(string name, params object?[] content)
    {
        var parts = content.Select(part => part is string text ? new XText(Clean(text)) : part);
        var element = new XElement(name, parts);
        // HTML reads a self-closing tag as one that is left open.
        if (element.IsEmpty && !Void.Contains(name))
            element.Add("");
        return element;
    }

    /// <summary>An attribute.</summary>
    internal static XAttribute Attribute(string name, string value) => new(name, Clean(value));

    /// <summary>A picture made of SVG, as HTML has it: without a namespace, which its parser knows by itself.</summary>
    internal static XElement Svg(XElement picture, string description)
    {
        var inline = Plain(picture);
        inline.SetAttributeValue("class", "chart");
        inline.SetAttributeValue("role", "img");
        inline.SetAttributeValue("aria-label", Clean(description));
        return inline;
    }

    /// <summary>
    /// Text that can command neither a page nor the reader's eye: without control or format characters, and cut where it
    /// is endless.
    /// </summary>
    internal static string Clean(string text)
    {
        var clean = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= MostCharacters)
                return clean.Append('…').ToString();
            var kept = rune.Value == '\n' || !IsCommand(rune);
            clean.Append(kept ? rune.ToString() : "\uFFFD");
        }
        return clean.ToString();
    }

    private static bool IsCommand(Rune rune) =>
        Rune.IsControl(rune)
        || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format
        || rune.IsBmp && !XmlConvert.IsXmlChar((char)rune.Value);

    private static XElement Plain(XElement element) =>
        new(
            element.Name.LocalName,
            element.Attributes().Where(attribute => !attribute.IsNamespaceDeclaration),
            element
                .Nodes()
                .Select(node =>
                    node switch
                    {
                        XElement child => Plain(child),
                        XText text => new XText(Clean(text.Value)),
                        _ => (XNode?)null,
                    }
                )
        );
}
