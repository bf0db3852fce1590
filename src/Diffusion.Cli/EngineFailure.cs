using System.Runtime.InteropServices;

namespace Diffusion.Cli;

/// <summary>What went wrong below the tensors, in one line for a user.</summary>
internal static class EngineFailure
{
    private const string Remedy =
        "(eng/setup.sh installs what is missing; TorchEngine=system eng/setup.sh takes this machine's own libtorch)";

    /// <summary>What <paramref name="e"/> says of the tensor engine; null where it says nothing of it.</summary>
    internal static string? Describe(Exception e)
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
            if (cause is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
                return $"the tensor engine could not be loaded: {Telling(cause.Message)} {Remedy}";
            // TorchSharp's own search for its native part ends in this, with a page of what it tried.
            else if (cause is TypeInitializationException { InnerException: NotSupportedException unsupported })
                return $"the tensor engine could not be loaded: {FirstLine(unsupported.Message)} {Remedy}";
            else if (cause is ExternalException)
                return $"libtorch refused: {cause.Message}";
        return null;
    }

    // The loader names every place that it looked at; the one that says more than "no such file" is why.
    private static string Telling(string message) =>
        message.Split('\n').FirstOrDefault(line => line.Contains(" not found (required by "))?.Trim() ?? message;

    private static string FirstLine(string message) => message.Split('\n')[0].Trim();
}
