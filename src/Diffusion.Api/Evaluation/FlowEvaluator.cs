using System.Collections.Immutable;
using Diffusion.Math;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Likelihoods of a network by its probability flow, the ordinary differential equation with the same marginals as the
/// diffusion (Song et al. 2021, SDE paper, section 4.3 and eq. 39), on tensors.
/// </summary>
/// <remarks>
/// <para>As <see cref="ProbabilityFlow"/>: dx/dφ = v̂(x) at α = cos φ, σ = sin φ. It runs in u = ln φ, where the flow of
/// data near a surface has an even pace, from the noise level of t = 1 to that of T. The density is that of x₁/α₁, the
/// model's data with the noise of t = 1 still on it: a network isn't trained below.</para>
/// <para>The rule on x̂₀ has no part in it. Not thread-safe.</para>
/// </remarks>
public sealed class FlowEvaluator
{
    private const double PixelWidth = 2.0 / 255;

    private readonly Func<Tensor, Tensor, Tensor?, Tensor> _network;
    private readonly GaussianDiffusion _process;
    private readonly FlowOptions _options;
    private readonly NoiseCurve _curve;

    /// <summary>Fixes the model.</summary>
    /// <param name="network">
    /// Function of (x [B, C, …], 0-based time [B], whole or not), differentiable in x, to a prediction of x's shape; of
    /// [B, 2C, …] where the process's reverse variance is learned, which isn't used.
    /// </param>
    /// <param name="process">Schedule and prediction.</param>
    /// <param name="options">How to integrate; default as <see cref="FlowOptions"/> says.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public FlowEvaluator(Func<Tensor, Tensor, Tensor> network, GaussianDiffusion process, FlowOptions? options = null)
        : this(NetworkAnswer.Unconditional(network), process, options) { }

