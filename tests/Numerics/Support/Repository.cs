using System.Reflection;

namespace Diffusion.Numerics;

/// <summary>The folder that these tests were built in, for those that compare what is in it.</summary>
internal static class Repository
{
    internal static readonly string Root = typeof(Repository)
        .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "RepositoryRoot")
        .Value!;
}
