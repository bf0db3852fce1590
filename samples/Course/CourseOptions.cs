using Diffusion.Api;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Samples;

/// <summary>What the four programs are told on the command line.</summary>
/// <param name="Data">The images, anything that <see cref="ImageDataset.Load"/> reads.</param>
/// <param name="Out">The folder that pictures and models go to.</param>
/// <param name="From">The folder of the model to begin with; null for the one that <c>noise</c> has saved.</param>
/// <param name="Steps">How long: steps of the optimizer, or of the sampler; null for the program's own number.</param>
/// <param name="Quick">Whether only to show that it runs.</param>
internal sealed record CourseOptions(string Data, string Out, string? From, int? Steps, bool Quick)
{
    /// <summary>Where <c>noise</c> saves its model, and <c>finetune</c> and <c>guidance</c> look for one.</summary>
    internal string OwnModel => Path.Combine(Out, "noise");

    /// <summary>Loads the model to begin with.</summary>
    internal Pipeline LoadModel()
    {
        var folder = From ?? OwnModel;
        if (!Pipeline.IsIn(folder))
            throw new FileNotFoundException(
                $"there is no model in '{folder}'; run 'noise' first, which trains one, or name one with --from, such"
                    + " as runs/demo after ./diffusion demo."
            );
        var model = Pipeline.Load(folder);
        if (!model.Network.Config.HasClasses && !model.Scheduler.Variance.IsLearned)
            return model;
        model.Dispose();
        throw new InvalidDataException(
            $"the model in '{folder}' has classes or a learned variance; these programs take one without."
        );
    }

    /// <summary>Makes the folder for results before the long work begins.</summary>
    internal void MakeFolder() => Directory.CreateDirectory(Out);

    /// <summary>Prints the loss now and then.</summary>
    internal static void Report(int step, int steps, double loss)
    {
        if (step % int.Max(1, steps / 10) == 0 || step == steps)
            Console.WriteLine($"step {step} of {steps}: loss {loss:F4}");
    }

    /// <summary>How far two tensors are apart, ‖a − b‖/‖b‖.</summary>
    internal static double Distance(Tensor a, Tensor b) => ((a - b).norm() / b.norm()).ToDouble();

    /// <summary>Saves the program's picture and says where.</summary>
    internal void Save(Picture picture, string name)
    {
        var path = Path.Combine(Out, name);
        picture.SavePng(path);
        Console.WriteLine($"wrote {path}");
    }
}
