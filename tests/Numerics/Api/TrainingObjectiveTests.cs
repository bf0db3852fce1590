using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

public class TrainingObjectiveTests : ImagesFixture
{
    private static readonly string[] Weights =
    [
        "simple",
        "vlb",
        "snr",
        "truncated-snr",
        "min-snr:5",
        "p2:1,1",
        "edm:0.5",
        "sigmoid:2",
    ];

    private static readonly string[] Samplings =
    [
        "stratified",
        "uniform",
        "antithetic",
        "importance:2,0.1",
        "log-normal:-1.2,1.2",
    ];

    [Test]
    public void The_best_constant_has_the_loss_that_the_target_s_variance_says(
        [ValueSource(typeof(Predictions), nameof(Predictions.All))] Prediction prediction,
        [ValueSource(nameof(Weights))] string weight
    )
    {
        using var scope = NewDisposeScope();
        var config = TinySetup.Scheduler with { Prediction = prediction };
        var schedule = config.ToSchedule();
        var (x0, noise) = Data(3);
        using var process = config.ToProcess(LossWeighting.Parse(weight).For(schedule, config.Variance));
        int[] times = [1, 40, 99];
        var constants = times.Select((t, i) => Targets(i, t).Average()).ToArray();
        using var losses = process.Losses(
            (x, _) => tensor(constants).reshape(3, 1, 1, 1).expand_as(x),
            x0,
            tensor(times),
            noise
        );
        for (var i = 0; i < times.Length; i++)
        {
            var variance = Targets(i, times[i]).Average(target => (target - constants[i]) * (target - constants[i]));
            var expected = process.LossWeight.For(prediction, schedule[times[i]]) * variance;
            losses.Total[i].ToDouble().Should().BeApproximately(expected, 1e-10 * (1 + expected), $"t = {times[i]}");
        }

        IEnumerable<double> Targets(int image, int t)
        {
            var (a, b) = (x0[image].data<double>().ToArray(), noise[image].data<double>().ToArray());
            return a.Zip(b, prediction.Target(schedule[t]).Apply);
        }
    }

    [TestCaseSource(typeof(Predictions), nameof(Predictions.All))]
    public void Every_prediction_is_kept_in_the_scheduler_s_config(Prediction prediction)
    {
        var config = TinySetup.Scheduler with { Prediction = prediction };
        SchedulerConfig.FromJson(config.ToJson(), out var unknown).Should().Be(config);
        unknown.Should().BeEmpty();
    }

    [Test]
    public void Every_prediction_with_every_weight_trains_without_a_NaN(
        [ValueSource(typeof(Predictions), nameof(Predictions.All))] Prediction prediction
    )
    {
        var data = ImageDataset.Load(_data);
        foreach (var weight in Weights)
        {
            var setup = TinySetup.For(_data, 20) with
            {
                Scheduler = TinySetup.Scheduler with { Prediction = prediction },
                Objective = new TrainingObjective { LossWeight = LossWeighting.Parse(weight) },
            };
            using var network = new UNet2D(setup.Network);
            using var process = setup.ToProcess();
            using var trainer = new Trainer(network, process, data, setup.Options);
            for (var i = 0; i < 2; i++)
                trainer.TrainStep().Loss.Should().BePositive(weight);
            trainer.Invoking(t => t.RequireFiniteWeights()).Should().NotThrow(weight);
        }
    }

    [TestCaseSource(nameof(Samplings))]
    public void A_resumed_run_equals_an_unbroken_one_with_every_sampling_of_times(string times)
    {
        // Few times, so that the history of losses is full before the break.
        var setup = TinySetup.For(_data, steps: 16) with
        {
            Scheduler = TinySetup.Scheduler with { TrainingSteps = 5, Variance = ReverseVariance.LearnedRange },
            Network = TinySetup.Network with { OutChannels = 2 },
            Objective = new TrainingObjective { Times = TimeSampling.Parse(times) },
        };
        using (var run = TrainingRun.Create(_folder.File("whole"), setup))
            run.Train().Should().BeTrue();
        using (var run = TrainingRun.Create(_folder.File("broken"), setup))
            run.TrainUntil(12).Should().BeFalse();
        using (var run = TrainingRun.Resume(_folder.File("broken")))
        {
            run.Setup.Objective.Should().Be(setup.Objective);
            run.Train().Should().BeTrue();
        }
        string[] parts = times.StartsWith("importance") ? ["weights", "times"] : ["weights"];
        foreach (var part in parts)
            File.ReadAllBytes(_folder.File($"broken/checkpoints/step-000000016/{part}.safetensors"))
                .Should()
                .Equal(File.ReadAllBytes(_folder.File($"whole/checkpoints/step-000000016/{part}.safetensors")), part);
        using var pipeline = Pipeline.Load(_folder.File("whole"));
        pipeline.Scheduler.Variance.Should().Be(ReverseVariance.LearnedRange);
        using var sample = pipeline.Sample(1, steps: 3, sampler: "ddpm");
        sample.shape.Should().Equal(1, 1, 8, 8);
    }

