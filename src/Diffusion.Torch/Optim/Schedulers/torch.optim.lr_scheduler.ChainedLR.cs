namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Runs several schedules at once: their factors multiply.</summary>
                public class ChainedLR : LRScheduler
                {
                    private readonly LRScheduler[] _schedulers;

                    /// <summary>Creates the schedule.</summary>
                    /// <param name="schedulers">One or more schedules of one optimizer.</param>
                    public ChainedLR(IEnumerable<LRScheduler> schedulers)
                        : this([.. schedulers]) { }

                    private ChainedLR(LRScheduler[] schedulers)
                        : base(
                            schedulers.FirstOrDefault()?._optimizer
                                ?? throw new ArgumentException("There are no schedules to chain.", nameof(schedulers)),
                            -1,
                            false
                        ) => _schedulers = schedulers;

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr()
                    {
                        foreach (var scheduler in _schedulers)
                            scheduler.step();
                        return Current;
                    }
                }
            }
        }
    }
}
