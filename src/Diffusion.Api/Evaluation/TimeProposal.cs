using Diffusion.Math;

namespace Diffusion.Api;

/// <summary>
/// From which times t = 2 … T the bound's terms are drawn. Few terms near t = 2 hold most of the sum, so that uniform
/// times would say little; here t is drawn half uniformly, half in proportion to the term of data whose every pixel is
/// Gaussian. Dividing each drawn term by its probability keeps the estimate unbiased, and the uniform half keeps that
/// quotient below 2(T − 1) (defensive importance sampling; Hesterberg 1995).
/// </summary>
internal sealed class TimeProposal
{
    // About the variance of a pixel of natural images on [−1, 1].
    private const double PixelVariance = 0.25;

    private readonly double[] _cumulative;
    private readonly double[] _probability;

    internal TimeProposal(Schedule schedule, ReverseVariance variance)
    {
        var terms = new double[schedule.Steps - 1];
        for (var i = 0; i < terms.Length; i++)
            terms[i] = TermOfGaussian(schedule, i + 2, variance);
        var sum = terms.Sum();
        _probability =
        [
            .. terms.Select(term => 0.5 / terms.Length + (sum > 0 ? 0.5 * term / sum : 0.5 / terms.Length)),
        ];
        _cumulative = new double[terms.Length];
        var total = 0.0;
        for (var i = 0; i < terms.Length; i++)
            _cumulative[i] = total += _probability[i];
    }

    /// <summary>One time in each of K equal parts of the distribution, from one random number in [0, 1).</summary>
    /// <returns>The times, and the factors by which their terms add up to an estimate of the sum over all times.</returns>
    internal (int Time, double Factor)[] Draw(double u, int count)
    {
        var draws = new (int, double)[count];
        for (var k = 0; k < count; k++)
        {
            var found = Array.BinarySearch(_cumulative, (u + k) / count);
            // The last sum may round to less than 1.
            var index = int.Min(found < 0 ? ~found : found + 1, _cumulative.Length - 1);
            draws[k] = (index + 2, 1 / (count * _probability[index]));
        }
        return draws;
    }

    private static double TermOfGaussian(Schedule schedule, int t, ReverseVariance variance)
    {
        var spread = variance.IsLearned ? ReverseVariance.FixedSmall : variance;
        var error = schedule.Marginal(t).Given(new Gaussian(0, PixelVariance), 0).Variance;
        var posterior = schedule.Posterior(t);
        var v = spread.Of(posterior.From, posterior.To);
        return VariationalBound.TransitionTerm(posterior, 1, error, v)
            - VariationalBound.TransitionTerm(posterior, 1, 0, v);
    }
}
