using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>
/// Loads the tensor engine on a thread of its own, while files are read and code is compiled: libtorch and what it needs
/// are some three hundred libraries. Disposing of it waits for the end, since a program can't leave in the middle.
/// </summary>
internal sealed class EngineStart : IDisposable
{
    private readonly Thread _thread = new(Load);

    internal EngineStart() => _thread.Start();

    public void Dispose() => _thread.Join();

    private static void Load()
    {
        try
        {
            zeros(1).Dispose();
        }
        catch (Exception)
        {
            // Whoever needs the engine meets the same, and says it.
        }
    }
}
