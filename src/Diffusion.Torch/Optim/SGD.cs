using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>
/// Gradient descent with momentum: `b ← μ·b + (1 − dampening)·g`, `θ ← θ − lr·b`; with Nesterov's variant
/// `θ ← θ − lr·(g + μ·b)`. Weight decay adds `λ·θ` to the gradient. The first b is g.
/// </summary>
public class SGD : OptimizerHelper, IMomentum
{
    /// <summary>Creates the optimizer.</summary>
    /// <param name="parameters">What to optimize.</param>
    /// <param name="lr">Learning rate, 0 or more.</param>
    /// <param name="momentum">Momentum μ, 0 or more.</param>
    /// <param name="dampening">Share of the gradient that the momentum leaves out.</param>
    /// <param name="weight_decay">Weight decay λ, 0 or more.</param>
    /// <param name="nesterov">Whether to look ahead; needs momentum without dampening.</param>
    /// <param name="maximize">Whether to go up rather than down.</param>
    public SGD(
        IEnumerable<Parameter> parameters,
        double lr,
        double momentum = 0.0,
        double dampening = 0,
        double weight_decay = 0,
        bool nesterov = false,
        bool maximize = false
    )
        : this([new ParamGroup(parameters, new Options())], lr, momentum, dampening, weight_decay, nesterov, maximize)
    { }

    /// <summary>Creates the optimizer; options that a group doesn't set are those given here.</summary>
    /// <inheritdoc cref="SGD(IEnumerable{Parameter}, double, double, double, double, bool, bool)"/>
    public SGD(
        IEnumerable<ParamGroup> parameters,
        double lr,
        double momentum = 0.0,
        double dampening = 0,
        double weight_decay = 0,
        bool nesterov = false,
        bool maximize = false
    )
        : base(
            new Options
            {
                LearningRate = lr,
                momentum = momentum,
                dampening = dampening,
                weight_decay = weight_decay,
                nesterov = nesterov,
                maximize = maximize,
            }
        ) => AddGroups(parameters);

    /// <inheritdoc/>
    public double Momentum
    {
        get => ((Options)Defaults).momentum!.Value;
        set => ((Options)Defaults).momentum = value;
    }

    private protected override OptimizerOptions NewOptions() => new Options();

    private protected override OptimizerState NewState(Parameter parameter) => new State(parameter);

    private protected override void Update(
        Parameter parameter,
        Tensor grad,
        OptimizerOptions options,
        OptimizerState state
    )
    {
        var own = (Options)options;
        var (momentum, decay) = (own.momentum!.Value, own.weight_decay!.Value);
        using var scope = NewDisposeScope();
        var direction = own.maximize!.Value ? -grad : grad;
        if (decay != 0)
            direction = direction.add(parameter, decay);
        if (momentum != 0)
        {
            var buffer = ((State)state).Accumulate(direction, momentum, own.dampening!.Value);
            direction = own.nesterov!.Value ? direction.add(buffer, momentum) : buffer;
        }
        parameter.add_(direction, -own.LearningRate!.Value);
    }

    /// <summary>The momentum of one parameter.</summary>
    public sealed class State : OptimizerState, IDisposable
    {
        /// <summary>The momentum b, or null before the first step.</summary>
        public Tensor? momentum_buffer;

        /// <summary>Creates the state.</summary>
        /// <param name="parameter">The parameter.</param>
        public State(Parameter parameter)
            : base(parameter) { }

        /// <inheritdoc/>
        public void Dispose() => momentum_buffer?.Dispose();

        /// <inheritdoc/>
        public override void Initialize(OptimizerOptions options) => Replace(ref momentum_buffer, null);

        /// <inheritdoc/>
        public override void LoadStateDict(OptimizerState source) =>
            Replace(ref momentum_buffer, Same<State>(source).momentum_buffer);

        /// <inheritdoc/>
        public override void to(Device device) => Move(ref momentum_buffer, device);

        /// <inheritdoc/>
        public override bool ApproximatelyEquals(OptimizerState other) =>
            other is State state && AreClose(momentum_buffer, state.momentum_buffer);

        internal Tensor Accumulate(Tensor direction, double momentum, double dampening)
        {
            if (momentum_buffer is null)
                return momentum_buffer = direction.clone().DetachFromDisposeScope();
            momentum_buffer.mul_(momentum).add_(direction, 1 - dampening);
            return momentum_buffer;
        }
    }

    /// <summary>Options of a group; what is null is the optimizer's default.</summary>
    public class Options : OptimizerOptions
    {
        /// <summary>Momentum μ.</summary>
        public double? momentum;

        /// <summary>Share of the gradient that the momentum leaves out.</summary>
        public double? dampening;

        /// <summary>Weight decay λ.</summary>
        public double? weight_decay;

        /// <summary>Whether to look ahead.</summary>
        public bool? nesterov;

        /// <summary>Whether to go up rather than down.</summary>
        public bool? maximize;

        /// <inheritdoc/>
        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var other = Same<Options>(source);
            (momentum, dampening, weight_decay) = (other.momentum, other.dampening, other.weight_decay);
            (nesterov, maximize) = (other.nesterov, other.maximize);
        }

        internal override void Complete(OptimizerOptions defaults)
        {
            base.Complete(defaults);
            var other = (Options)defaults;
            momentum ??= other.momentum;
            dampening ??= other.dampening;
            weight_decay ??= other.weight_decay;
            nesterov ??= other.nesterov;
            maximize ??= other.maximize;
        }

        internal override void Validate()
        {
            base.Validate();
            ThrowUnlessNotNegative(momentum!.Value, nameof(momentum));
            ThrowUnlessNotNegative(weight_decay!.Value, nameof(weight_decay));
            if (nesterov!.Value && (momentum <= 0 || dampening != 0))
            {
                throw new ArgumentException(
                    $"nesterov needs momentum above 0 and dampening 0, but they are {momentum} and {dampening}.",
                    nameof(nesterov)
                );
            }
        }
    }

    /// <summary>Parameters that share options.</summary>
    public class ParamGroup : ParamGroup<Options>, IMomentum
    {
        /// <summary>Creates an empty group.</summary>
        public ParamGroup() { }

        /// <summary>Creates a group.</summary>
        /// <param name="parameters">The parameters.</param>
        /// <param name="options">Their options; what is null is the optimizer's default.</param>
        public ParamGroup(IEnumerable<Parameter> parameters, Options options)
            : base(parameters, options) { }

        /// <summary>Creates a group with all options set.</summary>
        /// <inheritdoc cref="SGD(IEnumerable{Parameter}, double, double, double, double, bool, bool)"/>
        public ParamGroup(
            IEnumerable<Parameter> parameters,
            double lr = 1e-3,
            double momentum = 0.0,
            double dampening = 0,
            double weight_decay = 0,
            bool nesterov = false,
            bool maximize = false
        )
            : base(
                parameters,
                new Options
                {
                    LearningRate = lr,
                    momentum = momentum,
                    dampening = dampening,
                    weight_decay = weight_decay,
                    nesterov = nesterov,
                    maximize = maximize,
                }
            ) { }

        /// <inheritdoc/>
        public double Momentum
        {
            get => Options.momentum!.Value;
            set => Options.momentum = value;
        }
    }
}
