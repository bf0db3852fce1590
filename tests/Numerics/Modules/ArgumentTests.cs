using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static Diffusion.Numerics.Modules.Values;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Modules;

public sealed class ArgumentTests
{
    [Test]
    public void Optimizers_refuse_options_out_of_range()
    {
        using var weight = Trained(1);

        Refused(() => optim.SGD([weight], -0.1), "*-0.1*");
        Refused(() => optim.SGD([weight], 0.1, weight_decay: -1), "*-1*");
        Refused(() => optim.SGD([weight], 0.1, nesterov: true), "*omentum*");
        Refused(() => optim.Adam([weight], lr: -1), "*-1*");
        Refused(() => optim.AdamW([weight], beta1: 1), "*beta1*");
        Refused(() => optim.AdamW([weight], beta2: -0.5), "*beta2*");
        Refused(() => optim.AdamW([weight], eps: -1), "*-1*");
    }

    private static void Refused(Func<optim.Optimizer> make, string message) =>
        make.Should().Throw<ArgumentException>().WithMessage(message);
}
