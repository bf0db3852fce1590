using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>
/// Adam: Kingma and Ba 2015, arXiv:1412.6980, algorithm 1. Weight decay adds `λ·θ` to the gradient.
/// </summary>
public class Adam : OptimizerHelper, IBetas
{
    /// <summary>Creates the optimizer.</summary>
    /// <param name="parameters">What to optimize.</param>
    /// <param name="lr">Learning rate, 0 or more.</param>
    /// <param name="beta1">Decay rate β₁ of the first moment, 0 to below 1.</param>
    /// <param name="beta2">Decay rate β₂ of the second moment, 0 to below 1.</param>
    /// <param name="eps">Added to the root of the second moment, 0 or more.</param>
    /// <param name="weight_decay">Weight decay λ, 0 or more.</param>
    /// <param name="amsgrad">Whether the second moment never shrinks: Reddi et al. 2018, arXiv:1904.09237.</param>
    /// <param name="maximize">Whether to go up rather than down.</param>
    public Adam(
        IEnumerable<Parameter> parameters,
        double lr = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double eps = 1e-8,
        double weight_decay = 0,
        bool amsgrad = false,
        bool maximize = false
    )
        : this([new ParamGroup(parameters, new Options())], lr, beta1, beta2, eps, weight_decay, amsgrad, maximize) { }

    /// <summary>Creates the optimizer; options that a group doesn't set are those given here.</summary>
    /// <inheritdoc cref="Adam(IEnumerable{Parameter}, double, double, double, double, double, bool, bool)"/>
    public Adam(
        IEnumerable<ParamGroup> parameters,
        double lr = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double eps = 1e-8,
        double weight_decay = 0,
        bool amsgrad = false,
        bool maximize = false
    )
        : base(
            new Options
            {
                LearningRate = lr,
                beta1 = beta1,
                beta2 = beta2,
                eps = eps,
                weight_decay = weight_decay,
                amsgrad = amsgrad,
                maximize = maximize,
            }
        ) => AddGroups(parameters);

    /// <inheritdoc/>
    public (double, double) Betas
    {
        get => (((Options)Defaults).beta1!.Value, ((Options)Defaults).beta2!.Value);
        set => (((Options)Defaults).beta1, ((Options)Defaults).beta2) = value;
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
        var (own, moments) = ((Options)options, (State)state);
        // A state loaded from an optimizer without amsgrad lacks the maximum.
        if (own.amsgrad!.Value)
            moments.max_exp_avg_sq ??= zeros_like(moments.exp_avg_sq).DetachFromDisposeScope();
        var largest = own.amsgrad.Value ? moments.max_exp_avg_sq : null;
        RuleOf(own).Apply(parameter, grad, ++moments.step, moments.exp_avg, moments.exp_avg_sq, largest);
    }

    private protected override bool TryUpdate(IReadOnlyList<(OptimizerOptions Options, OptimizerState State)> all) =>
        !all.Any(one => ((Options)one.Options).amsgrad!.Value)
        && AdamRule.TryApply([.. all.Select(one => (RuleOf((Options)one.Options), (IAdamState)one.State))]);

    private static AdamRule RuleOf(Options own) =>
        new(
            own.LearningRate!.Value,
            own.beta1!.Value,
            own.beta2!.Value,
            own.eps!.Value,
            own.weight_decay!.Value,
            own.maximize!.Value,
            IsDecayDecoupled: false
        );

    /// <summary>The moments of one parameter.</summary>
    public sealed class State : OptimizerState, IDisposable, IAdamState
    {
        /// <summary>How many steps were made.</summary>
        public long step;

        /// <summary>The first moment m.</summary>
        public Tensor exp_avg;

        /// <summary>The second moment v.</summary>
        public Tensor exp_avg_sq;

        /// <summary>The largest second moment so far, or null without amsgrad.</summary>
        public Tensor? max_exp_avg_sq;

        Parameter IAdamState.Parameter => _parameter;

        long IAdamState.Step
        {
            get => step;
            set => step = value;
        }

        Tensor IAdamState.First => exp_avg;

        Tensor IAdamState.Second => exp_avg_sq;

        /// <summary>Creates the state.</summary>
        /// <param name="parameter">The parameter.</param>
        public State(Parameter parameter)
            : base(parameter)
        {
            exp_avg = Zeros();
            exp_avg_sq = Zeros();
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            exp_avg.Dispose();
            exp_avg_sq.Dispose();
            max_exp_avg_sq?.Dispose();
        }

