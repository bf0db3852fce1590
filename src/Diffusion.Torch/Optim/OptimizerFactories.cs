using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        /// <summary>Gradient descent with momentum.</summary>
        /// <param name="parameters">What to optimize.</param>
        /// <param name="learningRate">Learning rate, 0 or more.</param>
        /// <param name="momentum">Momentum, 0 or more.</param>
        /// <param name="dampening">Share of the gradient that the momentum leaves out.</param>
        /// <param name="weight_decay">Weight decay, 0 or more.</param>
        /// <param name="nesterov">Whether to look ahead; needs momentum without dampening.</param>
        /// <param name="maximize">Whether to go up rather than down.</param>
        public static SGD SGD(
            IEnumerable<Parameter> parameters,
            double learningRate,
            double momentum = 0,
            double dampening = 0,
            double weight_decay = 0,
            bool nesterov = false,
            bool maximize = false
        ) => new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);

        /// <summary>Gradient descent with momentum.</summary>
        /// <param name="parameters">What to optimize; the names don't matter.</param>
        /// <param name="learningRate">Learning rate, 0 or more.</param>
        /// <param name="momentum">Momentum, 0 or more.</param>
        /// <param name="dampening">Share of the gradient that the momentum leaves out.</param>
        /// <param name="weight_decay">Weight decay, 0 or more.</param>
        /// <param name="nesterov">Whether to look ahead; needs momentum without dampening.</param>
        /// <param name="maximize">Whether to go up rather than down.</param>
        public static SGD SGD(
            IEnumerable<(string name, Parameter parameter)> parameters,
            double learningRate,
            double momentum = 0,
            double dampening = 0,
            double weight_decay = 0,
            bool nesterov = false,
            bool maximize = false
        ) =>
            new(
                parameters.Select(entry => entry.parameter),
                learningRate,
                momentum,
                dampening,
                weight_decay,
                nesterov,
                maximize
            );

        /// <summary>Gradient descent with momentum.</summary>
        /// <param name="parameters">Groups of parameters, whose options win over those given here.</param>
        /// <param name="learningRate">Learning rate, 0 or more.</param>
        /// <param name="momentum">Momentum, 0 or more.</param>
        /// <param name="dampening">Share of the gradient that the momentum leaves out.</param>
        /// <param name="weight_decay">Weight decay, 0 or more.</param>
        /// <param name="nesterov">Whether to look ahead; needs momentum without dampening.</param>
        /// <param name="maximize">Whether to go up rather than down.</param>
        public static SGD SGD(
            IEnumerable<Modules.SGD.ParamGroup> parameters,
            double learningRate,
            double momentum = 0,
            double dampening = 0,
            double weight_decay = 0,
            bool nesterov = false,
            bool maximize = false
        ) => new(parameters, learningRate, momentum, dampening, weight_decay, nesterov, maximize);

        /// <summary>Adam.</summary>
        /// <param name="parameters">What to optimize.</param>
        /// <param name="lr">Learning rate, 0 or more.</param>
        /// <param name="beta1">Decay rate of the first moment, 0 to below 1.</param>
        /// <param name="beta2">Decay rate of the second moment, 0 to below 1.</param>
        /// <param name="eps">Added to the root of the second moment, 0 or more.</param>
        /// <param name="weight_decay">Weight decay, 0 or more.</param>
        /// <param name="amsgrad">Whether the second moment never shrinks.</param>
        /// <param name="maximize">Whether to go up rather than down.</param>
        public static Adam Adam(
            IEnumerable<Parameter> parameters,
            double lr = 1e-3,
            double beta1 = 0.9,
            double beta2 = 0.999,
            double eps = 1e-8,
            double weight_decay = 0,
            bool amsgrad = false,
            bool maximize = false
        ) => new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

        /// <summary>Adam.</summary>
        /// <param name="parameters">What to optimize; the names don't matter.</param>
        /// <param name="lr">Learning rate, 0 or more.</param>
        /// <param name="beta1">Decay rate of the first moment, 0 to below 1.</param>
        /// <param name="beta2">Decay rate of the second moment, 0 to below 1.</param>
        /// <param name="eps">Added to the root of the second moment, 0 or more.</param>
        /// <param name="weight_decay">Weight decay, 0 or more.</param>
        /// <param name="amsgrad">Whether the second moment never shrinks.</param>
        /// <param name="maximize">Whether to go up rather than down.</param>
        public static Adam Adam(
            IEnumerable<(string name, Parameter parameter)> parameters,
            double lr = 1e-3,
            double beta1 = 0.9,
            double beta2 = 0.999,
            double eps = 1e-8,
            double weight_decay = 0,
            bool amsgrad = false,
            bool maximize = false
        ) => new(parameters.Select(entry => entry.parameter), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

        /// <summary>Adam.</summary>
        /// <param name="parameters">Groups of parameters, whose options win over those given here.</param>
        /// <param name="lr">Learning rate, 0 or more.</param>
        /// <param name="beta1">Decay rate of the first moment, 0 to below 1.</param>
        /// <param name="beta2">Decay rate of the second moment, 0 to below 1.</param>
        /// <param name="eps">Added to the root of the second moment, 0 or more.</param>
        /// <param name="weight_decay">Weight decay, 0 or more.</param>
        /// <param name="amsgrad">Whether the second moment never shrinks.</param>
        /// <param name="maximize">Whether to go up rather than down.</param>
        public static Adam Adam(
            IEnumerable<Modules.Adam.ParamGroup> parameters,
            double lr = 1e-3,
            double beta1 = 0.9,
            double beta2 = 0.999,
            double eps = 1e-8,
            double weight_decay = 0,
            bool amsgrad = false,
            bool maximize = false
        ) => new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

        /// <summary>Adam with decoupled weight decay.</summary>
        /// <param name="parameters">What to optimize.</param>
        /// <param name="lr">Learning rate, 0 or more.</param>
        /// <param name="beta1">Decay rate of the first moment, 0 to below 1.</param>
        /// <param name="beta2">Decay rate of the second moment, 0 to below 1.</param>
        /// <param name="eps">Added to the root of the second moment, 0 or more.</param>
        /// <param name="weight_decay">Weight decay, 0 or more.</param>
        /// <param name="amsgrad">Whether the second moment never shrinks.</param>
        /// <param name="maximize">Whether to go up rather than down.</param>
        public static AdamW AdamW(
            IEnumerable<Parameter> parameters,
            double lr = 1e-3,
            double beta1 = 0.9,
            double beta2 = 0.999,
            double eps = 1e-8,
            double weight_decay = 0,
            bool amsgrad = false,
            bool maximize = false
        ) => new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

        /// <summary>Adam with decoupled weight decay.</summary>
        /// <param name="parameters">What to optimize; the names don't matter.</param>
        /// <param name="lr">Learning rate, 0 or more.</param>
        /// <param name="beta1">Decay rate of the first moment, 0 to below 1.</param>
        /// <param name="beta2">Decay rate of the second moment, 0 to below 1.</param>
        /// <param name="eps">Added to the root of the second moment, 0 or more.</param>
        /// <param name="weight_decay">Weight decay, 0 or more.</param>
        /// <param name="amsgrad">Whether the second moment never shrinks.</param>
        /// <param name="maximize">Whether to go up rather than down.</param>
        public static AdamW AdamW(
            IEnumerable<(string name, Parameter parameter)> parameters,
            double lr = 1e-3,
            double beta1 = 0.9,
            double beta2 = 0.999,
            double eps = 1e-8,
            double weight_decay = 0,
            bool amsgrad = false,
            bool maximize = false
        ) => new(parameters.Select(entry => entry.parameter), lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);

        /// <summary>Adam with decoupled weight decay.</summary>
        /// <param name="parameters">Groups of parameters, whose options win over those given here.</param>
        /// <param name="lr">Learning rate, 0 or more.</param>
        /// <param name="beta1">Decay rate of the first moment, 0 to below 1.</param>
        /// <param name="beta2">Decay rate of the second moment, 0 to below 1.</param>
        /// <param name="eps">Added to the root of the second moment, 0 or more.</param>
        /// <param name="weight_decay">Weight decay, 0 or more.</param>
        /// <param name="amsgrad">Whether the second moment never shrinks.</param>
        /// <param name="maximize">Whether to go up rather than down.</param>
        public static AdamW AdamW(
            IEnumerable<Modules.AdamW.ParamGroup> parameters,
            double lr = 1e-3,
            double beta1 = 0.9,
            double beta2 = 0.999,
            double eps = 1e-8,
            double weight_decay = 0,
            bool amsgrad = false,
            bool maximize = false
        ) => new(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize);
    }
}
