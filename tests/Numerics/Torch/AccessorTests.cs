using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

[TestFixture]
public sealed class AccessorTests : ScopeFixture
{
    [TestCase(-1, 0)]
    [TestCase(7, 0)]
    [TestCase(0, -1)]
    [TestCase(0, 5)]
    [TestCase(0, long.MinValue)]
    [TestCase(0, long.MaxValue)]
    public void Copies_from_beyond_the_ends_are_refused(int arrayIndex, long tensorIndex)
    {
        foreach (var x in new[] { zeros(4), zeros(2, 2).t() })
        {
            var accessor = x.data<float>();
            var array = new float[6];
            var argument = arrayIndex == 0 ? "tensorIndex" : "arrayIndex";
            var read = () => accessor.CopyTo(array, arrayIndex, tensorIndex);
            var write = () => accessor.CopyFrom(array, arrayIndex, tensorIndex);
            if (EngineUnderTest.IsOurs)
            {
                read.Should().Throw<ArgumentOutOfRangeException>().Which.ParamName.Should().Be(argument);
                write.Should().Throw<ArgumentOutOfRangeException>().Which.ParamName.Should().Be(argument);
            }
        }
    }

    [Test]
    public void Copies_may_start_anywhere_up_to_the_end()
    {
        EngineUnderTest.SkipOnTorchSharp("a copy of nothing at the end is refused");
        var accessor = arange(4, ScalarType.Float32).data<float>();
        var array = new float[3];
        accessor.CopyTo(array, 3, 0);
        accessor.CopyTo(array, 0, 4);
        array.Should().Equal(0, 0, 0);
        accessor.CopyTo(array, 1, 3);
        array.Should().Equal(0, 3, 0);
        accessor.CopyFrom([7, 8, 9], 2, 1);
        accessor.ToArray().Should().Equal(0, 9, 2, 3);
    }

    [Test]
    public void A_null_array_is_refused()
    {
        var accessor = zeros(4).data<float>();
        Action read = () => accessor.CopyTo((float[])null!);
        Action write = () => accessor.CopyFrom((float[])null!);
        if (EngineUnderTest.IsOurs)
        {
            read.Should().Throw<ArgumentNullException>().Which.ParamName.Should().Be("array");
            write.Should().Throw<ArgumentNullException>().Which.ParamName.Should().Be("array");
        }
    }
}
