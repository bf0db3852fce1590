namespace Diffusion.Math;

public static partial class Samplers
{
    /// <summary>
    /// The same plan with jumps back into noise, so that what an inpainting step joined has time to agree: at every
    /// <paramref name="jumpLength"/>-th level before the end the chain goes back that many levels by the forward kernel
    /// and comes down again, <paramref name="resamplings"/> times in all (Lugmayr et al. 2022, RePaint, section 4.2
    /// and algorithm 1, where the jump length is 1).
    /// </summary>
    /// <remarks>
    /// Forward steps compose, so that a jump is a single row without a network call. The published code of the paper
    /// also jumps back from clean data, its algorithm and this plan don't.
    /// </remarks>
    /// <param name="plan">
    /// A plan of one-step rows such as <see cref="Ddpm(LevelGrid, ReverseVariance?, X0Rule?)"/>: each calls the network,
    /// and uses only that answer and the current state.
    /// </param>
    /// <param name="jumpLength">j, in 1 … the number of steps less 1; the paper takes 10 of 250.</param>
    /// <param name="resamplings">
    /// How often each stretch is gone through, ≥ 1; 1 changes nothing, the paper takes 10.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="plan"/> is null.</exception>
    /// <exception cref="ArgumentException">A row uses older states or answers, or doesn't call the network.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static SamplingPlan Resampling(SamplingPlan plan, int jumpLength, int resamplings)
    {
        int count = Preconditions.NotNull(plan).Steps.Length;
        Preconditions.AtLeast(resamplings, 1);
        if (resamplings == 1)
        {
            return plan;
        }

        Preconditions.Between(jumpLength, 1, count - 1);
        if (plan.Steps.FirstOrDefault(step => !IsOneStep(step)) is { } other)
        {
            throw new ArgumentException(
                $"Resampling needs a plan whose rows use only the current state and their own network call, but the"
                    + $" row from {other.From} of \"{plan.Name}\" uses more; take {nameof(Ddpm)} or {nameof(Ddim)}.",
                nameof(plan)
            );
        }

        int[] left = [.. Enumerable.Range(0, count + 1).Select(remaining => JumpsAt(remaining) ? resamplings - 1 : 0)];
        List<SamplingStep> rows = [];
        int done = 0;
        while (done < count)
        {
            rows.Add(plan.Steps[done++]);
            int remaining = count - done;
            if (left[remaining] > 0)
            {
                left[remaining]--;
                rows.Add(Forward(plan.Steps[done].From, plan.Steps[done - jumpLength].From));
                done -= jumpLength;
            }
        }

        return plan.WithSteps(
            $"{plan.Name}, resampled {Preconditions.Text(resamplings)} times over {Preconditions.Text(jumpLength)}",
            rows
        );

        bool JumpsAt(int remaining) => remaining > 0 && remaining % jumpLength == 0 && remaining + jumpLength <= count;
    }

    private static bool IsOneStep(SamplingStep step) =>
        step.Evaluate is not null && step.States.Length == 1 && step.Outputs.Length <= 1 && step.RawOutputs.Length <= 1;

    private static SamplingStep Forward(NoiseLevel from, NoiseLevel to)
    {
        LinearGaussian kernel = Transition.Undone(to, from);
        return new SamplingStep(from, to, null, [kernel.Scale], [], double.Sqrt(kernel.Variance));
    }
}
