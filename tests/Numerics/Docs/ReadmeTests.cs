using System.Text.RegularExpressions;
using Diffusion.Api;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Docs;

/// <summary>What the README shows is what ./test compiles and runs.</summary>
public partial class ReadmeTests
{
    [TestCase("csharp", "samples/CSharp/Program.cs")]
    [TestCase("fsharp", "samples/FSharp/Program.fs")]
    public void A_snippet_is_the_sample_to_the_letter(string language, string sample)
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var snippets = Regex.Matches(readme, $"```{language}\n(.*?)```", RegexOptions.Singleline);
        snippets[0].Groups[1].Value.Should().Be(File.ReadAllText(Path.Combine(Repository.Root, sample)));
    }

    [Test]
    public void The_lines_that_load_a_model_run()
    {
        var lines = Regex
            .Matches(
                File.ReadAllText(Path.Combine(Repository.Root, "README.md")),
                "```csharp\n(.*?)```",
                RegexOptions.Singleline
            )[1]
            .Groups[1]
            .Value.TrimEnd()
            .Split('\n');
        lines.Should().HaveCount(4);
        var source = File.ReadAllText(Path.Combine(Repository.Root, "tests/Numerics/Docs/LoadSnippet.cs"));
        foreach (var line in lines)
            source.Should().Contain(line);
        var before = Environment.CurrentDirectory;
        using var folder = new TemporaryFolder();
        try
        {
            Directory.CreateSymbolicLink(
                folder.File("model"),
                Path.Combine(TestContext.CurrentContext.TestDirectory, "Golden/unet/gray28-default")
            );
            Environment.CurrentDirectory = folder.Path;
            LoadSnippet.Run();
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
        File.Exists(folder.File("images.png")).Should().BeTrue();
    }

    [Test]
    public void The_page_on_checkpoints_names_every_key_and_every_sampler()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/checkpoints.md"));
        foreach (
            var name in Enum.GetValues<SchedulerClass>()
                .SelectMany(@class => SchedulerKeys.Of(@class).Append(SchedulerConfigJson.NameOf(@class)))
                .Concat(SamplerCatalogue.Names)
                .Concat(SamplerCatalogue.Grids)
        )
            page.Should().Contain($"`{name}`");
    }

    [Test]
    public void Every_link_leads_to_a_file()
    {
        foreach (
            var page in Directory
                .EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
                .Append(Path.Combine(Repository.Root, "README.md"))
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
