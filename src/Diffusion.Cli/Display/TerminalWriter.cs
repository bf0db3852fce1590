using System.Text;

namespace Diffusion.Cli;

/// <summary>
/// Writes to a terminal as long as there is one. When it is gone, such as that of a session that was closed, nobody reads on,
/// and what is left to do, such as saving a checkpoint, is not to fail for that.
/// </summary>
internal sealed class TerminalWriter(TextWriter terminal) : TextWriter
{
    private volatile bool _isGone;

    /// <inheritdoc/>
    public override Encoding Encoding => terminal.Encoding;

    /// <summary>Puts it before those of the console's outputs that are terminals.</summary>
    internal static void Guard()
    {
        if (!Console.IsOutputRedirected)
            Console.SetOut(new TerminalWriter(Console.Out));
        if (!Console.IsErrorRedirected)
            Console.SetError(new TerminalWriter(Console.Error));
    }

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => terminal.Write(value));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => terminal.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => terminal.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => terminal.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(terminal.Flush);

    private void Try(Action write)
    {
        if (_isGone)
            return;
        try
        {
            write();
        }
        catch (IOException)
        {
            _isGone = true;
        }
    }
}
