using Diffusion.Api;
using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Samples;

/// <summary>
/// Steers a trained model by a loss on what it takes the clean image to be, without training anything: here, how bright
/// the image is as a whole.
/// </summary>
internal static class GuidedSampling
{
    private const int Count = 12;
    private const double Deviation = 0.03;

    internal static void Run(CourseOptions options)
    {
        using var model = options.LoadModel();
        var plan = model.Plan(options.Steps ?? (options.Quick ? 3 : 50), "ddim");
        var shape = Shape(model);
        options.MakeFolder();
        using var scope = NewDisposeScope();
        var denoiser = Denoiser.Of(model.Network.call, model.Scheduler.Prediction);
        var rows = new[]
        {
            Draw("as it comes", denoiser),
            Draw("darker", Guided(-0.7, throughNetwork: true)),
            Draw("brighter", Guided(-0.1, throughNetwork: true)),
            Draw("brighter, past the network", Guided(-0.1, throughNetwork: false)),
        };
        options.Save(ImageGrid.Arrange(cat(rows), columns: Count, scale: 2), "guidance.png");

        // −ln p(y | x̂₀), as if the brightness had been measured to be y, give or take the deviation. Not at the
        // highest noise, where x̂₀ says little and a small change of the score moves it far.
        Denoiser Guided(double y, bool throughNetwork) =>
            ScoreGuidance.ByLoss(
                denoiser,
                x0 => (Brightness(x0) - y).square() / (2 * Deviation * Deviation),
                GuidanceScale.Interval(1, low: 0, high: 20, outside: 0),
                throughNetwork
            );

        // Every row from the same noise.
        Tensor Draw(string name, Denoiser by)
        {
            using var noise = new SampleNoise(seed: 1, Count);
            var images = PlanSampler.Run(plan, by, Noise() * plan.StartDeviation, Noise);
            var brightness = Brightness(images.clamp(-1, 1));
            var (mean, spread) = (brightness.mean().ToDouble(), brightness.std().ToDouble());
            Console.WriteLine($"{name}: brightness {mean:F3} ± {spread:F3}");
            return images;

            Tensor Noise() => noise.Next(shape, CPU);
        }
    }

    private static Tensor Brightness(Tensor images) => images.mean([1, 2, 3]);

    private static long[] Shape(Pipeline model) =>
        model.Network.Config is { SampleSize: { } size } config
            ? [config.InChannels, size.Height, size.Width]
            : throw new InvalidDataException("the model's config has no sample_size, the size of its images.");
}
