namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Lowers the learning rates to 0 as `(1 − epoch / total)^power`.</summary>
                public class PolynomialLR : LRScheduler
                {
                    private readonly int _totalIterations;
                    private readonly double _power;

                    /// <summary>Creates the schedule.</summary>
                    /// <param name="optimizer">The optimizer.</param>
                    /// <param name="total_iters">After how many epochs the rates are 0; 1 or more.</param>
                    /// <param name="power">The power.</param>
                    /// <param name="last_epoch">The epoch before the first; −1 to start.</param>
                    /// <param name="verbose">Whether to print changes.</param>
                    public PolynomialLR(
                        Optimizer optimizer,
                        int total_iters = 5,
                        double power = 1,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        ThrowUnlessPositive(total_iters, nameof(total_iters));
                        _totalIterations = total_iters;
                        _power = power;
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch == 0 || _last_epoch > _totalIterations)
                            return Current;
                        return Scaled(double.Pow(Left(_last_epoch) / Left(_last_epoch - 1), _power));
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_closed_form_lr() =>
                        Base.Select(rate => rate * double.Pow(Left(int.Min(_totalIterations, _last_epoch)), _power));

                    private double Left(int epoch) => 1 - (double)epoch / _totalIterations;
                }
            }
        }
    }
}
