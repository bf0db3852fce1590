namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>
                /// Raises the learning rates to a maximum and lowers them far below the start, with the momentum the
                /// other way round: Smith and Topin 2017, arXiv:1708.07120.
                /// </summary>
                public class OneCycleLR : LRScheduler
                {
                    private readonly int _totalSteps;
                    private readonly bool _cycleMomentum;
                    private readonly AnnealStrategy _strategy;
                    private readonly List<(double End, int From, int To)> _phases;
                    private readonly List<double[]> _rates;
                    private readonly List<double[]> _momenta;

                    /// <summary>The curve between two learning rates.</summary>
                    public enum AnnealStrategy
                    {
                        /// <summary>Half a cosine.</summary>
                        Cos,

                        /// <summary>A line.</summary>
                        Linear,
                    }

                    /// <summary>Creates the schedule.</summary>
                    /// <param name="optimizer">The optimizer.</param>
                    /// <param name="max_lr">The largest learning rate.</param>
                    /// <param name="total_steps">How many steps; −1 for epochs times steps_per_epoch.</param>
                    /// <param name="epochs">How many epochs, where total_steps isn't given.</param>
                    /// <param name="steps_per_epoch">How many steps an epoch has.</param>
                    /// <param name="pct_start">Share of the steps that go up, 0..1.</param>
                    /// <param name="anneal_strategy">The curve.</param>
                    /// <param name="cycle_momentum">Whether to change the momentum (or β₁), too.</param>
                    /// <param name="base_momentum">The momentum at the maximum.</param>
                    /// <param name="max_momentum">The momentum at both ends.</param>
                    /// <param name="div_factor">By how much the first rate is below the largest.</param>
                    /// <param name="final_div_factor">By how much the last rate is below the first.</param>
                    /// <param name="three_phase">Whether to come down in two phases, by way of the first rate.</param>
                    /// <param name="last_epoch">The epoch before the first; −1 to start.</param>
                    /// <param name="verbose">Whether to print changes.</param>
                    public OneCycleLR(
                        Optimizer optimizer,
                        double max_lr,
                        int total_steps = -1,
                        int epochs = -1,
                        int steps_per_epoch = -1,
                        double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos,
                        bool cycle_momentum = true,
                        double base_momentum = 0.85,
                        double max_momentum = 0.95,
                        double div_factor = 25,
                        double final_div_factor = 1e4,
                        bool three_phase = false,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        ThrowUnlessPositive(div_factor, nameof(div_factor));
                        ThrowUnlessPositive(final_div_factor, nameof(final_div_factor));
                        if (!(pct_start >= 0 && pct_start <= 1))
                            throw new ArgumentException(
                                $"pct_start must be in 0..1, but is {pct_start}.",
                                nameof(pct_start)
                            );
                        if (cycle_momentum && optimizer is not (IMomentum or IBetas))
                            throw new ArgumentException(
                                "cycle_momentum needs an optimizer with momentum.",
                                nameof(cycle_momentum)
                            );
                        _totalSteps =
                            total_steps != -1 ? total_steps
                            : epochs > 0 ? epochs * steps_per_epoch
                            : 0;
                        ThrowUnlessPositive(_totalSteps, nameof(total_steps));
                        _cycleMomentum = cycle_momentum;
                        _strategy = anneal_strategy;
                        // Levels: 0 is the start, 1 the peak, 2 the end.
                        var (up, last) = (pct_start * _totalSteps - 1, _totalSteps - 1);
                        _phases = three_phase ? [(up, 0, 1), (2 * up, 1, 0), (last, 0, 2)] : [(up, 0, 1), (last, 1, 2)];
                        var first = max_lr / div_factor;
                        _rates = Base.Select(_ => new[] { first, max_lr, first / final_div_factor }).ToList();
                        _momenta = Base.Select(_ => new[] { max_momentum, base_momentum, max_momentum }).ToList();
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch > _totalSteps)
                        {
                            throw new InvalidOperationException(
                                $"The schedule has {_totalSteps} steps, but step {_last_epoch + 1} was asked for."
                            );
                        }
                        var index = _phases.FindIndex(phase => _last_epoch <= phase.End);
                        index = index < 0 ? _phases.Count - 1 : index;
                        var start = index == 0 ? 0 : _phases[index - 1].End;
                        var (end, from, to) = _phases[index];
                        var done = (_last_epoch - start) / (end - start);
                        if (_cycleMomentum)
                        {
                            foreach (var (group, levels) in _optimizer.ParamGroups.Zip(_momenta))
                                SetMomentum(group, Between(levels[from], levels[to], done));
                        }
                        return _rates.Select(levels => Between(levels[from], levels[to], done));
                    }

                    private static void SetMomentum(ILearningRateController group, double momentum)
                    {
                        if (group is IBetas betas)
                            betas.Betas = (momentum, betas.Betas.Item2);
                        else if (group is IMomentum plain)
                            plain.Momentum = momentum;
                    }

                    private double Between(double start, double end, double done) =>
                        _strategy == AnnealStrategy.Cos
                            ? end + (start - end) / 2 * (double.Cos(double.Pi * done) + 1)
                            : (end - start) * done + start;
                }
            }
        }
    }
}
