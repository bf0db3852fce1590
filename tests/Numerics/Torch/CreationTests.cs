using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

[TestFixture]
public sealed class CreationTests : ScopeFixture
{
    [Test]
    public void Filled_tensors_have_their_shape_type_and_value()
    {
        zeros(2, 3).shape.Should().Equal(2, 3);
        zeros(2, 3).Doubles().Should().OnlyContain(x => x == 0);
        ones([4], ScalarType.Float64).dtype.Should().Be(ScalarType.Float64);
        ones(2, 2, 2).Doubles().Should().OnlyContain(x => x == 1);
        full([2, 2], 2.5).Doubles().Should().OnlyContain(x => x == 2.5);
        full([2], 7).dtype.Should().Be(ScalarType.Int64);
        zeros_like(ones(2, 5)).shape.Should().Equal(2, 5);
        full_like(ones(3), -1).Doubles().Should().Equal(-1, -1, -1);
        empty(0, 4).numel().Should().Be(0);
    }

    [Test]
    public void Ranges_count_as_PyTorch_does()
    {
        arange(5).Doubles().Should().Equal(0, 1, 2, 3, 4);
        arange(5).dtype.Should().Be(ScalarType.Int64);
        arange(1, 2, 0.25).Doubles().Should().Equal(1, 1.25, 1.5, 1.75);
        arange(1, 2, 0.25).dtype.Should().Be(ScalarType.Float32);
        linspace(0, 1, 5).Doubles().Should().Equal(0, 0.25, 0.5, 0.75, 1);
        eye(2, 3).Doubles().Should().Equal(1, 0, 0, 0, 1, 0);
    }

    [Test]
    public void Arrays_are_copied_in_index_order()
    {
        float[] values = [1, 2, 3, 4, 5, 6];
        var matrix = tensor(values, 2, 3);
        values[0] = 100;
        matrix.shape.Should().Equal(2, 3);
        matrix.Doubles().Should().Equal(1, 2, 3, 4, 5, 6);
        tensor(values, [3L, 2L]).shape.Should().Equal(3, 2);
        tensor(
                new double[,]
                {
                    { 1, 2 },
                    { 3, 4 },
                }
            )
            .Doubles()
            .Should()
            .Equal(1, 2, 3, 4);
        tensor(new long[] { 1, 2 }).dtype.Should().Be(ScalarType.Int64);
        tensor(new int[] { 1, 2 }, dtype: ScalarType.Float32).dtype.Should().Be(ScalarType.Float32);
        tensor(new bool[] { true, false }).data<bool>().ToArray().Should().Equal(true, false);
        from_array(new float[2, 2, 3]).shape.Should().Equal(2, 2, 3);
        tensor(3.5).Dimensions.Should().Be(0);
        tensor(3.5f).item<float>().Should().Be(3.5f);
        tensor(9L).item<long>().Should().Be(9);
    }

    [Test]
    public void A_buffer_is_shared_with_its_array()
    {
        float[] values = [1, 2, 3, 4];
        var view = frombuffer(values, ScalarType.Float32, count: 2, offset: 1);
        view.Doubles().Should().Equal(2, 3);
        values[1] = 20;
        view.Doubles().Should().Equal(20, 3);
        view[1] = tensor(30f);
        values.Should().Equal(1, 20, 30, 4);
    }

    [Test]
    public void The_bytes_of_a_tensor_are_its_memory()
    {
        var x = tensor(new float[] { 1, 2 });
        x.bytes.Length.Should().Be(8);
        BitConverter.TryWriteBytes(x.bytes[4..], 5f).Should().BeTrue();
        x.Doubles().Should().Equal(1, 5);
        using var stream = new MemoryStream();
        x.WriteBytesToStream(stream);
        stream.Position = 0;
        var y = zeros(2);
        y.ReadBytesFromStream(stream);
        y.Doubles().Should().Equal(1, 5);
    }

    [Test]
    public void Data_of_a_transposed_tensor_comes_in_index_order()
    {
        var x = arange(6, ScalarType.Float32).reshape(2, 3).transpose(0, 1);
        x.data<float>().ToArray().Should().Equal(0, 3, 1, 4, 2, 5);
        x.data<float>()[2, 1].Should().Be(5);
        var target = new float[6];
        x.data<float>().CopyTo(target);
        target.Should().Equal(0, 3, 1, 4, 2, 5);
    }

    [Test]
    public void Conversions_keep_values()
    {
        var x = tensor(new double[] { 1.75, -2.25 });
        x.to(ScalarType.Float32).dtype.Should().Be(ScalarType.Float32);
        x.to(ScalarType.Int64).Doubles().Should().Equal(1, -2);
        x.to(ScalarType.Float16).Doubles().Should().Equal(1.75, -2.25);
        x.to(ScalarType.BFloat16).Doubles().Should().Equal(1.75, -2.25);
        x.cpu().device_type.Should().Be(DeviceType.CPU);
        x.to(CPU).Doubles().Should().Equal(1.75, -2.25);
        ((double)x[0]).Should().Be(1.75);
        x[1].ToSingle().Should().Be(-2.25f);
    }

    [Test]
    public void A_buffer_is_counted_in_its_elements()
    {
        var flags = new[] { false, true, false, true, true };
        using var last = frombuffer(flags, ScalarType.Bool, offset: 3);
        last.data<bool>().ToArray().Should().Equal(true, true);
        flags[4] = false;
        last.data<bool>().ToArray().Should().Equal(true, false);
        using var numbers = frombuffer(new double[] { 1, 2, 3 }, ScalarType.Float64, 1, 1);
        numbers.data<double>().ToArray().Should().Equal(2);
    }

    [Test]
    public void Two_million_tensors_are_joined()
    {
        using var one = ones(1);
        using var all = cat(Enumerable.Repeat(one, 2_000_000).ToArray());
        all.numel().Should().Be(2_000_000);
    }

    [Test]
    public void Text_says_what_a_tensor_is()
    {
        zeros(2, 3).ToString().Should().Contain("2x3").And.Contain("Float32").And.Contain("cpu");
        tensor(new float[] { 1.5f, 2 }).str().Should().Contain("1.5");
    }
}
