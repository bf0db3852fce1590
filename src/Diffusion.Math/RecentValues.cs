namespace Diffusion.Math;

/// <summary>The newest few arrays of one length, newest first; those that fall off the end are filled again.</summary>
internal sealed class RecentValues(int depth, int length)
{
    // One more than can be looked back at: the one that is being filled.
    private readonly double[]?[] _arrays = new double[depth + 1][];
    private int _newest;

    /// <summary>The array that is so many steps old.</summary>
    public double[] this[int age] => _arrays[(_newest + age) % _arrays.Length]!;

    /// <summary>Makes room for a newer one, of unknown content.</summary>
    public double[] Add()
    {
        _newest = (_newest + _arrays.Length - 1) % _arrays.Length;
        return _arrays[_newest] ??= new double[length];
    }
}
