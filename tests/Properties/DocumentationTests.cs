using System.Reflection;
using System.Text.RegularExpressions;
using Diffusion.Math;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>What the pages on mathematics and samplers cite exists, and every public type is cited.</summary>
public sealed partial class DocumentationTests
{
    private const BindingFlags Any =
        BindingFlags.Public
        | BindingFlags.NonPublic
        | BindingFlags.Static
        | BindingFlags.Instance
        | BindingFlags.FlattenHierarchy;

    private static readonly Assembly Core = typeof(Schedule).Assembly;

    private static readonly string Docs = Path.Combine(
        typeof(DocumentationTests)
            .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "RepositoryRoot")
            .Value!,
        "docs"
    );

    private static readonly Dictionary<string, Type> Types = Core.GetTypes()
        .Concat(typeof(DocumentationTests).Assembly.GetTypes())
        .Where(type => !type.IsNested && !type.Name.Contains('<', StringComparison.Ordinal))
        .DistinctBy(type => type.Name)
        .ToDictionary(type => type.Name);

    [TestCase("mathematics.md", 150)]
    [TestCase("samplers.md", 15)]
    public void Every_name_in_a_table_exists(string page, int atLeast)
    {
        List<string> names = Names(page);
        names.Should().HaveCountGreaterThan(atLeast);
        names.Where(name => !Exists(name)).Should().BeEmpty();
    }

    [Test]
    public void A_name_that_does_not_exist_is_found()
    {
        Exists("Schedule.Linear").Should().BeTrue();
        Exists("Schedule.Banana").Should().BeFalse();
        Exists("Banana").Should().BeFalse();
    }

    [Test]
    public void Every_public_type_is_cited() =>
        Core.GetExportedTypes()
            .Where(type => !type.IsNested)
            .Select(type => type.Name)
            .Except(Names("mathematics.md").Select(name => name.Split('.')[0]))
            .Should()
            .BeEmpty();

    [Test]
    public void Every_entry_of_the_index_leads_to_a_heading()
    {
        string text = Read("mathematics.md");
        string[] anchors = [.. Heading().Matches(text).Select(heading => Anchor(heading.Groups[1].Value))];
        string[] links = [.. Link().Matches(text).Select(link => link.Groups[1].Value)];
        links.Should().HaveCountGreaterThan(40).And.BeSubsetOf(anchors);
    }

    private static bool Exists(string name)
    {
        string[] parts = name.Split('.');
        return Types.TryGetValue(parts[0], out Type? type)
            && parts.Length <= 2
            && (parts.Length == 1 || type.GetMember(parts[1], Any).Length > 0);
    }

    private static List<string> Names(string page) =>
        [
            .. Read(page)
                .Split('\n')
                .Where(line => line.StartsWith('|'))
                .SelectMany(line => Code().Matches(line))
                .Select(code => code.Groups[1].Value),
        ];

    // As GitHub makes them: lower case, no punctuation, hyphens for spaces.
    private static string Anchor(string heading) =>
        Punctuation().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    private static string Read(string page) => File.ReadAllText(Path.Combine(Docs, page));

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("^## (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(#([^)]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\p{L}\p{M}\p{Nd}\s_-]")]
    private static partial Regex Punctuation();
}
