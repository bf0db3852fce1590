using Diffusion.Api;
using Diffusion.Math;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static Diffusion.Numerics.Api.EvaluationWorld;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>Fréchet distance, precision, recall and nearest images on sets whose answers are known.</summary>
public class EvaluationSampleTests : ScopeFixture
{
    [Test]
    public void The_distance_of_two_known_gaussians_is_the_formulas()
    {
        // Deviations along the axes, a and b: |μ₁ − μ₂|² + Σ (a − b)².
        var diagonal = With(
                [1, 2],
                [
                    [2, 0],
                    [0, 3],
                ]
            )
            .FrechetDistance(
                With(
                    [4, -2],
                    [
                        [5, 0],
                        [0, 1],
                    ]
                )
            );
        diagonal.Should().BeApproximately(9 + 16 + 9 + 4, 1e-9);

        // Two that don't commute: in two dimensions tr √M = √(tr M + 2√det M), with M = Σ₁Σ₂.
        double[][] a =
        [
            [1, 0],
            [2, 1],
        ];
        double[][] b =
        [
            [3, 0],
            [-1, 0.5],
        ];
        // a·aᵀ = (1, 2; 2, 5), b·bᵀ = (9, −3; −3, 1.25), and the trace of their product is 9 − 12 + 6.25.
        var overlap = double.Sqrt(3.25 + 2 * double.Sqrt((5 - 4) * (9 * 1.25 - 9)));
        var both = With([0, 0], a).FrechetDistance(With([0, 0], b));
        both.Should().BeApproximately(1 + 5 + 9 + 1.25 - 2 * overlap, 1e-9);
    }

    [Test]
    public void It_is_symmetric_zero_for_equals_and_blind_to_rotations_and_shifts()
    {
        var (x, y) = (Points(60, 5, 1), Points(70, 5, 2).mul(1.5).add(0.3));
        var rotation = Orthogonal(Points(5, 5, 3));
        var distance = Statistics(x).FrechetDistance(Statistics(y));
        distance.Should().BeGreaterThan(0.5);
        Statistics(y).FrechetDistance(Statistics(x)).Should().BeApproximately(distance, 1e-9);
        Statistics(x).FrechetDistance(Statistics(x)).Should().BeApproximately(0, 1e-9);
        Statistics(x.matmul(rotation).add(7))
            .FrechetDistance(Statistics(y.matmul(rotation).add(7)))
            .Should()
            .BeApproximately(distance, 1e-9);
        Statistics(x.mul(3)).FrechetDistance(Statistics(y.mul(3))).Should().BeApproximately(9 * distance, 1e-8);
    }

    [Test]
    public void A_covariance_without_its_full_rank_has_a_distance()
    {
        // On one line: the spreads along it count, and nothing else.
        var line = tensor(new double[] { 1, 2, 2 }).reshape(1, 3) / 3;
        var (x, y) = (Points(50, 1, 1), Points(50, 1, 2).mul(2));
        Statistics(x.matmul(line))
            .FrechetDistance(Statistics(y.matmul(line)))
            .Should()
            .BeApproximately(Statistics(x).FrechetDistance(Statistics(y)), 1e-7);
    }

    [Test]
    public void Statistics_do_not_depend_on_batches_nor_lose_digits_to_a_large_mean()
    {
        var x = Points(101, 4, 1);
        var parts = new FeatureStatistics(4);
        foreach (var (first, count) in new[] { (0, 1), (1, 60), (61, 40) })
            parts.Add(x.narrow(0, first, count).add(1e6));
        parts.Count.Should().Be(101);
        var wanted = Modules.Values.Numbers(x.t().cov());
        parts.Covariance.Cast<double>().Zip(wanted, (a, b) => double.Abs(a - b)).Max().Should().BeLessThan(1e-8);
        parts
            .Mean.Zip(Modules.Values.Numbers(x.mean([0L])), (a, b) => double.Abs(a - 1e6 - b))
            .Max()
            .Should()
            .BeLessThan(1e-8);
    }

    [Test]
    public void Exact_samples_come_near_the_limits_and_nearer_with_their_number()
    {
        double Distance(int count) =>
            Statistics(Draw(Square, count, 1).flatten(1))
                .FrechetDistance(Statistics(Draw(Square, count, 2).flatten(1)));
        var (few, many) = (Distance(100), Distance(10_000));
        many.Should().BeLessThan(few / 10).And.BeLessThan(1e-3);

        var exact = PrecisionRecall.Of(Draw(Square, 1000, 1).flatten(1), Draw(Square, 1000, 2).flatten(1));
        exact.Precision.Should().BeInRange(0.85, 1);
        exact.Recall.Should().BeInRange(0.85, 1);
        exact.Neighbours.Should().Be(3);
    }

    [Test]
    public void Precision_and_recall_of_sets_worked_out_by_hand()
    {
        // k = 1. The data's balls: 0±1, 1±1, 2±1, 3±1, 10±7. The samples': −2±2.5, 0.5±2.5, 4.5±4, 20±15.5.
        var data = Column(0, 1, 2, 3, 10);
        var samples = Column(-2, 0.5, 4.5, 20);
        var result = PrecisionRecall.Of(data, samples, 1);
        result.Precision.Should().Be(0.5, "0.5 and 4.5 lie in a ball of the data");
        result.Recall.Should().Be(1);

        PrecisionRecall.Of(data, data, 1).Should().Be(new PrecisionRecall(1, 1, 1));
        PrecisionRecall.Of(data, data.add(1000), 1).Should().Be(new PrecisionRecall(0, 0, 1));
    }

