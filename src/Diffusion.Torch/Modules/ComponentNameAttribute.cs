namespace TorchSharp.Utils;

/// <summary>The name under which a module registers a field, where it isn't the field's own.</summary>
[AttributeUsage(AttributeTargets.Field)]
public class ComponentNameAttribute : Attribute
{
    /// <summary>The name.</summary>
    public string? Name { get; set; }
}
