using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

[TestFixture]
public sealed class IndexingTests : ScopeFixture
{
    private Tensor x = null!;

    [SetUp]
    public void MakeNumbers() => x = arange(12, ScalarType.Float64).reshape(3, 4);

    [Test]
    public void Numbers_ranges_and_slices_pick_as_in_Python()
    {
        x[1, 2].ToDouble().Should().Be(6);
        x[-1, -1].ToDouble().Should().Be(11);
        x[2].Doubles().Should().Equal(8, 9, 10, 11);
        x[.., 1].Doubles().Should().Equal(1, 5, 9);
        x[1.., ..2].Doubles().Should().Equal(4, 5, 8, 9);
        x[..^1, ^1].Doubles().Should().Equal(3, 7);
        x[TensorIndex.Slice(0, null, 2), TensorIndex.Slice(1, 4, 2)].Doubles().Should().Equal(1, 3, 9, 11);
        x[TensorIndex.Ellipsis, 0].Doubles().Should().Equal(0, 4, 8);
        x[TensorIndex.Colon, TensorIndex.None].shape.Should().Equal(3, 1, 4);
    }

    [Test]
    public void Tensors_of_indices_and_masks_gather()
    {
        x[tensor(new long[] { 2, 0 })].Doubles().Should().Equal(8, 9, 10, 11, 0, 1, 2, 3);
        x[tensor(new long[] { 0, 1 }), tensor(new long[] { 3, 2 })].Doubles().Should().Equal(3, 6);
        x[x > 8].Doubles().Should().Equal(9, 10, 11);
        x.index_select(1, tensor(new long[] { 3, 0 })).Doubles().Should().Equal(3, 0, 7, 4, 11, 8);
        x.gather(1, tensor(new long[] { 1, 2, 3 }).unsqueeze(1)).Doubles().Should().Equal(1, 6, 11);
        x.masked_select(x < 2).Doubles().Should().Equal(0, 1);
        x.narrow(1, 1, 2).Doubles().Should().Equal(1, 2, 5, 6, 9, 10);
    }

    [Test]
    public void Assignments_write_through()
    {
        x[0, 0] = tensor(50.0);
        x[1] = tensor(new double[] { 1, 2, 3, 4 });
        x[.., 3] = tensor(-1.0);
        x.Doubles().Should().Equal(50, 1, 2, -1, 1, 2, 3, -1, 8, 9, 10, -1);
        x[x < 0] = tensor(0.0);
        x.sum(0L).Doubles().Should().Equal(59, 12, 15, 0);
        x.index_put_(tensor(7.0), tensor(new long[] { 0 }), tensor(new long[] { 1 }));
        x[0, 1].ToDouble().Should().Be(7);
    }

    [Test]
    public void Accumulating_assignments_add_every_occurrence()
    {
        var y = zeros(3, ScalarType.Float64);
        Tensor[] places = [tensor(new long[] { 0, 0, 2 })];
        y.index_put_(ones(3, ScalarType.Float64), places, accumulate: true);
        y.Doubles().Should().Equal(2, 0, 1);
        y.scatter_add_(0, tensor(new long[] { 1, 1 }), tensor(new double[] { 3, 4 })).Doubles().Should().Equal(2, 7, 1);
    }

    [Test]
    public void Views_share_memory_and_copies_do_not()
    {
        var row = x[1];
        var copy = x[1].clone();
        row.zero_();
        x[1].Doubles().Should().OnlyContain(v => v == 0);
        copy.Doubles().Should().Equal(4, 5, 6, 7);
    }
}
