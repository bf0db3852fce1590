using System.Runtime.InteropServices;

namespace Diffusion.Cli;

/// <summary>Turns the first Ctrl-C (or SIGTERM, or SIGHUP, which a terminal that closes sends) into a cancelled token; a second
/// Ctrl-C or SIGTERM ends the program at once.</summary>
internal sealed class Interrupt : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;

    internal Interrupt() =>
        _registrations = [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Handle),
        ];

    internal CancellationToken Token => _source.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        // A terminal that closes sends SIGHUP twice within milliseconds: its shell does, then the system.
        context.Cancel = context.Signal == PosixSignal.SIGHUP || !_source.IsCancellationRequested;
        _source.Cancel();
    }
}
