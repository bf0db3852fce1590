using static TorchSharp.torch;
using static TorchSharp.torch.optim;

namespace TorchSharp.Modules;

/// <summary>What the optimizers have in common: groups, state, saving and loading.</summary>
public abstract class OptimizerHelper : Optimizer
{
    private readonly Dictionary<Parameter, OptimizerState> _stateOf = new(ReferenceEqualityComparer.Instance);

    private protected OptimizerHelper(OptimizerOptions defaults)
    {
        defaults.InitialLearningRate = defaults.LearningRate!.Value;
        defaults.Validate();
        Defaults = defaults;
    }

    private protected OptimizerOptions Defaults { get; }

    /// <inheritdoc/>
    public override IEnumerable<Parameter> parameters() => _parameter_groups.SelectMany(group => group.Parameters);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// A parameter is null, or is optimized already, or an option is out of its range.
    /// </exception>
    public override void add_param_group(ParamGroup param_group)
    {
        ArgumentNullException.ThrowIfNull(param_group);
        // The parameters usually come as a query that would walk the whole network at every step.
        var members = param_group.Parameters.ToArray();
        foreach (var member in members)
        {
            if (member is null)
                throw new ArgumentException("A parameter is null.", nameof(param_group));
            if (_stateOf.ContainsKey(member))
                throw new ArgumentException("A parameter is in two groups or twice in one.", nameof(param_group));
        }
        param_group.Options ??= NewOptions();
        param_group.Options.Complete(Defaults);
        param_group.Options.Validate();
        param_group.Parameters = members;
        foreach (var member in members)
        {
            var state = NewState(member);
            state.Initialize(param_group.Options);
            _stateOf.Add(member, state);
        }
        _parameter_groups.Add(param_group);
    }

    /// <inheritdoc/>
    public override Tensor? step(Func<Tensor>? closure = null)
    {
        Tensor? loss = null;
        if (closure is not null)
        {
            using (enable_grad())
                loss = closure();
        }
        using var noGrad = no_grad();
        var all = _parameter_groups.SelectMany(group => group.Parameters.Select(p => (p, group.Options))).ToList();
        if (TryUpdate([.. all.Select(one => (one.Options, _stateOf[one.p]))]))
            return loss;
        foreach (var (parameter, options) in all)
        {
            using var grad = parameter.grad;
            if (grad is not null)
                Update(parameter, grad, options, _stateOf[parameter]);
        }
        return loss;
    }

    /// <inheritdoc/>
    public override void zero_grad()
    {
        foreach (var parameter in parameters())
        {
            using var grad = parameter.grad;
            grad?.zero_();
        }
    }

    /// <summary>The options and the state; not copies.</summary>
    public virtual StateDictionary state_dict()
    {
        var dictionary = new StateDictionary();
        foreach (var group in _parameter_groups)
        {
            var indices = new List<int>();
            foreach (var parameter in group.Parameters)
            {
                indices.Add(dictionary.State.Count);
                dictionary.State.Add(_stateOf[parameter]);
            }
            dictionary.Options.Add(group.Options);
            dictionary.StateIndexRef.Add(indices);
        }
        return dictionary;
    }

    /// <summary>Copies the options and the state of another optimizer of the same kind.</summary>
    /// <param name="state_dict">What <see cref="state_dict()"/> gave.</param>
    /// <exception cref="ArgumentException">It has other groups, or parameters of other shapes.</exception>
    public virtual void load_state_dict(StateDictionary state_dict)
    {
        ArgumentNullException.ThrowIfNull(state_dict);
        var own = this.state_dict();
        var (groups, states) = (state_dict.Options.Count, state_dict.State.Count);
        if (groups != own.Options.Count || states != own.State.Count)
        {
            throw new ArgumentException(
                $"The state has {groups} groups and {states} parameters, but the optimizer has {own.Options.Count} and "
                    + $"{own.State.Count}.",
                nameof(state_dict)
            );
        }
        using var noGrad = no_grad();
        foreach (var (target, source) in own.Options.Zip(state_dict.Options))
            target.LoadStateDict(source);
        foreach (var (target, source) in own.State.Zip(state_dict.State))
            target.LoadStateDict(source);
    }

    /// <summary>Moves the state.</summary>
    /// <param name="device">Where to.</param>
    public void to(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        foreach (var state in _stateOf.Values)
            state.to(device);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (var state in _stateOf.Values.OfType<IDisposable>())
            state.Dispose();
        _stateOf.Clear();
    }

    private protected abstract OptimizerOptions NewOptions();

    private protected abstract OptimizerState NewState(Parameter parameter);

    private protected abstract void Update(
        Parameter parameter,
        Tensor grad,
        OptimizerOptions options,
        OptimizerState state
    );

    /// <summary>Changes all parameters that have a gradient in one pass; false, with nothing changed, where that can't be
    /// done.</summary>
    private protected virtual bool TryUpdate(IReadOnlyList<(OptimizerOptions Options, OptimizerState State)> all) =>
        false;

    private protected void AddGroups(IEnumerable<ParamGroup> groups)
    {
        ArgumentNullException.ThrowIfNull(groups);
        foreach (var group in groups)
            add_param_group(group);
        if (!parameters().Any())
            throw new ArgumentException("There are no parameters to optimize.", nameof(parameters));
    }
}
