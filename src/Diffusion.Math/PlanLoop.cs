namespace Diffusion.Math;

/// <summary>The one loop that runs a plan on numbers.</summary>
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
        List<double[]> states = [start];
        List<double[]> outputs = [];
        for (int i = 0; i < plan.Steps.Length; i++)
        {
            SamplingStep step = plan.Steps[i];
            if (step.Evaluate is { } at)
            {
                double[] answer = Checked(model([.. states[^1]], at), start.Length, "model", i);
                outputs.Add(Converted(plan, prediction, at, states[^1], answer));
            }

            double[] next = new double[start.Length];
            AddAll(next, step.States.AsSpan(), states);
            AddAll(next, step.Outputs.AsSpan(), outputs);
            if (step.Noise > 0)
            {
                Add(next, step.Noise, Checked(noise(i), start.Length, "noise", i));
            }

            states.Add(next);
            yield return [.. next];
        }
    }

    private static double[] Converted(
        SamplingPlan plan,
        Prediction prediction,
        Evaluation at,
        double[] state,
        double[] answer
    )
    {
        if (plan.X0Rule == X0Rule.None)
        {
            PredictionMap map = plan.ToQuantity(prediction, at);
            return Zip(state, answer, map.Apply);
        }

        PredictionMap toX0 = plan.ToX0(prediction, at);
        PredictionMap fromX0 = plan.FromX0(at);
        return Zip(state, answer, (x, f) => fromX0.Apply(x, plan.X0Rule.Apply(toX0.Apply(x, f))));
    }

    private static double[] Zip(double[] state, double[] answer, Func<double, double, double> map)
    {
        double[] result = new double[state.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = map(state[i], answer[i]);
        }

        return result;
    }

    private static void AddAll(double[] sum, ReadOnlySpan<double> factors, List<double[]> history)
    {
        for (int k = 0; k < factors.Length; k++)
        {
            Add(sum, factors[k], history[^(k + 1)]);
        }
    }

    private static void Add(double[] sum, double factor, double[] values)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += factor * values[i];
        }
    }

    private static double[] Checked(double[] values, int length, string name, int step)
    {
        Preconditions.NotNull(values, name);
        if (values.Length != length)
        {
            throw new ArgumentException(
                $"{name} gave {Preconditions.Text(values.Length)} numbers in step {Preconditions.Text(step + 1)}, but"
                    + $" the state has {Preconditions.Text(length)}.",
                name
            );
        }

        foreach (double value in values)
        {
            if (!double.IsFinite(value))
            {
                throw new ArgumentException(
                    $"{name} gave {Preconditions.Text(value)} in step {Preconditions.Text(step + 1)}; every number must"
                        + " be finite.",
                    name
                );
            }
        }

        return values;
    }
}
