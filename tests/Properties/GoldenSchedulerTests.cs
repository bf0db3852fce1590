using System.Text.Json.Nodes;
using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// Whole sampling runs recorded from an independent implementation (diffusers 0.27.2 in float64, with recorded noise):
/// the file's <c>protocol</c> says how to repeat them. docs/differences.md lists what is wrong with some as recorded.
/// </summary>
public sealed class GoldenSchedulerTests
{
    private const double Tolerance = 1e-9;

    private static IEnumerable<TestCaseData> Cases() =>
        GoldenFiles.Runs.Select(run => new TestCaseData(run.Read).SetArgDisplayNames(run.Name));

    [TestCaseSource(nameof(Cases))]
    public void Golden_run_is_reproduced(object of)
    {
        GoldenRun run = ((Func<GoldenRun>)of)();
        SamplingPlan plan = GoldenPlans.Of(run);
        GoldenDifference[] differences = GoldenDifference.Of(run);
        bool addsNoise = differences.Any(difference => difference.Name == "noise-to-clean-data");
        if (differences.Length > (addsNoise ? 1 : 0))
        {
            ShouldDifferAsDocumented(run, plan, differences);
            return;
        }

        run.IsNaN.Should().BeFalse("no documented difference says why");
        plan.Steps.Where(step => step.Evaluate is not null)
            .Select(step => step.Evaluate!.Value.Time - 1)
            .ToArray()
            .ShouldEqual([.. run.Times.Take(plan.NetworkCalls)], Tolerance);
        double[][] states = run.Run(plan);
        // Only a last call whose answer has no weight may be left out.
        states.Length.Should().BeInRange(run.Times.Length - 1, run.Times.Length);
        if (addsNoise)
        {
            double[] noise = GoldenRecorder.LastNoise(run, Before(run, states));
            states[^1] = [.. states[^1].Zip(noise, (x, z) => x + z)];
        }

        foreach (JsonNode? point in run.Json["trajectory"]!.AsArray())
        {
            int call = int.Min((int)point![0]!, states.Length - 1);
            states[call].ShouldEqual(GoldenRun.Numbers(point[2]), Tolerance);
        }

        states[^1].ShouldEqual(run.Final, Tolerance);
    }

