using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A module of one input that has nothing to train, to move or to save.</summary>
/// <typeparam name="T1">Type of the input.</typeparam>
/// <typeparam name="TResult">Type of the result.</typeparam>
public abstract class ParameterLessModule<T1, TResult> : nn.Module<T1, TResult>, IParameterLessModule
{
    /// <summary>Creates a module.</summary>
    /// <param name="name">A name for messages; usually the class name.</param>
    protected ParameterLessModule(string name)
        : base(name) { }

    /// <summary>Not possible here.</summary>
    /// <param name="name">Not used.</param>
    /// <param name="tensor">Not used.</param>
    /// <param name="persistent">Not used.</param>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public override void register_buffer(string name, Tensor tensor, bool persistent = true) =>
        throw new InvalidOperationException(
            $"'{GetName()}' is a module without state: it can't have the buffer '{name}'."
        );

    /// <summary>Not possible here.</summary>
    /// <param name="name">Not used.</param>
    /// <param name="param">Not used.</param>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public override void register_parameter(string name, Parameter param) =>
        throw new InvalidOperationException(
            $"'{GetName()}' is a module without state: it can't have the parameter '{name}'."
        );

    /// <summary>Adds a submodule that is without state, too.</summary>
    /// <param name="name">Its name, unique within this module, without a dot.</param>
    /// <param name="submodule">The submodule.</param>
    /// <exception cref="InvalidOperationException">The submodule isn't one without state.</exception>
    public override void register_module(string name, nn.Module submodule)
    {
        if (submodule is not IParameterLessModule)
            throw new InvalidOperationException($"'{GetName()}' is a module without state, but '{name}' isn't.");
        base.register_module(name, submodule);
    }
}
