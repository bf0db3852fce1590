using System.Diagnostics;
using System.Text.Json;
using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;
#if SYSTEM_ENGINE
using Diffusion.Engine;
#endif

namespace Diffusion.Benchmarks;

/// <summary>
/// Times one training step and one sampling step of the course UNet (1,707,009 parameters, 28×28) and one training step
/// of BasicUNet, as a user of the API writes them, and prints one JSON object: seconds a step, the best of the block
/// medians and the median of all. docs/performance.md says how to compare with a peer.
/// </summary>
internal static class StepBenchmark
{
    private const int WarmUp = 2;

    internal static void Run(string[] arguments)
    {
        var (batch, blocks, reps) = (
            Number(arguments, "--batch", 64),
            Number(arguments, "--blocks", 4),
            Number(arguments, "--reps", 6)
        );
        set_num_threads(Number(arguments, "--threads", Environment.ProcessorCount));
        using var process = new GaussianDiffusion(Schedule.Cosine(1000));
        using var x0 = randn(batch, 1, 28, 28).clamp(-1, 1);
        using var unet = new UNet2D(Course);
        using var basic = new BasicUNet();
        if (arguments.Contains("--profile"))
        {
            PrintProfile("training step", Training(process, unet.parameters(), unet.call, x0));
            PrintProfile("sampling step", Sampling(process, unet, x0));
            return;
        }
        if (arguments.Contains("--effects"))
        {
            PrintEffects("training step", Training(process, unet.parameters(), unet.call, x0), blocks * reps);
            PrintEffects("sampling step", Sampling(process, unet, x0), blocks * reps);
            PrintEffects(
                "BasicUNet training step",
                Training(process, basic.parameters(), (x, _) => basic.call(x), x0),
                blocks * reps
            );
            return;
        }
        var figures = new Dictionary<string, object>
        {
            ["libtorch"] = torch.__version__,
            ["threads"] = get_num_threads(),
            ["batch"] = batch,
            ["parameters"] = unet.parameters().Sum(p => p.numel()),
            ["train_step_s"] = Timed(Training(process, unet.parameters(), unet.call, x0), blocks, reps),
            ["basic_train_step_s"] = Timed(
                Training(process, basic.parameters(), (x, _) => basic.call(x), x0),
                blocks,
                reps
            ),
            ["sample_step_s"] = Timed(Sampling(process, unet, x0), blocks, reps),
            ["peak_memory_bytes"] = Process.GetCurrentProcess().PeakWorkingSet64,
        };
        Console.WriteLine(JsonSerializer.Serialize(figures, new JsonSerializerOptions { WriteIndented = true }));
    }

    private static UNet2DConfig Course =>
        new()
        {
            SampleSize = 28,
            InChannels = 1,
            OutChannels = 1,
            LayersPerBlock = 2,
            BlockOutChannels = [32, 64, 64],
            DownBlockTypes = [DownBlockType.DownBlock2D, DownBlockType.AttnDownBlock2D, DownBlockType.AttnDownBlock2D],
            UpBlockTypes = [UpBlockType.AttnUpBlock2D, UpBlockType.AttnUpBlock2D, UpBlockType.UpBlock2D],
        };

    private static Action Training(
        GaussianDiffusion process,
        IEnumerable<TorchSharp.Modules.Parameter> parameters,
        Func<Tensor, Tensor, Tensor> network,
        Tensor x0
    )
    {
        var optimizer = optim.AdamW(parameters, 4e-4);
        return () =>
        {
            using var scope = NewDisposeScope();
            var loss = process.Loss(network, x0, process.UniformTimes(x0.shape[0]), randn_like(x0));
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            loss.item<float>();
        };
    }

    private static Action Sampling(GaussianDiffusion process, UNet2D unet, Tensor x0)
    {
        unet.eval();
        var (x, t) = (x0.clone(), process.Schedule.Steps);
        return () =>
        {
            var next = process.ReverseStep(unet.call, x, t);
            x.Dispose();
            (x, t) = (next, t - 1);
        };
    }

    private static object Timed(Action step, int blocks, int reps)
    {
        for (var i = 0; i < WarmUp; i++)
            step();
        var times = Enumerable
            .Range(0, blocks)
            .Select(_ => Enumerable.Range(0, reps).Select(_ => Seconds(step)).ToList())
            .ToList();
        return new
        {
            best = times.Min(Median),
            median = Median(times.SelectMany(t => t)),
            min = times.Min(t => t.Min()),
            n = blocks * reps,
        };
    }

    private static void PrintProfile(string name, Action step)
    {
#if SYSTEM_ENGINE
        for (var i = 0; i < WarmUp; i++)
            step();
        const int Steps = 3;
        var operators = Profile.Of(() =>
        {
            for (var i = 0; i < Steps; i++)
                step();
        });
        var total = operators.Sum(o => o.Time.TotalMilliseconds);
        Console.WriteLine($"{name}: {total / Steps:F0} ms in operators");
        foreach (var o in operators.Take(16))
            Console.WriteLine(
                $"{o.Time.TotalMilliseconds / Steps, 8:F1} ms {o.Time.TotalMilliseconds / total, 6:P1} {o.Calls / Steps, 6} x  {o.Name}"
            );
#else
        Console.WriteLine($"{name}: the profile needs TorchEngine=system.");
#endif
    }

    // Settings take turns, step by step, so that a busy machine is busy for all of them alike.
    private static void PrintEffects(string name, Action step, int rounds)
    {
#if SYSTEM_ENGINE
        (string Name, Action<bool> Set)[] switches =
        [
            ("attention", on => Kernels.Attention = on),
            ("convolution", on => Kernels.Convolution = on),
            ("norm", on => Kernels.GroupNorm = on),
            ("optimizer", on => Kernels.Optimizer = on),
            ("memory", on => TensorMemory.IsKept = on),
        ];
        var settings = switches
            .Select(s => ($"without {s.Name}", (Action<bool>)(on => s.Set(on))))
            .Prepend(("all", _ => { }))
            .Append(("none", on => Array.ForEach(switches, s => s.Set(on))))
            .ToList();
        var times = settings.ConvertAll(_ => new List<double>());
        for (var round = -1; round < rounds; round++)
        for (var i = 0; i < settings.Count; i++)
        {
            var (_, set) = settings[i];
            set(false);
            // The first step after a change fills the caches and the memory that is kept.
            step();
            var seconds = Seconds(step);
            set(true);
            if (round >= 0)
                times[i].Add(seconds);
        }
        var all = Median(times[0]);
        Console.WriteLine($"{name}, medians of {rounds}:");
        for (var i = 0; i < settings.Count; i++)
            Console.WriteLine($"{settings[i].Item1, -20} {Median(times[i]), 6:F3} s  {Median(times[i]) / all, 5:F2}");
#else
        Console.WriteLine($"{name}: the switches need TorchEngine=system.");
#endif
    }

    private static double Seconds(Action step)
    {
        var clock = Stopwatch.StartNew();
        step();
        return clock.Elapsed.TotalSeconds;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static int Number(string[] arguments, string name, int fallback) =>
        Array.IndexOf(arguments, name) is >= 0 and var at ? int.Parse(arguments[at + 1]) : fallback;
}
