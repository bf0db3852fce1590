using Diffusion.Api;
using Diffusion.Math;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class InterpolationTests
{
    private static readonly Schedule Schedule = Schedule.Linear(1e-4, 0.02, 1000);

    [Test]
    public void Each_sample_is_interpolated_by_its_own_angle()
    {
        using var scope = NewDisposeScope();
        var a = tensor(
            new[,]
            {
                { 3.0, 0 },
                { 1, 0 },
            }
        );
        var b = tensor(
            new[,]
            {
                { 0.0, 4 },
                { 1, 1 },
            }
        );
        var half = Interpolation.Spherical(a, b, 0.5);
        // 90° and 45°.
        var (whole, part) = (double.Sqrt(0.5), double.SinPi(0.125) / double.SinPi(0.25));
        half.data<double>()
            .ToArray()
            .Zip([3 * whole, 4 * whole, 2 * part, part])
            .Should()
            .OnlyContain(pair => double.Abs(pair.First - pair.Second) < 1e-14);
        Interpolation.Spherical(a, b, 0).Equals(a).Should().BeTrue();
        Interpolation.Spherical(a, b, 1).Equals(b).Should().BeTrue();
    }

    [Test]
    public void Between_two_noises_there_is_noise()
    {
        using var scope = NewDisposeScope();
        using var noise = new SampleNoise(5, 2);
        var (a, b) = (noise.Next([100_000], CPU), noise.Next([100_000], CPU));
        foreach (var share in new[] { 0.1, 0.5, 0.8 })
        {
            var between = Interpolation.Spherical(a, b, share);
            // Of 200,000 draws: six standard errors.
            between.mean().ToDouble().Should().BeApproximately(0, 6 / double.Sqrt(200_000));
            between.square().mean().ToDouble().Should().BeApproximately(1, 6 * double.Sqrt(2 / 200_000.0));
            between.pow(4).mean().ToDouble().Should().BeApproximately(3, 6 * double.Sqrt(96 / 200_000.0));
        }
    }

    /// <summary>
    /// DDIM is linear for Gaussian data: what it makes of interpolated noise is the same combination of what it makes of
    /// both ends, about the data's mean.
    /// </summary>
    [Test]
    public void Samples_of_gaussian_data_are_interpolated_as_their_noise_is()
    {
        const double Mean = 0.6;
        var data = GaussianMixture.Of((1, new IsotropicGaussian([Mean, Mean, Mean], 0.3)));
        var denoiser = ExactDenoiser.Of(data, Prediction.V);
        var plan = Samplers.Ddim(Schedule, TimeGrid.Trailing(Schedule, 15));
        using var scope = NewDisposeScope();
        Tensor Sample(Tensor start) => PlanSampler.Run(plan, denoiser, start, () => start);
        var a = tensor(
            new[,]
            {
                { 0.3, -1.2, 0.8 },
            }
        );
        var b = tensor(
            new[,]
            {
                { -0.5, 0.4, 1.9 },
            }
        );
        var offset = Sample(zeros_like(a));
        var cosine = ((a * b).sum() / (a.norm() * b.norm())).ToDouble();
        var weights = SphericalWeights.At(cosine, 0.3);
        var expected = (Sample(a) - offset) * weights.First + (Sample(b) - offset) * weights.Second + offset;
        Largest(Sample(Interpolation.Spherical(a, b, 0.3)) - expected).Should().BeLessThan(1e-12);
    }

    [Test]
    public void Images_are_interpolated_between_their_own_noises()
    {
        var data = GaussianMixture.Of(
            (0.4, new IsotropicGaussian([-0.7, 0.2], 0.02)),
            (0.6, new IsotropicGaussian([0.5, 0.4], 0.05))
        );
        var denoiser = ExactDenoiser.Of(data, Prediction.V);
        var grid = LevelGrid.Of(Schedule, TimeGrid.Trailing(Schedule, 500));
        using var scope = NewDisposeScope();
        var images = tensor(
            new[,]
            {
                { -0.7, 0.3 },
                { 0.4, 0.5 },
            }
        );
        var noises = PlanSampler.Run(Samplers.DdimInversion(grid), denoiser, images, () => images);
        var halfway = Interpolation.Spherical(noises[..1], noises[1..], 0.5);
        var samples = PlanSampler.Run(Samplers.Ddim(grid), denoiser, cat([noises, halfway]), () => images);
        Largest(samples[..2] - images).Should().BeLessThan(0.02, "both ends are decoded to what they were");
        data.LogDensity(samples[2].data<double>().ToArray())
            .Should()
            .BeGreaterThan(data.LogDensity([-0.15, 0.4]), "half way is likelier than the mean of both images");
    }

    [Test]
    public void Samples_without_an_angle_are_refused()
    {
        using var scope = NewDisposeScope();
        var a = tensor(
            new[,]
            {
                { 1.0, 0 },
            }
        );
        FluentActions
            .Invoking(() =>
                Interpolation.Spherical(
                    a,
                    tensor(
                        new[,]
                        {
                            { 1.0 },
                        }
                    ),
                    0.5
                )
            )
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("b has shape [1, 1]; it must have that of a, [1, 2].*");
        FluentActions
            .Invoking(() => Interpolation.Spherical(a, zeros_like(a), 0.5))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*lengths of product 0;*");
        FluentActions
            .Invoking(() => Interpolation.Spherical(a, a * double.NaN, 0.5))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*lengths of product NaN;*");
        FluentActions
            .Invoking(() => Interpolation.Spherical(a, -a, 0.5))
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage("cosine must be in (-1, 1]*");
        FluentActions
            .Invoking(() => Interpolation.Spherical(a, a, 1.5))
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage("share must be in*");
    }

    private static double Largest(Tensor difference) => difference.abs().max().ToDouble();
}
