using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using Diffusion.Math;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>What holds for the whole public surface of the core, found by reflection.</summary>
public sealed class ApiRulesTests
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly
        | BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Instance
        | BindingFlags.Static;

    private static readonly Assembly Core = typeof(Schedule).Assembly;

    private static IEnumerable<Type> PublicTypes => Core.GetExportedTypes();

    [TestCaseSource(nameof(PublicTypes))]
    public void Public_types_are_immutable(Type type)
    {
        type.GetProperties(Declared)
            .Where(property => property.SetMethod is not null)
            .Should()
            .BeEmpty("a value never changes");
        // The number behind an enum is a field that reflection shows as writable.
        type.GetFields(Declared)
            .Where(field => !field.IsInitOnly && !field.IsLiteral && !(type.IsEnum && field.IsSpecialName))
            .Should()
            .BeEmpty();
        if (type.IsValueType && !type.IsEnum)
        {
            type.IsDefined(typeof(IsReadOnlyAttribute)).Should().BeTrue("structs are readonly");
        }

        (type.IsValueType || type.IsSealed || type.GetConstructors(Declared).All(ctor => !ctor.IsPublic))
            .Should()
            .BeTrue("nobody can derive a mutable one");
    }

    [TestCaseSource(nameof(PublicTypes))]
    public void Public_types_and_members_are_documented(Type type)
    {
        string[] documented =
        [
            .. XDocument
                .Load(Path.ChangeExtension(Core.Location, ".xml"))
                .Descendants("member")
                .Where(member => member.Value.Trim() != "" || member.Element("inheritdoc") is not null)
                .Select(member => member.Attribute("name")!.Value),
        ];
        documented.Should().Contain($"T:{type.FullName}");
        IEnumerable<IGrouping<string, MemberInfo>> members = type.GetMembers(Declared)
            .Where(IsPublicAndWritten)
            .GroupBy(DocumentationName);
        foreach (IGrouping<string, MemberInfo> overloads in members)
        {
            documented
                .Count(name => WithoutParameters(name) == overloads.Key)
                .Should()
                .Be(overloads.Count(), "every overload of {0} needs its own documentation", overloads.Key);
        }
    }

    [Test]
    public void There_are_types_to_look_at() =>
        PublicTypes.Should().Contain([typeof(Schedule), typeof(NoiseLevel), typeof(SamplingPlan), typeof(Samplers)]);

    [Test]
    public void The_core_depends_on_nothing_but_mathematics() =>
        Core.GetReferencedAssemblies()
            .Select(name => name.Name)
            .Should()
            .OnlyContain(name => name == "MathNet.Numerics" || name!.StartsWith("System", StringComparison.Ordinal));

    [Test]
    public void No_public_member_returns_or_takes_a_mutable_random() =>
        PublicTypes
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType))
            .Should()
            .NotContain(typeof(Random));

    private static bool IsPublicAndWritten(MemberInfo member) =>
        !member.IsDefined(typeof(CompilerGeneratedAttribute))
        && member switch
        {
            MethodInfo method => method.IsPublic && !method.IsSpecialName && method.GetBaseDefinition() == method,
            ConstructorInfo constructor => constructor.IsPublic && constructor.GetParameters().Length > 0,
            PropertyInfo property => property.GetMethod!.IsPublic && property.Name != "EqualityContract",
            _ => false,
        };

    private static string DocumentationName(MemberInfo member)
    {
        string kind = member is PropertyInfo ? "P" : "M";
        string name = member is ConstructorInfo ? "#ctor" : member.Name;
        string arity = member is MethodInfo { IsGenericMethod: true } method
            ? $"``{method.GetGenericArguments().Length}"
            : "";
        return $"{kind}:{member.DeclaringType!.FullName}.{name}{arity}";
    }

    private static string WithoutParameters(string name) => name.Split('(')[0];
}
