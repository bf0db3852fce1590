using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>Modules by name, in the order in which they were added.</summary>
/// <typeparam name="T">Type of the modules.</typeparam>
public class ModuleDict<T> : Module
    where T : Module
{
    private readonly OrderedDictionary<string, T> _modules = [];

    /// <summary>Creates an empty dictionary.</summary>
    public ModuleDict()
        : base(nameof(ModuleDict)) { }

    /// <summary>How many there are.</summary>
    public int Count => _modules.Count;

    /// <summary>The names, in order.</summary>
    public ICollection<string> Keys => _modules.Keys;

    /// <summary>The modules, in order.</summary>
    public ICollection<T> Values => _modules.Values;

    /// <summary>The module with this name.</summary>
    /// <param name="key">The name.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public T this[string key]
    {
        get => _modules[key];
        set
        {
            _modules[key] = value;
            ClearModules();
            foreach (var (name, module) in _modules)
                register_module(name, module);
        }
    }

    /// <summary>Adds a module.</summary>
    /// <param name="key">Its name, not empty, without a dot.</param>
    /// <param name="value">The module.</param>
    /// <exception cref="InvalidOperationException">The name is taken.</exception>
    public void Add(string key, T value)
    {
        register_module(key, value);
        _modules.Add(key, value);
    }

    /// <summary>Adds a module.</summary>
    /// <param name="item">Its name and the module.</param>
    public void Add((string, T) item) => Add(item.Item1, item.Item2);

    /// <summary>Takes a module out, without disposing of it.</summary>
    /// <param name="key">The name.</param>
    /// <returns>Whether there was one.</returns>
    public bool Remove(string key)
    {
        register_module(key, null!);
        return _modules.Remove(key);
    }

    /// <summary>Whether there is a module with this name.</summary>
    /// <param name="key">The name.</param>
    public bool ContainsKey(string key) => _modules.ContainsKey(key);

    /// <summary>Finds a module.</summary>
    /// <param name="key">The name.</param>
    /// <param name="value">The module, if there is one.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value) => _modules.TryGetValue(key, out value);

    /// <summary>Names and modules, in order.</summary>
    public IEnumerator<(string, T)> items() => _modules.Select(entry => (entry.Key, entry.Value)).GetEnumerator();

    /// <summary>Names and modules, in order.</summary>
    public IEnumerator<(string, T)> GetEnumerator() => items();
}