        /// <inheritdoc/>
        public override void Initialize(OptimizerOptions options)
        {
            step = 0;
            exp_avg.zero_();
            exp_avg_sq.zero_();
            Replace(ref max_exp_avg_sq, null);
            if (Options.Of(options).amsgrad == true)
                max_exp_avg_sq = Zeros();
        }

        /// <inheritdoc/>
        public override void LoadStateDict(OptimizerState source)
        {
            var other = Same<State>(source);
            step = other.step;
            Replace(ref exp_avg!, other.exp_avg);
            Replace(ref exp_avg_sq!, other.exp_avg_sq);
            Replace(ref max_exp_avg_sq, other.max_exp_avg_sq);
        }

        /// <inheritdoc/>
        public override void to(Device device)
        {
            Move(ref exp_avg!, device);
            Move(ref exp_avg_sq!, device);
            Move(ref max_exp_avg_sq, device);
        }

        /// <inheritdoc/>
        public override bool ApproximatelyEquals(OptimizerState other) =>
            other is State state
            && step == state.step
            && AreClose(exp_avg, state.exp_avg)
            && AreClose(exp_avg_sq, state.exp_avg_sq)
            && AreClose(max_exp_avg_sq, state.max_exp_avg_sq);
    }

    /// <summary>Options of a group; what is null is the optimizer's default.</summary>
    public class Options : OptimizerOptions
    {
        /// <summary>Decay rate β₁ of the first moment.</summary>
        public double? beta1;

        /// <summary>Decay rate β₂ of the second moment.</summary>
        public double? beta2;

        /// <summary>Weight decay λ.</summary>
        public double? weight_decay;

        /// <summary>Added to the root of the second moment.</summary>
        public double? eps;

        /// <summary>Whether the second moment never shrinks.</summary>
        public bool? amsgrad;

        /// <summary>Whether to go up rather than down.</summary>
        public bool? maximize;

        /// <inheritdoc/>
        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var other = Of(source);
            (beta1, beta2, eps) = (other.beta1, other.beta2, other.eps);
            (weight_decay, amsgrad, maximize) = (other.weight_decay, other.amsgrad, other.maximize);
        }

        internal static Options Of(OptimizerOptions source) => Same<Options>(source);

        internal override void Complete(OptimizerOptions defaults)
        {
            base.Complete(defaults);
            var other = Of(defaults);
            beta1 ??= other.beta1;
            beta2 ??= other.beta2;
            eps ??= other.eps;
            weight_decay ??= other.weight_decay;
            amsgrad ??= other.amsgrad;
            maximize ??= other.maximize;
        }

        internal override void Validate()
        {
            base.Validate();
            ThrowUnlessDecay(beta1!.Value, nameof(beta1));
            ThrowUnlessDecay(beta2!.Value, nameof(beta2));
            ThrowUnlessNotNegative(eps!.Value, nameof(eps));
            ThrowUnlessNotNegative(weight_decay!.Value, nameof(weight_decay));
        }
    }

    /// <summary>Parameters that share options.</summary>
    public class ParamGroup : ParamGroup<Options>, IBetas
    {
        /// <summary>Creates an empty group.</summary>
        public ParamGroup() { }

        /// <summary>Creates a group.</summary>
        /// <param name="parameters">The parameters.</param>
        /// <param name="options">Their options; what is null is the optimizer's default.</param>
        public ParamGroup(IEnumerable<Parameter> parameters, Options options)
            : base(parameters, options) { }

        /// <summary>Creates a group with all options set.</summary>
        /// <inheritdoc cref="Adam(IEnumerable{Parameter}, double, double, double, double, double, bool, bool)"/>
        public ParamGroup(
            IEnumerable<Parameter> parameters,
            double lr = 1e-3,
            double beta1 = 0.9,
            double beta2 = 0.999,
            double eps = 1e-8,
            double weight_decay = 0,
            bool amsgrad = false,
            bool maximize = false
        )
            : base(
                parameters,
                new Options
                {
                    LearningRate = lr,
                    beta1 = beta1,
                    beta2 = beta2,
                    eps = eps,
                    weight_decay = weight_decay,
                    amsgrad = amsgrad,
                    maximize = maximize,
                }
            ) { }

        /// <inheritdoc/>
        public (double, double) Betas
        {
            get => (Options.beta1!.Value, Options.beta2!.Value);
            set => (Options.beta1, Options.beta2) = value;
        }
    }
}
