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
                /// Lowers the learning rates along half a cosine, `η_min + (η₀ − η_min)·(1 + cos(π·epoch / T)) / 2`,
                /// and raises them again beyond T: Loshchilov and Hutter 2017, arXiv:1608.03983, eq. 5.
                /// </summary>
                public class CosineAnnealingLR : LRScheduler
                {
                    private readonly double _period;
                    private readonly double _lowest;

                    /// <summary>Creates the schedule.</summary>
                    /// <param name="optimizer">The optimizer.</param>
                    /// <param name="T_max">The epoch T of the lowest rates; above 0.</param>
                    /// <param name="eta_min">The lowest rate η_min.</param>
                    /// <param name="last_epoch">The epoch before the first; −1 to start.</param>
                    /// <param name="verbose">Whether to print changes.</param>
                    public CosineAnnealingLR(
                        Optimizer optimizer,
                        double T_max,
                        double eta_min = 0,
                        int last_epoch = -1,
                        bool verbose = false
                    )
                        : base(optimizer, last_epoch, verbose)
                    {
                        ThrowUnlessPositive(T_max, nameof(T_max));
                        _period = T_max;
                        _lowest = eta_min;
                        step();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch == 0)
                            return Current;
                        // One epoch after the minimum the ratio below is 0/0.
                        if ((_last_epoch - 1 - _period) % (2 * _period) == 0)
                            return Current.Zip(
                                Base,
                                (rate, first) => rate + (first - _lowest) * (1 - double.Cos(double.Pi / _period)) / 2
                            );
                        var ratio = (1 + Cosine(_last_epoch)) / (1 + Cosine(_last_epoch - 1));
                        return Current.Select(rate => ratio * (rate - _lowest) + _lowest);
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_closed_form_lr() =>
                        Base.Select(rate => _lowest + (rate - _lowest) * (1 + Cosine(_last_epoch)) / 2);

                    private double Cosine(int epoch) => double.Cos(double.Pi * epoch / _period);
                }
            }
        }
    }
}