    [Test]
    public void The_bound_s_terms_are_those_of_the_mathematics()
    {
        using var scope = NewDisposeScope();
        foreach (var variance in new[] { ReverseVariance.LearnedRange, ReverseVariance.Learned })
        foreach (var prediction in new[] { Prediction.Epsilon, Prediction.V })
        {
            using var process = Learned(variance, prediction);
            var schedule = process.Schedule;
            var (x0, noise) = Data(1);
            var output = variance == ReverseVariance.Learned ? rand_like(x0) * 0.3 + 0.2 : randn_like(x0);
            for (var t = 1; t <= schedule.Steps; t++)
            {
                using var inner = NewDisposeScope();
                var time = tensor(new[] { t });
                // An error in x₀ of the size that is there at the time, so that every term is of use.
                var toX0 = prediction.To(Prediction.X0, schedule[t]).ModelCoefficient;
                var shift = randn_like(x0) * (0.02 / toX0);
                using var losses = process.Losses(
                    (_, _) => cat([process.Target(x0, time, noise) + shift, output], 1),
                    x0,
                    time,
                    noise
                );
                var errors = (shift * toX0).data<double>().ToArray();
                var outputs = output.data<double>().ToArray();
                var pixels = x0.data<double>().ToArray();
                var nats = errors.Select((error, i) => Term(t, error, outputs[i], pixels[i])).Average();
                losses.Bound![0].ToDouble().Should().BeApproximately(nats / double.Log(2), 1e-9, $"{variance} t = {t}");
                (losses.Total - losses.Simple)[0]
                    .ToDouble()
                    .Should()
                    .BeApproximately(0.001 * schedule.Steps * nats / double.Log(2), 1e-9);
            }

            double Term(int t, double error, double answer, double pixel)
            {
                var posterior = schedule.Posterior(t);
                var map = LearnedVarianceTerm.At(schedule, t, prediction);
                var v = variance == ReverseVariance.Learned ? answer : double.Exp(map.LogVariance(answer));
                if (t > 1)
                    return VariationalBound.TransitionTerm(posterior, 1, error * error, v);
                var data = (byte)double.Round((pixel + 1) * 127.5);
                return -DiscreteDecoder.LogProbability(data, new Gaussian(pixel + error, v));
            }
        }
    }

    [Test]
    public void The_bound_s_gradient_stops_at_the_mean_and_is_right_in_the_variance()
    {
        using var scope = NewDisposeScope();
        foreach (var variance in new[] { ReverseVariance.LearnedRange, ReverseVariance.Learned })
        {
            using var process = Learned(variance, Prediction.Epsilon);
            var (x0, noise) = Data(3);
            var times = tensor(new[] { 1, 2, 9 });
            var start = variance == ReverseVariance.Learned ? rand_like(x0) * 0.3 + 0.2 : randn_like(x0) * 0.3;
            var answer = cat([noise + randn_like(noise) * 0.05, start], 1).detach().requires_grad_();
            using (var losses = process.Losses((_, _) => answer, x0, times, noise))
                losses.Total.sum().backward();
            var gradient = answer.grad!.clone();
            // Of the prediction's half the simple loss's alone: 2·error/dimension.
            var simple = (answer.narrow(1, 0, 1) - noise).mul(2.0 / 64);
            (gradient.narrow(1, 0, 1) - simple).abs().max().ToDouble().Should().BeLessThan(1e-12);
            foreach (var (image, y) in new[] { (0, 1), (0, 5), (1, 3), (2, 7) })
            {
                const double step = 1e-6;
                var slope = (Total(image, y, step) - Total(image, y, -step)) / (2 * step);
                gradient[image, 1, y, 2].ToDouble().Should().BeApproximately(slope, 1e-6 * (1 + double.Abs(slope)));
            }

            double Total(int image, int y, double by)
            {
                using var inner = NewDisposeScope();
                var moved = answer.detach().clone();
                moved[image, 1, y, 2] = moved[image, 1, y, 2] + by;
                using var losses = process.Losses((_, _) => moved, x0, times, noise);
                return losses.Total.sum().ToDouble();
            }
        }
    }

