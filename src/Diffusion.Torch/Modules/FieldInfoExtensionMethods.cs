using System.Reflection;
using TorchSharp.Utils;

namespace TorchSharp;

/// <summary>How fields become components of a module.</summary>
public static class FieldInfoExtensionMethods
{
    /// <summary>The name under which a module registers the field: its attribute's, or else its own.</summary>
    /// <param name="field">A field of a module.</param>
    public static string ComponentName(this FieldInfo field) =>
        field.GetCustomAttribute<ComponentNameAttribute>()?.Name ?? field.Name;
}
