using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;

namespace Diffusion.Numerics.Torch;

/// <summary>
/// What Diffusion.Torch has in public, TorchSharp has to the letter: compared with the package's own assembly, where NuGet
/// has it (set-up asks for it). Nothing of TorchSharp runs, so its native part isn't needed.
/// </summary>
[TestFixture]
internal sealed class TorchSharpApiTests
{
    private const BindingFlags Declared =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Static
        | BindingFlags.Instance
        | BindingFlags.DeclaredOnly;

    private static readonly string[] Versions = ["0.107.0", "0.106.0"];

    [OneTimeSetUp]
    public void SkipOnTorchSharp() => EngineUnderTest.SkipOnTorchSharp("it would be compared with itself");

    [Test]
    public void Every_public_member_is_TorchSharps_with_its_types_names_and_defaults()
    {
        var package = Package();
        var ours = typeof(torch).Assembly.GetExportedTypes().Where(type => IsTorchSharps(type.Namespace)).ToList();
        ours.Should().HaveCountGreaterThan(100);
        ours.SelectMany(type => Strange(type, package)).Should().BeEmpty();
    }

    [Test]
    public void Outside_of_its_own_namespace_the_engine_shows_no_other_types() =>
        typeof(torch)
            .Assembly.GetExportedTypes()
            .Select(type => type.Namespace!.Split('.')[0])
            .Distinct()
            .Should()
            .BeSubsetOf(["TorchSharp", "Diffusion"]);

    private static Assembly Package()
    {
        var packages =
            Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        // Of the versions that were compared: a later one may have changed.
        var found = Versions
            .Select(version => Find(packages, "TorchSharp", version))
            .FirstOrDefault(path => path is not null);
        if (found is null)
        {
            Assert.Ignore($"No package TorchSharp {string.Join(" or ", Versions)} in {packages}.");
        }
        // A context of its own, so that both assemblies can have the same types.
        var context = new AssemblyLoadContext("TorchSharp");
        context.Resolving += (own, name) =>
            Find(packages, name.Name!) is { } path ? own.LoadFromAssemblyPath(path) : null;
        return context.LoadFromAssemblyPath(found);
    }

    private static bool IsTorchSharps(string? space) => space?.Split('.')[0] == "TorchSharp";

    private static IEnumerable<string> Strange(Type ours, Assembly package)
    {
        if (package.GetType(ours.FullName!) is not { IsVisible: true } theirs)
        {
            return [ours.FullName!];
        }
        var strange = Signatures(ours, inherited: false).Except(Signatures(theirs, inherited: true));
        return strange
            .Concat(Kind(ours) == Kind(theirs) ? [] : [Kind(ours)])
            .Concat(
                Setters(theirs).Intersect(Getters(ours)).Except(Setters(ours)).Select(name => $"no setter of {name}")
            )
            .Select(what => $"{ours.FullName}: {what}");
    }

    private static IEnumerable<string> Getters(Type type) => type.GetProperties().Select(property => property.Name);

    private static IEnumerable<string> Setters(Type type) =>
        type.GetProperties().Where(property => property.GetSetMethod() is not null).Select(property => property.Name);

    private static string Kind(Type type) =>
        $"of {Name(type.BaseType)}, abstract {type.IsAbstract}, interface {type.IsInterface}, value {type.IsValueType}";

    // The newest version, for .NET rather than .NET Standard, which leaves some members out.
    private static string? Find(string packages, string assembly, string version = "")
    {
        var folder = Path.Combine(packages, assembly.ToLowerInvariant(), version);
        return Directory.Exists(folder)
            ? Directory
                .EnumerateFiles(folder, $"{assembly}.dll", SearchOption.AllDirectories)
                .OrderBy(path => Regex.IsMatch(Path.GetFileName(Path.GetDirectoryName(path))!, @"^net\d+\.\d+$"))
                .ThenBy(path => path, StringComparer.Ordinal)
                .LastOrDefault()
            : null;
    }

    private static List<string> Signatures(Type type, bool inherited)
    {
        var signatures = new List<string>();
        for (var of = type; of is not null && of != typeof(object); of = inherited ? of.BaseType : null)
        {
            foreach (var field in of.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly))
            {
                var value = field.IsLiteral ? $" = {field.GetRawConstantValue()}" : "";
                signatures.Add($"{(field.IsStatic ? "static " : "")}{Name(field.FieldType)} {field.Name}{value}");
            }
            foreach (var method in of.GetMethods(Declared).Cast<MethodBase>().Concat(of.GetConstructors(Declared)))
            {
                if (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly)
                {
                    signatures.Add(Signature(method));
                }
            }
        }
        return signatures;
    }

    private static string Signature(MethodBase method)
    {
        var result = method is MethodInfo { ReturnType: var type } ? Name(type) : "";
        var generic = method.IsGenericMethodDefinition ? $"`{method.GetGenericArguments().Length}" : "";
        var parameters = method
            .GetParameters()
            .Select(p => $"{Modifier(p)}{Name(p.ParameterType)} {p.Name}{Default(p)}");
        return $"{(method.IsStatic ? "static " : "")}{result} {method.Name}{generic}({string.Join(", ", parameters)})";
    }

    private static string Modifier(ParameterInfo parameter) =>
        parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params "
        : parameter.IsOut ? "out "
        : "";

    private static string Default(ParameterInfo parameter) =>
        parameter.HasDefaultValue ? $" = {parameter.RawDefaultValue ?? "null"}" : "";

    // By names alone: the same type is another one in another context.
    private static string Name(Type? type)
    {
        if (type is null)
        {
            return "nothing";
        }
        if (type.HasElementType)
        {
            return Name(type.GetElementType())
                + (
                    type.IsArray ? $"[{type.GetArrayRank()}]"
                    : type.IsByRef ? "&"
                    : "*"
                );
        }
        if (type.IsGenericParameter)
        {
            return $"!{type.GenericParameterPosition}";
        }
        var own = type.IsGenericType ? type.GetGenericTypeDefinition().FullName! : type.FullName!;
        return type.IsGenericType ? $"{own}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : own;
    }
}
