using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>A run that <c>diffusion train</c> is to begin, as the user asked for it.</summary>
/// <param name="Data">The images.</param>
/// <param name="Folder">Where the run goes.</param>
/// <param name="Options">How to train.</param>
/// <param name="Device">Where to train.</param>
internal sealed record NewRun(string Data, string Folder, TrainingOptions Options, Device Device)
{
    /// <summary>A network's config.json; null for the demo's network.</summary>
    internal string? Network { get; init; }

    /// <summary>A pipeline folder to go on from; null for random weights.</summary>
    internal string? From { get; init; }

    /// <summary>Which of that folder's weights; null for those without a variant.</summary>
    internal string? FromVariant { get; init; }

    /// <summary>Schedule, prediction and variance of a run that begins with random weights.</summary>
    internal required SchedulerConfig Scheduler { get; init; }

    /// <summary>What is minimised.</summary>
    internal required TrainingObjective Objective { get; init; }

    /// <summary>What to print.</summary>
    internal TrainingOutput Output { get; init; }

    /// <summary>The images' height and width; null for the network's, or their own.</summary>
    internal int? Size { get; init; }

    /// <summary>Whether the network is to be told classes.</summary>
    internal bool Classes { get; init; }

    /// <summary>Whether images that can't be read are left out.</summary>
    internal bool SkipBad { get; init; }

    /// <summary>Looks whether the options fit the variance that is trained with, which a model decides.</summary>
    internal Action<ReverseVariance> CheckVariance { get; init; } = _ => { };

    /// <summary>Begins the run.</summary>
    internal TrainingRun Begin()
    {
        TrainingRun.CheckIsFree(Folder);
        if (Size is < 1)
            throw new ArgumentOutOfRangeException("--size", $"--size must be at least 1, not {Size}.");
        return From is null ? FromRandom() : FromModel(From);
    }

    private TrainingRun FromRandom()
    {
        CheckVariance(Scheduler.Variance);
        var known = Network is null ? null : ReadConfig(Network);
        var images = Read(known);
        var config = (known ?? DemoRecipe.NetworkFor(images)) with
        {
            SampleSize = new ImageSize(images.Height, images.Width),
        };
        if (Classes && !config.HasClasses)
            config = ClassTable.For(config, images);
        if (Options.LabelDropout > 0)
            config = NullLabel.AddTo(config);
        if (known is null && Scheduler.Variance.IsLearned)
            config = config with { OutChannels = 2 * config.InChannels };
        var setup = new TrainingSetup(Data, config, Scheduler, Options, Objective) { SkipBad = SkipBad };
        Explain(config, images);
        return TrainingRun.Create(Folder, setup, Device, images);
    }

    private TrainingRun FromModel(string from)
    {
        using var pipeline = Pipeline.Load(from, variant: FromVariant);
        foreach (var notice in pipeline.Notices)
            Console.Error.WriteLine($"note: {notice}");
        CheckVariance(pipeline.Scheduler.Variance);
        var images = Read(pipeline.Network.Config);
        using var tuning = FineTuning.Of(pipeline, images, Classes, ClassNames.Load(from), Options.LabelDropout > 0);
        foreach (var notice in tuning.Notices)
            Say(notice);
        var setup = new TrainingSetup(Data, tuning.Network.Config, pipeline.Scheduler, Options, Objective)
        {
            SkipBad = SkipBad,
            From = Path.GetFullPath(from),
            FromVariant = FromVariant,
        };
        Explain(tuning.Network.Config, images);
        return TrainingRun.Create(Folder, setup, Device, images, tuning.Network);
    }

    private ImageDataset Read(UNet2DConfig? network) =>
        LoadedImages.Read(
            onImage =>
                ImageDataset.Load(
                    Data,
                    new ImageLoading
                    {
                        Size = Size is { } side ? side : network?.SampleSize,
                        Channels = network?.InChannels,
                        SkipBad = SkipBad,
                        OnImage = onImage,
                    }
                ),
            Output
        );

    private void Say(string words)
    {
        if (Output == TrainingOutput.Progress)
            Console.WriteLine(words);
    }

    private void Explain(UNet2DConfig network, ImageDataset images)
    {
        Say($"{images.Name}: {LoadedImages.Describe(images)}");
        if (!images.ClassNames.IsEmpty && !network.HasClasses)
            Console.Error.WriteLine("note: the network isn't told the classes; --classes tells it.");
    }

    private static UNet2DConfig ReadConfig(string file)
    {
        var config = UNet2DConfig.Load(file);
        foreach (var notice in UNet2DNotices.Of(config))
            Console.Error.WriteLine($"note: {file}: {notice}");
        return config;
    }
}
