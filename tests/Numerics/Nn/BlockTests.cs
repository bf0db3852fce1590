using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class BlockTests
{
    [TestCase(8, true, 0.0)]
    [TestCase(9, false, 1.0)]
    [TestCase(2, false, 0.5)]
    [TestCase(6, true, -2.0)]
    public void Sinusoidal_features_are_sines_and_cosines(int dimension, bool flip, double shift)
    {
        double[] times = [0, 1, 17.5, 999];
        using var t = tensor(times);
        using var features = TimeEmbedding.Sinusoidal(t, dimension, flip, shift);
        var actual = features.data<float>().ToArray();
        var half = dimension / 2;
        for (var row = 0; row < times.Length; row++)
        for (var column = 0; column < dimension; column++)
        {
            var frequency = double.Pow(10000, -(column % half) / (half - shift));
            var cosine = column < half == flip;
            var angle = times[row] * frequency;
            var expected =
                column == 2 * half ? 0
                : cosine ? double.Cos(angle)
                : double.Sin(angle);
            // Angles up to 1000 in float32.
            ((double)actual[row * dimension + column])
                .Should()
                .BeApproximately(expected, 1e-4);
        }
    }

    [Test]
    public void Sinusoidal_features_refuse_what_has_no_frequencies()
    {
        using var t = tensor(new long[] { 1 });
        using var table = zeros(new long[] { 1, 1 });
        Func<Tensor>[] wrong =
        [
            () => TimeEmbedding.Sinusoidal(t, 1),
            () => TimeEmbedding.Sinusoidal(t, 8, frequencyShift: 4),
            () => TimeEmbedding.Sinusoidal(t, 8, frequencyShift: double.NaN),
            () => TimeEmbedding.Sinusoidal(t, 8, maxPeriod: double.NaN),
            () => TimeEmbedding.Sinusoidal(table, 8),
        ];
        foreach (var call in wrong)
            call.Should().Throw<ArgumentException>();
    }

    [TestCase(2)]
    [TestCase(3)]
    [TestCase(6)]
    public void Attention_is_softmax_of_query_times_key(int head)
    {
        manual_seed(5);
        const int channels = 6;
        using var block = new AttentionBlock(channels, head, groups: 3);
        block.to(ScalarType.Float64);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var w = block.state_dict();
        var x = randn(new long[] { 2, channels, 3, 4 }, dtype: ScalarType.Float64) * 3;
        var normed = F.group_norm(x, 3, w["group_norm.weight"], w["group_norm.bias"], 1e-5).view(2, channels, 12);
        Tensor Projected(string name, Tensor of) =>
            w[$"{name}.weight"].unsqueeze(0).expand(2, -1, -1).bmm(of) + w[$"{name}.bias"].view(1, -1, 1);
        var (q, k, v) = (Projected("to_q", normed), Projected("to_k", normed), Projected("to_v", normed));
        var heads = new List<Tensor>();
        for (var from = 0; from < channels; from += head)
        {
            var scores = q.narrow(1, from, head).transpose(1, 2).bmm(k.narrow(1, from, head)) / double.Sqrt(head);
            heads.Add(v.narrow(1, from, head).bmm(scores.softmax(2).transpose(1, 2)));
        }
        var expected = x + Projected("to_out.0", cat(heads.ToArray(), 1)).view(2, channels, 3, 4);
        var output = block.forward(x);
        // The softmax is in float32.
        Nets.MaxDifference(output, expected).Should().BeLessThan(1e-6);
        output.is_contiguous().Should().BeTrue();
        var flipped = x.transpose(2, 3).contiguous().transpose(2, 3);
        Nets.MaxDifference(block.forward(flipped), output).Should().BeLessThan(1e-12);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Filtered_resampling_is_the_filters_sum(bool mirrored)
    {
        const int height = 6;
        const int width = 4;
        using var scope = NewDisposeScope();
        var x = randn(new long[] { 2, 3, height, width }, dtype: ScalarType.Float64);
        var values = x[1, 2].data<double>().ToArray();
        double[] taps = [1 / 8.0, 3 / 8.0, 3 / 8.0, 1 / 8.0];
        double Pixel(int row, int column)
        {
            if (mirrored)
                (row, column) = (Mirrored(row, height), Mirrored(column, width));
            var inside = row is >= 0 and < height && column is >= 0 and < width;
            return inside ? values[row * width + column] : 0;
        }

        var halved = Fir.Halve(x, mirrored)[1, 2].data<double>().ToArray();
        for (var row = 0; row < height / 2; row++)
        for (var column = 0; column < width / 2; column++)
        {
            var sum = 0.0;
            for (var i = 0; i < 4; i++)
            for (var j = 0; j < 4; j++)
                sum += taps[i] * taps[j] * Pixel(2 * row + i - 1, 2 * column + j - 1);
            halved[row * width / 2 + column].Should().BeApproximately(sum, 1e-14);
        }

        var doubled = Fir.Double(x, mirrored)[1, 2].data<double>().ToArray();
        for (var row = 0; row < 2 * height; row++)
        for (var column = 0; column < 2 * width; column++)
        {
            // Between two pixels, ¾ of the nearer one and ¼ of the other.
            var (up, left) = ((row + 1) / 2 - 1, (column + 1) / 2 - 1);
            var (down, right) = (row % 2 == 1 ? 0.25 : 0.75, column % 2 == 1 ? 0.25 : 0.75);
            var sum =
                (1 - down) * ((1 - right) * Pixel(up, left) + right * Pixel(up, left + 1))
                + down * ((1 - right) * Pixel(up + 1, left) + right * Pixel(up + 1, left + 1));
            doubled[row * 2 * width + column].Should().BeApproximately(sum, 1e-14);
        }
    }

    private static int Mirrored(int index, int length) =>
        index < 0 ? -index
        : index >= length ? 2 * (length - 1) - index
        : index;

    [Test]
    public void A_head_wider_than_the_feature_map_is_refused()
    {
        var make = () => new AttentionBlock(4, 8, groups: 2);
        make.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*1 to 4*8*");
    }

    [Test]
    public void Blocks_leave_their_inputs_as_they_are()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var options = new ResnetOptions(TimeChannels: 8, Groups: 2);
        var x = randn(new long[] { 2, 4, 8, 8 });
        var time = randn(new long[] { 2, 8 });
        var (keptX, keptTime) = (x.clone(), time.clone());
        using var same = new ResnetBlock2D(4, 4, options);
        using var wider = new ResnetBlock2D(4, 8, options, Resample.Up);
        using var attention = new AttentionBlock(4, 2, groups: null);
        using var down = new Downsample2D(4, padding: 0);
        using var up = new Upsample2D(4);
        same.forward(x, time).shape.Should().Equal(2, 4, 8, 8);
        wider.forward(x, time).shape.Should().Equal(2, 8, 16, 16);
        attention.forward(x).shape.Should().Equal(2, 4, 8, 8);
        down.forward(x).shape.Should().Equal(2, 4, 4, 4);
        up.forward(x).shape.Should().Equal(2, 4, 16, 16);
        Nets.MaxDifference(x, keptX).Should().Be(0);
        Nets.MaxDifference(time, keptTime).Should().Be(0);
    }
}
