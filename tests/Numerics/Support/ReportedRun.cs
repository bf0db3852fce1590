using Diffusion.Api;

namespace Diffusion.Numerics;

/// <summary>A tiny finished run with samples on its way and an evaluation, for reports.</summary>
internal static class ReportedRun
{
    internal static void Train(string folder, string data, long steps = 5, long sampleEvery = 2)
    {
        var setup = TinySetup.For(data, steps);
        setup = setup with { Options = setup.Options with { SampleEvery = sampleEvery } };
        using var run = TrainingRun.Create(folder, setup);
        run.Train();
    }

    /// <summary>Writes an evaluation of the model in a folder, with a picture of neighbours.</summary>
    internal static void Evaluate(TemporaryFolder place, string run, string data, string sampler = "DDIM(η = 0)")
    {
        Evaluation(run, data, sampler).Save(Path.Combine(place.Path, run));
        PngFolder.Write(place, $"{run}/neighbours.png", 20, 30);

        EvaluationReport Evaluation(string folder, string images, string name)
        {
            using var pipeline = Pipeline.Load(Path.Combine(place.Path, folder));
            var report = new EvaluationReport
            {
                Weights = EvaluationReport.DigestOf(pipeline),
                HeldOut = HeldOutReport.Of(ImageDataset.Load(images)),
                Bound = new BoundReport(0.25, 3.5, 1.25, 5, [4.5, 5.5], 77, 24, "every t", 100, 1)
                {
                    ByTime = [.. Enumerable.Range(2, 99).Select(t => 1.0 / t)],
                },
                Neighbours = new NeighbourReport(8, 7, 0, 20, 24, name, "../neighbours.png"),
            };
            var frechet = new FrechetReport(12.5, 24, "1-features", 0.9, 0.5);
            return report
                .With(new SamplerReport(name, 10, frechet, 0.75, 0.625, 1))
                .With(new SamplerReport(name, 50, frechet with { Value = 6.25 }, 0.875, 0.5, 1))
                .With(new SamplerReport("DDPM", 50, frechet with { Value = 9.75 }, 0.5, 0.25, 1, Seed: 0))
                .With(new SamplerReport("DDPM", 50, frechet with { Value = 11.5, Real = 1.5 }, 0.5, 0.25, 1, Seed: 77));
        }
    }
}
