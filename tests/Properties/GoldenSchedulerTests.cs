using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Math;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>
/// Whole sampling runs recorded from an independent implementation (diffusers 0.27.2 in float64, with recorded noise):
/// the file's <c>protocol</c> says how to repeat them. Those whose schedule and sampler exist so far.
/// </summary>
public sealed class GoldenSchedulerTests
{
    private static readonly JsonNode File = JsonNode.Parse(
        System.IO.File.ReadAllText(
            Path.Combine(
                Environment.GetEnvironmentVariable("DIFFUSION_GOLDEN_DIR")
                    ?? Path.Combine(TestContext.CurrentContext.TestDirectory, "Golden"),
                "schedulers.json"
            )
        )
    )!;

    private static readonly double[][] NoisePool =
    [
        .. File["noise_pool"]!.AsArray().Select(row => row.Deserialize<double[]>()!),
    ];

    [TestCase("ddpm-linear-small-clip-1000")]
    [TestCase("ddpm-linear-small-clip-50")]
    [TestCase("ddpm-linear-large-noclip-50")]
    [TestCase("ddpm-scaled-smalllog-noclip-50")]
    [TestCase("ddpm-cosine-small-clip-v-50")]
    [TestCase("ddpm-linear-sample-50")]
    [TestCase("ddpm-trailing-50")]
    [TestCase("ddpm-custom-timesteps")]
    [TestCase("ddpm-trained-betas-12")]
    [TestCase("ddim-eta0.5-noclip-10")]
    [TestCase("ddim-clippedoutput-10")]
    public void Golden_run_is_reproduced(string name)
    {
        JsonNode run = File["configs"]!.AsArray().Single(config => (string)config!["name"]! == name)!;
        JsonNode config = run["full_config"]!;
        Schedule schedule = ScheduleOf(config);
        CheckSchedule(run, schedule);

        // The file counts times from 0 and leaves the end at clean data out.
        int[] times = run["timesteps"].Deserialize<int[]>()!;
        TimeGrid grid = TimeGrid.Explicit([.. times.Select(t => t + 1), 0]);
        SamplingPlan plan = PlanOf(run, schedule, grid);
        Prediction prediction = PredictionOf(config);
        double[] start = File["x_T"].Deserialize<double[]>()!;
        double[][] states =
        [
            .. plan.Trajectory(
                start,
                prediction,
                (x, at) => [.. x.Select(u => StandIn(prediction, schedule, at, u))],
                i => NoisePool[i % NoisePool.Length]
            ),
        ];
        foreach (JsonNode? point in run["trajectory"]!.AsArray())
        {
            ShouldEqual(states[(int)point![0]!], point[2].Deserialize<double[]>()!);
        }

        ShouldEqual(states[^1], run["final"].Deserialize<double[]>()!);
    }

    private static void CheckSchedule(JsonNode run, Schedule schedule)
    {
        int[] indices = run["indices"].Deserialize<int[]>()!;
        ShouldEqual([.. indices.Select(i => schedule.Beta(i + 1))], run["betas"].Deserialize<double[]>()!);
        ShouldEqual([.. indices.Select(i => schedule.AlphaBar(i + 1))], run["alphas_cumprod"].Deserialize<double[]>()!);
    }

    private static Schedule ScheduleOf(JsonNode config)
    {
        if (config["trained_betas"] is JsonArray betas)
        {
            return Schedule.FromBetas(betas.Deserialize<double[]>()!);
        }

        int steps = (int)config["num_train_timesteps"]!;
        double start = (double)config["beta_start"]!;
        double end = (double)config["beta_end"]!;
        return (string)config["beta_schedule"]! switch
        {
            "linear" => Schedule.Linear(start, end, steps),
            "scaled_linear" => Schedule.ScaledLinear(start, end, steps),
            "squaredcos_cap_v2" => Schedule.Cosine(steps),
            string other => throw new NotSupportedException($"No schedule for beta_schedule {other}."),
        };
    }

    private static Prediction PredictionOf(JsonNode config) =>
        (string)config["prediction_type"]! switch
        {
            "epsilon" => Prediction.Epsilon,
            "sample" => Prediction.X0,
            "v_prediction" => Prediction.V,
            string other => throw new NotSupportedException($"No prediction for prediction_type {other}."),
        };

    private static SamplingPlan PlanOf(JsonNode run, Schedule schedule, TimeGrid grid)
    {
        JsonNode config = run["full_config"]!;
        X0Rule rule = (bool)config["clip_sample"]! ? X0Rule.Clip((double)config["clip_sample_range"]!) : X0Rule.None;
        if ((string)run["class"]! == "DDIMScheduler")
        {
            return Samplers.Ddim(schedule, grid, (double?)run["step_kwargs"]!["eta"] ?? 0, rule);
        }

        ReverseVariance variance = (string)config["variance_type"]! switch
        {
            "fixed_small" or "fixed_small_log" => ReverseVariance.FixedSmall,
            "fixed_large" => ReverseVariance.FixedLarge,
            string other => throw new NotSupportedException($"No variance for variance_type {other}."),
        };
        return Samplers.Ddpm(schedule, grid, variance, rule);
    }

    // The protocol's stand-in for a network, at a whole time.
    private static double StandIn(Prediction prediction, Schedule schedule, Evaluation at, double u)
    {
        double t = at.Time - 1;
        double bar = schedule.AlphaBar((int)at.Time);
        return prediction.Name switch
        {
            "epsilon" => (0.9 * double.Sqrt(1 - bar) * u) + (0.1 * double.Sin(u + (t / 100))),
            "x0" => (0.8 * double.Sqrt(bar) * u) + (0.1 * double.Sin(u + (t / 100))),
            _ => (0.05 * u) + (0.3 * double.Sin(u + (t / 100))),
        };
    }

    private static void ShouldEqual(double[] actual, double[] expected)
    {
        actual.Should().HaveSameCount(expected);
        for (int i = 0; i < actual.Length; i++)
        {
            actual[i].Should().BeApproximately(expected[i], 1e-9 * double.Max(double.Abs(expected[i]), 1e-4));
        }
    }
}
