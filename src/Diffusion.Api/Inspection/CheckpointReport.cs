namespace Diffusion.Api;

/// <summary>One checkpoint of a training run.</summary>
/// <param name="Folder">Its folder, from the inspected one.</param>
/// <param name="Step">Optimizer steps done; null where that can't be read.</param>
/// <param name="Elapsed">Training time until then; null where that can't be read.</param>
/// <param name="Whole">Whether a run can go on from it.</param>
public sealed record CheckpointReport(string Folder, long? Step, TimeSpan? Elapsed, bool Whole);
