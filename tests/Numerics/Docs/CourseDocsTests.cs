using System.Text.RegularExpressions;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Docs;

/// <summary>What docs/course.md shows of the programs is in them.</summary>
public class CourseDocsTests
{
    [Test]
    public void Every_line_of_code_stands_in_a_program()
    {
        var programs = Directory
            .EnumerateFiles(Path.Combine(Repository.Root, "samples/Course"), "*.cs")
            .SelectMany(File.ReadLines)
            .Select(line => line.Trim())
            .ToHashSet();
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/course.md"));
        string[] shown =
        [
            .. Regex
                .Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline)
                .SelectMany(snippet => snippet.Groups[1].Value.Split('\n'))
                .Select(line => line.Trim())
                .Where(line => line.Length > 0),
        ];
        shown.Should().HaveCountGreaterThan(15).And.BeSubsetOf(programs);
    }
}
