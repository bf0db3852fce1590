using Diffusion.Api;

namespace Diffusion.Cli;

/// <summary>A tree of modules as rows of a table: name, class, shape, numbers.</summary>
internal sealed class ModuleRows(bool drawsTrees, bool everyTensor)
{
    private readonly List<string[]> _rows = [];

    internal static ReportColumn[] Columns(bool everyTensor) =>
        [
            "module",
            everyTensor ? "class, type" : "class",
            everyTensor ? "shape" : "largest tensor",
            ReportColumn.Number("numbers"),
        ];

    internal static List<string[]> Of(ModuleNode root, bool drawsTrees, bool everyTensor)
    {
        var rows = new ModuleRows(drawsTrees, everyTensor);
        rows.AddBelow(everyTensor ? root : root.Collapsed(), "", "", 0);
        return rows._rows;
    }

    private void AddBelow(ModuleNode node, string branches, string path, int depth)
    {
        var tensors = everyTensor || depth == 0 ? node.Tensors : [];
        var children = node.Children.SelectMany(Elements).ToList();
        var left = tensors.Length + children.Count;
        foreach (var tensor in tensors)
        {
            var name = tensor.Name[(tensor.Name.LastIndexOf('.') + 1)..];
            _rows.Add(
                [
                    Label(branches, path, name, --left == 0),
                    tensor.Type,
                    Figures.Shape(tensor.Shape),
                    Figures.Count(tensor.Values),
                ]
            );
        }
        foreach (var child in children)
        {
            var last = --left == 0;
            _rows.Add(
                [
                    Label(branches, path, child.Name, last),
                    child.Copies == 1 ? child.Type ?? "" : $"{child.Type} ×{child.Copies}".TrimStart(),
                    everyTensor || child.Largest is not { } largest ? "" : Figures.Shape(largest.Shape),
                    Figures.Count(child.Values),
                ]
            );
            if (everyTensor || Expands(child))
                AddBelow(child, branches + (last ? "   " : "│  "), Join(path, child.Name), depth + 1);
        }
    }

    private string Label(string branches, string path, string name, bool last) =>
        drawsTrees ? branches + (last ? "└─ " : "├─ ") + name : Join(path, name);

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    // A list's elements stand for it: resnets.0 says as much as resnets and 0 below it.
    private static IEnumerable<ModuleNode> Elements(ModuleNode node) =>
        node.Tensors.IsEmpty && node.Children.All(IsElement)
            ? node.Children.Select(child => child with { Name = $"{node.Name}.{child.Name}" })
            : [node];

    // A file's names may have empty parts.
    private static bool IsElement(ModuleNode node) => node.Name is [>= '0' and <= '9', ..];

    // Down to the blocks that lists are made of; what those are made of is the same everywhere.
    private static bool Expands(ModuleNode node) =>
        node.Children.Any(child =>
            child.Children.Any(element => IsElement(element) && !element.Children.IsEmpty) || Expands(child)
        );
}
