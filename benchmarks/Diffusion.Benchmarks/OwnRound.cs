using System.Diagnostics;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Benchmarks;

/// <summary>Times everything in this process and prints one JSON object; peers print the same figures.</summary>
internal static class OwnRound
{
    private const int StepsBesideNetwork = 10;

    internal static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    internal static void Run(int batch, int blocks, int reps)
    {
        using var steps = new CourseSteps(batch);
        var figures = new Dictionary<string, object>
        {
            ["libtorch"] = torch.__version__,
            ["threads"] = get_num_threads(),
            ["batch"] = batch,
            ["parameters"] = steps.Parameters,
            ["train_step_s"] = Timing.Of(steps.Training(), blocks, reps),
            ["basic_train_step_s"] = Timing.Of(steps.BasicTraining(), blocks, reps),
            ["sample_step_s"] = Timing.Of(steps.Sampling(), blocks, reps),
            ["forward_s"] = Timing.Of(steps.Forward(), blocks, reps),
            ["share_beside_network"] = steps.ShareBesideNetwork(StepsBesideNetwork),
        };
        foreach (var (key, timing) in SchedulerSteps.Measure(batch, blocks))
            figures[key] = timing;
        using (var self = Process.GetCurrentProcess())
            figures["peak_memory_bytes"] = self.PeakWorkingSet64;
        Print(figures);
    }

    /// <summary>Prints profiles in place of times.</summary>
    internal static void RunOperators(int batch)
    {
        using var steps = new CourseSteps(batch);
        Print(
            new Dictionary<string, object>
            {
                ["train_operators"] = OperatorShare.Of(steps.Training()),
                ["sample_operators"] = OperatorShare.Of(steps.Sampling()),
            }
        );
    }

    private static void Print(Dictionary<string, object> figures) =>
        Console.WriteLine(JsonSerializer.Serialize(figures, Json));
}
