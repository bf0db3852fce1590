using System.Collections.Immutable;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>A trained model's network, made ready to be trained on other images.</summary>
/// <remarks>Owns its network: dispose of it when the run is made.</remarks>
public sealed class FineTuning : IDisposable
{
    private FineTuning(UNet2D network, ImmutableArray<string> notices) => (Network, Notices) = (network, notices);

    /// <summary>The network that training begins with, for <see cref="TrainingRun.Create"/>; its config is the run's.</summary>
    public UNet2D Network { get; }

    /// <summary>What is other than in the model, one line each.</summary>
    public ImmutableArray<string> Notices { get; }

    /// <summary>Prepares a model's network for some images.</summary>
    /// <param name="pipeline">The model; stays as it is.</param>
    /// <param name="data">The images, in the network's channels; its sample_size becomes theirs.</param>
    /// <param name="classes">Whether a network without classes is to learn those of the images. One that has classes
    /// always does: kept classes keep their rows, new ones begin as the mean of the model's.</param>
    /// <param name="classNames">The names of the model's classes, for example from <see cref="ClassNames.Load"/>;
    /// without them classes are matched by their numbers.</param>
    /// <param name="nullLabel">Whether the network's table of classes gets a row for <see cref="NullLabel"/>, if it has none.
    /// </param>
    /// <exception cref="InvalidDataException">The images don't fit the network, or lack the labels that it needs.</exception>
    public static FineTuning Of(
        Pipeline pipeline,
        ImageDataset data,
        bool classes = false,
        ImmutableArray<string> classNames = default,
        bool nullLabel = false
    )
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(data);
        var old = pipeline.Network.Config;
        PipelineScheduler.CheckNetwork(old, pipeline.Scheduler);
        var config = old with { SampleSize = new ImageSize(data.Height, data.Width) };
        if (old.HasClasses || classes)
            config = ClassTable.For(config, data);
        if (nullLabel)
            config = NullLabel.AddTo(config);
        CheckNames(old, classNames);
        var network = new UNet2D(config);
        try
        {
            if (config.NumClassEmbeds is not null && config.ClassEmbedType is null)
                return new FineTuning(
                    network,
                    [
                        .. ClassTable.CopyWeights(
                            pipeline.Network,
                            network,
                            (classNames.IsDefault ? [] : classNames, data.ClassNames)
                        ),
                    ]
                );
            Weights.Copy(pipeline.Network.state_dict(), network.state_dict(), "the model");
            return new FineTuning(network, []);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => Network.Dispose();

    private static void CheckNames(UNet2DConfig config, ImmutableArray<string> names)
    {
        if (!names.IsDefaultOrEmpty && NullLabel.ClassesBeside(config) is { } rows && rows != names.Length)
            throw new InvalidDataException($"The model has {rows} classes, but {names.Length} class names are given.");
    }
}
