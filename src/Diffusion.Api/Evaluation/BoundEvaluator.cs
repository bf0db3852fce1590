using System.Collections.Immutable;
using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Estimates a model's variational bound on −ln p(x₀), image by image and by its named terms L_T, Σ L_{t−1} and L₀
/// (Ho et al. 2020, eq. 5), for every prediction and every reverse variance.
/// </summary>
/// <remarks>
/// <para>L_T is exact. L₀ is one draw of x₁. Σ L_{t−1} is either the sum over all t = 2 … T with one draw of x_t each, or
/// K times drawn one from each of K equal parts of a fixed distribution over t, each term divided by its probability.
/// All are unbiased. What doesn't depend on the network is summed exactly: only its error is estimated.</para>
/// <para>The process's rule on x̂₀ belongs to the model, in the bound as in its samples. Not thread-safe.</para>
/// </remarks>
public sealed class BoundEvaluator
{
    private const double GridTolerance = 1e-3;

    private readonly Func<Tensor, Tensor, Tensor?, Tensor> _network;
    private readonly GaussianDiffusion _process;
    private readonly BoundOptions _options;
    private readonly TimeProposal _proposal;
    private readonly LearnedVarianceTerm _atFirst;

    // E[L_{t−1}] where the network makes no error: 0 with the posterior's own variance.
    private readonly double[] _errorless;

    /// <summary>Fixes the model.</summary>
    /// <param name="network">
    /// Function of (x [B, C, …], 0-based time [B]) to a prediction of x's shape; of [B, 2C, …], variances behind the
    /// prediction, where the process's reverse variance is learned.
    /// </param>
    /// <param name="process">Schedule, prediction, reverse variance and the rule on x̂₀.</param>
    /// <param name="options">How to estimate; default as <see cref="BoundOptions"/> says.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public BoundEvaluator(Func<Tensor, Tensor, Tensor> network, GaussianDiffusion process, BoundOptions? options = null)
        : this(NetworkAnswer.Unconditional(network), process, options) { }

