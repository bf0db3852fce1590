using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

// The mathematics alone: exact, immutable numbers.
var schedule = Schedule.Cosine(1000);
var posterior = schedule.Posterior(500);
Console.WriteLine(
    $"q(x499|x500,x0): {posterior.X0Coefficient:F5} x0 + {posterior.XtCoefficient:F5} xt, variance {posterior.Variance:E3}"
);

// A training loop of your own, around any network that is a function of (x, time).
var images = ImageDataset.Load("/usr/share/datasets/fashion-mnist");
using var unet = new UNet2D(
    new UNet2DConfig
    {
        SampleSize = 28,
        InChannels = 1,
        OutChannels = 1,
        LayersPerBlock = 1,
        NormNumGroups = 8,
        BlockOutChannels = [16, 32],
        DownBlockTypes = [DownBlockType.DownBlock2D, DownBlockType.DownBlock2D],
        UpBlockTypes = [UpBlockType.UpBlock2D, UpBlockType.UpBlock2D],
    }
);
using var diffusion = new GaussianDiffusion(schedule, Prediction.V, x0Rule: X0Rule.Clip());
using var optimizer = optim.AdamW(unet.parameters(), 1e-3);
for (var step = 0; step < 20; step++)
{
    using var scope = NewDisposeScope();
    var x0 = images.Batch([.. Enumerable.Range(step * 16, 16)]);
    var loss = diffusion.Loss(unet.call, x0, diffusion.UniformTimes(16), randn_like(x0));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    Console.WriteLine($"step {step + 1}: loss {loss.ToDouble():F4}");
}

// A sampler is a table; here DDIM in ten network calls.
var plan = Samplers.Ddim(schedule, TimeGrid.Trailing(schedule, 10), x0Rule: X0Rule.Clip());
using var samples = diffusion.Sample(unet.call, plan, count: 16, [1, 28, 28], seed: 1);
ImageGrid.Arrange(samples).SavePng("samples.png");
