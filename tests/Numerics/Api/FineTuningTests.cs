using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class FineTuningTests : FolderFixture
{
    [Test]
    public void Training_begins_with_the_model_s_weights_schedule_and_prediction()
    {
        using var pipeline = Model();
        using var tuning = FineTuning.Of(pipeline, Images());
        tuning.Notices.Should().BeEmpty();
        using var run = Begin("run", pipeline, tuning, Images());
        run.Setup.Scheduler.Should().Be(pipeline.Scheduler);
        using var first = Safetensors.Load(_folder.File("run/checkpoints/step-000000000/weights.safetensors"));
        using var average = Safetensors.Load(_folder.File("run/checkpoints/step-000000000/ema.safetensors"));
        foreach (var (name, tensor) in pipeline.Network.state_dict())
        {
            first.Tensors[name].Equals(tensor).Should().BeTrue(name);
            average.Tensors[name].Equals(tensor).Should().BeTrue(name);
        }
    }

    [TestCase(0)]
    [TestCase(3)]
    public void A_resumed_run_equals_an_unbroken_one_bit_for_bit_with_its_model_gone(int brokenAt)
    {
        var data = TinyImages.Write(_folder);
        using (var pipeline = Model())
        {
            using var tuning = FineTuning.Of(pipeline, ImageDataset.Load(data));
            using (var whole = Begin("whole", pipeline, tuning, null, data))
                whole.Train().Should().BeTrue();
            using var broken = Begin("broken", pipeline, tuning, null, data);
            broken.TrainUntil(brokenAt).Should().BeFalse();
        }
        using (var resumed = TrainingRun.Resume(_folder.File("broken")))
        {
            resumed.Step.Should().Be(brokenAt);
            resumed.Setup.From.Should().Be("the model of a test");
            resumed.Train().Should().BeTrue();
        }
        WeightsOf("broken").Should().Equal(WeightsOf("whole"));
    }

    [Test]
    public void A_run_from_a_model_without_its_first_checkpoint_is_not_begun_with_random_weights()
    {
        using var pipeline = Model();
        var data = TinyImages.Write(_folder);
        using (var tuning = FineTuning.Of(pipeline, ImageDataset.Load(data)))
            Begin("run", pipeline, tuning, null, data).Dispose();
        Directory.Delete(_folder.File("run/checkpoints/step-000000000"), recursive: true);
        FluentActions
            .Invoking(() => TrainingRun.Resume(_folder.File("run")))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*no checkpoint*Begin a new run*");
    }

    [Test]
    public void Kept_classes_keep_their_rows_by_name_and_new_ones_are_the_mean_and_that_is_said()
    {
        using var pipeline = Model(classes: 3);
        var images = Images([0, 1, 2, 3], ["ant", "cat", "bee", "dog"]);
        using var tuning = FineTuning.Of(pipeline, images, classNames: ["cat", "dog", "eel"]);
        tuning.Network.Config.NumClassEmbeds.Should().Be(4);
        using var old = Table(pipeline.Network);
        using var rows = Table(tuning.Network);
        using var mean = old.mean([0]);
        foreach (var (row, expected) in new[] { mean, old[0], mean, old[1] }.Index())
            rows[row].Equals(expected).Should().BeTrue($"row {row}");
        tuning.Notices.Should().HaveCount(2);
        tuning.Notices[0].Should().Contain("mean of the model's 3").And.EndWith("'ant', 'bee'");
        tuning.Notices[1].Should().Contain("dropped").And.EndWith("'eel'");
    }

    [Test]
    public void Classes_without_names_are_matched_by_number_and_rows_are_only_added()
    {
        using var pipeline = Model(classes: 3);
        using var old = Table(pipeline.Network);
        using (var fewer = FineTuning.Of(pipeline, Images([0, 1, 1, 0])))
        {
            fewer.Notices.Should().BeEmpty();
            Table(fewer.Network).Equals(old).Should().BeTrue();
        }
        using var more = FineTuning.Of(pipeline, Images([0, 1, 4, 0]));
        var rows = Table(more.Network);
        rows.shape.Should().Equal(5, old.shape[1]);
        rows[..3].Equals(old).Should().BeTrue();
        rows[4].Equals(old.mean([0])).Should().BeTrue();
        more.Notices.Should().ContainSingle().Which.Should().EndWith("3, 4");
    }

    [Test]
    public void A_model_without_classes_gets_them_and_answers_as_before_at_first()
    {
        using var scope = NewDisposeScope();
        using var pipeline = Model();
        using var tuning = FineTuning.Of(pipeline, Images([0, 1, 1, 0], ["a", "b"]), classes: true);
        tuning.Network.Config.NumClassEmbeds.Should().Be(2);
        tuning.Notices.Should().ContainSingle().Which.Should().Contain("begins at zero");
        pipeline.Network.eval();
        tuning.Network.eval();
        var x = randn(2, 1, 8, 8);
        var times = tensor(new long[] { 3, 70 });
        var classes = tensor(new long[] { 1, 0 });
        tuning.Network.forward(x, times, classes).Equals(pipeline.Network.call(x, times)).Should().BeTrue();
    }

    [Test]
    public void The_labels_of_the_images_are_left_alone_where_the_model_has_no_classes()
    {
        using var pipeline = Model();
        using var tuning = FineTuning.Of(pipeline, Images([0, 1, 1, 0], ["a", "b"]));
        tuning.Network.Config.HasClasses.Should().BeFalse();
    }

    [Test]
    public void The_size_of_the_images_becomes_the_model_s()
    {
        using var pipeline = Model();
        using var tuning = FineTuning.Of(pipeline, new ImageDataset(new byte[2 * 16 * 12], 1, 16, 12));
        tuning.Network.Config.SampleSize.Should().Be(new ImageSize(16, 12));
    }

    [Test]
    public void Images_without_labels_are_refused_by_a_model_with_classes()
    {
        using var pipeline = Model(classes: 3);
        Refused(pipeline, Images()).WithMessage("*no labels*");
    }

    [Test]
    public void A_model_that_takes_embeddings_is_refused()
    {
        using var pipeline = Model(TinySetup.Network with { ClassEmbedType = ClassEmbedType.Identity });
        Refused(pipeline, Images([0, 1, 1, 0])).WithMessage("*identity*");
    }

    [Test]
    public void A_model_that_answers_variances_its_scheduler_says_nothing_of_is_refused()
    {
        using var pipeline = Model(TinySetup.Network with { OutChannels = 2 });
        Refused(pipeline, Images()).WithMessage("*takes 1 channels and answers 2*");
    }

    [Test]
    public void Class_names_for_another_number_of_classes_are_refused()
    {
        using var pipeline = Model(classes: 3);
        FluentActions
            .Invoking(() => FineTuning.Of(pipeline, Images([0, 1, 1, 0]), classNames: ["a", "b"]))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*3 classes*2 class names*");
    }

    [Test]
    public void A_network_without_a_word_on_where_it_is_from_is_refused()
    {
        using var pipeline = Model();
        FluentActions
            .Invoking(() => TrainingRun.Create(_folder.File("run"), TinySetup.For("x", 1), start: pipeline.Network))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*setup.From*");
    }

    private static FluentAssertions.Specialized.ExceptionAssertions<InvalidDataException> Refused(
        Pipeline pipeline,
        ImageDataset images
    ) => FluentActions.Invoking(() => FineTuning.Of(pipeline, images)).Should().Throw<InvalidDataException>();

    private TrainingRun Begin(string run, Pipeline pipeline, FineTuning tuning, ImageDataset? images, string data = "x")
    {
        var setup = new TrainingSetup(data, tuning.Network.Config, pipeline.Scheduler, TinySetup.For(data, 5).Options)
        {
            From = "the model of a test",
        };
        return TrainingRun.Create(_folder.File(run), setup, data: images, start: tuning.Network);
    }

    private static Pipeline Model(int? classes = null) => Model(TinySetup.Network with { NumClassEmbeds = classes });

    private static Pipeline Model(UNet2DConfig config)
    {
        manual_seed(7);
        return new Pipeline(new UNet2D(config), TinySetup.Scheduler);
    }

    private static ImageDataset Images(int[]? labels = null, string[]? names = null) =>
        new(TinyImages.Pixels(4), 1, 8, 8, labels: [.. labels ?? []], classNames: [.. names ?? []]);

    private static Tensor Table(UNet2D network) => network.state_dict()["class_embedding.weight"];

    private byte[] WeightsOf(string run) =>
        File.ReadAllBytes(_folder.File($"{run}/unet/diffusion_pytorch_model.safetensors"));
}
