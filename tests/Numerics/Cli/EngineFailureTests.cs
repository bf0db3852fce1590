using System.Runtime.InteropServices;
using Diffusion.Cli;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Cli;

[TestFixture]
public class EngineFailureTests
{
    private const string Loader = """
        Unable to load shared library 'LibTorchSharp' or one of its dependencies.
        /bin/LibTorchSharp.so: cannot open shared object file: No such file or directory
        /lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /bin/libLibTorchSharp.so)
        /bin/libLibTorchSharp: cannot open shared object file: No such file or directory
        """;

    [Test]
    public void Of_the_loaders_lines_the_telling_one_is_said()
    {
        var said = EngineFailure.Describe(new TypeInitializationException("torch", new DllNotFoundException(Loader)));
        said.Should()
            .StartWith(
                "the tensor engine could not be loaded: /lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by"
            )
            .And.Contain("TorchEngine=system eng/setup.sh")
            .And.NotContain("\n");
    }

    [Test]
    public void Without_a_telling_line_all_is_said() =>
        EngineFailure
            .Describe(new DllNotFoundException("no libdiffusion_torch.so"))
            .Should()
            .Contain("no libdiffusion_torch.so");

    [Test]
    public void Of_TorchSharps_search_the_first_line_is_said()
    {
        var search = new NotSupportedException(
            "doesn't contain a reference to libtorch.\n\nStep 1 - try\nStep 2 - try"
        );
        var said = EngineFailure.Describe(new TypeInitializationException("TorchSharp.torch", search));
        said.Should().Contain("a reference to libtorch.").And.NotContain("Step").And.NotContain("\n");
    }

    [Test]
    public void What_libtorch_refuses_is_said_by_its_own_words() =>
        EngineFailure
            .Describe(new InvalidOperationException("outer", new ExternalException("shapes don't fit")))
            .Should()
            .Be("libtorch refused: shapes don't fit");

    [Test]
    public void Anything_else_is_not_the_engines()
    {
        EngineFailure.Describe(new InvalidOperationException("other")).Should().BeNull();
        EngineFailure.Describe(new NotSupportedException("other")).Should().BeNull();
    }
}
