using System.Text;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Nn;

/// <summary>Files that are whole or absent, whoever else writes beside.</summary>
public class AtomicFileTests : FolderFixture
{
    private string Target => _folder.File("target");

    [Test]
    public void Two_may_write_one_file_at_once_and_a_failure_of_one_is_not_the_others()
    {
        AtomicFile.Write(
            Target,
            first =>
            {
                first.Write("fir"u8);
                AtomicFile.WriteText(Target, "second");
                File.ReadAllText(Target).Should().Be("second");
                var third = () => AtomicFile.Write(Target, _ => throw new IOException("full"));
                third.Should().Throw<IOException>().WithMessage("full");
                first.Write("st"u8);
            }
        );
        File.ReadAllText(Target).Should().Be("first");
        Files().Should().Equal("target");
    }

    [Test]
    public void What_lies_beside_a_file_stays()
    {
        File.WriteAllText(Target + ".partial", "mine");
        AtomicFile.WriteText(Target, "text");
        File.ReadAllText(Target + ".partial").Should().Be("mine");
        Files().Should().Equal("target", "target.partial");
    }

    [Test]
    public void A_set_that_fails_leaves_what_was_there()
    {
        foreach (var name in new[] { "a", "b", "list" })
            File.WriteAllText(_folder.File(name), $"old {name}");
        var write = () =>
            AtomicFile.WriteSet(
                [(_folder.File("a"), Write("new")), (_folder.File("b"), _ => throw new IOException("full"))],
                _folder.File("list"),
                Write("new")
            );
        write.Should().Throw<IOException>().WithMessage("full");
        Files().Should().Equal("a", "b", "list");
        Files().Should().OnlyContain(name => File.ReadAllText(_folder.File(name)) == $"old {name}");
    }

    [Test]
    public void What_kills_have_left_is_removed_and_nothing_else()
    {
        Directory.CreateDirectory(_folder.File("within"));
        string[] others = ["notes.partial", "target.1234.partial", "target.0123abcd.partial.txt"];
        foreach (var name in others.Concat(["target.0123abcd.partial", "within/x.fedcba98.partial"]))
            File.WriteAllText(_folder.File(name), "text");
        AtomicFile.Write(
            Target,
            stream =>
            {
                AtomicFile.ClearAsides(_folder.Path);
                stream.Write("whole"u8);
            }
        );
        Files().Should().BeEquivalentTo([.. others, "target"]);
        Directory.GetFiles(_folder.File("within")).Should().BeEmpty();
        File.ReadAllText(Target).Should().Be("whole");
    }

    [TestCase("a.json.0123abcd.partial", true)]
    [TestCase("a.json.partial", true)]
    [TestCase("a.json", false)]
    [TestCase("a.json.0123abcdef.partial", false)]
    [TestCase("a.json.b.0123abcd.partial", false)]
    [TestCase("b.json.0123abcd.partial", false)]
    public void Names_of_files_that_are_not_whole_are_known(string name, bool known) =>
        AtomicFile.IsAsideOf(name, "a.json").Should().Be(known);

    private static Action<FileStream> Write(string text) => stream => stream.Write(Encoding.UTF8.GetBytes(text));

    private IEnumerable<string?> Files() =>
        Directory.EnumerateFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
