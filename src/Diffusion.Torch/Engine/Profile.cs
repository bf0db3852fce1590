using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace Diffusion.Engine;

/// <summary>How long each operator takes.</summary>
public static unsafe class Profile
{
    private const double NanosecondsPerTick = 100;

    /// <summary>Runs something and says which operators it spent its time in, the longest first.</summary>
    public static IReadOnlyList<OperatorTime> Of(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        Native.Check(Native.dt_profile_start());
        var lines = "";
        try
        {
            work();
        }
        finally
        {
            lines = Marshal.PtrToStringUTF8((nint)Native.dt_profile_stop()) ?? throw Native.Error();
        }
        return
        [
            .. lines
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split('\t'))
                .Select(f => new OperatorTime(
                    f[0],
                    Number(f[1]),
                    TimeSpan.FromTicks((long)(Number(f[2]) / NanosecondsPerTick))
                ))
                .OrderByDescending(o => o.Time),
        ];
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
