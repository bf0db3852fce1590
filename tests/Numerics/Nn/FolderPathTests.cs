using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class FolderPathTests : FolderFixture
{
    private string Folder => _folder.File("folder");

    [SetUp]
    public void MakeLinks()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "sub/deep"));
        Directory.CreateDirectory(_folder.File("folder-2"));
        File.WriteAllText(_folder.File("secret"), "");
        Link("out", "../secret");
        Link("absolute", _folder.File("secret"));
        Link("up", "..");
        Link("twin", "../folder-2");
        Link("sub/deep/in", "../../sub");
        // By the text it is folder/secret; by the system, which goes to folder-2's parent, it isn't.
        Link("lexical", "twin/../secret");
        Link("chain", "out");
        Link("self", "self");
    }

    [TestCase("file")]
    [TestCase("sub/file")]
    [TestCase("./sub//file")]
    [TestCase("sub/deep/in/file")]
    [TestCase("not/there/yet")]
    [TestCase("..file")]
    [TestCase("größe")]
    public void Names_inside_are_joined(string name)
    {
        FolderPath.Inside(Folder, name, "config").Should().Be(Path.Combine(Folder, name));
        FolderPath.Inside(Folder + "/", name, "config").Should().Be(Path.Combine(Folder + "/", name));
    }

    [TestCase("..")]
    [TestCase("../secret")]
    [TestCase("sub/../../secret")]
    [TestCase("sub/..")]
    [TestCase("/etc/passwd")]
    [TestCase("//host/share")]
    public void Names_that_go_up_are_refused(string name) =>
        Refused(name, $"config: '{name}' leaves the folder; name a file inside it.");

    [TestCase("")]
    [TestCase(@"..\secret")]
    [TestCase(@"C:\secret")]
    [TestCase("C:secret")]
    [TestCase("nul\0")]
    [TestCase("new\nline")]
    public void Names_that_are_no_plain_paths_are_refused(string name) =>
        Refused(name, "config: '*' isn't a relative*");

    [TestCase("out")]
    [TestCase("absolute")]
    [TestCase("up/secret")]
    [TestCase("up")]
    [TestCase("twin/file")]
    [TestCase("sub/deep/in/../../out")]
    [TestCase("lexical")]
    [TestCase("chain")]
    public void Links_that_lead_out_are_refused(string name) =>
        Refused(name, name.Contains("..") ? "*leaves the folder*" : $"config: '{name}' is a symbolic link*cp -rL*");

    [Test]
    public void A_circle_of_links_ends()
    {
        var path = () => FolderPath.Inside(Folder, "self", "config");
        path.Should().Throw<InvalidDataException>().WithMessage("*more than 40 symbolic links*");
    }

    [Test]
    public void The_folder_itself_may_be_a_link()
    {
        var linked = _folder.File("linked");
        Directory.CreateSymbolicLink(linked, Folder);
        FolderPath.Inside(linked, "sub/file", "config").Should().Be(Path.Combine(linked, "sub/file"));
        var path = () => FolderPath.Inside(linked, "out", "config");
        path.Should().Throw<InvalidDataException>();
    }

    private void Link(string name, string target) => File.CreateSymbolicLink(Path.Combine(Folder, name), target);

    private void Refused(string name, string message)
    {
        var path = () => FolderPath.Inside(Folder, name, "config");
        path.Should().Throw<InvalidDataException>().WithMessage(message);
    }
}
