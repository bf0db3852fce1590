namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            private const int NamesShown = 5;

            /// <summary>
            /// The parameters and persistent buffers by dotted name: the module's own tensors, not copies. A shared
            /// one comes under each of its names.
            /// </summary>
            /// <param name="destination">A dictionary to add to; by default a new one.</param>
            /// <param name="prefix">A name to put in front, without the dot.</param>
            /// <returns>The dictionary.</returns>
            public virtual Dictionary<string, Tensor> state_dict(
                Dictionary<string, Tensor>? destination = null,
                string? prefix = null
            )
            {
                destination ??= [];
                foreach (var (parameterName, parameter) in named_parameters())
                    destination.TryAdd(Qualified(prefix, parameterName), parameter);
                foreach (var (bufferName, buffer) in named_buffers(include_nonpersistent: false))
                    destination.TryAdd(Qualified(prefix, bufferName), buffer);
                foreach (var (childName, child) in named_children())
                    child.state_dict(destination, Qualified(prefix, childName));
                return destination;
            }

            /// <summary>Copies values into the parameters and buffers. Nothing changes if it throws.</summary>
            /// <param name="source">The values by dotted name, of the same shapes; types, devices may differ.</param>
            /// <param name="strict">Whether the names must match exactly.</param>
            /// <param name="skip">Names to leave alone.</param>
            /// <returns>The names that <paramref name="source"/> lacks, and those that the module lacks.</returns>
            /// <exception cref="InvalidOperationException">
            /// A shape differs, or with <paramref name="strict"/> the names do.
            /// </exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source,
                bool strict = true,
                IList<string>? skip = null
            )
            {
                ArgumentNullException.ThrowIfNull(source);
                var destination = state_dict();
                foreach (var name in skip ?? [])
                    destination.Remove(name);
                var missing = destination.Keys.Where(name => !source.ContainsKey(name)).ToList();
                var unexpected = source.Keys.Where(name => !destination.ContainsKey(name)).Except(skip ?? []).ToList();
                if (strict && missing.Count + unexpected.Count > 0)
                {
                    throw new InvalidOperationException(
                        $"The names don't fit {GetName()}: missing {Listed(missing)}, unexpected {Listed(unexpected)}."
                    );
                }
                var shared = destination.Where(entry => source.ContainsKey(entry.Key)).ToList();
                foreach (var (name, target) in shared)
                    ThrowIfShapesDiffer(name, target, source[name]);
                using (no_grad())
                {
                    foreach (var (name, target) in shared)
                        target.copy_(source[name]);
                }
                return (missing, unexpected);
            }

            private static string Qualified(string? prefix, string name) =>
                string.IsNullOrEmpty(prefix) ? name : $"{prefix}.{name}";

            private static string Listed(List<string> names) =>
                names.Count switch
                {
                    0 => "none",
                    <= NamesShown => $"'{string.Join("', '", names)}'",
                    _ => $"'{string.Join("', '", names.Take(NamesShown))}' and {names.Count - NamesShown} more",
                };

            private static void ThrowIfShapesDiffer(string name, Tensor target, Tensor value)
            {
                if (target.shape.AsSpan().SequenceEqual(value.shape))
                    return;
                throw new InvalidOperationException(
                    $"'{name}' has shape [{string.Join(", ", target.shape)}], but the value to load has "
                        + $"[{string.Join(", ", value.shape)}]."
                );
            }
        }
    }
}
