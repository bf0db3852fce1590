using System.Diagnostics;
using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>Reads images with a word on how far it is where that takes long, and on what was left out.</summary>
internal static class LoadedImages
{
    private static readonly TimeSpan FirstReport = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Reads images.</summary>
    /// <param name="load">Does it, and reports how many images are done and how many there are.</param>
    /// <param name="output">What to print beside that.</param>
    internal static ImageDataset Read(
        Func<Action<int, int>, ImageDataset> load,
        TrainingOutput output = TrainingOutput.Progress
    )
    {
        var clock = Stopwatch.StartNew();
        var next = FirstReport;
        var gate = new Lock();
        var images = load(
            (done, total) =>
            {
                lock (gate)
                {
                    if (clock.Elapsed < next || output != TrainingOutput.Progress)
                        return;
                    next = clock.Elapsed + Interval;
                    Console.WriteLine($"reading images  {done}/{total}");
                }
            }
        );
        foreach (var notice in output == TrainingOutput.Quiet ? [] : images.Notices)
            Console.Error.WriteLine($"note: {notice}");
        foreach (var skipped in images.Skipped)
            Console.Error.WriteLine($"skipped: {CommandLine.OneLine(skipped.Reason)}");
        if (!images.Skipped.IsEmpty)
            Console.Error.WriteLine(
                $"{images.Skipped.Length} of {images.Skipped.Length + images.Count} images were skipped."
            );
        return images;
    }

    /// <summary>A few words on what there is.</summary>
    internal static string Describe(ImageDataset images) =>
        $"{images.Count} images, {images.Channels}×{images.Height}×{images.Width}"
        + (images.ClassCount > 0 ? $", {images.ClassCount} classes" : "");
}
