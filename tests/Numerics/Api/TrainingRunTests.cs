using System.Text.Json.Nodes;
using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class TrainingRunTests : ImagesFixture
{
    // Few channels, and as many as the convolutions of a processor's matrix unit begin with.
    [TestCase(8)]
    [TestCase(16)]
    public void A_resumed_run_equals_an_unbroken_one_bit_for_bit(int channels)
    {
        var network = TinySetup.Network with { BlockOutChannels = [channels, channels] };
        var setup = TinySetup.For(_data, steps: 7) with { Network = network };
        using (var run = TrainingRun.Create(_folder.File("whole"), setup))
            run.Train().Should().BeTrue();

        using (var run = TrainingRun.Create(_folder.File("broken"), setup))
            run.Train(StopAfter(3, out var token), token).Should().BeFalse();
        using (var run = TrainingRun.Resume(_folder.File("broken")))
        {
            run.Step.Should().Be(3);
            run.Train().Should().BeTrue();
        }

        foreach (var file in new[] { "weights", "ema", "optimizer" })
            Checkpoint("broken", 7, file).Should().Equal(Checkpoint("whole", 7, file), file);
        Losses("broken").Should().Equal(Losses("whole"));
        Weights("broken").Should().Equal(Weights("whole"));
    }

    [Test]
    public void What_a_killed_run_did_after_its_checkpoint_is_done_again()
    {
        // A kill leaves the folder as it was when its last file was renamed: the checkpoint of step 4, two lines more.
        var setup = TinySetup.For(_data, steps: 7, checkpointEvery: 4);
        using (var run = TrainingRun.Create(_folder.File("whole"), setup))
            run.Train();
        using (var run = TrainingRun.Create(_folder.File("killed"), setup))
            run.Train(StopAfter(6, out var token), token);
        Directory.Delete(_folder.File("killed/checkpoints/step-000000006"), recursive: true);
        File.AppendAllText(_folder.File("killed/metrics.jsonl"), "{\"step\":7,\"lo");
        Directory.CreateDirectory(_folder.File("killed/checkpoints/partial"));

        using (var run = TrainingRun.Resume(_folder.File("killed")))
        {
            run.Step.Should().Be(4);
            run.Train().Should().BeTrue();
        }
        Losses("killed").Should().Equal(Losses("whole"));
        Checkpoint("killed", 7, "weights").Should().Equal(Checkpoint("whole", 7, "weights"));
        Directory
            .EnumerateDirectories(_folder.File("killed/checkpoints"))
            .Should()
            .HaveCount(2, "two are kept and none is half-written");
    }

    [Test]
    public void Training_lowers_the_loss()
    {
        var setup = TinySetup.For(_data, steps: 150);
        using var run = TrainingRun.Create(
            _folder.File("run"),
            setup with
            {
                Network = setup.Network with { Dropout = 0 },
            }
        );
        run.Train();
        var losses = run.ReadLosses().Select(p => p.Loss).ToList();
        losses.TakeLast(30).Average().Should().BeLessThan(0.7 * losses.Take(10).Average());
    }

    [Test]
    public void Live_tensors_do_not_grow_over_200_steps()
    {
        using var process = TinySetup.Scheduler.ToProcess();
        using var network = new UNet2D(TinySetup.Network);
        using var trainer = new Trainer(network, process, ImageDataset.Load(_data), TinySetup.For(_data, 1000).Options);
        for (var i = 0; i < 3; i++)
            trainer.TrainStep();
        var before = LiveTensors.Count();
        for (var i = 0; i < 200; i++)
            trainer.TrainStep();
        Tensor.TotalCount.Should().Be(before);
    }

    [Test]
    public void A_finished_run_is_a_pipeline_folder_with_the_averaged_weights()
    {
        using (var run = TrainingRun.Create(_folder.File("run"), TinySetup.For(_data, steps: 5)))
            run.Train();
        using var pipeline = Pipeline.Load(_folder.File("run"));
        pipeline.Notices.Should().BeEmpty();
        pipeline.Scheduler.Should().Be(TinySetup.Scheduler);
        using var average = Safetensors.Load(_folder.File("run/checkpoints/step-000000005/ema.safetensors"));
        foreach (var (name, tensor) in pipeline.Network.state_dict())
            tensor.Equals(average.Tensors[name]).Should().BeTrue(name);
    }

    [Test]
    public void Samples_that_cannot_be_drawn_are_said_before_the_first_step_and_do_not_end_the_training()
    {
        var setup = TinySetup.For(_data, steps: 4) with
        {
            // At pure noise an answer of ε says nothing about x₀, where DDIM begins.
            Scheduler = TinySetup.Scheduler with
            {
                Prediction = Prediction.Epsilon,
                RescaleToZeroSnr = true,
            },
            Objective = new TrainingObjective { LossWeight = LossWeighting.Simple },
        };
        setup = setup with { Options = setup.Options with { SampleEvery = 2 } };
        using var run = TrainingRun.Create(_folder.File("run"), setup);
        run.Notices.Should().ContainSingle().Which.Should().Match("No pictures of samples*");
        run.Train().Should().BeTrue();
        run.Notices.Should().ContainSingle();
        Pipeline.IsIn(run.Folder).Should().BeTrue();
    }

    [Test]
    public void A_picture_of_samples_that_cannot_be_written_does_not_end_the_training()
    {
        var setup = TinySetup.For(_data, steps: 5);
        setup = setup with { Options = setup.Options with { SampleEvery = 2 } };
        using var run = TrainingRun.Create(_folder.File("run"), setup);
        File.WriteAllText(_folder.File("run/samples"), "in the way");
        run.Train().Should().BeTrue();
        run.Notices.Should().ContainSingle("once is enough").Which.Should().Match("*samples of step 2*samples*");
        Pipeline.IsIn(run.Folder).Should().BeTrue();
        run.ReadLosses().Should().HaveCount(5);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void What_a_kill_at_the_very_beginning_leaves_does_not_keep_a_run_out(bool fromModel)
    {
        // What is there before the setup: the lock, and of a run that begins with a model its first checkpoint.
        using (var network = new UNet2D(TinySetup.Network))
        {
            var setup = TinySetup.For(_data, steps: 2) with { From = fromModel ? "model" : null };
            var start = fromModel ? network : null;
            TrainingRun.Create(_folder.File("run"), setup, start: start).Dispose();
            File.Delete(_folder.File("run/training.json"));
            // As earlier versions called it, and as this one does.
            foreach (var aside in new[] { "training.json.partial", "class_names.json.0123abcd.partial" })
                File.WriteAllText(_folder.File($"run/{aside}"), "{");
            Directory.CreateDirectory(_folder.File("run/checkpoints/partial"));
            using (var run = TrainingRun.Create(_folder.File("run"), setup, start: start))
                run.Train().Should().BeTrue();
        }
        Directory.EnumerateFiles(_folder.File("run"), "*.partial").Should().BeEmpty();
        File.WriteAllText(_folder.File("run/training.lock"), "");
        File.Delete(_folder.File("run/training.json"));
        FluentActions
            .Invoking(() => TrainingRun.CheckIsFree(_folder.File("run")))
            .Should()
            .Throw<IOException>("it holds more than a beginning")
            .WithMessage("*not empty*");
    }

    [Test]
    public void What_a_kill_leaves_of_a_file_is_gone_when_the_run_goes_on()
    {
        TrainingRun.Create(_folder.File("run"), TinySetup.For(_data, steps: 2)).Dispose();
        Directory.CreateDirectory(_folder.File("run/unet"));
        var left = _folder.File("run/unet/diffusion_pytorch_model.safetensors.0123abcd.partial");
        File.WriteAllText(left, "half of it");
        using (var run = TrainingRun.Resume(_folder.File("run")))
            run.Train().Should().BeTrue();
        File.Exists(left).Should().BeFalse();
    }

    [Test]
    public void A_run_that_was_killed_before_its_settings_were_saved_says_so_on_resuming()
    {
        Directory.CreateDirectory(_folder.File("run"));
        File.WriteAllText(_folder.File("run/training.lock"), "");
        FluentActions
            .Invoking(() => TrainingRun.Resume(_folder.File("run")))
            .Should()
            .Throw<FileNotFoundException>()
            .WithMessage("*not a training run*before its settings were saved*--out*");
    }

    [Test]
    public void A_run_without_checkpoints_begins_again_and_says_so()
    {
        var setup = TinySetup.For(_data, steps: 6, checkpointEvery: 2);
        using (var run = TrainingRun.Create(_folder.File("run"), setup))
            run.Train(StopAfter(4, out var token), token);
        using (var run = TrainingRun.Resume(_folder.File("run")))
            run.Notices.Should().BeEmpty();
        Directory.Delete(_folder.File("run/checkpoints"), recursive: true);
        using (var run = TrainingRun.Resume(_folder.File("run")))
        {
            run.Step.Should().Be(0);
            run.Notices.Should().ContainSingle().Which.Should().Match("*no checkpoint*again at step 0*step 4*");
        }
    }

    [Test]
    public void An_unfinished_run_is_the_model_of_its_newest_checkpoint()
    {
        var setup = TinySetup.For(_data, steps: 9);
        setup = setup with { Options = setup.Options with { MoreEmaDecays = [0.5] } };
        using (var run = TrainingRun.Create(_folder.File("run"), setup))
        {
            FluentActions
                .Invoking(() => Pipeline.Load(_folder.File("run")))
                .Should()
                .Throw<FileNotFoundException>()
                .WithMessage("*isn't finished*no checkpoint yet*--resume*");
            run.Train(StopAfter(3, out var token), token);
        }
        foreach (var (variant, file) in new[] { (null, "ema"), ("ema-0.5", "ema-0.5") })
        {
            using var pipeline = Pipeline.Load(_folder.File("run"), variant: variant);
            pipeline.Notices.Should().ContainSingle().Which.Should().Match("*isn't finished*step 3 of 9*--resume*");
            using var average = Safetensors.Load(_folder.File($"run/checkpoints/step-000000003/{file}.safetensors"));
            foreach (var (name, tensor) in pipeline.Network.state_dict())
                tensor.Equals(average.Tensors[name]).Should().BeTrue(name);
            pipeline.Sample(1, steps: 2).shape.Should().Equal(1, 1, 8, 8);
        }
        FluentActions
            .Invoking(() => Pipeline.Load(_folder.File("run"), variant: "fp16"))
            .Should()
            .Throw<FileNotFoundException>()
            .WithMessage("*no average 'fp16'*ema-0.5*");
    }

    [TestCase("{ \"data\": ")]
    [TestCase("{}")]
    [TestCase(null)]
    public void Damaged_settings_come_back_from_the_newest_checkpoint(string? damage)
    {
        using (var run = TrainingRun.Create(_folder.File("run"), TinySetup.For(_data, steps: 6)))
            run.Train(StopAfter(3, out var token), token);
        var file = _folder.File("run/training.json");
        var before = File.ReadAllText(file);
        if (damage is null)
            File.Delete(file);
        else
            File.WriteAllText(file, damage);
        using (var run = TrainingRun.Resume(_folder.File("run")))
        {
            run.Step.Should().Be(3);
            run.Notices.Should().ContainSingle().Which.Should().Match("*training.json*step-000000003*");
            run.Train().Should().BeTrue();
        }
        File.ReadAllText(file).Should().Be(before);
        if (damage is not null)
            File.ReadAllText(file + ".damaged").Should().Be(damage);
    }

    [Test]
    public void A_finished_run_whose_model_is_incomplete_gets_it_back_on_resuming()
    {
        using (var run = TrainingRun.Create(_folder.File("run"), TinySetup.For(_data, steps: 3)))
            run.Train();
        var weights = Weights("run");
        File.Delete(_folder.File("run/unet/diffusion_pytorch_model.safetensors"));
        using (var run = TrainingRun.Resume(_folder.File("run")))
            run.Train().Should().BeTrue();
        Weights("run").Should().Equal(weights);
    }

    [Test]
    public void A_folder_that_is_not_empty_is_refused_and_untouched()
    {
        File.WriteAllText(_folder.File("precious"), "mine");
        FluentActions
            .Invoking(() => TrainingRun.Create(_folder.Path, TinySetup.For(_data, 1)))
            .Should()
            .Throw<IOException>()
            .WithMessage("*not empty*");
        Directory.EnumerateFileSystemEntries(_folder.Path).Should().HaveCount(2, "the data and the precious file");
    }

    [Test]
    public void Images_of_another_size_than_the_network_s_are_brought_to_it()
    {
        var setup = TinySetup.For(_data, 1) with { Network = TinySetup.Network with { SampleSize = 16 } };
        using var run = TrainingRun.Create(_folder.File("run"), setup);
        (run.Data.Height, run.Data.Width).Should().Be((16, 16));
        run.Data.Notices.Should().ContainSingle().Which.Should().Contain("1×8×8 to 1×16×16");
    }

    [Test]
    public void Images_at_hand_of_another_size_than_the_network_s_are_refused_and_nothing_is_made()
    {
        var setup = TinySetup.For(_data, 1) with { Network = TinySetup.Network with { SampleSize = 16 } };
        FluentActions
            .Invoking(() => TrainingRun.Create(_folder.File("run"), setup, data: ImageDataset.Load(_data)))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*8×8*16x16*");
        Directory.Exists(_folder.File("run")).Should().BeFalse();
    }

    [Test]
    public void A_run_whose_images_have_changed_is_not_resumed()
    {
        using (var run = TrainingRun.Create(_folder.File("run"), TinySetup.For(_data, steps: 3)))
            run.Train(StopAfter(2, out var token), token);
        TinyImages.Write(_folder, count: 23);
        FluentActions
            .Invoking(() => TrainingRun.Resume(_folder.File("run")))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*images are others*");
        TinyImages.Write(_folder);
        using var resumed = TrainingRun.Resume(_folder.File("run"));
        resumed.Train().Should().BeTrue();
    }

    [Test]
    public void A_run_killed_between_its_last_checkpoint_and_its_pipeline_gets_its_pipeline_on_resuming()
    {
        using (var run = TrainingRun.Create(_folder.File("run"), TinySetup.For(_data, steps: 3)))
            run.Train();
        var whole = Weights("run");
        File.Delete(_folder.File("run/model_index.json"));
        Directory.Delete(_folder.File("run/unet"), recursive: true);
        using (var run = TrainingRun.Resume(_folder.File("run")))
            run.Train().Should().BeTrue();
        Weights("run").Should().Equal(whole);
        Pipeline.Load(_folder.File("run")).Dispose();
    }

    [TestCase("{}")]
    [TestCase("""{"Step":-1,"Seconds":1}""")]
    [TestCase("""{"Step":1,"Seconds":1}""")]
    [TestCase("""{"Step":2,"Seconds":-1}""")]
    public void A_position_that_cannot_be_is_refused_and_no_history_is_lost(string position)
    {
        using (var run = TrainingRun.Create(_folder.File("run"), TinySetup.For(_data, 3)))
            run.Train(StopAfter(2, out var token), token);
        File.WriteAllText(_folder.File("run/checkpoints/step-000000002/position.json"), position);
        FluentActions
            .Invoking(() => TrainingRun.Resume(_folder.File("run")))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*checkpoints' to start again from step 0*");
        File.ReadLines(_folder.File("run/metrics.jsonl")).Should().HaveCount(2);
    }

    [TestCase("no file")]
    [TestCase("cut")]
    [TestCase("a bit")]
    public void A_damaged_newest_checkpoint_is_passed_over_and_nothing_is_lost(string damage)
    {
        var setup = TinySetup.For(_data, 6, checkpointEvery: 2);
        using (var run = TrainingRun.Create(_folder.File("whole"), setup))
            run.Train();
        using (var run = TrainingRun.Create(_folder.File("run"), setup))
            run.Train(StopAfter(5, out var token), token);
        var file = _folder.File("run/checkpoints/step-000000005/ema.safetensors");
        var content = File.ReadAllBytes(file);
        if (damage == "no file")
            File.Delete(file);
        else if (damage == "cut")
            File.WriteAllBytes(file, content[..^1]);
        else
        {
            content[^3] ^= 16;
            File.WriteAllBytes(file, content);
        }
        using (var run = TrainingRun.Resume(_folder.File("run")))
        {
            run.Notices.Should()
                .ContainSingle()
                .Which.Should()
                .Contain("ema.safetensors")
                .And.EndWith("Going on from step-000000004.");
            run.Step.Should().Be(4);
            run.Train().Should().BeTrue();
        }
        Losses("run").Should().Equal(Losses("whole"));
        Checkpoint("run", 6, "weights").Should().Equal(Checkpoint("whole", 6, "weights"));
        Directory
            .EnumerateDirectories(_folder.File("run/checkpoints"))
            .Select(Path.GetFileName)
            .Should()
            .BeEquivalentTo("step-000000004", "step-000000006");
    }

    [Test]
    public void A_checkpoint_of_before_there_was_an_option_is_resumed_and_one_with_no_setup_in_its_setup_is_not()
    {
        var run = _folder.File("run");
        using (var first = TrainingRun.Create(run, TinySetup.For(_data, 3)))
            first.Train(StopAfter(2, out var token), token);
        var file = Path.Combine(run, "checkpoints/step-000000002/position.json");
        var position = JsonNode.Parse(File.ReadAllText(file))!;
        position["Setup"]!["options"]!.AsObject().Remove(nameof(TrainingOptions.Precision)).Should().BeTrue();
        File.WriteAllText(file, position.ToJsonString());
        using (var resumed = TrainingRun.Resume(run))
            resumed.Step.Should().Be(2);
        position["Setup"] = new JsonObject();
        File.WriteAllText(file, position.ToJsonString());
        FluentActions
            .Invoking(() => TrainingRun.Resume(run))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*setup that it was saved under*start again from step 0*");
    }

    [Test]
    public void A_trainer_of_one_s_own_saves_and_loads_checkpoints()
    {
        var options = TinySetup.For(_data, 100).Options;
        var images = ImageDataset.Load(_data);
        using var process = TinySetup.Scheduler.ToProcess();
        using var first = new UNet2D(TinySetup.Network);
        using var second = new UNet2D(TinySetup.Network);
        using var trained = new Trainer(first, process, images, options);
        using var resumed = new Trainer(second, process, images, options);
        trained.TrainStep();
        trained.SaveCheckpoint(_folder.File("checkpoint"));
        var expected = trained.TrainStep();
        resumed.LoadCheckpoint(_folder.File("checkpoint"));
        resumed.Step.Should().Be(1);
        resumed.TrainStep().Should().Be(expected);
        resumed.TrainStep().Should().Be(trained.TrainStep());
    }

    [TestCase("weights.safetensors")]
    [TestCase("optimizer.safetensors")]
    [TestCase("position.json")]
    public void A_checkpoint_cut_short_is_refused_by_name(string file)
    {
        using (var run = TrainingRun.Create(_folder.File("run"), TinySetup.For(_data, 3)))
            run.Train(StopAfter(2, out var token), token);
        var path = _folder.File($"run/checkpoints/step-000000002/{file}");
        var content = File.ReadAllBytes(path);
        File.WriteAllBytes(path, content[..(content.Length / 2)]);
        FluentActions
            .Invoking(() => TrainingRun.Resume(_folder.File("run")))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage($"*{file}*");
    }

    [Test]
    public void A_loss_that_is_not_finite_stops_the_run_and_keeps_the_checkpoint()
    {
        var setup = TinySetup.For(_data, steps: 200, checkpointEvery: 1);
        var wild = setup with { Options = setup.Options with { LearningRate = 1e30, WarmupSteps = 0 } };
        using var run = TrainingRun.Create(_folder.File("run"), wild);
        FluentActions
            .Invoking(() => run.Train())
            .Should()
            .Throw<NotFiniteNumberException>()
            .WithMessage("*step*learning rate*");
        var newest = Directory.EnumerateDirectories(_folder.File("run/checkpoints"), "step-*").Order().Last();
        using var weights = Safetensors.Load(Path.Combine(newest, "weights.safetensors"));
        weights.Tensors.Values.Should().OnlyContain(t => t.isfinite().all().ToBoolean());
    }

    [TestCase(nameof(TrainingOptions.Steps), "0")]
    [TestCase(nameof(TrainingOptions.BatchSize), "0")]
    [TestCase(nameof(TrainingOptions.LearningRate), "NaN")]
    [TestCase(nameof(TrainingOptions.EmaDecay), "1")]
    [TestCase(nameof(TrainingOptions.GradientClip), "Infinity")]
    public void Options_out_of_range_are_refused_by_name(string name, string value)
    {
        var options = TinySetup.For(_data, 10).Options with { };
        var property = typeof(TrainingOptions).GetProperty(name)!;
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        property.SetValue(options, Convert.ChangeType(value, property.PropertyType, culture));
        FluentActions
            .Invoking(options.Validate)
            .Should()
            .Throw<ArgumentOutOfRangeException>()
            .WithMessage($"*{name} must be*");
    }

    private static Action<TrainingProgress> StopAfter(long step, out CancellationToken token)
    {
        var source = new CancellationTokenSource();
        token = source.Token;
        return progress =>
        {
            if (progress.Step == step)
                source.Cancel();
        };
    }

    private byte[] Checkpoint(string run, int step, string file) =>
        File.ReadAllBytes(_folder.File($"{run}/checkpoints/step-{step:D9}/{file}.safetensors"));

    private byte[] Weights(string run) =>
        File.ReadAllBytes(_folder.File($"{run}/unet/diffusion_pytorch_model.safetensors"));

    private List<double> Losses(string run)
    {
        using var resumed = TrainingRun.Resume(_folder.File(run));
        return [.. resumed.ReadLosses().Select(p => p.Loss)];
    }
}
