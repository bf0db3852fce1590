using System.Globalization;
using System.Xml.Linq;

namespace Diffusion.Cli;

/// <summary>Pictures of which a slider shows one. Without scripts the last one stands alone.</summary>
internal static class FrameSlider
{
    /// <summary>Makes the element.</summary>
    /// <param name="id">Of the slider, in the page.</param>
    /// <param name="label">What the slider chooses.</param>
    /// <param name="frames">At least one.</param>
    internal static XElement Of(string id, string label, IReadOnlyList<FramePicture> frames)
    {
        if (frames.Count == 1)
            return Html.Tag("div", Html.Attribute("class", "stage"), Image(frames[0]));
        var last = (frames.Count - 1).ToString(CultureInfo.InvariantCulture);
        return Html.Tag(
            "div",
            Html.Attribute("class", "frames"),
            Html.Tag(
                "div",
                Html.Attribute("class", "stage"),
                frames.Select((frame, i) => Image(frame, isHidden: i < frames.Count - 1))
            ),
            Html.Tag(
                "div",
                Html.Attribute("class", "control"),
                Html.Attribute("hidden", "hidden"),
                Html.Tag("label", Html.Attribute("for", id), label),
                Html.Tag(
                    "input",
                    Html.Attribute("type", "range"),
                    Html.Attribute("id", id),
                    Html.Attribute("min", "0"),
                    Html.Attribute("max", last),
                    Html.Attribute("step", "1"),
                    Html.Attribute("value", last),
                    Html.Attribute("autocomplete", "off")
                ),
                Html.Tag(
                    "button",
                    Html.Attribute("type", "button"),
                    Html.Attribute("aria-controls", id),
                    Html.Attribute("aria-label", $"Play: {label}"),
                    "Play"
                ),
                Html.Tag("output", Html.Attribute("for", id), frames[^1].Label)
            ),
            Html.Tag(
                "noscript",
                Html.Tag("p", $"{frames[^1].Label}. Where scripts may run, a slider shows all {frames.Count} pictures.")
            )
        );
    }

    /// <summary>A picture alone.</summary>
    internal static XElement Image(FramePicture frame, bool isHidden = false) =>
        Html.Tag(
            "img",
            // As long as it is, since nothing of it is text from a file.
            new XAttribute("src", frame.ToDataUri()),
            Html.Attribute("alt", frame.Label),
            Html.Attribute("width", frame.Picture.Width.ToString(CultureInfo.InvariantCulture)),
            Html.Attribute("height", frame.Picture.Height.ToString(CultureInfo.InvariantCulture)),
            isHidden ? Html.Attribute("hidden", "hidden") : null
        );
}
