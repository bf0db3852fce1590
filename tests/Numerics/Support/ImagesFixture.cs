using NUnit.Framework;

namespace Diffusion.Numerics;

/// <summary>Tests each of which has a folder with tiny images in it.</summary>
public abstract class ImagesFixture : FolderFixture
{
    /// <summary>The images' file.</summary>
    private protected string _data = null!;

    [SetUp]
    public void WriteImages() => _data = TinyImages.Write(_folder);
}
