using System.Diagnostics;

namespace Diffusion.Benchmarks;

/// <summary>Another process that keeps a core busy until it is disposed of, or until this process is gone.</summary>
internal sealed class BusyCore : IDisposable
{
    internal const string Command = "busy-core";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Process _process;

    internal BusyCore()
    {
        var info = OwnProgram.Start(Command);
        info.RedirectStandardInput = true;
        _process = Process.Start(info)!;
    }

    /// <summary>CPU time it has taken so far, in seconds.</summary>
    internal double Seconds => ProcessFigures.Of(_process.Id)?.Seconds ?? 0;

    /// <summary>What the other process does: nothing, until its input is closed.</summary>
    internal static void Spin()
    {
        var isOpen = true;
        new Thread(() =>
        {
            Console.In.ReadToEnd();
            Volatile.Write(ref isOpen, false);
        })
        {
            IsBackground = true,
        }.Start();
        while (Volatile.Read(ref isOpen))
            Thread.SpinWait(1000);
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Patience))
            _process.Kill();
        _process.Dispose();
    }
}
