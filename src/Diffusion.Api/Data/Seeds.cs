namespace Diffusion.Api;

/// <summary>
/// Derives independent seeds from one: (seed, stream, index) ↦ 64 bits through SplitMix64's mixer (Steele, Lea and
/// Flood, 2014). Randomness is a value here: what a step or a sample draws depends on its number, not on what ran before.
/// </summary>
internal static class Seeds
{
    /// <summary>What the numbers are for; streams never share a seed.</summary>
    internal enum Stream
    {
        Initialisation,
        Order,
        Flips,
        Times,
        Noise,
        Dropout,
        Sample,
        Bound,
        Flow,
        Choice,
        Labels,
    }

    internal static long Derive(ulong seed, Stream stream, long index) =>
        // A generator's seed is a signed number; its top bit is left clear so that every engine takes it.
        (long)(Mix(Mix(Mix(seed) ^ (ulong)stream) ^ (ulong)index) >> 1);

    private static ulong Mix(ulong x)
    {
        x += 0x9e3779b97f4a7c15;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
        x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
        return x ^ (x >> 31);
    }
}
