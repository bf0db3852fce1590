using System.Numerics;

namespace Diffusion.Math;

/// <summary>Σ factor·values into an array, several numbers at a time.</summary>
/// <remarks>
/// Multiplied and added in two roundings everywhere, so that a number's place in the array changes nothing.
/// </remarks>
internal ref struct LinearSum(double[] target)
{
    private bool _begun;

    /// <summary>Adds a term; one with factor 0 isn't read.</summary>
    public void Add(double factor, double[] values)
    {
        if (factor == 0)
        {
            return;
        }

        int i = 0;
        int vectors = target.Length - Vector<double>.Count;
        Vector<double> factors = new(factor);
        if (_begun)
        {
            for (; i <= vectors; i += Vector<double>.Count)
            {
                (new Vector<double>(target, i) + (factors * new Vector<double>(values, i))).CopyTo(target, i);
            }

            for (; i < target.Length; i++)
            {
                target[i] += factor * values[i];
            }
        }
        else
        {
            for (; i <= vectors; i += Vector<double>.Count)
            {
                (factors * new Vector<double>(values, i)).CopyTo(target, i);
            }

            for (; i < target.Length; i++)
            {
                target[i] = factor * values[i];
            }
        }

        _begun = true;
    }

    /// <summary>A sum without a term is 0.</summary>
    public readonly void Finish()
    {
        if (!_begun)
        {
            Array.Clear(target);
        }
    }

    /// <summary>Whether no number is infinite or NaN.</summary>
    public static bool AreFinite(ReadOnlySpan<double> values)
    {
        int i = 0;
        for (; i <= values.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            // x − x is 0 for finite numbers and NaN for all others.
            Vector<double> several = new(values[i..]);
            if (!Vector.EqualsAll(several - several, Vector<double>.Zero))
            {
                return false;
            }
        }

        for (; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i]))
            {
                return false;
            }
        }

        return true;
    }
}
