using NUnit.Framework;

namespace Diffusion.Numerics;

/// <summary>Keeps tests, and the commands that they start, out of the user's cache.</summary>
[SetUpFixture]
public class OwnCache
{
    private TemporaryFolder _folder = null!;

    [OneTimeSetUp]
    public void Begin()
    {
        _folder = new TemporaryFolder();
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", _folder.Path);
    }

    [OneTimeTearDown]
    public void End() => _folder.Dispose();
}
