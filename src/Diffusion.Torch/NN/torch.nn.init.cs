namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Fills tensors with first values. Every function changes its tensor and returns it.</summary>
        /// <remarks>
        /// Xavier: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
        /// Kaiming: He et al. 2015, arXiv:1502.01852.
        /// </remarks>
        public static class init
        {
            private static readonly double SquareRootOf5 = double.Sqrt(5);

            /// <summary>What comes after a layer; decides the gain.</summary>
            public enum NonlinearityType
            {
                /// <summary>Nothing.</summary>
                Linear = 0,

                /// <summary>Nothing, after a convolution in one dimension.</summary>
                Conv1D = 1,

                /// <summary>Nothing, after a convolution in two dimensions.</summary>
                Conv2D = 2,

                /// <summary>Nothing, after a convolution in three dimensions.</summary>
                Conv3D = 3,

                /// <summary>Nothing, after a transposed convolution in one dimension.</summary>
                ConvTranspose1D = 4,

                /// <summary>Nothing, after a transposed convolution in two dimensions.</summary>
                ConvTranspose2D = 5,

                /// <summary>Nothing, after a transposed convolution in three dimensions.</summary>
                ConvTranspose3D = 6,

                /// <summary>A sigmoid.</summary>
                Sigmoid = 7,

                /// <summary>A hyperbolic tangent.</summary>
                Tanh = 8,

                /// <summary>`max(0, x)`.</summary>
                ReLU = 9,

                /// <summary>`max(a·x, x)`.</summary>
                LeakyReLU = 10,
            }

            /// <summary>Which side of a layer keeps its variance.</summary>
            public enum FanInOut
            {
                /// <summary>The values, forwards.</summary>
                FanIn = 0,

                /// <summary>The gradients, backwards.</summary>
                FanOut = 1,
            }

            /// <summary>The factor by which a nonlinearity shrinks a standard deviation.</summary>
            /// <param name="nonlinearity">The nonlinearity.</param>
            /// <param name="param">The slope a of a leaky ReLU.</param>
            public static double calculate_gain(NonlinearityType nonlinearity, double param = 0.0) =>
                nonlinearity switch
                {
                    NonlinearityType.Tanh => 5.0 / 3,
                    NonlinearityType.ReLU => double.Sqrt(2),
                    NonlinearityType.LeakyReLU => double.Sqrt(2 / (1 + param * param)),
                    _ => 1,
                };

            /// <summary>Fills with 0.</summary>
            /// <param name="tensor">The tensor.</param>
            public static Tensor zeros_(Tensor tensor) => Fill(tensor, () => NotNull(tensor).zero_());

            /// <summary>Fills with 1.</summary>
            /// <param name="tensor">The tensor.</param>
            public static Tensor ones_(Tensor tensor) => Fill(tensor, () => NotNull(tensor).fill_(1));

            /// <summary>Fills with one value.</summary>
            /// <param name="tensor">The tensor.</param>
            /// <param name="val">The value.</param>
            public static Tensor constant_(Tensor tensor, Scalar val) => Fill(tensor, () => NotNull(tensor).fill_(val));

            /// <summary>Draws from the uniform distribution on an interval.</summary>
            /// <param name="tensor">The tensor.</param>
            /// <param name="low">Lower end.</param>
            /// <param name="high">Upper end.</param>
            /// <param name="generator">Source of randomness; by default the global one.</param>
            public static Tensor uniform_(
                Tensor tensor,
                double low = 0,
                double high = 1,
                Generator? generator = null
            ) => Fill(tensor, () => NotNull(tensor).uniform_(low, high, generator));

            /// <summary>Draws from a normal distribution.</summary>
            /// <param name="tensor">The tensor.</param>
            /// <param name="mean">Mean.</param>
            /// <param name="std">Standard deviation.</param>
            /// <param name="generator">Source of randomness; by default the global one.</param>
            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null) =>
                Fill(tensor, () => NotNull(tensor).normal_(mean, std, generator));

            /// <summary>Draws uniformly in ±gain·√(6 / (fan in + fan out)).</summary>
            /// <param name="tensor">The tensor, of two dimensions or more.</param>
            /// <param name="gain">A factor.</param>
            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1.0)
            {
                var bound = gain * double.Sqrt(6 / FanSum(tensor));
                return uniform_(tensor, -bound, bound);
            }

            /// <summary>Draws normally with the standard deviation gain·√(2 / (fan in + fan out)).</summary>
            /// <param name="tensor">The tensor, of two dimensions or more.</param>
            /// <param name="gain">A factor.</param>
            public static Tensor xavier_normal_(Tensor tensor, double gain = 1.0) =>
                normal_(tensor, 0, gain * double.Sqrt(2 / FanSum(tensor)));

            /// <summary>Draws uniformly in ±gain·√(3 / fan), with the nonlinearity's gain.</summary>
            /// <param name="tensor">The tensor, of two dimensions or more.</param>
            /// <param name="a">The slope of a leaky ReLU.</param>
            /// <param name="mode">Which fan.</param>
            /// <param name="nonlinearity">What comes after the layer.</param>
            public static Tensor kaiming_uniform_(
                Tensor tensor,
                double a = 0,
                FanInOut mode = FanInOut.FanIn,
                NonlinearityType nonlinearity = NonlinearityType.LeakyReLU
            )
            {
                var bound = double.Sqrt(3) * KaimingDeviation(tensor, a, mode, nonlinearity);
                return uniform_(tensor, -bound, bound);
            }

            /// <summary>Draws normally with the standard deviation gain / √fan, with the nonlinearity's gain.</summary>
            /// <param name="tensor">The tensor, of two dimensions or more.</param>
            /// <param name="a">The slope of a leaky ReLU.</param>
            /// <param name="mode">Which fan.</param>
            /// <param name="nonlinearity">What comes after the layer.</param>
            public static Tensor kaiming_normal_(
                Tensor tensor,
                double a = 0,
                FanInOut mode = FanInOut.FanIn,
                NonlinearityType nonlinearity = NonlinearityType.LeakyReLU
            ) => normal_(tensor, 0, KaimingDeviation(tensor, a, mode, nonlinearity));

            /// <summary>How many inputs one output of a layer has, and how many outputs one input.</summary>
            /// <param name="tensor">The weight, of two dimensions or more.</param>
            /// <exception cref="ArgumentException">It has fewer.</exception>
            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                ArgumentNullException.ThrowIfNull(tensor);
                var shape = tensor.shape;
                if (shape.Length < 2)
                {
                    throw new ArgumentException(
                        $"A weight has two dimensions or more, but this one is [{string.Join(", ", shape)}].",
                        nameof(tensor)
                    );
                }
                var kernel = shape.AsSpan(2).ToArray().Aggregate(1L, (product, size) => product * size);
                return (shape[1] * kernel, shape[0] * kernel);
            }

            // What PyTorch's layers start from: slope √5 makes the bound 1/√(fan in).
            internal static void Default(Tensor weight, Tensor? bias)
            {
                kaiming_uniform_(weight, SquareRootOf5);
                if (bias is null)
                    return;
                var (fanIn, _) = CalculateFanInAndFanOut(weight);
                var bound = fanIn > 0 ? 1 / double.Sqrt(fanIn) : 0;
                uniform_(bias, -bound, bound);
            }

            private static double FanSum(Tensor tensor)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return fanIn + fanOut;
            }

            private static double KaimingDeviation(
                Tensor tensor,
                double a,
                FanInOut mode,
                NonlinearityType nonlinearity
            )
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return calculate_gain(nonlinearity, a) / double.Sqrt(mode == FanInOut.FanIn ? fanIn : fanOut);
            }

            private static Tensor Fill(Tensor tensor, Action fill)
            {
                ArgumentNullException.ThrowIfNull(tensor);
                using var noGrad = no_grad();
                fill();
                return tensor;
            }
        }
    }
}
