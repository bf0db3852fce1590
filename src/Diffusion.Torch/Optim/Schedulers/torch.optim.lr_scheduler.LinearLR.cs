namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Moves the learning rates linearly from one factor to another.</summary>
                public class LinearLR : LRScheduler
                {
                    private readonly double _startFactor;
                    private readonly double _endFactor;
                    private readonly int _totalIterations;

                    /// <summary>Creates the schedule.</summary>
                    /// <param name="optimizer">The optimizer.</param>
                    /// <param name="start_factor">The factor at the start, above 0.</param>
                    /// <param name="end_factor">The factor at the end.</param>
                    /// <param name="total_iters">How many epochs from start to end; 1 or more.</param>
                    /// <param name="last_epoch">The epoch before the first; −1 to start.</param>
                    /// <param name="verbose">Whether to print changes.</param>
                    public LinearLR(
                        Optimizer optimizer,
                        double start_factor = 1.0 / 3,
                        double end_factor = 1.0,
                        int total_iters = 5,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        ThrowUnlessPositive(start_factor, nameof(start_factor));
                        ThrowUnlessPositive(total_iters, nameof(total_iters));
                        _startFactor = start_factor;
                        _endFactor = end_factor;
                        _totalIterations = total_iters;
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch == 0)
                            return Scaled(_startFactor);
                        if (_last_epoch > _totalIterations)
                            return Current;
                        var rise = _endFactor - _startFactor;
                        return Scaled(1 + rise / (_totalIterations * _startFactor + (_last_epoch - 1) * rise));
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_closed_form_lr()
                    {
                        var done = (double)int.Min(_totalIterations, _last_epoch) / _totalIterations;
                        return Base.Select(rate => rate * (_startFactor + (_endFactor - _startFactor) * done));
                    }
                }
            }
        }
    }
}
