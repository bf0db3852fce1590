#if SYSTEM_ENGINE
using Diffusion.Api;
using Diffusion.Cli;
using Diffusion.Engine;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Cli;

/// <summary><c>diffusion sample</c> writes images as they are drawn, and holds no more than a batch of them.</summary>
[NonParallelizable]
public class SampleStreamingTests : FolderFixture
{
    private const int Side = 32;
    private const int Batch = 8;
    private const int Count = 100;
    private const int Steps = 3;
    private const long ImageBytes = Side * Side * sizeof(float);

    [Test]
    public void Memory_is_that_of_a_batch_however_many_are_drawn()
    {
        using var pipeline = new Pipeline(
            new UNet2D(TinySetup.Network with { SampleSize = Side, Dropout = 0 }),
            TinySetup.Scheduler
        );
        var inUse = new List<long>();
        FirstLayer(pipeline)
            .register_forward_hook(
                (_, _, y) =>
                {
                    inUse.Add(TensorMemory.Statistics.InUse);
                    return y;
                }
            );
        var (picture, tensor) = (_folder.File("many.png"), _folder.File("many.safetensors"));
        // What earlier tests left behind is freed before, not in between.
        LiveTensors.Count();
        SampleCommand.Draw(
            pipeline,
            pipeline.Plan(Steps, "ddim"),
            Count,
            Batch,
            columns: 10,
            seed: 1,
            new OutputFiles(picture, tensor)
        );
        inUse.Should().HaveCount(Steps * 13, "a step is a network call");
        var first = inUse.Take(Steps).Max();
        inUse.Max().Should().BeLessThan(first + Batch * ImageBytes, "what is drawn is written and freed");

        using var images = Safetensors.Load(tensor);
        images.Tensors["images"].shape.Should().Equal(Count, 1, Side, Side);
        using var last = pipeline.Sample(pipeline.Plan(Steps, "ddim"), Batch, seed: 1, first: Count - Batch);
        using var difference = images.Tensors["images"][(Count - Batch)..] - last;
        difference.abs().max().ToDouble().Should().BeLessThan(1e-5);
        var (drawn, whole) = (Picture.LoadPng(picture), ImageGrid.Arrange(images.Tensors["images"], columns: 10));
        drawn.Pixels.SequenceEqual(whole.Pixels).Should().BeTrue();
    }

    [Test]
    public void Stopped_half_way_no_file_is_left()
    {
        var files = new OutputFiles(_folder.File("a.png"), _folder.File("a.safetensors"));
        using var pipeline = new Pipeline(new UNet2D(TinySetup.Network), TinySetup.Scheduler);
        var drawing = () =>
            files.Write(
                4,
                pipeline.SampleShape,
                2,
                pipeline.Plan(Steps),
                add =>
                {
                    using var images = zeros(3, 1, 8, 8);
                    add(images);
                    throw new OperationCanceledException();
                }
            );
        drawing.Should().Throw<OperationCanceledException>();
        Directory.EnumerateFileSystemEntries(_folder.Path).Should().BeEmpty();
    }

    private static TorchSharp.Modules.Conv2d FirstLayer(Pipeline pipeline) =>
        (TorchSharp.Modules.Conv2d)pipeline.Network.named_modules().First(m => m.name == "conv_in").module;
}
#endif
