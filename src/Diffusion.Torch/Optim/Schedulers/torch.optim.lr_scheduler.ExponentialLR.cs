namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Multiplies the learning rates by γ every epoch.</summary>
                public class ExponentialLR : LRScheduler
                {
                    private readonly double _gamma;

                    /// <summary>Creates the schedule.</summary>
                    /// <param name="optimizer">The optimizer.</param>
                    /// <param name="gamma">The factor γ.</param>
                    /// <param name="last_epoch">The epoch before the first; −1 to start.</param>
                    /// <param name="verbose">Whether to print changes.</param>
                    public ExponentialLR(
                        Optimizer optimizer,
                        double gamma = 0.1,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        _gamma = gamma;
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr() => _last_epoch == 0 ? Current : Scaled(_gamma);

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_closed_form_lr() =>
                        Base.Select(rate => rate * double.Pow(_gamma, _last_epoch));
                }
            }
        }
    }
}