    [Test]
    public void A_variance_below_the_least_that_can_be_right_is_led_upwards()
    {
        using var scope = NewDisposeScope();
        using var process = Learned(ReverseVariance.Learned, Prediction.Epsilon);
        var (x0, noise) = Data(1);
        var answer = cat([noise + 0.1, full_like(noise, -1)], 1).requires_grad_();
        using var losses = process.Losses((_, _) => answer, x0, tensor(new[] { 5 }), noise);
        losses.Total.sum().backward();
        answer.grad!.narrow(1, 1, 1).max().ToDouble().Should().BeNegative("a step goes against the gradient");
    }

    // In float32 e^88 is infinite: at t = 1, whose error has the factor 0, and beside an error of 0 that must not be a NaN.
    [Test]
    public void No_answer_of_the_variance_makes_a_gradient_a_NaN(
        [Values(-1e30f, -1e4f, -800f, -300f, -100f, 0f, 300f, 1e4f, 1e30f)] float extreme,
        [Values] bool range,
        [Values] bool exact
    )
    {
        using var scope = NewDisposeScope();
        using var process = Learned(range ? ReverseVariance.LearnedRange : ReverseVariance.Learned, Prediction.Epsilon);
        var (wideX0, wideNoise) = Data(4);
        var (x0, noise) = (wideX0.to_type(ScalarType.Float32), wideNoise.to_type(ScalarType.Float32));
        var times = tensor(new[] { 1, 1, 2, 12 });
        var usual = cat([exact ? noise : noise + 0.05f, full_like(noise, 0.25)], 1);
        var alone = Gradient(usual);
        var (losses, gradient) = Gradient(With(usual, [0, 2, 3]));
        losses.isnan().any().ToBoolean().Should().BeFalse();
        gradient.isnan().any().ToBoolean().Should().BeFalse();
        // The image beside them is as it was.
        losses[1].Equals(alone.Losses[1]).Should().BeTrue();
        gradient[1].Equals(alone.Gradient[1]).Should().BeTrue();

        Tensor With(Tensor answer, int[] rows)
        {
            var changed = answer.clone();
            foreach (var row in rows)
                changed[row, 1] = full_like(changed[row, 1], extreme);
            return changed;
        }

        (Tensor Losses, Tensor Gradient) Gradient(Tensor of)
        {
            var answer = of.detach().requires_grad_();
            using var all = process.Losses((_, _) => answer, x0, times, noise);
            var total = all.Total.clone();
            total.sum().backward();
            return (total.detach(), answer.grad!.clone());
        }
    }

    // What is lacking of a small β̃ is less than what a float32 beside −1 can hold.
    [Test]
    public void A_negative_variance_counts_as_the_least_that_can_be_right_however_little_that_is()
    {
        using var scope = NewDisposeScope();
        using var process = new GaussianDiffusion(
            Schedule.Linear(1e-9, 1e-8, 12),
            Prediction.Epsilon,
            variance: ReverseVariance.Learned
        );
        var (wideX0, wideNoise) = Data(1);
        var (x0, noise) = (wideX0.to_type(ScalarType.Float32), wideNoise.to_type(ScalarType.Float32));
        var answer = cat([noise, full_like(noise, -1)], 1).requires_grad_();
        using var losses = process.Losses((_, _) => answer, x0, tensor(new[] { 5 }), noise);
        losses.Bound![0].ToDouble().Should().BeApproximately(0, 1e-6);
        losses.Total.sum().backward();
        answer.grad!.isfinite().all().ToBoolean().Should().BeTrue();
    }

