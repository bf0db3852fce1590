using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            private const BindingFlags InstanceFields =
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;

            private readonly OrderedDictionary<string, Module> _moduleByName = [];
            private readonly OrderedDictionary<string, Parameter> _parameterByName = [];
            private readonly OrderedDictionary<string, (Tensor Buffer, bool Persistent)> _bufferByName = [];
            private bool _areComponentsRegistered;

            /// <summary>
            /// Registers every field that holds a module, a parameter or a tensor under the field's name
            /// (or its <see cref="Utils.ComponentNameAttribute"/>), as declared, the most derived class first.
            /// </summary>
            /// <remarks>
            /// A tensor that isn't a parameter becomes a persistent buffer. Only the first call does anything.
            /// </remarks>
            protected virtual void RegisterComponents()
            {
                if (_areComponentsRegistered)
                    return;
                foreach (var field in ComponentFields())
                {
                    var component = field.ComponentName();
                    if (IsRegistered(component))
                        continue;
                    switch (field.GetValue(this))
                    {
                        case Module module:
                            register_module(component, module);
                            break;
                        case Parameter parameter:
                            register_parameter(component, parameter);
                            break;
                        case Tensor tensor:
                            register_buffer(component, tensor);
                            break;
                    }
                }
                _areComponentsRegistered = true;
            }

            /// <summary>Adds a tensor that is part of the state but isn't trained.</summary>
            /// <param name="name">Its name, unique within this module.</param>
            /// <param name="tensor">The tensor.</param>
            /// <param name="persistent">Whether it belongs to <see cref="state_dict"/>.</param>
            /// <exception cref="ArgumentNullException">The tensor is null or disposed.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                ThrowIfUnusable(tensor, nameof(tensor));
                if (!_bufferByName.TryAdd(name, (tensor, persistent)))
                    throw new InvalidOperationException($"'{GetName()}' already has a buffer named '{name}'.");
            }

            /// <summary>Adds a parameter.</summary>
            /// <param name="name">Its name, unique within this module.</param>
            /// <param name="param">The parameter.</param>
            /// <exception cref="ArgumentNullException">The parameter is null or disposed.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_parameter(string name, Parameter param)
            {
                ThrowIfUnusable(param, nameof(param));
                if (!_parameterByName.TryAdd(name, param))
                    throw new InvalidOperationException($"'{GetName()}' already has a parameter named '{name}'.");
            }

            /// <summary>Adds a submodule; same as <see cref="register_module"/>.</summary>
            /// <param name="name">Its name, unique within this module, without a dot.</param>
            /// <param name="module">The submodule.</param>
            public void add_module(string name, Module module) => register_module(name, module);

            /// <summary>Adds a submodule with its own components; null or a disposed one removes the name.</summary>
            /// <param name="name">Its name, unique within this module, without a dot.</param>
            /// <param name="submodule">The submodule.</param>
            /// <exception cref="ArgumentException">The name is empty or contains a dot.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_module(string name, Module submodule)
            {
                if (submodule is null || submodule.IsDisposed)
                {
                    _moduleByName.Remove(name);
                    return;
                }
                if (string.IsNullOrEmpty(name) || name.Contains('.'))
                    throw new ArgumentException(
                        $"A module's name is not empty and has no dot, but is '{name}'.",
                        nameof(name)
                    );
                if (_moduleByName.ContainsKey(name))
                    throw new InvalidOperationException($"'{GetName()}' already has a submodule named '{name}'.");
                submodule.RegisterComponents();
                _moduleByName.Add(name, submodule);
            }

            /// <summary>Sets, replaces or (with null) removes a parameter.</summary>
            /// <param name="name">Its name within this module.</param>
            /// <param name="value">The parameter.</param>
            protected void ConditionallyRegisterParameter(string name, Parameter? value)
            {
                if (value is null)
                    _parameterByName.Remove(name);
                else
                    _parameterByName[name] = value;
            }

            /// <summary>Sets, replaces or (with null) removes a buffer.</summary>
            /// <param name="name">Its name within this module.</param>
            /// <param name="value">The tensor.</param>
            /// <param name="persistent">Whether it belongs to <see cref="state_dict"/>.</param>
            protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true)
            {
                if (value is null)
                    _bufferByName.Remove(name);
                else
                    _bufferByName[name] = (value, persistent);
            }

            /// <summary>Forgets all submodules; doesn't dispose of them.</summary>
            protected void ClearModules() => _moduleByName.Clear();

            // Layers own their tensors: an old one is freed, and a new one no longer dies with its scope.
            private protected void AssignParameter(ref Parameter? field, Parameter? value, string component)
            {
                if (ReferenceEquals(field, value))
                    return;
                field?.Dispose();
                value?.DetachFromDisposeScope();
                field = value;
                ConditionallyRegisterParameter(component, value);
            }

            private protected void AssignBuffer(ref Tensor? field, Tensor? value, string component)
            {
                if (ReferenceEquals(field, value))
                    return;
                field?.Dispose();
                value?.DetachFromDisposeScope();
                field = value;
                ConditionallyRegisterBuffer(component, value);
            }

            private protected void ClearParameters() => _parameterByName.Clear();

            private static void ThrowIfUnusable(Tensor? tensor, string argument)
            {
                if (tensor is null || tensor.IsInvalid)
                    throw new ArgumentNullException(argument, "A null or disposed tensor can't be registered.");
            }

            private bool IsRegistered(string component) =>
                _moduleByName.ContainsKey(component)
                || _parameterByName.ContainsKey(component)
                || _bufferByName.ContainsKey(component);

            private IEnumerable<FieldInfo> ComponentFields()
            {
                var seen = new HashSet<string>();
                for (var type = GetType(); type != typeof(Module); type = type.BaseType!)
                {
                    foreach (var field in type.GetFields(InstanceFields))
                    {
                        if (seen.Add(field.Name))
                            yield return field;
                    }
                }
            }
        }
    }
}
