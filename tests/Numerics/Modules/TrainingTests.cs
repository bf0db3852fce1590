using FluentAssertions;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Modules;

public sealed class TrainingTests
{
    private const int Steps = 200;
    private const int WarmUp = 10;

    private int threads;

    // Such small pictures aren't worth sharing: on a busy machine the threads would wait for each other.
    [SetUp]
    public void UseOneThread()
    {
        threads = get_num_threads();
        set_num_threads(1);
    }

    [TearDown]
    public void UseAllThreads() => set_num_threads(threads);

    [Test]
    public void A_small_network_learns_and_leaves_no_tensors_behind()
    {
        manual_seed(1);
        using var net = nn.Sequential(
            ("conv_in", nn.Conv2d(1, 8, 3, padding: 1)),
            ("norm", nn.GroupNorm(2, 8)),
            ("act", nn.SiLU()),
            ("drop", nn.Dropout(0.05)),
            ("down", nn.MaxPool2d(2)),
            ("middle", nn.Conv2d(8, 8, 3, padding: 1)),
            ("up", nn.Upsample(scale_factor: [2, 2])),
            ("conv_out", nn.Conv2d(8, 1, 3, padding: 1))
        );
        nn.init.ones_(net.get_parameter("norm.weight")!);
        nn.init.zeros_(net.get_parameter("norm.bias")!);
        using var optimizer = optim.AdamW(net.parameters(), lr: 5e-3, weight_decay: 0.01);
        var schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, Steps);
        using var loss = nn.MSELoss();
        using var input = randn(4, 1, 8, 8);
        using var target = input.flip(3).tanh();
        var losses = new List<float>();
        var alive = new List<long>();
        // Garbage of other tests would lower the count on the way.
        _ = LiveTensors.Count();

        for (var step = 0; step < Steps; step++)
        {
            using (NewDisposeScope())
            {
                optimizer.zero_grad();
                var error = loss.call(net.call(input), target);
                error.backward();
                nn.utils.clip_grad_norm_(net.parameters(), 1);
                optimizer.step();
                schedule.step();
                losses.Add(error.item<float>());
            }
            alive.Add(Tensor.TotalCount);
        }

        losses[^1].Should().BeLessThan(losses[0] / 2);
        alive.Skip(WarmUp).Distinct().Should().ContainSingle();
    }
}
