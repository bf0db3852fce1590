using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A chain of modules, each called with the result of the one before. Named "0", "1", … by default.</summary>
public class Sequential : nn.Module<Tensor, Tensor>
{
    private readonly List<(string Name, nn.IModule<Tensor, Tensor> Module)> _chain = [];

    /// <summary>Creates a chain of named modules.</summary>
    /// <param name="modules">The modules, in order.</param>
    protected Sequential(params (string name, nn.Module<Tensor, Tensor> submodule)[] modules)
        : base(nameof(Sequential))
    {
        foreach (var (key, module) in modules)
            append(key, module);
    }

    /// <summary>Creates a chain.</summary>
    /// <param name="modules">The modules, in order.</param>
    protected Sequential(params nn.Module<Tensor, Tensor>[] modules)
        : base(nameof(Sequential))
    {
        foreach (var module in modules)
            append(module);
    }

    internal Sequential()
        : base(nameof(Sequential)) { }

    /// <summary>How many modules there are.</summary>
    public int Count => _chain.Count;

    /// <summary>One module of the chain.</summary>
    /// <param name="index">Its place, from 0.</param>
    [IndexerName("SequentialItems")]
    public nn.IModule<Tensor, Tensor> this[int index] => _chain[index].Module;

    /// <summary>A part of the chain, with the same modules.</summary>
    /// <param name="index">First place, and the one after the last; null for the ends.</param>
    [IndexerName("SequentialItems")]
    public Sequential this[(int? start, int? end) index] => this[(index.start ?? 0)..(index.end ?? Count)];

    /// <summary>A part of the chain, with the same modules.</summary>
    /// <param name="index">Which part.</param>
    [IndexerName("SequentialItems")]
    public Sequential this[Range index]
    {
        get
        {
            var (start, length) = index.GetOffsetAndLength(Count);
            var slice = new Sequential();
            foreach (var (key, module) in _chain.GetRange(start, length))
                slice.append(key, module);
            return slice;
        }
    }

    /// <summary>Adds a module at the end.</summary>
    /// <param name="name">Its name, unique within the chain.</param>
    /// <param name="module">The module.</param>
    /// <returns>This chain.</returns>
    public Sequential append(string name, nn.IModule<Tensor, Tensor> module)
    {
        ArgumentNullException.ThrowIfNull(module);
        register_module(name, (nn.Module)module);
        _chain.Add((name, module));
        return this;
    }

    /// <summary>Adds a module at the end, named by its place.</summary>
    /// <param name="module">The module.</param>
    /// <returns>This chain.</returns>
    public Sequential append(nn.IModule<Tensor, Tensor> module) => append($"{Count}", module);

    /// <inheritdoc/>
    public override Tensor forward(Tensor tensor)
    {
        if (Count == 0)
            return tensor.alias();
        var current = tensor;
        foreach (var (_, module) in _chain)
        {
            var next = module.call(current);
            if (!ReferenceEquals(current, tensor) && !ReferenceEquals(current, next))
                current.Dispose();
            current = next;
        }
        return current;
    }
}
