using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Docs;

/// <summary>The examples of docs/guidance.md, which shows lines of this file to the letter.</summary>
public class GuidanceExamples
{
    [Test]
    public void Classes()
    {
        using var unet = Network(11);
        using var scope = NewDisposeScope();
        var schedule = Schedule.Cosine(1000);
        var grid = LevelGrid.Of(schedule, TimeGrid.Trailing(schedule, 10));
        using var noise = new SampleNoise(seed: 1, count: 4);
        Tensor Noise() => noise.Next([1, 8, 8], CPU);

        var guided = ClassifierFree.Of(
            unet,
            Prediction.V,
            labels: tensor(new[] { 0L, 1, 2, 3 }),
            away: 10, // the null label: one more than the network's ten classes
            GuidanceScale.Constant(3),
            rescale: 0.7
        );
        var plan = Samplers.DpmSolverMultistep(grid, 2);
        using var samples = PlanSampler.Run(plan, guided, Noise() * plan.StartDeviation, Noise);

        Check(samples);
    }

    [Test]
    public void A_classifier()
    {
        using var unet = Network();
        using var classifier = nn.Sequential(nn.Flatten(), nn.Linear(64, 10));
        using var scope = NewDisposeScope();
        var (grid, noise) = (Grid(), new SampleNoise(1, 4));
        Tensor Noise() => noise.Next([1, 8, 8], CPU);

        Tensor LogLikelihood(Tensor x, Evaluation at) => nn.functional.log_softmax(classifier.call(x), 1)[.., 7];
        var guided = ScoreGuidance.ByLikelihood(
            Denoiser.Of(unet.call, Prediction.V),
            LogLikelihood,
            GuidanceScale.Constant(2)
        );

        Check(PlanSampler.Run(Samplers.Ddim(grid), guided, Noise(), Noise));
        noise.Dispose();
    }

    [Test]
    public void A_loss()
    {
        using var unet = Network();
        using var scope = NewDisposeScope();
        var (grid, noise) = (Grid(), new SampleNoise(1, 4));
        Tensor Noise() => noise.Next([1, 8, 8], CPU);

        var guided = ScoreGuidance.ByLoss(
            Denoiser.Of(unet.call, Prediction.V),
            x0 => (x0.mean([1, 2, 3]) - 0.5).square(), // half bright
            GuidanceScale.Interval(20, low: 0, high: 2, outside: 0)
        );

        var start = Noise();
        var plan = Samplers.Ddim(grid);
        var plain = PlanSampler.Run(plan, unet.call, Prediction.V, start, Noise);
        var samples = PlanSampler.Run(plan, guided, start, Noise);
        Check(samples);
        double Distance(Tensor x) => (x.mean([1, 2, 3]) - 0.5).square().sum().ToDouble();
        Distance(samples).Should().BeLessThan(Distance(plain));
        noise.Dispose();
    }

    [Test]
    public void Half_of_an_image()
    {
        using var unet = Network();
        using var scope = NewDisposeScope();
        var (grid, noise) = (Grid(), new SampleNoise(1, 4));
        Tensor Noise() => noise.Next([1, 8, 8], CPU);
        var image = linspace(-1, 1, 64).reshape(1, 8, 8);

        var mask = zeros(1, 8, 8, dtype: ScalarType.Bool);
        mask[.., .., ..4] = true; // the left half is known
        var plan = Samplers.Resampling(Samplers.Ddpm(grid), jumpLength: 2, resamplings: 5);
        var guided = Inpainting.Of(Denoiser.Of(unet.call, Prediction.V), image, mask, Noise);
        using var samples = PlanSampler.Run(plan, guided, Noise() * plan.StartDeviation, Noise);

        Check(samples);
        (samples - image)[.., .., .., ..4].abs().max().ToDouble().Should().BeLessThan(1e-5);
        noise.Dispose();
    }

    [Test]
    public void An_image()
    {
        using var unet = Network();
        using var scope = NewDisposeScope();
        var (grid, noise) = (Grid(), new SampleNoise(1, 4));
        Tensor Noise() => noise.Next([1, 8, 8], CPU);
        var image = linspace(-1, 1, 64).reshape(1, 8, 8);

        var plan = Samplers.Ddim(grid.Last(4)); // of 10 steps: strength 0.4
        var start = image * plan.Start.Alpha + Noise() * plan.Start.Sigma;
        using var samples = PlanSampler.Run(plan, Denoiser.Of(unet.call, Prediction.V), start, Noise);

        Check(samples);
        plan.NetworkCalls.Should().Be(4);
        noise.Dispose();
    }

    [Test]
    public void Two_images()
    {
        using var unet = Network();
        using var scope = NewDisposeScope();
        var (grid, noise) = (Grid(), new SampleNoise(1, 4));
        Tensor Noise() => noise.Next([1, 8, 8], CPU);
        var images = linspace(-1, 1, 128).reshape(2, 1, 8, 8);

        var denoiser = Denoiser.Of(unet.call, Prediction.V);
        using var noises = PlanSampler.Run(Samplers.DdimInversion(grid), denoiser, images, Noise);
        var between = Interpolation.Spherical(noises[..1], noises[1..2], 0.5);
        using var samples = PlanSampler.Run(Samplers.Ddim(grid), denoiser, between, Noise);

        samples.shape.Should().Equal(1, 1, 8, 8);
        noise.Dispose();
    }

    private static UNet2D Network(int? classes = null)
    {
        manual_seed(3);
        var network = new UNet2D(TinySetup.Network with { NumClassEmbeds = classes });
        network.eval();
        return network;
    }

    private static LevelGrid Grid()
    {
        var schedule = Schedule.Cosine(1000);
        return LevelGrid.Of(schedule, TimeGrid.Trailing(schedule, 10));
    }

    private static void Check(Tensor samples)
    {
        samples.shape.Should().Equal(4, 1, 8, 8);
        samples.isfinite().all().ToBoolean().Should().BeTrue();
    }
}
