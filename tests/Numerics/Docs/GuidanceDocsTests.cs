using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Docs;

/// <summary>What docs/guidance.md shows is run, and what it cites exists.</summary>
public partial class GuidanceDocsTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "guidance.md"));

    [Test]
    public void Every_example_is_one_of_the_tests_to_the_letter()
    {
        var lines = File.ReadLines(Path.Combine(Repository.Root, "tests", "Numerics", "Docs", "GuidanceExamples.cs"));
        const string Body = "        ";
        var tests = string.Join('\n', lines.Select(line => line.StartsWith(Body) ? line[Body.Length..] : line)) + "\n";
        var examples = Example().Matches(Page);
        examples.Should().HaveCount(7);
        examples.Should().OnlyContain(example => tests.Contains(example.Groups[1].Value));
    }

    [Test]
    public void Every_name_in_a_table_exists()
    {
        var sources = new[] { "src", "tests" }
            .SelectMany(folder =>
                Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
            )
            .Select(File.ReadAllText)
            .ToArray();
        var names = Page.Split('\n')
            .Where(line => line.StartsWith('|'))
            .SelectMany(line => Name().Matches(line))
            .Select(match => (Type: match.Groups[1].Value, Member: match.Groups[2].Value))
            .ToArray();
        names.Should().HaveCountGreaterThan(25);
        names.Where(name => !Exists(name.Type, name.Member)).Should().BeEmpty();
        Exists("GuidanceScale", "Banana").Should().BeFalse();

        bool Exists(string type, string member) =>
            sources.Any(source =>
                Regex.IsMatch(source, $@"\b(class|record|struct) {type}\b") && Regex.IsMatch(source, $@"\b{member}\(")
            );
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();

    [GeneratedRegex(@"`(\w+)\.(\w+)`")]
    private static partial Regex Name();
}
