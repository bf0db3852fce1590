namespace Diffusion.Nn;

/// <summary>The decay d of a moving average, update by update. Immutable.</summary>
/// <param name="Final">The final d, in [0, 1).</param>
/// <param name="Warmup">How d comes up to it; default <see cref="EmaWarmup.Ratio"/>.</param>
public readonly record struct EmaRule(double Final, EmaWarmup Warmup = EmaWarmup.Ratio)
{
    /// <summary>g of <see cref="EmaWarmup.Power"/>, positive; default 1.</summary>
    public double InverseGamma { get; init; } = 1;

    /// <summary>p of <see cref="EmaWarmup.Power"/>, positive; default 2/3, for long runs; 3/4 for short ones.</summary>
    public double Power { get; init; } = 2.0 / 3;

    /// <summary>d of the update after <paramref name="updates"/> others.</summary>
    /// <param name="updates">n, at least 0.</param>
    public double At(long updates) =>
        Warmup switch
        {
            EmaWarmup.Ratio => double.Min(Final, (1.0 + updates) / (10.0 + updates)),
            EmaWarmup.Power => double.Min(Final, 1 - double.Pow(1 + updates / InverseGamma, -Power)),
            _ => Final,
        };

    /// <summary>Refuses what is no decay.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Names what is out of range.</exception>
    internal void Check()
    {
        if (!(Final >= 0 && Final < 1))
            throw new ArgumentOutOfRangeException("decay", Final, "The decay must be in [0, 1).");
        if (!Enum.IsDefined(Warmup))
            throw new ArgumentOutOfRangeException("warmup", Warmup, $"{Warmup} is no warm-up.");
        if (!(InverseGamma > 0 && double.IsFinite(InverseGamma)))
            throw new ArgumentOutOfRangeException("inverseGamma", InverseGamma, "inverseGamma must be positive.");
        if (!(Power > 0 && double.IsFinite(Power)))
            throw new ArgumentOutOfRangeException("power", Power, "power must be positive.");
    }
}
