using System.Collections.Immutable;
using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class ClassTrainingTests : FolderFixture
{
    private string _data = null!;

    [SetUp]
    public void SetUp()
    {
        _data = PngFolder.WriteClasses(_folder, "data", 4, "dark", "light", "middle");
    }

    [Test]
    public void A_resumed_run_with_classes_equals_an_unbroken_one_bit_for_bit()
    {
        var setup = Setup(steps: 6);
        using (var run = TrainingRun.Create(_folder.File("whole"), setup))
            run.Train().Should().BeTrue();
        using (var run = TrainingRun.Create(_folder.File("broken"), setup))
            run.TrainUntil(3);
        using (var run = TrainingRun.Resume(_folder.File("broken")))
            run.Train().Should().BeTrue();
        Weights("broken").Should().Equal(Weights("whole"));
        ClassNames.Load(_folder.File("broken")).Should().Equal("dark", "light", "middle");
    }

    [Test]
    public void The_network_is_told_the_classes_of_the_batch()
    {
        // Rows of classes that no image has get no gradient; AdamW without decay then leaves them alone.
        using var network = new UNet2D(TinySetup.Network with { NumClassEmbeds = 5 });
        using var before = Table(network).clone();
        using var process = TinySetup.Scheduler.ToProcess();
        var data = new ImageDataset(TinyImages.Pixels(6), 1, 8, 8, labels: [1, 3, 3, 1, 1, 3]);
        using var trainer = new Trainer(network, process, data, Setup(steps: 9).Options);
        for (var i = 0; i < 3; i++)
            trainer.TrainStep();
        using var after = Table(network);
        for (var row = 0; row < 5; row++)
            after[row].Equals(before[row]).Should().Be(row is 0 or 2 or 4, $"row {row}");
    }

    [Test]
    public void Other_labels_give_another_loss()
    {
        double Loss(ImmutableArray<int> labels)
        {
            manual_seed(1);
            using var network = new UNet2D(TinySetup.Network with { NumClassEmbeds = 2, Dropout = 0 });
            using var process = TinySetup.Scheduler.ToProcess();
            var data = new ImageDataset(TinyImages.Pixels(4), 1, 8, 8, labels: labels);
            using var trainer = new Trainer(network, process, data, Setup(steps: 1).Options);
            return trainer.TrainStep().Loss;
        }
        Loss([0, 0, 1, 1]).Should().Be(Loss([0, 0, 1, 1])).And.NotBe(Loss([1, 1, 0, 0]));
    }

    [Test]
    public void A_label_outside_of_the_classes_is_refused_and_nothing_is_made()
    {
        var setup = Setup(steps: 1);
        setup = setup with { Network = setup.Network with { NumClassEmbeds = 2 } };
        FluentActions
            .Invoking(() => TrainingRun.Create(_folder.File("run"), setup))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*label 2*0 … 1*");
        Directory.Exists(_folder.File("run")).Should().BeFalse();
    }

    [Test]
    public void A_network_with_classes_needs_labels()
    {
        var setup = TinySetup.For(TinyImages.Write(_folder), steps: 1);
        setup = setup with { Network = setup.Network with { NumClassEmbeds = 2 } };
        FluentActions
            .Invoking(() => TrainingRun.Create(_folder.File("run"), setup))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*has no labels*folders, one a class*");
    }

    [Test]
    public void A_network_without_classes_ignores_them()
    {
        using var run = TrainingRun.Create(_folder.File("run"), TinySetup.For(_data, steps: 1));
        run.Train().Should().BeTrue();
        ClassNames.Load(_folder.File("run")).Should().BeEmpty();
    }

    [Test]
    public void A_class_number_that_is_embedded_like_a_time_needs_no_table()
    {
        var setup = TinySetup.For(_data, steps: 1);
        var network = setup.Network with { ClassEmbedType = ClassEmbedType.Timestep };
        using var run = TrainingRun.Create(_folder.File("run"), setup with { Network = network });
        run.Train().Should().BeTrue();
        ClassTable.For(network, run.Data).Should().Be(network);
    }

    [TestCase("""["a", "a"]""")]
    [TestCase("""["a", null]""")]
    [TestCase("""{"a": 1}""")]
    [TestCase("nonsense")]
    public void Class_names_that_are_none_are_refused(string json)
    {
        File.WriteAllText(_folder.File("class_names.json"), json);
        FluentActions
            .Invoking(() => ClassNames.Load(_folder.Path))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*class_names.json*");
    }

    [Test]
    public void Damaged_class_names_are_written_again_on_resuming()
    {
        using (var run = TrainingRun.Create(_folder.File("run"), Setup(steps: 4)))
            run.TrainUntil(2);
        var file = _folder.File("run/class_names.json");
        var before = File.ReadAllText(file);
        File.WriteAllText(file, "[\"dark\", ");
        using (var run = TrainingRun.Resume(_folder.File("run")))
            run.Notices.Should().ContainSingle().Which.Should().Match("*class_names.json' is no list*written again.");
        File.ReadAllText(file).Should().Be(before);
    }

    private TrainingSetup Setup(long steps)
    {
        var setup = TinySetup.For(_data, steps);
        return setup with { Network = setup.Network with { NumClassEmbeds = 3 } };
    }

    private static Tensor Table(UNet2D network) => network.state_dict()["class_embedding.weight"];

    private byte[] Weights(string run) =>
        File.ReadAllBytes(_folder.File(run + "/unet/diffusion_pytorch_model.safetensors"));
}
