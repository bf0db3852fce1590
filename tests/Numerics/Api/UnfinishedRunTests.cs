using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Api;

/// <summary>Runs that aren't finished, or have lost a part, as what they are read for.</summary>
public class UnfinishedRunTests : ImagesFixture
{
    private string Run => _folder.File("run");

    [Test]
    public void Its_model_is_loaded_for_use()
    {
        Train(steps: 6, stopAfter: 2);
        using var pipeline = Pipeline.Load(Run);
        pipeline.Network.training.Should().BeFalse("dropout is for training");
    }

    [Test]
    public void A_run_that_began_with_a_model_is_not_told_to_begin_again_at_step_0()
    {
        using (var network = new UNet2D(TinySetup.Network))
            TrainingRun.Create(Run, TinySetup.For(_data, 6) with { From = "model" }, start: network).Dispose();
        var checkpoint = Path.Combine(Run, "checkpoints/step-000000000");
        File.WriteAllText(Path.Combine(checkpoint, "ema.safetensors"), "gone");
        var damaged = Refusal<InvalidDataException>();
        damaged.Should().Contain("There is no other; begin a new run.").And.NotContain("Delete");
        Directory.Delete(checkpoint, recursive: true);
        Refusal<InvalidDataException>().Should().Match("*holds no checkpoint*began with one*Begin a new run.");
    }

    [Test]
    public void A_run_without_a_checkpoint_is_named_once()
    {
        var folder = _folder.File("a run");
        TrainingRun.Create(folder, TinySetup.For(_data, 6)).Dispose();
        FluentActions
            .Invoking(() => Pipeline.Load(folder))
            .Should()
            .Throw<FileNotFoundException>()
            .WithMessage(
                $"The run in '{folder}' isn't finished, and has no checkpoint yet. Train it on first (train --resume)."
            );
    }

    [TestCase(null, "has lost its training.json")]
    [TestCase("{ \"data\": ", "is damaged")]
    public void A_run_that_has_lost_its_settings_is_told_to_be_resumed(string? damage, string says)
    {
        Train(steps: 6, stopAfter: 2);
        Damage("training.json", damage);
        Refusal<InvalidDataException>().Should().Contain(says).And.Contain("train --resume writes them again");
        FluentActions
            .Invoking(() => ModelConverter.Convert(Run, _folder.File("out"), new ConversionOptions { Ema = true }))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage($"*{says}*train --resume writes them again.");
        FluentActions
            .Invoking(() => TrainingRun.CheckIsFree(Run))
            .Should()
            .Throw<IOException>()
            .WithMessage("*not empty*or resume the run that is in it.");
    }

    [Test]
    public void A_finished_run_that_has_lost_its_settings_is_not_replaced_by_a_model()
    {
        Train(steps: 2);
        Damage("training.json", null);
        TinySetup.SaveModel(_folder.File("model"));
        FluentActions
            .Invoking(() =>
                ModelConverter.Convert(_folder.File("model"), Run, new ConversionOptions { Overwrite = true })
            )
            .Should()
            .Throw<IOException>()
            .WithMessage("*holds a training run*");
    }

    [Test]
    public void An_empty_file_of_settings_is_named_once()
    {
        Directory.CreateDirectory(Run);
        Damage("training.json", "");
        var file = Path.Combine(Run, "training.json");
        Refusal<InvalidDataException>().Should().StartWith($"'{file}' has 0 bytes").And.NotContain("damaged");
    }

    [Test]
    public void A_finished_run_gets_back_an_average_that_was_deleted()
    {
        Train(steps: 3, averages: [0.5]);
        var file = Path.Combine(Run, "unet/diffusion_pytorch_model.ema-0.5.safetensors");
        var before = File.ReadAllBytes(file);
        File.Delete(file);
        using (var run = TrainingRun.Resume(Run))
            run.Train().Should().BeTrue();
        File.ReadAllBytes(file).Should().Equal(before);
    }

    [Test]
    public void An_average_converts_by_the_name_that_it_will_have()
    {
        Train(steps: 6, stopAfter: 3, averages: [0.5, 0.75]);
        var out1 = _folder.File("out");
        var report = ModelConverter.Convert(Run, out1, new ConversionOptions { Variant = "ema-0.75" });
        report.Weights.Should().EndWith("the average ema-0.75 of step 3");
        report.Notices.Should().BeEmpty();
        using var expected = Safetensors.Load(Path.Combine(Run, "checkpoints/step-000000003/ema-0.75.safetensors"));
        using var pipeline = Pipeline.Load(out1);
        foreach (var (name, tensor) in pipeline.Network.state_dict())
            tensor.Equals(expected.Tensors[name]).Should().BeTrue(name);
        FluentActions
            .Invoking(() => ModelConverter.Convert(Run, _folder.File("no"), new ConversionOptions { Variant = "fp16" }))
            .Should()
            .Throw<FileNotFoundException>()
            .WithMessage("*no average 'fp16'*it has ema-0.5, ema-0.75.");
        Directory.Exists(_folder.File("no")).Should().BeFalse();
    }

    private void Train(long steps, long? stopAfter = null, double[]? averages = null)
    {
        var setup = TinySetup.For(_data, steps);
        setup = setup with { Options = setup.Options with { MoreEmaDecays = [.. averages ?? []] } };
        using var run = TrainingRun.Create(Run, setup);
        run.TrainUntil(stopAfter ?? steps);
    }

    private void Damage(string name, string? text)
    {
        var file = Path.Combine(Run, name);
        if (text is null)
            File.Delete(file);
        else
            File.WriteAllText(file, text);
    }

    private string Refusal<T>()
        where T : Exception =>
        FluentActions.Invoking(() => Pipeline.Load(Run)).Should().ThrowExactly<T>().Which.Message;
}
