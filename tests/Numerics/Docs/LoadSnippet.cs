using Diffusion.Api;

namespace Diffusion.Numerics.Docs;

/// <summary>The README's lines that load a model, to the letter.</summary>
internal static class LoadSnippet
{
    internal static void Run()
    {
        using var pipeline = Pipeline.Load("model"); // a folder that Python's diffusers has saved, or this library
        using var images = pipeline.Sample(count: 4, steps: 20, sampler: "dpm++2m");
        ImageGrid.Arrange(images).SavePng("images.png");
    }
}
