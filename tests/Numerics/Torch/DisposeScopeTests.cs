using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

[TestFixture]
public sealed class DisposeScopeTests
{
    [Test]
    public void A_closed_scope_takes_nothing()
    {
        var closed = NewDisposeScope();
        closed.Dispose();
        using var open = NewDisposeScope();
        var x = ones(2);
        var before = LiveTensors.Count();
        Action move = () => open.MoveToOther(closed, x);
        if (EngineUnderTest.IsOurs)
        {
            move.Should().Throw<ObjectDisposedException>();
        }
        open.Contains(x).Should().BeTrue();
        x.Dispose();
        LiveTensors.Count().Should().Be(before - 1);
        open.DisposablesCount.Should().Be(0);
    }

    [Test]
    public void A_scope_disposes_what_was_made_in_it()
    {
        Tensor made;
        using (var scope = NewDisposeScope())
        {
            made = ones(2) + 1;
            scope.DisposablesCount.Should().Be(2);
            scope.Contains(made).Should().BeTrue();
            made.IsInvalid.Should().BeFalse();
        }
        made.IsInvalid.Should().BeTrue();
    }

    [Test]
    public void Tensors_move_out_one_scope_at_a_time()
    {
        Tensor moved;
        using (var outer = NewDisposeScope())
        {
            using (NewDisposeScope())
            {
                moved = ones(2).MoveToOuterDisposeScope();
            }
            moved.IsInvalid.Should().BeFalse();
            outer.Contains(moved).Should().BeTrue();
        }
        moved.IsInvalid.Should().BeTrue();
    }

    [Test]
    public void A_detached_tensor_belongs_to_nobody()
    {
        Tensor detached;
        Tensor outermost;
        using (NewDisposeScope())
        {
            detached = ones(2).DetachFromDisposeScope();
            outermost = ones(2).MoveToOuterDisposeScope();
        }
        detached.IsInvalid.Should().BeFalse();
        outermost.IsInvalid.Should().BeFalse();
        detached.Dispose();
        outermost.Dispose();
    }

    [Test]
    public void A_scope_takes_in_a_tensor_of_another()
    {
        using var first = NewDisposeScope();
        var x = ones(2);
        using (var second = NewDisposeScope())
        {
            second.Attach(x);
            first.Contains(x).Should().BeFalse();
            var kept = ones(3);
            second.MoveToOther(first, kept);
            first.Contains(kept).Should().BeTrue();
        }
        x.IsInvalid.Should().BeTrue();
    }

    [Test]
    public void All_but_some_can_be_disposed()
    {
        using var scope = NewDisposeScope();
        var kept = ones(2);
        var dropped = ones(2);
        scope.DisposeEverythingBut(kept).Should().BeSameAs(kept);
        kept.IsInvalid.Should().BeFalse();
        dropped.IsInvalid.Should().BeTrue();
        scope.DisposablesCount.Should().Be(1);
    }

    [Test]
    public void A_tensor_disposed_by_hand_leaves_its_scope()
    {
        using var scope = NewDisposeScope();
        var x = ones(2);
        x.Dispose();
        x.Dispose();
        scope.DisposablesCount.Should().Be(0);
    }

    [Test]
    public void Scopes_belong_to_their_thread()
    {
        using var scope = NewDisposeScope();
        Tensor? elsewhere = null;
        var thread = new Thread(() => elsewhere = ones(2));
        thread.Start();
        thread.Join();
        scope.DisposablesCount.Should().Be(0);
        elsewhere!.Dispose();
    }

    [Test]
    public void Closing_scopes_out_of_order_is_harmless()
    {
        var outer = NewDisposeScope();
        var inner = NewDisposeScope();
        outer.Dispose();
        var x = ones(2);
        inner.Contains(x).Should().BeTrue();
        inner.Dispose();
        x.IsInvalid.Should().BeTrue();
        (CurrentDisposeScope is null).Should().BeTrue();
    }

    [Test]
    public void An_expression_in_a_scope_of_its_own_leaves_only_its_result()
    {
        using var scope = NewDisposeScope();
        var x = WrappedTensorDisposeScope(() => (ones(2) + 1) * 3);
        scope.DisposablesCount.Should().Be(1);
        x.Doubles().Should().Equal(6, 6);
    }
}
