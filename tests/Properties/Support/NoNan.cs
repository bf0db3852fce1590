using System.Globalization;
using FluentAssertions;

namespace Diffusion.Properties.Support;

/// <summary>Numbers or a refusal.</summary>
internal static class NoNan
{
    /// <summary>What is asked is answered by numbers, infinite ones too, or refused.</summary>
    public static void Try(Func<double[]> numbers, object what)
    {
        double[] made;
        try
        {
            made = numbers();
        }
        catch (Exception thrown) when (thrown is ArgumentException or InvalidOperationException)
        {
            return;
        }

        if (made.Any(double.IsNaN))
        {
            made.Should().NotContain(x => double.IsNaN(x), Convert.ToString(what, CultureInfo.InvariantCulture));
        }
    }
}
