using System.Reflection;
using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Docs;

/// <summary>What the README shows is what ./test compiles and runs.</summary>
public partial class ReadmeTests
{
    private static readonly string Root = typeof(ReadmeTests)
        .Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(a => a.Key == "RepositoryRoot")
        .Value!;

    [TestCase("csharp", "samples/CSharp/Program.cs")]
    [TestCase("fsharp", "samples/FSharp/Program.fs")]
    public void A_snippet_is_the_sample_to_the_letter(string language, string sample)
    {
        var readme = File.ReadAllText(Path.Combine(Root, "README.md"));
        var snippets = Regex.Matches(readme, $"```{language}\n(.*?)```", RegexOptions.Singleline);
        snippets
            .Should()
            .ContainSingle()
            .Which.Groups[1]
            .Value.Should()
            .Be(File.ReadAllText(Path.Combine(Root, sample)));
    }

    [Test]
    public void Every_link_leads_to_a_file()
    {
        foreach (
            var page in Directory
                .EnumerateFiles(Path.Combine(Root, "docs"), "*.md")
                .Append(Path.Combine(Root, "README.md"))
        )
        foreach (Match link in Link().Matches(File.ReadAllText(page)))
        {
            var target = Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value);
            (File.Exists(target) || Directory.Exists(target))
                .Should()
                .BeTrue($"{page} links to {link.Groups[1].Value}");
        }
    }

    [GeneratedRegex(@"\]\((?!https?:)([^)#]+)\)")]
    private static partial Regex Link();
}