    [TestCaseSource(nameof(Cases))]
    public void Golden_tables_are_reproduced(object of)
    {
        GoldenRun run = ((Func<GoldenRun>)of)();
        int[] indices = [.. GoldenRun.Numbers(run.Json["indices"]).Select(i => (int)i)];
        indices
            .Select(i => run.Betas.Beta(i + 1))
            .ToArray()
            .ShouldEqual(GoldenRun.Numbers(run.Json["betas"]), Tolerance);
        indices
            .Select(i => (i + 1 == run.Betas.Steps ? run.Schedule : run.Betas).AlphaBar(i + 1))
            .ToArray()
            .ShouldEqual(GoldenRun.Numbers(run.Json["alphas_cumprod"]), Tolerance);
        if (run.Json["sigmas"] is { } sigmas && !HasOtherLevels(run))
        {
            // Some levels are listed once for every call there, and a 0 follows levels that end before it.
            double[] ratios = [.. GoldenGrids.Of(run).Points.Select(at => at.Level.Ratio)];
            double[] recorded = WithoutRepetition(GoldenRun.Numbers(sigmas));
            ratios.ShouldEqual(recorded[..ratios.Length], Tolerance);
            recorded[ratios.Length..].Where(sigma => sigma != 0).Should().BeEmpty();
        }

        foreach (JsonNode? row in run.Json["variance"]?.AsArray() ?? [])
        {
            int t = (int)row![0]!;
            if (t >= 0)
            {
                ShouldBeVariance(run, t + 1, GoldenRun.Numbers(new JsonArray(row[1]!.DeepClone()))[0]);
            }
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Golden_mixing_is_reproduced(object of)
    {
        GoldenRun run = ((Func<GoldenRun>)of)();
        if (HasOtherLevels(run))
        {
            return;
        }

        double[] noise = run.NoisePool[0];
        foreach (JsonNode? row in run.Json["add_noise"]?.AsArray() ?? [])
        {
            NoiseLevel level = LevelAt(run, (double)row![0]!);
            double scale = run.IsScaled ? 1 / level.Alpha : 1;
            run.Clean.Zip(noise, (x0, z) => level.Mix(x0, z) * scale)
                .ToArray()
                .ShouldEqual(GoldenRun.Numbers(row[1]), Tolerance);
        }

        foreach (JsonNode? row in run.Json["velocity"]?.AsArray() ?? [])
        {
            TrainingTarget target = Prediction.V.Target(run.Schedule[TimeOf(run, (double)row![0]!)]);
            run.Clean.Zip(noise, target.Apply).ToArray().ShouldEqual(GoldenRun.Numbers(row[1]), Tolerance);
        }
    }

    [TestCase("unipc-2-bh2-10")]
    [TestCase("unipc-3-bh1-20")]
    public void Golden_run_of_the_newer_release_ends_at_clean_data(string name)
    {
        GoldenRun run = GoldenFiles.Find(name);
        double[] last = run.Run(GoldenPlans.UniPcToClean(run))[^1];
        last.Should().OnlyContain(value => double.IsFinite(value));
        JsonNode newer = run.Json["newer"]!["final"]!;
        if (newer[0]!.GetValueKind() == System.Text.Json.JsonValueKind.Number)
        {
            last.ShouldEqual(GoldenRun.Numbers(newer), Tolerance);
        }
    }

    [Test]
    public void Golden_files_may_hold_bare_names_of_numbers()
    {
        JsonNode json = GoldenFiles.Parse("""{"a": [NaN, -Infinity, Infinity, 1.5], "NaN \" Infinity": "-Infinity"}""");
        GoldenRun.Numbers(json["a"]).Should().Equal(double.NaN, double.NegativeInfinity, double.PositiveInfinity, 1.5);
        ((string)json["NaN \" Infinity"]!).Should().Be("-Infinity");
    }

    [Test]
    public void Golden_differences_are_documented()
    {
        string[] rows =
        [
            .. File.ReadAllLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Golden", "differences.md"))
                .Where(line => line.StartsWith("| `", StringComparison.Ordinal)),
        ];
        GoldenRun[] own = [.. GoldenFiles.OwnRuns];
        foreach (GoldenDifference difference in GoldenDifference.All)
        {
            string row = rows.Should()
                .ContainSingle(line => line.StartsWith($"| `{difference.Name}` |", StringComparison.Ordinal))
                .Subject;
            // The runs that have it, these and no others, and a test that shows what is wrong.
            string[] listed = [.. row.Split('|')[2].Split(',').Select(name => name.Trim(' ', '`'))];
            listed.Should().Equal(own.Where(difference.Applies).Select(run => run.Name), difference.Name);
            typeof(GoldenDifferenceTests)
                .GetMethods()
                .Should()
                .Contain(method => row.EndsWith($"| `{method.Name}` |", StringComparison.Ordinal));
        }
    }

    // Finite here, and there the recorder's own steps, or no numbers.
    private static void ShouldDifferAsDocumented(GoldenRun run, SamplingPlan plan, GoldenDifference[] differences)
    {
        if (differences.Any(difference => difference.Name == "epsilon-at-pure-noise"))
        {
            FluentActions.Invoking(() => run.Run(plan)).Should().ThrowExactly<InvalidOperationException>();
            return;
        }

        double[][] states = run.Run(plan);
        double[] last = states[^1];
        last.Should().OnlyContain(value => double.IsFinite(value));
        string[] names = [.. differences.Select(difference => difference.Name)];
        if (names is ["empty-step"] && !run.IsNaN)
        {
            // The noise of a step whose length is a rounding error.
            last.ShouldEqual(run.Final, 1e-6);
        }

        if (differences.All(difference => difference.Repeats) && GoldenRecorder.Repeat(run) is { Length: > 0 } repeated)
        {
            repeated.ShouldEqual(run.Final, Tolerance);
        }

        // The next release joins DDPM's steps.
        if (
            run.Class == "DDPMScheduler"
            && names is ["fixed-stride"] or ["fixed-stride", "noise-to-clean-data"]
            && run.Json["newer"]?["final"] is { } newer
        )
        {
            double[] noise =
                names.Length == 1 ? new double[last.Length] : GoldenRecorder.LastNoise(run, Before(run, states));
            last.Zip(noise, (x, z) => x + z).ToArray().ShouldEqual(GoldenRun.Numbers(newer), Tolerance);
        }
    }

    private static double[] Before(GoldenRun run, double[][] states) =>
        states is [.., var before, _] ? before : run.Start;

    // Where the recorder starts at another level or visits one twice.
    private static bool HasOtherLevels(GoldenRun run) =>
        GoldenDifference.Of(run).Any(difference => difference.Name is "one-step" or "time-below-zero");

    private static double[] WithoutRepetition(double[] values) =>
        [.. values.Where((value, i) => i == 0 || double.Abs(value - values[i - 1]) > 1e-12 * value)];

    private static int TimeOf(GoldenRun run, double t) => t < 0 ? run.Schedule.Steps : (int)t + 1;

    // The level that the recorder mixes at: the schedule's, or that of the call at this time, the second if there are two.
    private static NoiseLevel LevelAt(GoldenRun run, double t)
    {
        if (run.Json["sigmas"] is null)
        {
            return run.Schedule[TimeOf(run, t)];
        }

        int[] calls =
        [
            .. run.Times.Select((time, call) => (time, call)).Where(at => at.time == t).Select(at => at.call),
        ];
        int index = calls is [_, var second, ..] ? second : calls[0];
        // Two calls a step: the level of a midpoint is taken for that of the step's end.
        bool twice = run.Class.StartsWith("KDPM2", StringComparison.Ordinal) || run.Class == "HeunDiscreteScheduler";
        return GoldenGrids.Of(run).Points[twice ? (index + 1) / 2 : index].Level;
    }

    // The recorder's step is a fixed stride, or leads to the next listed time.
    private static void ShouldBeVariance(GoldenRun run, int t, double expected)
    {
        int s = GoldenRecorder.Next(run, t);
        (NoiseLevel from, NoiseLevel to) = (run.Schedule[t], run.Schedule[s]);
        // The recorder writes 1e-20 for no variance.
        double variance = double.Max(run.Variance().Of(from, to), 1e-20);
        double actual = run.Text("variance_type") switch
        {
            "fixed_small_log" => double.Sqrt(variance),
            "fixed_large_log" => double.Log(variance),
            _ => variance,
        };
        new[] { actual }.ShouldEqual([expected], Tolerance);
    }
}
