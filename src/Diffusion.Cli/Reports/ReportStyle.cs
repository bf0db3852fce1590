using System.Security.Cryptography;
using System.Text;

namespace Diffusion.Cli;

/// <summary>A report's style and script. Neither has a character that markup would have to escape.</summary>
internal static class ReportStyle
{
    // What the charts' lines become on a dark page, in the order of ChartLine.Colours.
    private static readonly string[] DarkLines =
    [
        "#5aaef0",
        "#ff8f4d",
        "#3fd0a3",
        "#e9a9d0",
        "#f2f2f2",
        "#9bd7f7",
        "#f3c34f",
    ];

    private static readonly (string Light, string Dark)[] Lines =
    [
        .. ChartLine.Colours.Zip(DarkLines),
        (LossCurve.Faint, "#41658c"),
        (LossCurve.Strong, "#7ab8ff"),
        (LineChart.GridColour, "#33373d"),
        (LineChart.Frame, "#7b8088"),
    ];

    private static readonly string Layout = """

        :root { color-scheme: light dark; --page: #f4f5f7; --card: #ffffff; --ink: #1c1f24; --soft: #5a616b;
          --edge: #dcdfe4; --accent: #0066b8; --note: #fff6dd; --note-edge: #e3c877; }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
        header, main, footer { max-width: 66rem; margin: 0 auto; padding: 0 1rem; }
        h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 0.2rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.25rem; margin: 0 0 0.6rem; padding-top: 2rem; }
        a { color: var(--accent); }
        a:focus-visible, summary:focus-visible, .scroll:focus-visible, button:focus-visible { border-radius: 4px;
          outline: 3px solid var(--accent); outline-offset: 2px; }
        .eyebrow { color: var(--soft); font-size: 0.85rem; margin: 1.6rem 0 0; }
        nav ul { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; list-style: none; margin: 0; padding: 0; }
        nav a { display: inline-block; padding: 0.25rem 0; font-size: 0.95rem; }
        p { margin: 0.4rem 0; max-width: 46rem; overflow-wrap: anywhere; }
        .soft, footer, figcaption { color: var(--soft); }
        figcaption { font-size: 0.9rem; margin-top: 0.5rem; overflow-wrap: anywhere; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 0.7rem;
          margin: 1rem 0; }
        .tiles div { background: var(--card); border: 1px solid var(--edge); border-radius: 8px;
          padding: 0.6rem 0.8rem; display: flex; flex-direction: column; justify-content: space-between; }
        .tiles dt { color: var(--soft); font-size: 0.85rem; line-height: 1.3; }
        .tiles dd { margin: 0; font-size: 1.2rem; font-weight: 600; font-variant-numeric: tabular-nums; }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; }
        .cards figure:last-child:nth-child(odd) { grid-column: 1 / -1; }
        figure { margin: 0; background: var(--card); border: 1px solid var(--edge); border-radius: 8px; padding: 0.8rem;
          min-width: 0; }
        .chart { display: block; width: 100%; max-width: 28rem; height: auto; margin: 0 auto; }
        .stage { display: flex; justify-content: center; }
        .stage img { width: 100%; max-width: 28rem; height: auto; image-rendering: pixelated; border-radius: 4px; }
        .wide img { display: block; width: 100%; max-width: 40rem; height: auto; margin: 0 auto;
          image-rendering: pixelated; }
        [hidden] { display: none !important; }
        .control { display: grid; grid-template-columns: 1fr auto; gap: 0.3rem 0.8rem; align-items: center;
          margin: 0.8rem auto 0; max-width: 28rem; }
        .control label, .control output { grid-column: 1 / -1; }
        .control label { font-weight: 600; }
        .control input { width: 100%; min-height: 2.4rem; accent-color: var(--accent); margin: 0; }
        .control button { font: inherit; min-width: 5rem; min-height: 2.4rem; color: var(--accent); cursor: pointer;
          background: transparent; border: 1px solid var(--accent); border-radius: 6px; }
        .control input:focus-visible { outline: 3px solid var(--accent); border-radius: 4px; }
        .control output { color: var(--soft); font-variant-numeric: tabular-nums; }
        .frames + figcaption { max-width: 28rem; margin-left: auto; margin-right: auto; }
        noscript p { max-width: 28rem; margin: 0.5rem auto 0; }
        .note { background: var(--note); border: 1px solid var(--note-edge); border-radius: 8px;
          padding: 0.7rem 0.9rem; }
        code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
        pre, .scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--edge); border-radius: 8px; }
        table { border-collapse: collapse; width: 100%; font-size: 0.93rem; font-variant-numeric: tabular-nums; }
        th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.8rem; border-top: 1px solid var(--edge);
          overflow-wrap: anywhere; }
        thead th, tbody:first-child tr:first-child th, tbody:first-child tr:first-child td { border-top: none; }
        thead th { font-size: 0.85rem; font-weight: 600; color: var(--soft); }
        tbody th { font-weight: 500; }
        .pairs th { width: 38%; }
        .stack th { width: 27%; }
        .how { width: 43%; color: var(--soft); }
        .figures th, .figures td { overflow-wrap: normal; white-space: nowrap; }
        .figures tbody th { white-space: normal; min-width: 6rem; }
        .number { text-align: right; }
        .part { padding-left: 1.8rem; }
        details { margin: 0.5rem 0; }
        summary { cursor: pointer; padding: 0.3rem 0; font-weight: 600; }
        footer { margin-top: 2rem; padding-bottom: 2rem; font-size: 0.9rem; }
        @media (max-width: 40rem) {
          th, td { padding: 0.35rem 0.6rem; }
          .figures, .figures thead th { font-size: 0.8rem; }
          .figures th, .figures td { padding: 0.35rem; }
          .pairs { font-size: 0.88rem; }
          .pairs th { width: 48%; }
          .stack thead { display: none; }
          .stack tr, .stack th, .stack td { display: block; border: none; padding: 0 0.7rem; }
          .stack tr { border-top: 1px solid var(--edge); padding: 0.5rem 0; }
          .stack tr:first-child { border-top: none; }
          .stack tbody th { font-weight: 600; }
          .stack .part { padding-left: 1.5rem; }
          .stack .part + td { padding-left: 1.5rem; }
          .stack th, .stack td { width: auto; }
          .stack .how { font-size: 0.88rem; }
        }

        """;

