using NUnit.Framework;
using TorchSharp;

namespace Diffusion.Numerics;

/// <summary>Tests whose tensors are freed behind each of them.</summary>
public abstract class ScopeFixture
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void OpenScope() => _scope = torch.NewDisposeScope();

    [TearDown]
    public void CloseScope() => _scope.Dispose();
}
