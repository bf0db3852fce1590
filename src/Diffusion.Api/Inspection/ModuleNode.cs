using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>A module as the names of its tensors tell it, or a run of equal neighbours.</summary>
/// <param name="Name">Its name within its parent; <c>0…3</c> for equal neighbours; empty for the root.</param>
/// <param name="Type">Its class; null where it isn't known.</param>
/// <param name="Tensors">Its own tensors, under their full names.</param>
/// <param name="Children">The modules within it.</param>
/// <param name="Copies">How many equal neighbours it stands for.</param>
public sealed record ModuleNode(
    string Name,
    string? Type,
    ImmutableArray<TensorReport> Tensors,
    ImmutableArray<ModuleNode> Children,
    int Copies = 1
)
{
    // A file may call its tensors anything; below this, dots are part of a name.
    private const int MaxDepth = 32;

    /// <summary>Numbers in all tensors below, of all copies.</summary>
    public long Values => Copies * (Tensors.Sum(t => t.Values) + Children.Sum(child => child.Values));

    /// <summary>Bytes of all tensors below, of all copies.</summary>
    public long Bytes => Copies * (Tensors.Sum(t => t.Bytes) + Children.Sum(child => child.Bytes));

    /// <summary>The tensor below with the most bytes, the first of them; null where there is none.</summary>
    public TensorReport? Largest =>
        Tensors.Concat(Children.Select(child => child.Largest).OfType<TensorReport>()).MaxBy(t => t.Bytes);

    /// <summary>Splits the tensors' names at their dots.</summary>
    internal static ModuleNode Of(
        IReadOnlyList<TensorReport> tensors,
        IReadOnlyDictionary<string, string>? types = null
    ) => Of("", "", [.. tensors.Select(t => (t.Name, t))], types, 0);

    /// <summary>The same tree with each run of equal neighbours, numbered 0, 1, 2 …, as one.</summary>
    public ModuleNode Collapsed()
    {
        var children = new List<(ModuleNode First, string Signature, string Last, int Count)>();
        foreach (var child in Children.Select(c => c.Collapsed()))
        {
            var signature = child.Signature();
            if (
                children.Count > 0
                && children[^1] is var (first, known, _, count)
                && signature == known
                && int.TryParse(first.Name, out _)
                && int.TryParse(child.Name, out _)
            )
                children[^1] = (first, known, child.Name, count + 1);
            else
                children.Add((child, signature, child.Name, 1));
        }
        return this with
        {
            Children =
            [
                .. children.Select(c =>
                    c.Count == 1 ? c.First : c.First with { Name = $"{c.First.Name}…{c.Last}", Copies = c.Count }
                ),
            ],
        };
    }

    private static ModuleNode Of(
        string path,
        string name,
        List<(string Tail, TensorReport Tensor)> tensors,
        IReadOnlyDictionary<string, string>? types,
        int depth
    )
    {
        var leaves = tensors.ToLookup(t => depth == MaxDepth || !t.Tail.Contains('.'));
        var own = leaves[true].Select(t => t.Tensor);
        var children = leaves[false]
            .GroupBy(t => t.Tail[..t.Tail.IndexOf('.')])
            .Select(g =>
                Of(
                    path.Length == 0 ? g.Key : $"{path}.{g.Key}",
                    g.Key,
                    [.. g.Select(t => (t.Tail[(g.Key.Length + 1)..], t.Tensor))],
                    types,
                    depth + 1
                )
            );
        return new ModuleNode(name, types?.GetValueOrDefault(path), [.. own], [.. children]);
    }

    // What two modules must share to be the same but for their numbers.
    private string Signature() =>
        string.Join(
            ';',
            Tensors
                .Select(t => $"{t.Name[(t.Name.LastIndexOf('.') + 1)..]}:{t.Type}[{string.Join(',', t.Shape)}]")
                .Concat(Children.Select(c => $"{c.Name}×{c.Copies}({c.Signature()})"))
                .Prepend(Type)
        );
}