    /// <summary>Fixes a model of images of given classes: the bound is on −ln p(x₀ | class).</summary>
    /// <param name="network">As above, with the classes [B] of the images, null where they have none.</param>
    /// <param name="process">As above.</param>
    /// <param name="options">As above.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public BoundEvaluator(
        Func<Tensor, Tensor, Tensor?, Tensor> network,
        GaussianDiffusion process,
        BoundOptions? options = null
    )
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(process);
        (_network, _process, _options) = (network, process, options ?? new BoundOptions());
        _options.Validate();
        var (schedule, variance) = (process.Schedule, process.ReverseVariance);
        _proposal = new TimeProposal(schedule, variance);
        _atFirst = variance.IsLearned ? LearnedVarianceTerm.At(schedule, 1, process.Prediction) : default;
        _errorless = new double[schedule.Steps + 1];
        for (var t = 2; t <= schedule.Steps && !variance.IsLearned; t++)
        {
            var posterior = schedule.Posterior(t);
            _errorless[t] = VariationalBound.TransitionTerm(posterior, 1, 0, VarianceAt(posterior));
        }
    }

    private Schedule Schedule => _process.Schedule;

    /// <summary>Images that the network is asked about, for each image.</summary>
    public int CallsPerImage =>
        1
        + (
            Schedule.Steps == 1 ? 0
            : _options.AllTimes ? Schedule.Steps - 1
            : _options.TimesPerImage
        );

    /// <summary>The terms of each of a batch of images.</summary>
    /// <param name="x0">[B, C, …] on the network's device; values of 8-bit pixels where that is the decoder.</param>
    /// <param name="images">B numbers ≥ 0, by which each image's randomness is drawn.</param>
    /// <param name="labels">[B] classes of the images, as the network takes them; null where it takes none.</param>
    /// <param name="cancel">Ends the work between two network calls.</param>
    /// <exception cref="ArgumentException">Shapes don't fit, or the values are no 8-bit pixels.</exception>
    /// <exception cref="NotFiniteNumberException">The network answers NaN or infinity.</exception>
    public ImmutableArray<BoundTerms> Terms(
        Tensor x0,
        ReadOnlySpan<int> images,
        Tensor? labels = null,
        CancellationToken cancel = default
    ) => Terms(x0, images, labels, new double[Schedule.Steps + 1], cancel);

    /// <summary>The bound over images of a data set, drawn from it at random without repetition.</summary>
    /// <param name="data">8-bit images that the network wasn't trained on; their labels are passed to it.</param>
    /// <param name="count">How many of them, at least 2.</param>
    /// <param name="onImages">Called after each batch with the number of images done.</param>
    /// <param name="device">Where the network is; default the CPU.</param>
    /// <param name="cancel">Ends the work between two network calls.</param>
    /// <exception cref="ArgumentOutOfRangeException">The data set hasn't that many images.</exception>
    public BoundResult Evaluate(
        ImageDataset data,
        int count,
        Action<long>? onImages = null,
        Device? device = null,
        CancellationToken cancel = default
    )
    {
        var byTime = new double[Schedule.Steps + 1];
        var terms = new List<BoundTerms>(count);
        foreach (var images in ImageChoice.Batches(data, count, _options.BatchSize, _options.Seed))
        {
            using var scope = NewDisposeScope();
            var (x0, labels) = ImageChoice.Load(data, images, device ?? CPU);
            terms.AddRange(Terms(x0, images, labels, byTime, cancel));
            onImages?.Invoke(terms.Count);
        }
        return new BoundResult(terms, data.Channels * data.Height * data.Width)
        {
            CallsPerImage = CallsPerImage,
            ByTime = _options.AllTimes ? [.. byTime.Skip(2).Select(sum => sum / terms.Count)] : [],
        };
    }

    private ImmutableArray<BoundTerms> Terms(
        Tensor x0,
        ReadOnlySpan<int> images,
        Tensor? labels,
        double[] byTime,
        CancellationToken cancel
    )
    {
        ImageShapes.RequireNumbers(x0, images.Length);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var streams = new ImageStreams(_options.Seed, Seeds.Stream.Bound, images);
        var batch = new Batch(x0, labels, NetworkAnswer.Numbers(x0, "The data"), streams);
        var transitions = new double[batch.Count];
        foreach (var (times, factors) in Times(batch))
        {
            cancel.ThrowIfCancellationRequested();
            AddTransitions(batch, times, factors, transitions, byTime);
        }
        var reconstructions = Reconstructions(batch);
        var shape = batch.Dimension * _errorless.Sum();
        return
        [
            .. Enumerable
                .Range(0, batch.Count)
                .Select(i => new BoundTerms(
                    VariationalBound.PriorTerm(Schedule, batch.Dimension, SquaredNorm(batch.Image(i))),
                    transitions[i] + shape,
                    reconstructions[i]
                )),
        ];
    }

    // Which time each image gets in each of the network calls, and the factors of their terms.
    private IEnumerable<(int[] Times, double[] Factors)> Times(Batch batch)
    {
        if (Schedule.Steps == 1)
            yield break;
        if (_options.AllTimes)
        {
            for (var t = 2; t <= Schedule.Steps; t++)
                yield return ([.. Enumerable.Repeat(t, batch.Count)], [.. Enumerable.Repeat(1.0, batch.Count)]);
            yield break;
        }
        var draws = batch.Streams.Numbers().Select(u => _proposal.Draw(u, _options.TimesPerImage)).ToArray();
        for (var k = 0; k < _options.TimesPerImage; k++)
            yield return ([.. draws.Select(draw => draw[k].Time)], [.. draws.Select(draw => draw[k].Factor)]);
    }

    private void AddTransitions(Batch batch, int[] times, double[] factors, double[] transitions, double[] byTime)
    {
        var (estimates, variances) = Denoise(batch, times);
        for (var i = 0; i < batch.Count; i++)
        {
            var t = times[i];
            var posterior = Schedule.Posterior(t);
            var clean = batch.Image(i);
            var estimate = estimates.AsSpan(i * batch.Dimension, batch.Dimension);
            var term = variances is null
                ? VariationalBound.TransitionTerm(
                    posterior,
                    batch.Dimension,
                    SquaredDistance(clean, estimate),
                    VarianceAt(posterior)
                )
                : LearnedTerm(posterior, clean, estimate, variances.AsSpan(i * batch.Dimension, batch.Dimension));
            byTime[t] += term;
            transitions[i] += factors[i] * (term - (batch.Dimension * _errorless[t]));
        }
    }

    private double LearnedTerm(
        Posterior posterior,
        ReadOnlySpan<double> clean,
        ReadOnlySpan<double> estimate,
        ReadOnlySpan<double> outputs
    )
    {
        var sum = 0.0;
        for (var j = 0; j < clean.Length; j++)
        {
            var error = clean[j] - estimate[j];
            var variance = _process.ReverseVariance.Of(posterior.From, posterior.To, outputs[j]);
            sum += VariationalBound.TransitionTerm(posterior, 1, error * error, variance);
        }
        return sum;
    }

    private double[] Reconstructions(Batch batch)
    {
        var (estimates, outputs) = Denoise(batch, [.. Enumerable.Repeat(1, batch.Count)]);
        return _options.Decoder == BoundDecoder.EightBit
            ? EightBit(batch, estimates, outputs)
            : Gaussian(batch, estimates, outputs);
    }

    private double[] EightBit(Batch batch, double[] estimates, double[]? outputs)
    {
        var pixels = Pixels.ToBytes(batch.X0);
        var sums = new double[batch.Count];
        for (var j = 0; j < pixels.Length; j++)
        {
            if (!(double.Abs(DiscreteDecoder.Value(pixels[j]) - batch.Clean[j]) <= GridTolerance))
                throw new ArgumentException(
                    $"The data holds {batch.Clean[j]}, which is no 8-bit pixel on [−1, 1]; use the Gaussian decoder.",
                    "x0"
                );
            var decoded = new Gaussian(estimates[j], DecoderVariance(outputs, j));
            sums[j / batch.Dimension] -= DiscreteDecoder.LogProbability(pixels[j], decoded);
        }
        return sums;
    }

    private double[] Gaussian(Batch batch, double[] estimates, double[]? outputs)
    {
        var sums = new double[batch.Count];
        for (var j = 0; j < estimates.Length; j++)
        {
            var error = batch.Clean[j] - estimates[j];
            sums[j / batch.Dimension] += VariationalBound.GaussianReconstruction(
                1,
                error * error,
                DecoderVariance(outputs, j)
            );
        }
        return sums;
    }

    private double DecoderVariance(double[]? outputs, int index)
    {
        if (_options.DecoderVariance is { } given)
            return given;
        // What an output means at t = 1 is said once, where the training loss takes it from.
        if (outputs is not null)
            return _atFirst.VarianceOf(_process.ReverseVariance, outputs[index]);
        return Schedule.Steps == 1 ? Schedule.Beta(1) : Schedule.Posterior(2).Variance;
    }

    // The network's x̂₀ of a noised batch and, where it learns one, its word on the variance.
    private (double[] Estimates, double[]? Outputs) Denoise(Batch batch, int[] times)
    {
        using var scope = NewDisposeScope();
        var t = tensor(times).to_type(ScalarType.Int64).to(batch.X0.device);
        var noisy = _process.AddNoise(batch.X0, t, batch.Streams.Normal(batch.X0));
        var answer = NetworkAnswer.Of(_network, noisy, NetworkTime.Of(t), batch.Labels, _process.ReverseVariance);
        var what = "The network's answer";
        var (xt, output) = (NetworkAnswer.Numbers(noisy, "x_t"), NetworkAnswer.Numbers(answer.Prediction, what));
        for (var i = 0; i < batch.Count; i++)
        {
            var map = _process.Prediction.To(Prediction.X0, Schedule[times[i]]);
            var estimate = output.AsSpan(i * batch.Dimension, batch.Dimension);
            for (var j = 0; j < estimate.Length; j++)
                estimate[j] = map.Apply(xt[i * batch.Dimension + j], estimate[j]);
            _process.X0Rule.Apply(estimate);
        }
        return (output, answer.Variance is null ? null : NetworkAnswer.Numbers(answer.Variance, what));
    }

    private double VarianceAt(Posterior posterior) => _process.ReverseVariance.Of(posterior.From, posterior.To);

    private static double SquaredNorm(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value * value;
        return sum;
    }

    private static double SquaredDistance(ReadOnlySpan<double> values, ReadOnlySpan<double> others)
    {
        var sum = 0.0;
        for (var j = 0; j < values.Length; j++)
            sum += (values[j] - others[j]) * (values[j] - others[j]);
        return sum;
    }

    private sealed record Batch(Tensor X0, Tensor? Labels, double[] Clean, ImageStreams Streams)
    {
        internal int Count => (int)X0.shape[0];
        internal int Dimension => Clean.Length / Count;

        internal ReadOnlySpan<double> Image(int index) => Clean.AsSpan(index * Dimension, Dimension);
    }
}