    [Test]
    public void One_mode_of_two_is_precise_and_half_recalled_and_noise_is_neither()
    {
        var left = Points(700, 3, 1);
        var both = cat([left.narrow(0, 0, 350), Points(350, 3, 2).add(100)]);
        var oneMode = PrecisionRecall.Of(both, left.narrow(0, 350, 350));
        oneMode.Precision.Should().BeGreaterThan(0.8);
        oneMode.Recall.Should().BeInRange(0.4, 0.5);
        var spread = PrecisionRecall.Of(Points(600, 3, 5), Points(600, 3, 6).mul(20));
        spread.Precision.Should().BeLessThan(0.1);
    }

    [Test]
    public void Nearest_images_are_those_of_a_full_search_across_batches()
    {
        var random = new Random(4);
        var pixels = new byte[2300 * 4];
        random.NextBytes(pixels);
        var data = new ImageDataset(pixels, 1, 2, 2);
        int[] chosen = [3, 999, 1000, 2299];
        var found = NearestImages.Find(data.Batch(chosen), data, 3);
        for (var i = 0; i < chosen.Length; i++)
        {
            var all = Enumerable.Range(0, 2300).Select(n => (Number: n, Distance: Distance(pixels, chosen[i], n)));
            var nearest = all.OrderBy(one => one.Distance).Take(3).ToArray();
            found.Indices[i][0].Should().Be(chosen[i]);
            found.Distances[i].Zip(nearest, (a, b) => double.Abs(a - b.Distance)).Max().Should().BeLessThan(1e-5);
            found.Indices[i].Should().Equal(nearest.Select(one => one.Number));
        }
        var picture = found.Draw(data.Batch(chosen), data, scale: 2);
        (picture.Width, picture.Height).Should().Be(((4 * 3 + 1) * 2, (4 * 3 + 1) * 2));

        static double Distance(byte[] pixels, int a, int b) =>
            double.Sqrt(
                Enumerable.Range(0, 4).Sum(j => double.Pow((pixels[4 * a + j] - (double)pixels[4 * b + j]) / 127.5, 2))
            );
    }

    [Test]
    public void Nearest_in_features_measures_there()
    {
        var data = new ImageDataset(new byte[] { 0, 200, 90, 10, 100, 255 }, 1, 1, 2);
        // Only the second pixel counts.
        var found = NearestImages.Find(data.Batch([0]), data, 3, x => x.flatten(1).narrow(1, 1, 1));
        found.Indices[0].Should().Equal(0, 2, 1);
        found.Distances[0][1].Should().BeApproximately(55 / 127.5, 1e-6);
    }

    [Test]
    public void Bad_input_is_named()
    {
        var data = new ImageDataset(new byte[12], 1, 2, 2);
        Refused(() => NearestImages.Find(ones([1, 1, 2, 3]), data, 1), "*[1, 1, 2, 3]*1×2×2*");
        Refused(() => NearestImages.Find(ones([1, 1, 2, 2]), data, 4), "4 neighbours*has 3*");
        Refused(() => PrecisionRecall.Of(ones([3, 2]), ones([9, 2])), "*[3, 2] and [9, 2]*above 3*");
        Refused(() => new FeatureStatistics(3).Add(ones([2, 4])), "*[2, 4]*[B, 3]*");
        Refused(() => Statistics(ones([2, 3])).FrechetDistance(Statistics(ones([2, 4]))), "*4 numbers, these 3*");
        FluentActions
            .Invoking(() => Statistics(ones([1, 3])).FrechetDistance(Statistics(ones([2, 3]))))
            .Should()
            .Throw<InvalidOperationException>()
            .WithMessage("*at least 2*1 were*");
        FluentActions.Invoking(() => Statistics(ones([2, 3]) * double.NaN)).Should().Throw<NotFiniteNumberException>();
    }

    // Points with exactly this mean, and exactly the covariance root·rootᵀ.
    private static FeatureStatistics With(double[] mean, double[][] root)
    {
        var dimension = mean.Length;
        var reach = double.Sqrt((2 * dimension - 1) / 2.0);
        var statistics = new FeatureStatistics(dimension);
        for (var column = 0; column < dimension; column++)
            foreach (var side in new[] { reach, -reach })
                statistics.Add(
                    tensor(mean.Select((centre, row) => centre + side * root[row][column]).ToArray())
                        .reshape(1, dimension)
                );
        return statistics;
    }

    private static FeatureStatistics Statistics(Tensor features)
    {
        var statistics = new FeatureStatistics((int)features.shape[1]);
        statistics.Add(features);
        return statistics;
    }

    private static Tensor Points(int count, int dimension, int seed) =>
        Draw(
                GaussianMixture.Of(
                    (1.0, DiagonalGaussian.Of(new double[dimension], [.. Enumerable.Repeat(1.0, dimension)]))
                ),
                count,
                seed
            )
            .reshape(count, dimension);

    private static Tensor Column(params double[] values) => tensor(values).reshape(-1, 1);

    // An orthogonal matrix by Gram and Schmidt.
    private static Tensor Orthogonal(Tensor matrix)
    {
        var columns = new List<Tensor>();
        for (long i = 0; i < matrix.shape[1]; i++)
        {
            var column = matrix.select(1, i);
            foreach (var other in columns)
                column = column - other * other.dot(column);
            columns.Add(column / column.norm());
        }
        return stack(columns, 1);
    }

    private static void Refused(Action action, string message) =>
        action.Should().Throw<ArgumentException>().WithMessage(message);
}
