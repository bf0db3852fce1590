using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Diffusion.Api;

/// <summary>A thread that does one caller's work, a piece at a time.</summary>
internal sealed class OwnThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    internal OwnThread(string name)
    {
        _thread = new Thread(() =>
        {
            foreach (var piece in _work.GetConsumingEnumerable())
                piece();
        })
        {
            IsBackground = true,
            Name = name,
        };
        _thread.Start();
    }

    /// <summary>Does a piece of work there and waits for it; what it throws is thrown here.</summary>
    internal T Run<T>(Func<T> piece)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        using var done = new ManualResetEventSlim();
        _work.Add(() =>
        {
            try
            {
                result = piece();
            }
            catch (Exception failed)
            {
                failure = ExceptionDispatchInfo.Capture(failed);
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait();
        failure?.Throw();
        return result!;
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }
}
