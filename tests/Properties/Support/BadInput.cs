using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties.Support;

/// <summary>What is bad input, and what its exception must say.</summary>
internal static class BadInput
{
    /// <summary>A call that must fail, the argument it must name, and what else the message must hold.</summary>
    public static TestCaseData Case(string what, Func<object?> call, string name, params string[] words) =>
        new TestCaseData(
            call,
            name,
            words.Select(word => word == "∞" ? "Infinity" : word).ToArray()
        ).SetArgDisplayNames(what);

    /// <summary>An exception of just this kind, that names the argument.</summary>
    public static void ShouldThrow<TException>(Func<object?> call, string name, string[] words)
        where TException : ArgumentException
    {
        TException thrown = call.Should().ThrowExactly<TException>().Which;
        thrown.ParamName.Should().Be(name);
        thrown.Message.Should().ContainAll([name, .. words]);
    }

    /// <summary>Arguments that are right, but something that can't be done.</summary>
    public static void ShouldBeImpossible(Func<object?> call, string first, string[] rest) =>
        call.Should().ThrowExactly<InvalidOperationException>().Which.Message.Should().ContainAll([first, .. rest]);
}
