using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>The modules directly below this one, by name, in order of registration.</summary>
            public virtual IEnumerable<(string name, Module module)> named_children() =>
                _moduleByName.Select(entry => (entry.Key, entry.Value));

            /// <summary>All modules below this one (without itself), by dotted name; the direct ones first.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var child in named_children())
                    yield return child;
                foreach (var (childName, child) in named_children())
                {
                    foreach (var (moduleName, module) in child.named_modules())
                        yield return ($"{childName}.{moduleName}", module);
                }
            }

            /// <summary>The parameters by dotted name. One that is shared comes once, under its first name.</summary>
            /// <param name="recurse">Whether to include those of the modules below.</param>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
                foreach (var (parameterName, parameter) in _parameterByName)
                {
                    if (!parameter.IsInvalid && seen.Add(parameter))
                        yield return (parameterName, parameter);
                }
                if (!recurse)
                    yield break;
                foreach (var (childName, child) in named_children())
                {
                    foreach (var (parameterName, parameter) in child.named_parameters())
                    {
                        if (seen.Add(parameter))
                            yield return ($"{childName}.{parameterName}", parameter);
                    }
                }
            }

            /// <summary>The buffers by dotted name. One that is shared comes once, under its first name.</summary>
            /// <param name="recurse">Whether to include those of the modules below.</param>
            /// <param name="include_nonpersistent">Whether to include those that aren't part of the state.</param>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(
                bool recurse = true,
                bool include_nonpersistent = true
            )
            {
                var seen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
                foreach (var (bufferName, (buffer, persistent)) in _bufferByName)
                {
                    if ((persistent || include_nonpersistent) && !buffer.IsInvalid && seen.Add(buffer))
                        yield return (bufferName, buffer);
                }
                if (!recurse)
                    yield break;
                foreach (var (childName, child) in named_children())
                {
                    foreach (var (bufferName, buffer) in child.named_buffers(true, include_nonpersistent))
                    {
                        if (seen.Add(buffer))
                            yield return ($"{childName}.{bufferName}", buffer);
                    }
                }
            }

            /// <summary>The modules directly below this one.</summary>
            public virtual IEnumerable<Module> children() => named_children().Select(entry => entry.module);

            /// <summary>All modules below this one, without itself.</summary>
            public virtual IEnumerable<Module> modules() => named_modules().Select(entry => entry.module);

            /// <summary>The parameters, each once.</summary>
            /// <param name="recurse">Whether to include those of the modules below.</param>
            public virtual IEnumerable<Parameter> parameters(bool recurse = true) =>
                named_parameters(recurse).Select(entry => entry.parameter);

            /// <summary>The buffers, each once.</summary>
            /// <param name="recurse">Whether to include those of the modules below.</param>
            /// <param name="include_nonpersistent">Whether to include those that aren't part of the state.</param>
            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(entry => entry.buffer);

            /// <summary>Whether there is a parameter with this dotted name.</summary>
            /// <param name="target">The name.</param>
            public virtual bool has_parameter(string target) => get_parameter(target) is not null;

            /// <summary>Whether there is a buffer with this dotted name.</summary>
            /// <param name="target">The name.</param>
            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            /// <summary>The parameter with this dotted name, or null.</summary>
            /// <param name="target">The name.</param>
            public virtual Parameter? get_parameter(string target)
            {
                ArgumentNullException.ThrowIfNull(target);
                if (_parameterByName.TryGetValue(target, out var parameter))
                    return parameter;
                return Below(target, out var rest)?.get_parameter(rest);
            }

            /// <summary>The buffer with this dotted name, or null.</summary>
            /// <param name="target">The name.</param>
            public virtual Tensor? get_buffer(string target)
            {
                ArgumentNullException.ThrowIfNull(target);
                if (_bufferByName.TryGetValue(target, out var entry))
                    return entry.Buffer;
                return Below(target, out var rest)?.get_buffer(rest);
            }

            private Module? Below(string target, out string rest)
            {
                var dot = target.IndexOf('.');
                rest = target[(dot + 1)..];
                return dot > 0 ? _moduleByName.GetValueOrDefault(target[..dot]) : null;
            }
        }
    }
}