    /// <summary>Fixes a model of images of given classes: the likelihood is p(x₀ | class).</summary>
    /// <param name="network">As above, with the classes [B] of the images, null where they have none.</param>
    /// <param name="process">As above.</param>
    /// <param name="options">As above.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public FlowEvaluator(
        Func<Tensor, Tensor, Tensor?, Tensor> network,
        GaussianDiffusion process,
        FlowOptions? options = null
    )
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(process);
        (_network, _process, _options) = (network, process, options ?? new FlowOptions());
        _options.Validate();
        _curve = NoiseCurve.Of(process.Schedule);
    }

    /// <summary>ln p of each of a batch of data points, in nats of a density.</summary>
    /// <param name="x0">[B, C, …] on the network's device; computed in its floating type.</param>
    /// <param name="images">B numbers ≥ 0, by which each image's probes are drawn.</param>
    /// <param name="labels">[B] classes of the images, as the network takes them; null where it takes none.</param>
    /// <param name="cancel">Ends the work between two network calls.</param>
    /// <exception cref="ArgumentException">Shapes don't fit, or the network answers another shape.</exception>
    /// <exception cref="NotFiniteNumberException">The network answers NaN or infinity.</exception>
    public ImmutableArray<double> LogLikelihood(
        Tensor x0,
        ReadOnlySpan<int> images,
        Tensor? labels = null,
        CancellationToken cancel = default
    )
    {
        using var streams = new ImageStreams(_options.Seed, Seeds.Stream.Flow, images);
        return [.. LogLikelihood(x0, streams, images.Length, labels, cancel).LogDensities];
    }

    /// <summary>
    /// The likelihood of images of a data set, drawn from it at random without repetition, with uniform noise in each
    /// pixel's interval of width 2/255 around its value.
    /// </summary>
    /// <param name="data">8-bit images that the network wasn't trained on; their labels are passed to it.</param>
    /// <param name="count">How many of them, at least 2.</param>
    /// <param name="onImages">Called after each batch with the number of images done.</param>
    /// <param name="device">Where the network is; default the CPU.</param>
    /// <param name="cancel">Ends the work between two network calls.</param>
    /// <exception cref="ArgumentOutOfRangeException">The data set hasn't that many images.</exception>
    public FlowResult Evaluate(
        ImageDataset data,
        int count,
        Action<long>? onImages = null,
        Device? device = null,
        CancellationToken cancel = default
    )
    {
        var nats = new List<double>(count);
        var dimension = 0;
        var calls = 0;
        foreach (var images in ImageChoice.Batches(data, count, _options.BatchSize, _options.Seed))
        {
            using var scope = NewDisposeScope();
            using var streams = new ImageStreams(_options.Seed, Seeds.Stream.Flow, images);
            var (x0, labels) = ImageChoice.Load(data, images, device ?? CPU);
            var noisy = x0 + (streams.Uniform(x0) - 0.5) * PixelWidth;
            var (densities, batchCalls) = LogLikelihood(noisy, streams, images.Length, labels, cancel);
            dimension = (int)(x0.numel() / images.Length);
            nats.AddRange(densities.Select(density => -density - dimension * double.Log(PixelWidth)));
            calls = int.Max(calls, batchCalls);
            onImages?.Invoke(nats.Count);
        }
        var total = Estimate.Of(nats);
        return new FlowResult(total, total.Times(VariationalBound.BitsPerDimension(1, dimension)), calls);
    }

    private (double[] LogDensities, int NetworkCalls) LogLikelihood(
        Tensor x0,
        ImageStreams streams,
        int count,
        Tensor? labels,
        CancellationToken cancel
    )
    {
        ImageShapes.RequireNumbers(x0, count);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var first = _process.Schedule[1];
        var flow = new Flow(this, Probes(x0, streams), labels, cancel);
        var start = new FlowState(x0.mul(first.Alpha), zeros([count], ScalarType.Float64, x0.device));
        var end = new FlowIntegrator(_options.Solver, flow.Slope).Run(
            start,
            double.Log(Angle(first)),
            double.Log(Angle(_process.Schedule[_process.Schedule.Steps]))
        );
        var dimension = (int)(x0.numel() / count);
        var prior = IsotropicGaussian.Standard(dimension);
        var states = NetworkAnswer.Numbers(end.X, "The flow's end");
        var growth = NetworkAnswer.Numbers(end.LogVolume, "The flow's divergence");
        var scale = dimension * double.Log(first.Alpha);
        return (
            [
                .. Enumerable
                    .Range(0, count)
                    .Select(i => prior.LogDensity(states.AsSpan(i * dimension, dimension)) + growth[i] + scale),
            ],
            flow.NetworkCalls
        );
    }

    private Tensor[] Probes(Tensor x0, ImageStreams streams) =>
        [
            .. Enumerable
                .Range(0, _options.Trace.Probes)
                .Select(_ => streams.Normal(x0))
                .Select(normal => _options.Trace.IsGaussian ? normal : normal.ge(0).to_type(x0.dtype).mul(2).sub(1)),
        ];

    private static double Angle(NoiseLevel level) => double.Atan2(level.Sigma, level.Alpha);

    // dx/du and d ln p/du at u = ln φ, for one batch.
    private sealed class Flow(FlowEvaluator owner, Tensor[] probes, Tensor? labels, CancellationToken cancel)
    {
        internal int NetworkCalls { get; private set; }

        internal FlowState Slope(Tensor x, double u)
        {
            cancel.ThrowIfCancellationRequested();
            NetworkCalls++;
            using var scope = NewDisposeScope();
            var angle = double.Exp(u);
            var level = NoiseLevel.FromAlphaSigma(double.Max(double.Cos(angle), 0), double.Sin(angle));
            var time = NetworkTime.Of(owner._curve.TimeOf(double.Tan(angle)), x.shape[0], x.device);
            var map = owner._process.Prediction.To(Prediction.V, level);
            using var withGradient = enable_grad();
            var at = x.detach().requires_grad_();
            var output = NetworkAnswer.Of(owner._network, at, time, labels, owner._process.ReverseVariance).Prediction;
            var trace = probes.Length == 0 ? ExactTrace(output, at) : EstimatedTrace(output, at);
            using var withoutGradient = no_grad();
            var velocity = LinearCombination.Of(map.Terms(output, at));
            var own = map.XtCoefficient * (x.numel() / x.shape[0]);
            return new FlowState(
                velocity.mul(angle).detach().MoveToOuterDisposeScope(),
                trace.mul(map.ModelCoefficient).add(own).mul(angle).MoveToOuterDisposeScope()
            );
        }

        private static Tensor ExactTrace(Tensor output, Tensor at)
        {
            var sum = zeros([at.shape[0]], ScalarType.Float64, at.device);
            if (!output.requires_grad)
                return sum;
            var rows = output.flatten(1);
            for (long i = 0; i < rows.shape[1]; i++)
            {
                using var scope = NewDisposeScope();
                var gradient = autograd.grad([rows.select(1, i).sum()], [at], retain_graph: true)[0];
                sum.add_(gradient.flatten(1).select(1, i).to_type(ScalarType.Float64));
            }
            return sum;
        }

        private Tensor EstimatedTrace(Tensor output, Tensor at)
        {
            var sum = zeros([at.shape[0]], ScalarType.Float64, at.device);
            if (!output.requires_grad)
                return sum;
            foreach (var probe in probes)
            {
                using var scope = NewDisposeScope();
                var gradient = autograd.grad([output], [at], [probe], retain_graph: true)[0];
                sum.add_(gradient.mul(probe).flatten(1).to_type(ScalarType.Float64).sum(1));
            }
            return sum.div(probes.Length);
        }
    }
}
