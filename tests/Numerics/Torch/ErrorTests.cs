using System.Runtime.InteropServices;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

[TestFixture]
public sealed class ErrorTests : ScopeFixture
{
    [Test]
    public void Errors_of_libtorch_arrive_with_its_message()
    {
        if (EngineUnderTest.IsOurs)
        {
            // TorchSharp itself lets this one end the process.
            var product = () => ones(2, 2).matmul(ones(3, 3));
            product.Should().Throw<ExternalException>().WithMessage("*2x2 and 3x3*");
        }
        var sum = () => ones(2) + ones(3);
        sum.Should().Throw<ExternalException>().WithMessage("*size of tensor a (2)*");
        var index = () => ones(2)[5];
        index.Should().Throw<ExternalException>().WithMessage("*out of*");
        var view = () => ones(2, 3).t().view(6);
        view.Should().Throw<ExternalException>();
        var backward = () => ones(2).backward();
        backward.Should().Throw<ExternalException>();
        var shape = () => ones(4).reshape(3);
        shape.Should().Throw<ExternalException>();
    }

    [Test]
    public void A_disposed_tensor_is_refused()
    {
        var x = ones(2);
        x.Dispose();
        var use = () => x.add(1);
        use.Should().Throw<InvalidOperationException>();
        var argument = () => ones(2).add(x);
        argument.Should().Throw<InvalidOperationException>();
        var shape = () => x.shape;
        shape.Should().Throw<InvalidOperationException>();
        x.IsInvalid.Should().BeTrue();
    }

    [Test]
    public void A_null_tensor_is_refused_before_libtorch_sees_it()
    {
        Action add = () => ones(2).add((Tensor)null!);
        IsRefused(add, "other");
        Action join = () => cat(new Tensor[] { ones(2), null! });
        IsRefused(join, "tensors");
        Action operate = () => _ = ones(2) + (Tensor)null!;
        IsRefused(operate, "right");
        Action choose = () => where(ones(2).to(ScalarType.Bool), null!, ones(2));
        IsRefused(choose, "x");
        Action activate = () => nn.functional.silu(null!);
        IsRefused(activate, "x");
        Action make = () => tensor((float[])null!);
        IsRefused(make, "rawArray");
    }

    [Test]
    public void Elements_of_another_type_are_refused()
    {
        var data = () => ones(2).data<double>();
        data.Should().Throw<ArgumentException>().WithMessage("*Float32*");
        var item = () => ones(2).item<float>();
        item.Should().Throw<ArgumentException>();
        var bytes = () => ones(2, 3).t().bytes.Length;
        bytes.Should().Throw<InvalidOperationException>();
    }

    [Test]
    public void An_array_too_short_for_its_shape_is_refused()
    {
        var tooShort = () => tensor(new float[] { 1, 2, 3 }, 2, 2);
        tooShort.Should().Throw<ArgumentException>();
    }

    [Test]
    public void A_device_that_is_not_there_is_refused()
    {
        var unknown = () => new Device("toaster");
        unknown.Should().Throw<ArgumentException>();
        if (!cuda.is_available())
        {
            var absent = () => ones(2).cuda();
            absent.Should().Throw<InvalidOperationException>().WithMessage("*CUDA*");
        }
    }

    [TestCase(-1)]
    [TestCase(12)]
    [TestCase(100)]
    public void An_element_type_that_is_not_there_is_refused(int number)
    {
        EngineUnderTest.SkipOnTorchSharp("such a number reaches libtorch, which ends the process");
        var unknown = (ScalarType)number;
        var promote = () => promote_types(unknown, ScalarType.Float32);
        promote.Should().Throw<ExternalException>();
        var cast = () => can_cast(ScalarType.Float32, unknown);
        if (number != 12)
        {
            cast.Should().Throw<ExternalException>();
        }
        promote_types(ScalarType.Int32, ScalarType.Float32).Should().Be(ScalarType.Float32);
        can_cast(ScalarType.Float32, ScalarType.Int32).Should().BeFalse();
    }

    [Test]
    public void After_an_error_the_engine_goes_on()
    {
        for (var i = 0; i < 100; i++)
        {
            var wrong = () => ones(2) + ones(3);
            wrong.Should().Throw<ExternalException>();
        }
        (ones(2) + ones(2)).Doubles().Should().Equal(2, 2);
    }

    private static void IsRefused(Action action, string argument)
    {
        var error = action.Should().Throw<Exception>().Which;
        if (EngineUnderTest.IsOurs)
        {
            error.Should().BeOfType<ArgumentNullException>().Which.ParamName.Should().Be(argument);
        }
        else
        {
            // TorchSharp itself lets null run into a NullReferenceException.
            error.Should().Match(e => e is ArgumentNullException || e is NullReferenceException);
        }
    }
}
