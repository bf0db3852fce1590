using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Samples;

/// <summary>
/// The least that can be called diffusion: images are mixed with noise, a network that isn't even told how much guesses
/// the image, and sampling goes a part of the way to its guess, five times.
/// </summary>
internal static class MixingBaseline
{
    private const int Count = 8;
    private const int SamplingSteps = 5;
    private const int ManySteps = 40;

    internal static void Run(CourseOptions options)
    {
        manual_seed(0);
        var images = ImageDataset.Load(options.Data);
        options.MakeFolder();
        using var network = new BasicUNet(images.Channels, images.Channels);
        Train(network, images, options.Steps ?? (options.Quick ? 2 : 1200), batch: options.Quick ? 8 : 64);
        network.eval();

        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        // A rectified flow asks nothing of its noise but that it can be drawn; here it is uniform in the pixels' range.
        var noise = rand(Count, images.Channels, images.Height, images.Width);
        var (states, guesses) = SampleByHand(network, noise);
        var byPlan = SampleByPlan(network, noise, SamplingSteps);
        var apart = CourseOptions.Distance(states[^1], byPlan);
        Console.WriteLine($"by hand and by Euler's plan: samples differ by {apart:E1} of their length");

        // Left of the gap the state before each step and at the end, right of it the guesses; at the end of many steps.
        guesses.Add(SampleByPlan(network, noise, ManySteps));
        var gap = ones(1, images.Channels, images.Height, images.Width);
        var rows = states.Zip(guesses, (state, guess) => cat([state, gap, guess]));
        options.Save(ImageGrid.Arrange(cat([.. rows]) * 2 - 1, columns: 2 * Count + 1, scale: 2), "mixing.png");
    }

    private static void Train(BasicUNet network, ImageDataset images, int steps, int batch)
    {
        using var optimizer = optim.Adam(network.parameters(), 1e-3);
        var order = new BatchOrder(images.Count, batch, seed: 0);
        for (var step = 1; step <= steps; step++)
        {
            using var scope = NewDisposeScope();
            // In [0, 1] rather than [−1, 1], since SiLU, which BasicUNet ends with, is never below −0.28.
            var x0 = (images.Batch(order.Batch(step - 1)) + 1) / 2;
            var a = rand(batch, 1, 1, 1);
            var x = x0 * (1 - a) + rand_like(x0) * a;
            var loss = nn.functional.mse_loss(network.call(x), x0);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            CourseOptions.Report(step, steps, loss.ToDouble());
        }
    }

    /// <summary>x ← (1 − m)·x + m·x̂₀ with m = 1/(n − i): the last step goes all the way.</summary>
    private static (List<Tensor> States, List<Tensor> Guesses) SampleByHand(BasicUNet network, Tensor noise)
    {
        List<Tensor> states = [noise];
        List<Tensor> guesses = [];
        for (var i = 0; i < SamplingSteps; i++)
        {
            var m = 1.0 / (SamplingSteps - i);
            guesses.Add(network.call(states[i]));
            states.Add(states[i] * (1 - m) + guesses[i] * m);
        }
        return (states, guesses);
    }

    /// <summary>
    /// The same by the library: Euler's method for the rectified flow x_t = (1 − t)·x₀ + t·noise at even times.
    /// </summary>
    private static Tensor SampleByPlan(BasicUNet network, Tensor noise, int steps)
    {
        var times = Enumerable.Range(0, steps).Select(i => 1 - (double)i / steps);
        var plan = Samplers.Euler(LevelGrid.AtTimes(NoiseCurve.RectifiedFlow, times));
        var denoiser = new Denoiser(Prediction.X0, (x, _) => network.call(x));
        return PlanSampler.Run(plan, denoiser, noise, () => throw new InvalidOperationException("it adds no noise"));
    }
}