    /// <summary>The style sheet.</summary>
    internal static string Css { get; } = (Layout + Dark()).ReplaceLineEndings("\n");

    /// <summary>Moves the sliders' pictures, and plays them.</summary>
    internal static string Script { get; } =
        """

            document.querySelectorAll('.frames').forEach(function (frames) {
              var slider = frames.querySelector('input');
              var words = frames.querySelector('output');
              var button = frames.querySelector('button');
              var images = frames.querySelectorAll('img');
              var timer = 0;
              function show() {
                images.forEach(function (image, i) { image.hidden = i !== Number(slider.value); });
                words.textContent = images[slider.value].alt;
                slider.setAttribute('aria-valuetext', images[slider.value].alt);
              }
              function say(verb) {
                button.textContent = verb;
                button.setAttribute('aria-label', verb + ': ' + frames.querySelector('label').textContent);
              }
              function stop() {
                clearInterval(timer);
                timer = 0;
                say('Play');
              }
              function next() {
                slider.value = Number(slider.value) + 1;
                show();
                if (slider.value === slider.max) { stop(); }
              }
              slider.addEventListener('input', function () { stop(); show(); });
              button.addEventListener('click', function () {
                if (timer) { stop(); return; }
                if (slider.value === slider.max) { slider.value = 0; show(); }
                timer = setInterval(next, 500);
                say('Pause');
              });
              frames.querySelector('.control').hidden = false;
              show();
            });

            """.ReplaceLineEndings("\n");

    /// <summary>What the page may load and run: nothing but its own pictures, this style and this script.</summary>
    internal static string Policy { get; } =
        $"default-src 'none'; img-src data:; style-src {Hash(Css)}; script-src {Hash(Script)}; base-uri 'none';"
        + " form-action 'none'";

    private static string Dark()
    {
        var rules = new StringBuilder("@media (prefers-color-scheme: dark) {\n")
            .AppendLine("  :root { --page: #14161a; --card: #1d2025; --ink: #e8eaed; --soft: #a4abb5; --edge: #343941;")
            .AppendLine("    --accent: #6ab0f5; --note: #332b14; --note-edge: #6b5a25; }")
            .AppendLine($"  .chart rect[fill='{LineChart.Paper}'] {{ fill: var(--card); }}")
            .AppendLine("  .chart text { fill: #ccd1d8; }")
            .AppendLine("  .chart rect[stroke] { stroke: #7b8088; }");
        foreach (var (light, dark) in Lines)
            rules
                .AppendLine($"  .chart polyline[stroke='{light}'] {{ stroke: {dark}; }}")
                .AppendLine($"  .chart circle[fill='{light}'] {{ fill: {dark}; }}");
        return rules.AppendLine("}").ToString();
    }

    private static string Hash(string text) =>
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";
}
