namespace TorchSharp;

/// <summary>Counts of tensors that one thread has made and freed.</summary>
public class LifetimeStatistics
{
    internal LifetimeStatistics() { }

    public long CreatedOutsideScopeCount { get; internal set; }

    public long DisposedOutsideScopeCount { get; internal set; }

    public long CreatedInScopeCount { get; internal set; }

    public long DisposedInScopeCount { get; internal set; }

    public long AttachedToScopeCount { get; internal set; }

    public long DetachedFromScopeCount { get; internal set; }

    public long ThreadTotalLiveCount =>
        CreatedInScopeCount - DisposedInScopeCount + CreatedOutsideScopeCount - DisposedOutsideScopeCount;

    public void Reset()
    {
        CreatedOutsideScopeCount = DisposedOutsideScopeCount = 0;
        CreatedInScopeCount = DisposedInScopeCount = 0;
        AttachedToScopeCount = DetachedFromScopeCount = 0;
    }

    public override string ToString() =>
        $"in scopes: {CreatedInScopeCount} created, {DisposedInScopeCount} disposed; "
        + $"outside: {CreatedOutsideScopeCount} created, {DisposedOutsideScopeCount} disposed; "
        + $"{AttachedToScopeCount} attached, {DetachedFromScopeCount} detached; {ThreadTotalLiveCount} live";
}
