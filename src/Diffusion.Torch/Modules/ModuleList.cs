using System.Collections;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>A list of modules, named "0", "1", … .</summary>
/// <typeparam name="T">Type of the modules.</typeparam>
public class ModuleList<T> : Module, IList<T>
    where T : Module
{
    private readonly List<T> _list = [];

    /// <summary>Creates a list.</summary>
    /// <param name="modules">What is in it.</param>
    public ModuleList(params T[] modules)
        : base(nameof(ModuleList)) => extend(modules);

    /// <inheritdoc/>
    public int Count => _list.Count;

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public T this[int index]
    {
        get => _list[index];
        set
        {
            _list[index] = value;
            Rename();
        }
    }

    /// <inheritdoc/>
    public void Add(T item)
    {
        register_module($"{_list.Count}", item);
        _list.Add(item);
    }

    /// <summary>Adds modules at the end.</summary>
    /// <param name="parameters">The modules.</param>
    public void append(params T[] parameters) => extend(parameters);

    /// <summary>Adds modules at the end.</summary>
    /// <param name="modules">The modules.</param>
    public void extend(IEnumerable<T> modules)
    {
        foreach (var module in modules)
            Add(module);
    }

    /// <inheritdoc/>
    public void Insert(int index, T item)
    {
        _list.Insert(index, item);
        Rename();
    }

    /// <inheritdoc/>
    public bool Remove(T item)
    {
        var found = _list.Remove(item);
        Rename();
        return found;
    }

    /// <inheritdoc/>
    public void RemoveAt(int index)
    {
        _list.RemoveAt(index);
        Rename();
    }

    /// <inheritdoc/>
    public void Clear()
    {
        _list.Clear();
        Rename();
    }

    /// <inheritdoc/>
    public bool Contains(T item) => _list.Contains(item);

    /// <inheritdoc/>
    public int IndexOf(T item) => _list.IndexOf(item);

    /// <inheritdoc/>
    public void CopyTo(T[] array, int arrayIndex) => _list.CopyTo(array, arrayIndex);

    /// <inheritdoc/>
    public IEnumerator<T> GetEnumerator() => _list.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Rename()
    {
        ClearModules();
        for (var i = 0; i < _list.Count; i++)
            register_module($"{i}", _list[i]);
    }
}
