using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Samples;

/// <summary>
/// DDPM (Ho et al. 2020): a network that is told the time predicts the noise. Algorithms 1 and 2 line by line. Saves
/// the model, for <c>finetune</c> and <c>guidance</c>.
/// </summary>
internal static class NoisePredictor
{
    private const int Count = 8;

    internal static void Run(CourseOptions options)
    {
        manual_seed(0);
        var images = ImageDataset.Load(options.Data);
        options.MakeFolder();
        // The paper's β, from 1e-4 to 0.02 in 1000 times; with fewer times each is as much larger.
        var times = options.Quick ? 50 : 1000;
        var scheduler = new SchedulerConfig
        {
            TrainingSteps = times,
            BetaStart = 0.1 / times,
            BetaEnd = 20.0 / times,
        };
        using var model = new Pipeline(new UNet2D(Shape(images)), scheduler);
        using var diffusion = new GaussianDiffusion(scheduler.ToSchedule());
        Train(model.Network, diffusion, images, options.Steps ?? (options.Quick ? 2 : 1500), options.Quick ? 8 : 32);
        model.Network.eval();
        model.Save(options.OwnModel);

        using var scope = NewDisposeScope();
        var states = Sample(model.Network, diffusion, [Count, images.Channels, images.Height, images.Width]);
        options.Save(ImageGrid.Arrange(states, columns: Count, scale: 2), "noise.png");
    }

    private static UNet2DConfig Shape(ImageDataset images) =>
        new()
        {
            SampleSize = new ImageSize(images.Height, images.Width),
            InChannels = images.Channels,
            OutChannels = images.Channels,
            LayersPerBlock = 1,
            NormNumGroups = 8,
            AttentionHeadDim = 32,
            BlockOutChannels = [16, 32, 64],
            DownBlockTypes = [DownBlockType.DownBlock2D, DownBlockType.DownBlock2D, DownBlockType.DownBlock2D],
            UpBlockTypes = [UpBlockType.UpBlock2D, UpBlockType.UpBlock2D, UpBlockType.UpBlock2D],
        };

    /// <summary>
    /// Algorithm 1. The learning rate goes up and down again, and what is drawn with is an average of the weights, as in
    /// the demo's recipe.
    /// </summary>
    private static void Train(UNet2D network, GaussianDiffusion diffusion, ImageDataset images, int steps, int batch)
    {
        using var optimizer = optim.Adam(network.parameters());
        using var average = new Ema(network, 0.998);
        var order = new BatchOrder(images.Count, batch, seed: 0);
        for (var step = 1; step <= steps; step++) // 1: repeat
        {
            using var scope = NewDisposeScope();
            var x0 = images.Batch(order.Batch(step - 1)); // 2: x₀ ~ q(x₀)
            var t = diffusion.UniformTimes(batch); // 3: t ~ Uniform({1, …, T})
            var noise = randn_like(x0); // 4: ε ~ N(0, I)
            var xt = diffusion.AddNoise(x0, t, noise); // 5: a step down ∇‖ε − ε_θ(√ᾱ_t·x₀ + √(1 − ᾱ_t)·ε, t)‖²
            var loss = nn.functional.mse_loss(network.call(xt, NetworkTime.Of(t)), noise);
            foreach (var group in optimizer.ParamGroups)
                group.LearningRate = LearningRateSchedule.WarmupCosine(step - 1, steps, peak: 3e-3, warmup: 100);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            average.Update(network);
            CourseOptions.Report(step, steps, loss.ToDouble());
        } // 6: until converged
        average.CopyTo(network);
    }

    /// <summary>
    /// Algorithm 2. Returns what x_t was at six times, from noise to images; and last what becomes of the same noise where
    /// x̂₀ is clipped to [−1, 1] in every step, which the paper's listing doesn't have, and the authors' program does.
    /// </summary>
    private static Tensor Sample(UNet2D network, GaussianDiffusion diffusion, long[] shape)
    {
        using var frozen = no_grad();
        var schedule = diffusion.Schedule;
        int[] shown = [.. new[] { 0.75, 0.5, 0.25, 0.1, 0 }.Select(part => (int)(part * schedule.Steps))];
        using var clipping = new GaussianDiffusion(schedule, x0Rule: X0Rule.Clip());
        var apart = 0.0;
        var x = randn(shape); // 1: x_T ~ N(0, I)
        var clipped = x;
        List<Tensor> states = [x];
        for (var t = schedule.Steps; t >= 1; t--) // 2: for t = T, …, 1
        {
            using var scope = NewDisposeScope();
            var z = t > 1 ? randn_like(x) : zeros_like(x); // 3: z ~ N(0, I), but 0 at the end
            var noise = network.call(x, NetworkTime.Of(t, shape[0], CPU));
            var (alpha, alphaBar) = (schedule.Alpha(t), schedule.AlphaBar(t));
            var sigma = double.Sqrt(schedule.Posterior(t).Variance);
            var mean = (x - noise * ((1 - alpha) / double.Sqrt(1 - alphaBar))) / double.Sqrt(alpha);
            var next = mean + z * sigma; // 4: x_{t−1} = (x_t − (1 − α_t)/√(1 − ᾱ_t)·ε_θ)/√α_t + σ_t·z
            if (t % (schedule.Steps / 10) == 0) // the library has a name for these two lines
                apart = double.Max(apart, CourseOptions.Distance(diffusion.ReverseStep(network.call, x, t, z), next));
            x = next.MoveToOuterDisposeScope();
            clipped = clipping.ReverseStep(network.call, clipped, t, z).MoveToOuterDisposeScope();
            if (shown.Contains(t - 1))
                states.Add(x);
        } // 5: end for
        Console.WriteLine($"by hand and by ReverseStep: states differ by at most {apart:E1} of their length");
        return cat([.. states, clipped]); // 6: return x₀
    }
}