    [TestCase(0, "simple")]
    [TestCase(1, "variational bound")]
    public void The_first_loss_that_is_not_finite_is_named_by_step_time_and_term(int channel, string term)
    {
        var setup = TinySetup.For(_data, 9);
        setup = setup with
        {
            Scheduler = TinySetup.Scheduler with { Variance = ReverseVariance.LearnedRange },
            Network = TinySetup.Network with { OutChannels = 2 },
            Options = setup.Options with { BatchSize = 1 },
        };
        using var network = new UNet2D(setup.Network);
        using var process = setup.ToProcess();
        using var trainer = new Trainer(network, process, ImageDataset.Load(_data), setup.Options);
        trainer.TrainStep();
        using (no_grad())
        using (NewDisposeScope())
            network.get_parameter("conv_out.bias")![channel] = float.NaN;
        using var before = network.get_parameter("conv_in.weight")!.detach().clone();
        trainer
            .Invoking(t => t.TrainStep())
            .Should()
            .Throw<NotFiniteNumberException>()
            .WithMessage($"The loss of step 2 is NaN, at time * in the term '{term}'.*");
        trainer.Step.Should().Be(1);
        network.get_parameter("conv_in.weight")!.Equals(before).Should().BeTrue("no step is taken on it");
    }

    [Test]
    public void A_batch_in_parts_has_the_gradient_of_the_whole()
    {
        var (whole, part) = (Gradients(1), Gradients(3));
        part.Loss.Should().BeApproximately(whole.Loss, 1e-6);
        part.Norm.Should().BeApproximately(whole.Norm, 1e-5);
        foreach (var (a, b) in whole.Values.Zip(part.Values))
            b.Should().BeApproximately(a, 1e-5F);

        (double Loss, double Norm, float[] Values) Gradients(int parts)
        {
            manual_seed(3);
            using var network = new UNet2D(TinySetup.Network with { Dropout = 0 });
            using var process = TinySetup.Scheduler.ToProcess();
            var options = TinySetup.For(_data, 9).Options with { Accumulation = parts };
            using var trainer = new Trainer(network, process, ImageDataset.Load(_data), options);
            var step = trainer.TrainStep();
            using var scope = NewDisposeScope();
            return (
                step.Loss,
                step.GradientNorm,
                [.. network.parameters().SelectMany(p => p.grad!.contiguous().data<float>().ToArray())]
            );
        }
    }

