namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Multiplies the first learning rates by a function of the epoch.</summary>
                public class LambdaLR : LRScheduler
                {
                    private readonly List<Func<int, double>> _factors;

                    /// <summary>Creates the schedule.</summary>
                    /// <param name="optimizer">The optimizer.</param>
                    /// <param name="lr_lambda">The function.</param>
                    /// <param name="last_epoch">The epoch before the first; −1 to start.</param>
                    /// <param name="verbose">Whether to print changes.</param>
                    public LambdaLR(
                        Optimizer optimizer,
                        Func<int, double> lr_lambda,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        ArgumentNullException.ThrowIfNull(lr_lambda);
                        _factors = Base.Select(_ => lr_lambda).ToList();
                        step();
                    }

                    /// <summary>Creates the schedule.</summary>
                    /// <param name="optimizer">The optimizer.</param>
                    /// <param name="lr_lambdas">A function for each group of parameters.</param>
                    /// <param name="last_epoch">The epoch before the first; −1 to start.</param>
                    /// <param name="verbose">Whether to print changes.</param>
                    public LambdaLR(
                        Optimizer optimizer,
                        IEnumerable<Func<int, double>> lr_lambdas,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        ArgumentNullException.ThrowIfNull(lr_lambdas);
                        _factors = lr_lambdas.ToList();
                        if (_factors.Count != Base.Count)
                        {
                            throw new ArgumentException(
                                $"There are {Base.Count} groups of parameters, but {_factors.Count} functions.",
                                nameof(lr_lambdas)
                            );
                        }
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr() =>
                        Base.Zip(_factors, (rate, factor) => rate * factor(_last_epoch));
                }
            }
        }
    }
}
