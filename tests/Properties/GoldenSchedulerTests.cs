using System.Text.Json.Nodes;
using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// Whole sampling runs recorded from an independent implementation (diffusers 0.27.2 in float64, with recorded noise):
/// the file's <c>protocol</c> says how to repeat them. docs/differences.md lists those that are wrong as recorded.
/// </summary>
public sealed class GoldenSchedulerTests
{
    // What is reproduced instead of the recorded last state; GoldenDifferenceTests shows why.
    private static readonly Dictionary<string, Func<GoldenRun, double[]?>> Differences = new()
    {
        ["ddpm-linear-largelog-10"] = _ => null,
        ["ddpm-linspace-10"] = run => GoldenRun.Numbers(run.Json["newer"]!["final"]),
        ["ddim-linspace-10"] = _ => null,
    };

    private static IEnumerable<TestCaseData> Cases() =>
        GoldenFiles.Runs.Select(run => new TestCaseData(run.Read).SetArgDisplayNames(run.Name));

    [TestCaseSource(nameof(Cases))]
    public void Golden_run_is_reproduced(object of)
    {
        GoldenRun run = ((Func<GoldenRun>)of)();
        SamplingPlan plan = run.Plan();
        plan.Steps.Where(step => step.Evaluate is not null)
            .Select(step => step.Evaluate!.Value.Time - 1)
            .ToArray()
            .ShouldEqual([.. run.Times.Take(plan.NetworkCalls)], 1e-9);
        double[][] states = run.Run(plan);
        if (Differences.TryGetValue(run.Name, out Func<GoldenRun, double[]?>? instead))
        {
            if (instead(run) is { } expected)
            {
                states[^1].ShouldEqual(expected, 1e-9);
            }

            return;
        }

        // Only a last call whose answer has no weight may be left out.
        states.Length.Should().BeOneOf(run.Times.Length, run.Class == "PNDMScheduler" ? run.Times.Length - 1 : -1);
        states[^1] = [.. states[^1].Zip(run.LastNoise(), (x, noise) => x + noise)];
        foreach (JsonNode? point in run.Json["trajectory"]!.AsArray())
        {
            int call = int.Min((int)point![0]!, states.Length - 1);
            states[call].ShouldEqual(GoldenRun.Numbers(point[2]), 1e-9);
        }

        states[^1].ShouldEqual(run.Final, 1e-9);
    }

    [TestCaseSource(nameof(Cases))]
    public void Golden_tables_are_reproduced(object of)
    {
        GoldenRun run = ((Func<GoldenRun>)of)();
        Schedule schedule = run.Schedule;
        int[] indices = [.. GoldenRun.Numbers(run.Json["indices"]).Select(i => (int)i)];
        indices.Select(i => run.Betas.Beta(i + 1)).ToArray().ShouldEqual(GoldenRun.Numbers(run.Json["betas"]), 1e-9);
        indices
            .Select(i => schedule.AlphaBar(i + 1))
            .ToArray()
            .ShouldEqual(GoldenRun.Numbers(run.Json["alphas_cumprod"]), 1e-9);
        SamplingPlan plan = run.Plan();
        if (run.Json["sigmas"] is { } sigmas)
        {
            // The levels that lead on, each once for every call that the recorder lists.
            double[] ratios =
            [
                .. plan
                    .Steps.Where(step => step.Evaluate is not null)
                    .Select(step => step.Evaluate!.Value.Level)
                    .Append(plan.Steps[^1].To)
                    .Select(level => level.Sigma / level.Alpha),
            ];
            ratios.ShouldEqual(GoldenRun.Numbers(sigmas), 1e-9);
        }

        foreach (JsonNode? row in run.Json["variance"]?.AsArray() ?? [])
        {
            ShouldBeVariance(run, (int)row![0]! + 1, (double)row[1]!);
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Golden_mixing_is_reproduced(object of)
    {
        GoldenRun run = ((Func<GoldenRun>)of)();
        double[] clean = [0.5, -0.8, 0.1, 0.9, -0.3, 1.0, -1.0, 0.25];
        double[] noise = run.NoisePool[0];
        foreach (JsonNode? row in run.Json["add_noise"]?.AsArray() ?? [])
        {
            NoiseLevel level = LevelAt(run, (double)row![0]!);
            double scale = run.IsScaled ? 1 / level.Alpha : 1;
            clean
                .Zip(noise, (x0, z) => level.Mix(x0, z) * scale)
                .ToArray()
                .ShouldEqual(GoldenRun.Numbers(row[1]), 1e-9);
        }

        foreach (JsonNode? row in run.Json["velocity"]?.AsArray() ?? [])
        {
            TrainingTarget target = Prediction.V.Target(LevelAt(run, (double)row![0]!));
            clean.Zip(noise, target.Apply).ToArray().ShouldEqual(GoldenRun.Numbers(row[1]), 1e-9);
        }
    }

    [TestCase("unipc-2-bh2-10")]
    [TestCase("unipc-3-bh1-20")]
    public void Golden_run_of_the_newer_release_ends_at_clean_data(string name)
    {
        GoldenRun run = GoldenFiles.Find(name);
        double[] last = run.Run(run.NewerPlan())[^1];
        last.Should().OnlyContain(value => double.IsFinite(value));
        JsonNode newer = run.Json["newer"]!["final"]!;
        if (newer[0]!.GetValueKind() == System.Text.Json.JsonValueKind.Number)
        {
            last.ShouldEqual(GoldenRun.Numbers(newer), 1e-9);
        }
    }

    [Test]
    public void Golden_differences_are_documented()
    {
        string text = File.ReadAllText(
            Path.Combine(TestContext.CurrentContext.TestDirectory, "Golden", "differences.md")
        );
        foreach (string name in Differences.Keys.Append("ddpm-offset1-range2-50"))
        {
            text.Should().Contain($"`{name}`");
        }
    }

    // The level that the recorder mixes at: the visited one where the time is visited, else the schedule's.
    private static NoiseLevel LevelAt(GoldenRun run, double t)
    {
        foreach (SamplingStep step in run.Plan().Steps)
        {
            if (
                step.Evaluate is { } at
                && double.Abs(at.Time - 1 - t) < 1e-9
                && !run.Class.StartsWith("DD", StringComparison.Ordinal)
            )
            {
                return at.Level;
            }
        }

        return run.Curve.AtTime(t + 1).Level;
    }

    // The recorder's step is the next listed time where there is one, else a fixed stride.
    private static void ShouldBeVariance(GoldenRun run, int t, double expected)
    {
        TimeGrid grid = run.WholeTimes();
        int s = grid.First(pair => pair.From == t).To;
        if (run.Name == "ddpm-linspace-10")
        {
            s = int.Max(0, t - (run.Schedule.Steps / grid.Count));
        }

        (NoiseLevel from, NoiseLevel to) = (run.Schedule[t], run.Schedule[s]);
        string type = (string)run.Json["full_config"]!["variance_type"]!;
        // The recorder writes 1e-20 for no variance.
        double variance = double.Max(run.Variance().Of(from, to), 1e-20);
        double actual = type switch
        {
            "fixed_small_log" => double.Sqrt(variance),
            "fixed_large_log" => double.Log(variance),
            _ => variance,
        };
        new[] { actual }.ShouldEqual([expected], 1e-9);
    }
}
