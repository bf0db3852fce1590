#if SYSTEM_ENGINE
using NUnit.Framework;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

/// <summary>A fixture that runs with each instruction set's kernels, all of them on, and puts everything back, the number of
/// threads too.</summary>
[TestFixtureSource(typeof(KernelSwitches), nameof(KernelSwitches.Sets))]
[NonParallelizable]
public abstract class KernelFixture(string set)
{
    private KernelSwitches _switches = null!;
    private int _threads;

    protected string Set => set;

    [SetUp]
    public void SwitchOn() => (_switches, _threads) = (new KernelSwitches(set), get_num_threads());

    [TearDown]
    public void SwitchBack()
    {
        set_num_threads(_threads);
        _switches.Dispose();
    }
}
#endif
