using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Diffusion.Cli;

/// <summary>Shows how far a long piece of work is: a live bar on a terminal, else a plain line every few seconds.</summary>
internal static class ProgressDisplay
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);

    /// <summary>Reports that so many of the units are done, with a few words on how it goes.</summary>
    internal delegate void Report(long done, string detail);

    /// <summary>Runs the work on this thread.</summary>
    /// <param name="title">What the work is.</param>
    /// <param name="total">Units of work in all.</param>
    /// <param name="done">Units done before.</param>
    /// <param name="work">Does the work and reports.</param>
    internal static void Run(string title, long total, long done, Action<Report> work)
    {
        if (AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected)
            RunLive(title, total, done, work);
        else
            RunPlain(title, total, done, work);
    }

    /// <summary>A time as hours, minutes and seconds, with days where there are some.</summary>
    internal static string Clock(TimeSpan time) =>
        time.ToString(time.Days > 0 ? @"d\.hh\:mm\:ss" : @"h\:mm\:ss", CultureInfo.InvariantCulture);

    private static void RunLive(string title, long total, long done, Action<Report> work) =>
        AnsiConsole
            .Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn { Width = 30 },
                new PercentageColumn(),
                new RemainingTimeColumn()
            )
            .Start(context =>
            {
                var task = context.AddTask(Markup.Escape(title), maxValue: total);
                task.Value = done;
                work(
                    (now, detail) =>
                    {
                        task.Value = now;
                        task.Description = Markup.Escape($"{title}  {now}/{total}  {detail}");
                    }
                );
            });

    private static void RunPlain(string title, long total, long done, Action<Report> work)
    {
        var clock = Stopwatch.StartNew();
        var next = TimeSpan.Zero;
        work(
            (now, detail) =>
            {
                if (clock.Elapsed < next && now < total)
                    return;
                next = clock.Elapsed + PlainInterval;
                var left = clock.Elapsed * ((double)(total - now) / long.Max(1, now - done));
                Console.WriteLine($"{title}  {now}/{total}  {detail}  ETA {Clock(left)}");
            }
        );
    }
}
