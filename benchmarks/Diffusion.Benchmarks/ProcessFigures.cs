namespace Diffusion.Benchmarks;

/// <summary>What Linux counts of a process.</summary>
/// <param name="Seconds">CPU time.</param>
/// <param name="PageFaults">Page faults.</param>
/// <param name="ChildrenSeconds">CPU time of its children that have ended, and of theirs.</param>
/// <param name="ChildrenPageFaults">Their page faults.</param>
internal readonly record struct ProcessFigures(
    double Seconds,
    long PageFaults,
    double ChildrenSeconds,
    long ChildrenPageFaults
)
{
    // USER_HZ, which Linux keeps at 100 for programs whatever the kernel's own is.
    internal const double TicksPerSecond = 100;

    /// <summary>This process's.</summary>
    internal static ProcessFigures Own => Of(Environment.ProcessId) ?? default;

    /// <summary>A process's; null where it is gone, or this isn't Linux.</summary>
    internal static ProcessFigures? Of(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            // proc(5): the name, in parentheses, may hold anything; the state, field 3, follows it.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Field(int number) => long.Parse(fields[number - 3]);
            return new ProcessFigures(
                (Field(14) + Field(15)) / TicksPerSecond,
                Field(10) + Field(12),
                (Field(16) + Field(17)) / TicksPerSecond,
                Field(11) + Field(13)
            );
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The most memory that a process, or one it started, has had at once, in bytes; 0 where they are gone.</summary>
    internal static long PeakMemory(int process)
    {
        try
        {
            var peak = File.ReadLines($"/proc/{process}/status")
                .Where(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
                .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024)
                .FirstOrDefault();
            return File.ReadAllText($"/proc/{process}/task/{process}/children")
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(child => PeakMemory(int.Parse(child)))
                .Append(peak)
                .Max();
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
