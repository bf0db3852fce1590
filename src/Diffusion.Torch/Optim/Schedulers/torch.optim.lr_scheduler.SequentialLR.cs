namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Runs one schedule after the other; each starts anew at its milestone.</summary>
                public class SequentialLR : LRScheduler
                {
                    private readonly LRScheduler[] _schedulers;
                    private readonly int[] _milestones;

                    /// <summary>Creates the schedule.</summary>
                    /// <param name="optimizer">The optimizer.</param>
                    /// <param name="schedulers">The schedules, in order.</param>
                    /// <param name="milestones">The epochs at which each but the first starts, increasing.</param>
                    /// <param name="last_epoch">The epoch before the first; −1 to start.</param>
                    /// <exception cref="ArgumentException">The counts don't fit, or the optimizers differ.</exception>
                    public SequentialLR(
                        Optimizer optimizer,
                        IEnumerable<LRScheduler> schedulers,
                        IEnumerable<int> milestones,
                        int last_epoch = -1
                    )
                        : base(optimizer, last_epoch + 1, false)
                    {
                        ArgumentNullException.ThrowIfNull(schedulers);
                        ArgumentNullException.ThrowIfNull(milestones);
                        _schedulers = [.. schedulers];
                        _milestones = [.. milestones];
                        if (_schedulers.Length != _milestones.Length + 1)
                        {
                            throw new ArgumentException(
                                $"{_schedulers.Length} schedules don't go with {_milestones.Length} milestones.",
                                nameof(milestones)
                            );
                        }
                        if (_schedulers.Any(scheduler => !ReferenceEquals(scheduler._optimizer, optimizer)))
                            throw new ArgumentException(
                                "All schedules must be for the same optimizer.",
                                nameof(schedulers)
                            );
                        // Each schedule made its first step when it was created: undo them and repeat the first.
                        foreach (var group in optimizer.ParamGroups)
                            group.LearningRate = group.InitialLearningRate;
                        foreach (var scheduler in _schedulers)
                            scheduler._last_epoch--;
                        _schedulers[0].step();
                        Remember();
                    }

                    /// <inheritdoc/>
                    protected override IEnumerable<double> get_lr()
                    {
                        var passed = _milestones.TakeWhile(milestone => milestone <= _last_epoch).Count();
                        if (passed > 0 && _milestones[passed - 1] == _last_epoch)
                            _schedulers[passed].step(0);
                        else
                            _schedulers[passed].step();
                        return Current;
                    }
                }
            }
        }
    }
}
