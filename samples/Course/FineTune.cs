using Diffusion.Api;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Samples;

/// <summary>
/// Trains a model that draws everything on one class alone. What doesn't fit into memory as one batch is given in
/// parts, whose gradients add up to that of the whole.
/// </summary>
internal static class FineTune
{
    private const int Class = 8; // bags in Fashion-MNIST
    private const int Parts = 4;
    private const int Count = 12;

    internal static void Run(CourseOptions options)
    {
        manual_seed(0);
        using var model = options.LoadModel();
        var (size, channels) = (model.Network.Config.SampleSize, model.Network.Config.InChannels);
        var images = ImageDataset.Load(options.Data, new ImageLoading { Size = size, Channels = channels });
        using var tuned = new Pipeline(FineTuning.Of(model, images).Network, model.Scheduler);
        options.MakeFolder();
        Train(tuned, images, options.Steps ?? (options.Quick ? 1 : 250), options.Quick ? 2 : 8);
        tuned.Network.eval();
        tuned.Save(Path.Combine(options.Out, "finetuned"));

        // The same noise before and after.
        var calls = int.Min(25, model.Schedule.Steps);
        using var before = model.Sample(Count, calls, seed: 1, sampler: "ddim");
        using var after = tuned.Sample(Count, calls, seed: 1, sampler: "ddim");
        using var both = cat([before, after]);
        options.Save(ImageGrid.Arrange(both, columns: Count, scale: 2), "finetune.png");
    }

    private static void Train(Pipeline model, ImageDataset images, int steps, int part)
    {
        var network = model.Network;
        network.train();
        using var diffusion = model.Scheduler.ToProcess();
        using var optimizer = optim.AdamW(network.parameters(), 3e-4);
        var all = Enumerable.Range(0, images.Count);
        int[] chosen = [.. all.Where(i => images.Labels.IsEmpty || images.Labels[i] == Class)];
        if (chosen.Length == 0)
            throw new InvalidDataException($"{images.Name} has no image of class {Class}, which is to be learnt.");
        var order = new BatchOrder(chosen.Length, part, seed: 0);
        Tensor Next(int number) => images.Batch([.. order.Batch(number).Select(i => chosen[i])]);

        using (NewDisposeScope())
            CheckSum(network, diffusion, cat([.. Enumerable.Range(0, Parts).Select(Next)]));
        for (var step = 1; step <= steps; step++)
        {
            var sum = 0.0;
            optimizer.zero_grad();
            for (var k = 0; k < Parts; k++)
            {
                using var scope = NewDisposeScope();
                var x0 = Next((step - 1) * Parts + k);
                // The loss is a mean over its part: divided by their number, the parts' means add up to the whole's.
                var loss = diffusion.Loss(network.call, x0, diffusion.UniformTimes(part), randn_like(x0)) / Parts;
                loss.backward(); // adds to the gradients that are there
                sum += loss.ToDouble();
            }
            nn.utils.clip_grad_norm_(network.parameters(), 1);
            optimizer.step(); // once for all parts
            CourseOptions.Report(step, steps, sum);
        }
    }

    /// <summary>Shows that the parts' gradients add up to that of one batch with the same times and noise.</summary>
    private static void CheckSum(UNet2D network, GaussianDiffusion diffusion, Tensor x0)
    {
        var (t, noise) = (diffusion.UniformTimes(x0.shape[0]), randn_like(x0));
        var (whole, added) = (Gradient(1), Gradient(Parts));
        var apart = CourseOptions.Distance(added, whole);
        Console.WriteLine($"{Parts} parts and one batch: gradients differ by {apart:E1} of their length");

        Tensor Gradient(int parts)
        {
            network.zero_grad();
            foreach (var (x, times, z) in x0.chunk(parts).Zip(t.chunk(parts), noise.chunk(parts)))
                (diffusion.Loss(network.call, x, times, z) / parts).backward();
            return cat([.. network.parameters().Select(parameter => parameter.grad!.flatten())]);
        }
    }
}
