using System.Runtime.CompilerServices;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Numerics.Torch;

[TestFixture]
[NonParallelizable]
public sealed class LifetimeTests
{
    [Test]
    public void The_count_of_live_tensors_stays_level_over_200_training_steps()
    {
        using var w1 = Values.Normal(1, 16, 8).mul_(0.3).requires_grad_();
        using var w2 = Values.Normal(2, 1, 16).mul_(0.3).requires_grad_();
        using var x = Values.Normal(3, 64, 8);
        using var y = WrappedTensorDisposeScope(() => x.sum(1, keepdim: true));
        var losses = new List<double>();
        long after10 = 0;
        for (var step = 0; step < 200; step++)
        {
            using (NewDisposeScope())
            {
                var loss = F.mse_loss(F.linear(F.linear(x, w1).silu(), w2), y);
                loss.backward();
                losses.Add(loss.ToDouble());
                using var off = no_grad();
                foreach (var w in new[] { w1, w2 })
                {
                    w.add_(w.grad!, -0.05);
                    w.grad!.zero_();
                }
            }
            if (step == 9)
            {
                after10 = LiveTensors.Count();
            }
        }
        LiveTensors.Count().Should().BeLessThanOrEqualTo(after10);
        losses[^1].Should().BeLessThan(losses[0] / 10);
    }

    [Test]
    public void Forgotten_tensors_are_freed_by_the_finalizer()
    {
        var before = LiveTensors.Count();
        Forget();
        Tensor.TotalCount.Should().BeGreaterThanOrEqualTo(before + 100);
        LiveTensors.Count().Should().BeLessThanOrEqualTo(before + 1);
    }

    [Test]
    public void The_count_is_right_when_threads_make_and_free_at_once()
    {
        var before = LiveTensors.Count();
        Parallel.For(
            0,
            8,
            _ =>
            {
                for (var i = 0; i < 500; i++)
                {
                    using var scope = NewDisposeScope();
                    (ones(4) + i).sum().ToDouble().Should().Be(4 + 4 * i);
                }
            }
        );
        Tensor.TotalCount.Should().BeLessThanOrEqualTo(before);
        Tensor.PeakCount.Should().BeGreaterThanOrEqualTo(before + 3);
    }

    [Test]
    public void An_undefined_tensor_does_not_count()
    {
        EngineUnderTest.SkipOnTorchSharp("an undefined tensor stays counted");
        var before = LiveTensors.Count();
        using (var nothing = Tensor.UnsafeCreateTensor(0))
        {
            nothing.IsInvalid.Should().BeTrue();
        }
        LiveTensors.Count().Should().Be(before);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget()
    {
        for (var i = 0; i < 100; i++)
        {
            _ = ones(4);
        }
    }
}
