using System.Collections.Immutable;

namespace Diffusion.Math;

/// <summary>The one loop that runs a plan on numbers, several of them at a time.</summary>
internal static class PlanLoop
{
    public static IEnumerable<double[]> Run(
        SamplingPlan plan,
        double[] start,
        Prediction prediction,
        Func<double[], Evaluation, double[]> model,
        Func<int, double[]> noise
    )
    {
        int answers = start.Length * (plan.LearnsVariance ? 2 : 1);
        int rawDepth = plan.Steps.Max(step => step.RawOutputs.Length);
        RecentValues states = new(plan.Steps.Max(step => int.Max(1, step.States.Length)), start.Length);
        RecentValues outputs = new(plan.Steps.Max(step => int.Max(1, step.Outputs.Length)), start.Length);
        RecentValues rawOutputs = new(rawDepth, start.Length);
        start.CopyTo(states.Add(), 0);
        // What the network gets in place of the state, which it must not change, and room for numbers on their way.
        // Each is filled again in every step: large arrays are dear to allocate.
        double[] shown = new double[start.Length];
        double[] room = plan.X0Rule == X0Rule.None && !plan.LearnsVariance ? [] : new double[start.Length];
        double[] answer = [];
        for (int i = 0; i < plan.Steps.Length; i++)
        {
            SamplingStep step = plan.Steps[i];
            double[] state = states[0];
            if (step.Evaluate is { } at)
            {
                state.CopyTo(shown, 0);
                answer = Checked(model(shown, at), answers, "model", i);
                Convert(plan, prediction, at, state, answer, room, outputs.Add(), i);
                if (rawDepth > 0)
                {
                    Map(plan.ToQuantity(prediction, at), state, answer, rawOutputs.Add());
                }
            }

            double[] fresh = step.Noise > 0 ? Checked(noise(i), start.Length, "noise", i) : [];
            double[] next = states.Add();
            LinearSum sum = new(next);
            AddAll(ref sum, step.States, states, 1);
            AddAll(ref sum, step.Outputs, outputs, 0);
            AddAll(ref sum, step.RawOutputs, rawOutputs, 0);
            if (step.Noise > 0)
            {
                if (step.Learned is { } variance)
                {
                    Scale(fresh, variance, step, answer, room);
                    fresh = room;
                }

                sum.Add(step.Noise, fresh);
            }

            sum.Finish();
            Held(next, "the state", plan, i);
            yield return next;
        }
    }

    private static void Convert(
        SamplingPlan plan,
        Prediction prediction,
        Evaluation at,
        double[] state,
        double[] answer,
        double[] room,
        double[] result,
        int step
    )
    {
        if (plan.X0Rule == X0Rule.None)
        {
            Map(plan.ToQuantity(prediction, at), state, answer, result);
            return;
        }

        Map(plan.ToX0(prediction, at), state, answer, room);
        // A rule could hide that it is not finite.
        Held(room, "x̂₀", plan, step);
        plan.X0Rule.ApplyToFinite(room);
        Map(plan.FromX0(at), state, room, result);
    }

    private static void Map(PredictionMap map, double[] state, double[] answer, double[] result)
    {
        LinearSum sum = new(result);
        sum.Add(map.XtCoefficient, state);
        sum.Add(map.ModelCoefficient, answer);
        sum.Finish();
    }

    private static void Scale(
        double[] noise,
        ReverseVariance learned,
        SamplingStep step,
        double[] answer,
        double[] result
    )
    {
        for (int i = 0; i < result.Length; i++)
        {
            double variance = learned.Of(step.From, step.To, answer[result.Length + i]);
            result[i] = noise[i] * double.Sqrt(variance);
        }
    }

    private static void AddAll(ref LinearSum sum, ImmutableArray<double> factors, RecentValues values, int newest)
    {
        for (int k = 0; k < factors.Length; k++)
        {
            sum.Add(factors[k], values[newest + k]);
        }
    }

    // Everything that went in was finite, so that the numbers were too large.
    private static void Held(double[] values, string what, SamplingPlan plan, int step)
    {
        if (!LinearSum.AreFinite(values))
        {
            throw new InvalidOperationException(
                $"In step {Preconditions.Text(step + 1)} of the plan \"{plan.Name}\" {what} leaves the range of double;"
                    + " the start, the model's answers and the noise must be smaller."
            );
        }
    }

    private static double[] Checked(double[] values, int length, string name, int step)
    {
        Preconditions.NotNull(values, name);
        if (values.Length != length)
        {
            throw new ArgumentException(
                $"{name} gave {Preconditions.Text(values.Length)} numbers in step {Preconditions.Text(step + 1)}, but"
                    + $" must give {Preconditions.Text(length)}.",
                name
            );
        }

        if (!LinearSum.AreFinite(values))
        {
            double value = values.First(number => !double.IsFinite(number));
            throw new ArgumentException(
                $"{name} gave {Preconditions.Text(value)} in step {Preconditions.Text(step + 1)}; every number must"
                    + " be finite.",
                name
            );
        }

        return values;
    }
}
