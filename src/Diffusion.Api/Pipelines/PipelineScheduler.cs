using System.Collections.Immutable;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>A pipeline's scheduler, and the sampler that its class makes of it.</summary>
/// <param name="Config">The scheduler's config.</param>
/// <param name="Sampler">The sampler's; the same for most pipelines.</param>
/// <param name="Notices">One line for each key that has no effect.</param>
internal sealed record PipelineScheduler(
    SchedulerConfig Config,
    SchedulerConfig Sampler,
    ImmutableArray<string> Notices
)
{
    /// <summary>Reads a config's text as a pipeline does: the index, not the config itself, says by which class.</summary>
    /// <exception cref="InvalidDataException">It says something that one of the two classes doesn't support.</exception>
    internal static PipelineScheduler Read(string text, PipelineIndex index)
    {
        var config = SchedulerConfig.FromJson(text, out var notices).As(index.Scheduler);
        return new PipelineScheduler(config, config.As(index.Sampler ?? config.Class), notices);
    }

    /// <summary>Refuses a network that doesn't answer what the scheduler's variance needs, or not at all of its times.</summary>
    /// <exception cref="InvalidDataException">It doesn't.</exception>
    internal static void CheckNetwork(UNet2DConfig network, SchedulerConfig scheduler)
    {
        var wanted = (scheduler.Variance.IsLearned ? 2 : 1) * network.InChannels;
        if (network.OutChannels != wanted)
            throw new InvalidDataException(
                $"The network takes {network.InChannels} channels and answers {network.OutChannels}; with the variance"
                    + $" '{scheduler.Variance}' (variance_type) it must answer {wanted}."
            );
        if (
            network.TimeEmbeddingType == TimeEmbeddingType.Learned
            && network.NumTrainTimesteps < scheduler.TrainingSteps
        )
            throw new InvalidDataException(
                $"The network's table of times (time_embedding_type 'learned') has {network.NumTrainTimesteps} rows,"
                    + $" num_train_timesteps of its config; the scheduler's num_train_timesteps is {scheduler.TrainingSteps},"
                    + " and may be at most that. One of the two configs isn't this model's."
            );
    }
}
