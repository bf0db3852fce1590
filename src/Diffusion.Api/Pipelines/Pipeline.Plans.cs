using Diffusion.Math;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <content>The samplers to draw with.</content>
public sealed partial class Pipeline
{
    /// <summary>The folder's own sampler under the name that <see cref="Plan"/> takes, one of <see
    /// cref="SamplerCatalogue.Schedulers"/>.</summary>
    public string OwnSampler => SchedulerConfigJson.NameOf(Sampler.Class);

    /// <summary>The sampler to draw with: the folder's own, or another in one argument.</summary>
    /// <param name="steps">
    /// Steps of the sampler, in 1 … T; some call the network more often, see <see cref="SamplingPlan.NetworkCalls"/>.
    /// </param>
    /// <param name="sampler">
    /// One of <see cref="SamplerCatalogue.Names"/>; or one of <see cref="SamplerCatalogue.Schedulers"/>, diffusers' classes,
    /// as its <c>from_config</c> makes them of the folder's config; null for the one that the config is. The latter two as
    /// diffusers runs them.
    /// </param>
    /// <param name="grid">
    /// One of <see cref="SamplerCatalogue.Grids"/>; null for the spacing of the folder's scheduler config.
    /// </param>
    /// <param name="eta">η of the samplers that have one; null for their default.</param>
    /// <param name="churn">S_churn of <c>edm</c>; null for its default.</param>
    /// <param name="strength">
    /// Share of the steps to take, the last ones, in (0, 1]: where to start at an image (<see cref="SampleGuidance.Image"/>).
    /// The number is rounded, and at least 1. Null takes all.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A name is unknown, a number outside its range, an option one that the sampler doesn't have, or the network's
    /// prediction says nothing at a level that is visited.
    /// </exception>
    public SamplingPlan Plan(
        int steps,
        string? sampler = null,
        string? grid = null,
        double? eta = null,
        double? churn = null,
        double? strength = null
    )
    {
        if (strength is { } share && !(share > 0 && share <= 1))
            throw new ArgumentOutOfRangeException(nameof(strength), share, $"strength must be in (0, 1], not {share}.");
        if (steps < 1 || steps > Schedule.Steps)
            throw new ArgumentOutOfRangeException(
                nameof(steps),
                steps,
                $"steps must be in 1 … {Schedule.Steps}, the times that the network was trained at, not {steps}."
            );
        var own =
            sampler is null ? Sampler
            : SamplerCatalogue.Schedulers.Contains(sampler) ? As(sampler)
            : null;
        var plan =
            own is not null
            && grid is null
            && churn is null
            && strength is null
            && (eta is null || own.Class == SchedulerClass.Ddim)
                ? own.Plan(steps, eta ?? 0)
                : Swapped(own ?? Sampler, steps, own is null ? sampler! : NameOf(own), grid, eta, churn, strength ?? 1);
        CheckFits(plan, Network.Config, Scheduler.Prediction);
        return plan;
    }

    private SchedulerConfig As(string scheduler)
    {
        try
        {
            return Scheduler.As(SchedulerConfigJson.ClassOf("sampler", scheduler));
        }
        catch (InvalidDataException refused)
        {
            throw new ArgumentException(
                $"The folder's scheduler config doesn't make a {scheduler}: {refused.Message}",
                refused
            );
        }
    }

    private SamplingPlan Swapped(
        SchedulerConfig spacing,
        int steps,
        string sampler,
        string? grid,
        double? eta,
        double? churn,
        double strength
    )
    {
        var whole = grid is null
            ? SchedulerPlan.Grid(spacing, Schedule, steps)
            : SamplerCatalogue.Grid(grid, Schedule, steps);
        return SamplerCatalogue
            .Find(sampler)
            .Plan(
                strength == 1 ? whole : whole.Last(int.Max(1, (int)double.Round(strength * whole.Count))),
                new SamplerOptions
                {
                    X0Rule = Scheduler.X0Rule,
                    Variance = Scheduler.Variance,
                    Prediction = Scheduler.Prediction,
                    Eta = eta,
                    Churn = churn,
                }
            );
    }

    // The catalogue's name for a scheduler, to put it on another grid.
    private static string NameOf(SchedulerConfig own) =>
        own.Class switch
        {
            SchedulerClass.Ddpm => "ddpm",
            SchedulerClass.Ddim => "ddim",
            SchedulerClass.EulerDiscrete => "euler",
            SchedulerClass.EulerAncestralDiscrete => "euler-ancestral",
            SchedulerClass.HeunDiscrete => "heun",
            SchedulerClass.LmsDiscrete => "lms",
            SchedulerClass.Pndm => own.SkipPrkSteps ? "plms" : "pndm",
            _ => throw new ArgumentException(
                $"{SchedulerConfigJson.NameOf(own.Class)} has a grid of its own; name a sampler to put on"
                    + $" another: {string.Join(", ", SamplerCatalogue.Names)}."
            ),
        };

    // Before a sample is begun: what the network can't answer at a level or a time of the plan.
    internal static void CheckFits(SamplingPlan plan, UNet2DConfig network, Prediction prediction)
    {
        if (plan.LearnsVariance && !AnswersVariances(network))
            throw new ArgumentException($"{plan.Name} needs a network that answers variances; this one doesn't.");
        foreach (var step in plan.Steps)
        {
            if (step.Evaluate is not { } at)
                continue;
            if (network.TimeEmbeddingType == TimeEmbeddingType.Fourier && at.Time <= 1)
                throw new ArgumentException(
                    "The network takes the logarithm of its time (Fourier features), which must be above 0, but this"
                        + " sampler visits time 0; use another grid, such as trailing."
                );
            try
            {
                _ = plan.X0Rule == X0Rule.None ? plan.ToQuantity(prediction, at) : plan.ToX0(prediction, at);
            }
            catch (InvalidOperationException silent)
            {
                throw new ArgumentException(silent.Message, silent);
            }
        }
    }

    private static bool AnswersVariances(UNet2DConfig network) => network.OutChannels == 2 * network.InChannels;
}
