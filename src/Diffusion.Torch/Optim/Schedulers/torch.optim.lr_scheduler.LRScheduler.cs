namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        /// <summary>Schedules that change an optimizer's learning rates from step to step.</summary>
        public static partial class lr_scheduler
        {
            /// <summary>
            /// Base of all schedules. Creating one sets the first learning rates, each <see cref="step()"/> the next.
            /// </summary>
            public abstract class LRScheduler
            {
                internal readonly Optimizer _optimizer;
                internal int _last_epoch;
                private readonly bool _verbose;
                private readonly List<double> _base;
                private List<double> _last;

                private protected LRScheduler(Optimizer optimizer, int last_epoch, bool verbose)
                {
                    ArgumentNullException.ThrowIfNull(optimizer);
                    _optimizer = optimizer;
                    _last_epoch = last_epoch;
                    _verbose = verbose;
                    _base = optimizer.ParamGroups.Select(group => group.InitialLearningRate).ToList();
                    _last = Current;
                }

                private protected List<double> Current =>
                    _optimizer.ParamGroups.Select(group => group.LearningRate).ToList();

                private protected IReadOnlyList<double> Base => _base;

                /// <summary>Sets the learning rates of the next epoch (or batch).</summary>
                public virtual void step() => step(null);

                /// <summary>Sets the learning rates of an epoch.</summary>
                /// <param name="epoch">Which epoch; null for the next.</param>
                public virtual void step(int? epoch)
                {
                    _last_epoch = epoch ?? _last_epoch + 1;
                    var rates = (epoch is null ? get_lr() : get_closed_form_lr()).ToList();
                    foreach (var (group, rate) in _optimizer.ParamGroups.Zip(rates))
                        group.LearningRate = rate;
                    if (_verbose && !rates.SequenceEqual(_last))
                        Console.WriteLine($"Learning rates: {string.Join(", ", rates)}");
                    _last = rates;
                }

                /// <summary>Sets the learning rates of the next epoch.</summary>
                /// <param name="current">A measure of quality, which most schedules ignore.</param>
                /// <param name="epoch">Which epoch; null for the next.</param>
                public virtual void step(double current, int? epoch = null) => step(epoch);

                /// <summary>The learning rates of all groups as last set.</summary>
                public IEnumerable<double> get_last_lr() => _last;

                /// <summary>The next learning rates, from those of now.</summary>
                protected virtual IEnumerable<double> get_lr() => Current;

                /// <summary>The learning rates of the epoch, from those at the start.</summary>
                protected virtual IEnumerable<double> get_closed_form_lr() => get_lr();

                private protected void Remember() => _last = Current;

                private protected IEnumerable<double> Scaled(double factor) => Current.Select(rate => rate * factor);

                private protected static void ThrowUnlessPositive(double value, string argument)
                {
                    if (!(value > 0 && double.IsFinite(value)))
                        throw new ArgumentException(
                            $"{argument} must be finite and above 0, but is {value}.",
                            argument
                        );
                }
            }
        }
    }
}
