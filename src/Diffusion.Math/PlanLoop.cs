using System.Collections.Immutable;
using System.Numerics;

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
        bool raw = plan.Steps.Any(step => !step.RawOutputs.IsEmpty);
        int answers = start.Length * (plan.LearnsVariance ? 2 : 1);
        List<double[]> states = [start];
        List<double[]> outputs = [];
        List<double[]> rawOutputs = [];
        double[] answer = [];
        for (int i = 0; i < plan.Steps.Length; i++)
        {
            SamplingStep step = plan.Steps[i];
            if (step.Evaluate is { } at)
            {
                answer = Checked(model([.. states[^1]], at), answers, "model", i);
                outputs.Add(Converted(plan, prediction, at, states[^1], answer));
                if (raw)
                {
                    rawOutputs.Add(Mapped(plan.ToQuantity(prediction, at), states[^1], answer));
                }
            }

            double[] next = new double[start.Length];
            AddAll(next, step.States, states);
            AddAll(next, step.Outputs, outputs);
            AddAll(next, step.RawOutputs, rawOutputs);
            if (step.Noise > 0)
            {
                double[] fresh = Checked(noise(i), start.Length, "noise", i);
                Add(next, step.Noise, step.Learned is null ? fresh : Scaled(fresh, step, answer));
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
            return Mapped(plan.ToQuantity(prediction, at), state, answer);
        }

        double[] x0 = Mapped(plan.ToX0(prediction, at), state, answer);
        plan.X0Rule.Apply(x0);
        return Mapped(plan.FromX0(at), state, x0);
    }

    private static double[] Mapped(PredictionMap map, double[] state, double[] answer)
    {
        double[] result = new double[state.Length];
        Add(result, map.XtCoefficient, state);
        Add(result, map.ModelCoefficient, answer);
        return result;
    }

    private static double[] Scaled(double[] noise, SamplingStep step, double[] answer)
    {
        double[] result = new double[noise.Length];
        for (int i = 0; i < result.Length; i++)
        {
            double variance = step.Learned!.Of(step.From, step.To, answer[result.Length + i]);
            result[i] = noise[i] * double.Sqrt(variance);
        }

        return result;
    }

    private static void AddAll(double[] sum, ImmutableArray<double> factors, List<double[]> history)
    {
        for (int k = 0; k < factors.Length; k++)
        {
            Add(sum, factors[k], history[^(k + 1)]);
        }
    }

    // Multiplied and added in two roundings everywhere, so that a number's place in the array changes nothing.
    private static void Add(double[] sum, double factor, double[] values)
    {
        if (factor == 0)
        {
            return;
        }

        int i = 0;
        Vector<double> factors = new(factor);
        for (; i <= sum.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            (new Vector<double>(sum, i) + (factors * new Vector<double>(values, i))).CopyTo(sum, i);
        }

        for (; i < sum.Length; i++)
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
                    + $" must give {Preconditions.Text(length)}.",
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