    [Test]
    public void Weight_decay_leaves_norms_and_biases_alone()
    {
        using var network = new UNet2D(TinySetup.Network);
        using var process = TinySetup.Scheduler.ToProcess();
        var options = TinySetup.For(_data, 9).Options with { LearningRate = 0.01, WeightDecay = 100, WarmupSteps = 0 };
        var before = network.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone());
        using var trainer = new Trainer(network, process, ImageDataset.Load(_data), options);
        trainer.TrainStep();
        using var scope = NewDisposeScope();
        // A decay by a factor of 0, then Adam's own step of at most the rate.
        foreach (var (name, value) in network.state_dict())
            (value - (value.dim() > 1 ? zeros_like(value) : before[name]))
                .abs()
                .max()
                .ToDouble()
                .Should()
                .BeLessThan(0.0101, name);
        foreach (var tensor in before.Values)
            tensor.Dispose();
    }

    [Test]
    public void Several_averages_are_saved_resumed_and_chosen()
    {
        var setup = TinySetup.For(_data, steps: 6);
        setup = setup with
        {
            Options = setup.Options with { EmaDecay = 0.5, MoreEmaDecays = [0.9, 0], EmaWarmup = EmaWarmup.None },
        };
        using (var run = TrainingRun.Create(_folder.File("run"), setup))
            run.TrainUntil(3).Should().BeFalse();
        using (var run = TrainingRun.Resume(_folder.File("run")))
            run.Train().Should().BeTrue();
        var folder = _folder.File("run/checkpoints/step-000000006");
        foreach (
            var (variant, file) in new (string?, string)[]
            {
                (null, "ema"),
                ("ema-0.9", "ema-0.9"),
                ("ema-0", "weights"),
            }
        )
        {
            using var saved = Safetensors.Load(Path.Combine(folder, $"{file}.safetensors"));
            using var pipeline = Pipeline.Load(_folder.File("run"), variant: variant);
            foreach (var (name, tensor) in pipeline.Network.state_dict())
                tensor.Equals(saved.Tensors[name]).Should().BeTrue($"{variant} {name}");
        }
        FluentActions
            .Invoking(() => Pipeline.Load(_folder.File("run"), variant: "ema-0.7"))
            .Should()
            .Throw<FileNotFoundException>()
            .WithMessage("*ema-0.7*'ema-0.9'*");
    }

    [Test]
    public void Dropped_labels_are_the_null_label_and_nothing_else_is()
    {
        var config = NullLabel.AddTo(TinySetup.Network with { NumClassEmbeds = 3 });
        config.NumClassEmbeds.Should().Be(4);
        NullLabel.Of(UNet2DConfig.FromJson(config.ToJson())).Should().Be(3);
        var data = new ImageDataset(TinyImages.Pixels(6), 1, 8, 8, labels: [0, 1, 2, 0, 1, 2]);
        ChangedRows(0).Should().Equal(true, true, true, false);
        ChangedRows(0.5).Should().Equal(true, true, true, true);
        ChangedRows(0.999999).Should().Equal(false, false, false, true);

        bool[] ChangedRows(double dropout)
        {
            using var network = new UNet2D(config);
            using var before = Table(network).clone();
            using var process = TinySetup.Scheduler.ToProcess();
            var options = TinySetup.For(_data, 9).Options with { BatchSize = 6, LabelDropout = dropout };
            using var trainer = new Trainer(network, process, data, options);
            for (var i = 0; i < 4; i++)
                trainer.TrainStep();
            using var after = Table(network);
            return [.. Enumerable.Range(0, 4).Select(row => !after[row].Equals(before[row]))];
        }

        static Tensor Table(UNet2D network) => network.state_dict()["class_embedding.weight"].detach().clone();
    }

    [Test]
    public void The_null_label_is_no_class_of_images_or_of_samples()
    {
        var config = NullLabel.AddTo(TinySetup.Network with { NumClassEmbeds = 2 });
        using var pipeline = new Pipeline(new UNet2D(config), TinySetup.Scheduler);
        pipeline.Classes.Should().Be(2);
        var setup = TinySetup.For(_data, 1) with { Network = config };
        var data = new ImageDataset(TinyImages.Pixels(3), 1, 8, 8, labels: [0, 1, 2]);
        FluentActions
            .Invoking(() => TrainingRun.Create(_folder.File("run"), setup, data: data))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*label 2*0 … 1*");
        var noRow = TinySetup.For(_data, 1);
        noRow = noRow with
        {
            Network = TinySetup.Network with { NumClassEmbeds = 3 },
            Options = noRow.Options with { LabelDropout = 0.1 },
        };
        FluentActions
            .Invoking(() => TrainingRun.Create(_folder.File("run"), noRow, data: data))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*no row for the null label*");
    }

    [TestCase("min-snr:0", "gamma must be")]
    [TestCase("min-snr:x", "'x' is not a number")]
    [TestCase("min-snr:1,2", "takes 1 numbers")]
    [TestCase("p2:NaN", "gamma must be")]
    [TestCase("best", "one of*min-snr:5*")]
    public void Loss_weights_that_do_not_exist_are_refused(string text, string says) =>
        FluentActions
            .Invoking(() => LossWeighting.Parse(text))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage($"*{says}*");

    [TestCase("importance:0", "history must be")]
    [TestCase("importance:1.5", "whole number")]
    [TestCase("importance:5,2", "uniformShare must be")]
    [TestCase("log-normal:0,0", "deviation must be")]
    [TestCase("often", "one of*stratified*")]
    public void Samplings_of_times_that_do_not_exist_are_refused(string text, string says) =>
        FluentActions
            .Invoking(() => TimeSampling.Parse(text))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage($"*{says}*");

    [Test]
    public void An_objective_that_is_infinite_somewhere_is_refused_before_anything_is_made()
    {
        var setup = TinySetup.For(_data, 1) with
        {
            Scheduler = TinySetup.Scheduler with { Prediction = Prediction.Epsilon, RescaleToZeroSnr = true },
            Objective = new TrainingObjective { LossWeight = LossWeighting.Parse("truncated-snr") },
        };
        FluentActions
            .Invoking(() => TrainingRun.Create(_folder.File("run"), setup))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*infinite*another prediction or*");
        Directory.Exists(_folder.File("run")).Should().BeFalse();
    }

    private static GaussianDiffusion Learned(ReverseVariance variance, Prediction prediction) =>
        new(Schedule.Linear(1e-3, 0.2, 12), prediction, variance: variance);

    // 8-bit data and noise, in doubles.
    private static (Tensor X0, Tensor Noise) Data(int count)
    {
        manual_seed(11);
        var pixels = TinyImages.Pixels(count).Select(DiscreteDecoder.Value).ToArray();
        return (tensor(pixels).reshape(count, 1, 8, 8), randn(count, 1, 8, 8, ScalarType.Float64));
    }
}
