using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>`(x − y)²`.</summary>
        /// <param name="reduction">How the elements' losses become one.</param>
        public static MSELoss MSELoss(Reduction reduction = Reduction.Mean) => new(reduction);

        /// <summary>`|x − y|`.</summary>
        /// <param name="reduction">How the elements' losses become one.</param>
        public static L1Loss L1Loss(Reduction reduction = Reduction.Mean) => new(reduction);

        /// <summary>A parabola near 0, `|x − y| − β/2` beyond.</summary>
        /// <param name="reduction">How the elements' losses become one.</param>
        /// <param name="beta">Where the parabola ends.</param>
        public static SmoothL1Loss SmoothL1Loss(Reduction reduction = Reduction.Mean, double beta = 1.0) =>
            new(reduction, beta);

        /// <summary>`−log softmax(x)` at the target class.</summary>
        /// <param name="weight">Weights of the classes, or null.</param>
        /// <param name="ignore_index">A class that doesn't count, or null.</param>
        /// <param name="reduction">How the elements' losses become one.</param>
        public static CrossEntropyLoss CrossEntropyLoss(
            Tensor? weight = null,
            long? ignore_index = null,
            Reduction reduction = Reduction.Mean
        ) => new(weight, ignore_index, reduction);
    }
}
