using NUnit.Framework;

namespace Diffusion.Numerics;

/// <summary>Tests each of which has a folder of its own.</summary>
public abstract class FolderFixture
{
    private protected TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();
}
