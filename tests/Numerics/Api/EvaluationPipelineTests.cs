using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>Evaluating a pipeline: scores of samples, memorisation, the report, and what is refused.</summary>
public class EvaluationPipelineTests : FolderFixture
{
    private DisposeScope _scope = null!;

    [SetUp]
    public void SetUp() => _scope = NewDisposeScope();

    [TearDown]
    public void TearDown() => _scope.Dispose();

    [Test]
    public void Real_images_score_better_than_noise_and_batches_do_not_matter()
    {
        manual_seed(1);
        using var features = new FeatureNetwork(1, 2);
        var (heldOut, others) = (EvaluationFeatureTests.Stripes(400, 1), EvaluationFeatureTests.Stripes(400, 2));
        using var evaluator = new SampleEvaluator(features, heldOut, 300);
        var real = evaluator.Score(others);
        var noise = evaluator.Score(wanted => randn([wanted, 1, 8, 8]));
        real.Frechet.Should().BeLessThan(noise.Frechet / 10);
        real.Quality.Precision.Should().BeGreaterThan(0.7);
        real.Quality.Recall.Should().BeGreaterThan(0.7);
        noise.Quality.Precision.Should().BeLessThan(0.1);
        real.Samples.Should().Be(300);

        var next = 0;
        var images = others.Batch([.. Enumerable.Range(0, 300)]);
        var whole = evaluator.Score(_ => images);
        var parts = evaluator.Score(wanted =>
        {
            var count = int.Min(70, wanted);
            next += count;
            return images.narrow(0, next - count, count);
        });
        parts.Frechet.Should().BeApproximately(whole.Frechet, 1e-6);
        parts.Quality.Should().Be(whole.Quality);
    }

    [Test]
    public void A_pipelines_numbers_come_from_its_network_and_do_not_depend_on_batches()
    {
        using var pipeline = Pipe(TinySetup.Network);
        var heldOut = ImageDataset.Load(TinyImages.Write(_folder));
        var evaluator = new PipelineEvaluator(pipeline, heldOut);
        var options = new BoundOptions { TimesPerImage = 3 };
        var done = new List<long>();
        var bound = evaluator.Bound(10, options with { BatchSize = 4 }, done.Add);
        done.Should().Equal(4, 8, 10);
        bound.Images.Should().Be(10);
        evaluator.Bound(10, options).Total.Mean.Should().BeApproximately(bound.Total.Mean, 1e-3 * bound.Total.Mean);

        var solver = new FlowOptions { Solver = FlowSolver.Heun(4) };
        var flow = evaluator.Flow(6, solver with { BatchSize = 4 });
        flow.NetworkCalls.Should().Be(8);
        evaluator
            .Flow(6, solver)
            .BitsPerDimension.Mean.Should()
            .BeApproximately(flow.BitsPerDimension.Mean, 1e-3 * double.Abs(flow.BitsPerDimension.Mean));

        using var features = new FeatureNetwork(1, 2);
        using var samples = new SampleEvaluator(features, heldOut, 10);
        var calls = new List<(long, long)>();
        var scores = evaluator.Samples(samples, pipeline.Plan(3, "ddim"), 4, 0, (at, all) => calls.Add((at, all)));
        calls.Should().HaveCount(9).And.EndWith((9L, 9L));
        var drawn = new List<Tensor>();
        evaluator
            .Samples(
                samples,
                pipeline.Plan(3, "ddim"),
                4,
                onDrawn: batch => drawn.Add(batch.clone().DetachFromDisposeScope())
            )
            .Frechet.Should()
            .BeApproximately(scores.Frechet, 1e-3);
        drawn.Select(batch => batch.shape[0]).Should().Equal(4, 4, 2);
        var expected = pipeline.Sample(pipeline.Plan(3, "ddim"), 10);
        drawn.ForEach(batch => _scope.Attach(batch));
        cat(drawn).sub(expected).abs().max().ToDouble().Should().BeLessThan(1e-4);
    }

    [Test]
    public void Classes_reach_the_network()
    {
        using var pipeline = Pipe(TinySetup.Network with { NumClassEmbeds = 3 });
        byte[] pixels = TinyImages.Pixels(6);
        ImageDataset Labelled(params int[] labels) => new(pixels, 1, 8, 8, "held out", [.. labels]);
        double Bound(ImageDataset data)
        {
            var evaluator = new PipelineEvaluator(pipeline, data);
            return evaluator.Bound(6, new BoundOptions { TimesPerImage = 2 }).Total.Mean;
        }

        Bound(Labelled(0, 0, 0, 0, 0, 0)).Should().NotBe(Bound(Labelled(1, 1, 1, 1, 1, 1)));
        Refused(() => Bound(Labelled(0, 1, 2, 0, 3, 1)), "held out: image 4 has label 3; the model knows 0 … 2.");
        Refused(() => Bound(new ImageDataset(pixels, 1, 8, 8)), "*knows 3 classes*no labels*");
    }

    [Test]
    public void A_network_that_learns_its_variance_is_evaluated_by_it()
    {
        var config = TinySetup.Network with { OutChannels = 2 };
        // An untrained network answers variances below 0 too, which count as the least that can be right.
        foreach (var variance in new[] { ReverseVariance.LearnedRange, ReverseVariance.Learned })
        {
            manual_seed(3);
            var scheduler = TinySetup.Scheduler with { Variance = variance };
            using var pipeline = new Pipeline(new UNet2D(config), scheduler);
            var evaluator = new PipelineEvaluator(pipeline, ImageDataset.Load(TinyImages.Write(_folder)));
            evaluator.Flow(4, new FlowOptions { Solver = FlowSolver.Heun(2) }).Nats.Count.Should().Be(4);
            var bound = evaluator.Bound(4, new BoundOptions { TimesPerImage = 2 });
            double.IsFinite(bound.Total.Mean).Should().BeTrue();
            pipeline.Sample(2, steps: 10, sampler: "ddpm").isfinite().all().ToBoolean().Should().BeTrue();
        }
    }

    [Test]
    public void Images_of_another_shape_are_refused_with_both()
    {
        using var pipeline = Pipe(TinySetup.Network);
        var wide = new ImageDataset(new byte[8 * 16 * 3], 1, 8, 16, "wide");
        Refused(() => _ = new PipelineEvaluator(pipeline, wide), "wide*1×8×16*trained on 1×8×8*");
        var colour = new ImageDataset(new byte[8 * 8 * 3], 3, 8, 8, "colour");
        Refused(() => _ = new PipelineEvaluator(pipeline, colour), "colour*3×8×8*trained on 1×8×8*");
    }

    [Test]
    public void As_many_samples_as_held_out_images_and_no_more()
    {
        using var features = new FeatureNetwork(1, 2);
        var heldOut = EvaluationFeatureTests.Stripes(20, 1);
        foreach (var count in new[] { 3, 21 })
            FluentActions
                .Invoking(() => new SampleEvaluator(features, heldOut, count))
                .Should()
                .Throw<ArgumentException>()
                .WithMessage($"{count} samples*at least 4*most*20*");
        using var evaluator = new SampleEvaluator(features, heldOut, 20);
        FluentActions
            .Invoking(() => evaluator.Score(_ => ones([21, 1, 8, 8])))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*[21, 1, 8, 8]*at most 20*");
    }

    [Test]
    public void Repeating_the_training_images_is_noticed()
    {
        var training = Noise(300, 1);
        var heldOut = NearestImages.Find(Noise(100, 2).Batch([.. Enumerable.Range(0, 100)]), training, 1);
        var copies = training.Batch([.. Enumerable.Range(0, 50)]).add(0.01);
        var repeated = MemorisationCheck.Of(NearestImages.Find(copies, training, 1), heldOut);
        repeated.NearShare.Should().Be(1);
        repeated.SampleMedian.Should().BeLessThan(repeated.HeldOutMedian / 5);
        var fresh = NearestImages.Find(Noise(400, 3).Batch([.. Enumerable.Range(0, 400)]), training, 1);
        MemorisationCheck.Of(fresh, heldOut).NearShare.Should().BeInRange(0.01, 0.12);
    }

    [Test]
    public void A_report_is_read_back_and_keeps_every_row()
    {
        var held = new HeldOutReport("images.idx", 10, "abc");
        var report = new EvaluationReport { Weights = "w", HeldOut = held }
            .With(Sampler("DDIM", 50, 4, "1-a"))
            .With(Sampler("DDPM", 10, 9, "1-a"))
            .With(Sampler("DDIM", 10, 8, "1-a"))
            .With(Sampler("DDIM", 50, 5, "1-a"));
        report
            .Samplers.Select(s => (s.Sampler, s.Calls, s.Frechet.Value))
            .Should()
            .Equal(("DDIM", 10, 8), ("DDIM", 50, 5), ("DDPM", 10, 9));
        (report.Sampler, report.Calls, report.Frechet!.Value, report.Precision).Should().Be(("DDIM", 50, 5, 0.5));
        (report.Seed, report.Grid).Should().Be((0UL, null));
        var more = report.With(Sampler("DDIM", 50, 6, "1-b")).With(Sampler("DDIM", 50, 7, "1-b", samples: 50));
        more.Samplers.Should().HaveCount(5, "rows of other features or another N took as long");

        report.Save(_folder.Path);
        EvaluationReport.Load(_folder.Path, "w", held)!.ToJson().Should().Be(report.ToJson());
        EvaluationReport.Load(_folder.Path, "other weights", held).Should().BeNull();
        EvaluationReport.Load(_folder.Path, "w", held with { Digest = "other images" }).Should().BeNull();

        var variant = report with { Variant = "fp16" };
        variant.Save(_folder.Path);
        EvaluationReport.Load(_folder.Path, "w", held)!.ToJson().Should().Be(report.ToJson());
        EvaluationReport.Load(_folder.Path, "w", held, "fp16")!.ToJson().Should().Be(variant.ToJson());
        File.Copy(_folder.File("evaluation.fp16.json"), _folder.File("evaluation.bf16.json"));
        EvaluationReport.Load(_folder.Path, "w", held, "bf16").Should().BeNull("it is about another variant");
        FluentActions
            .Invoking(() => (report with { Variant = "../fp16" }).Save(_folder.Path))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*such as fp16*");

        File.WriteAllText(_folder.File(EvaluationReport.FileName), "{}");
        FluentActions
            .Invoking(() => EvaluationReport.Load(_folder.Path, "w", held))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*evaluation.json*damaged*Delete it*");
    }

    [Test]
    public void Rows_that_compare_are_those_of_the_largest_N_in_the_features_of_the_last_evaluation()
    {
        var report = new EvaluationReport { Weights = "w", HeldOut = new HeldOutReport("images.idx", 10, "abc") };
        report.Comparable.Should().BeEmpty();
        report = report
            .With(Sampler("DDIM", 10, 1, "1-b", samples: 200))
            .With(Sampler("DDIM", 20, 2, "1-b", samples: 200))
            .With(Sampler("DDIM", 10, 3, "1-a", samples: 200));
        Compared(report).Should().Equal(3);
        report = report.With(Sampler("DDIM", 50, 4, "1-c", samples: 100));
        Compared(report).Should().Equal([1, 2], "none of the largest N is in the last features");
        report.Samplers.Should().HaveCount(4);

        static IEnumerable<double> Compared(EvaluationReport report) => report.Comparable.Select(s => s.Frechet.Value);
    }

    [Test]
    public void An_evaluation_that_is_moved_aside_takes_its_picture_along_and_back()
    {
        var first = new EvaluationReport { Weights = "w", HeldOut = new HeldOutReport("images.idx", 10, "abc") };
        first = first with { Neighbours = new NeighbourReport(8, 7, 0, 20, 24, "DDIM", "neighbours.png") };
        var second = new EvaluationReport { Weights = "w", HeldOut = new HeldOutReport("others.idx", 10, "../def") };
        first.Save(_folder.Path).Should().BeNull();
        var picture = _folder.File("neighbours.png");
        File.WriteAllText(picture, "of the first");
        var moved = second.Save(_folder.Path);
        File.ReadAllText(moved!).Should().Be(first.ToJson());
        File.Exists(picture).Should().BeFalse();
        var again = EvaluationReport.Load(_folder.Path, "w", first.HeldOut)!;
        again.ToJson().Should().Be(first.ToJson());
        again.Save(_folder.Path).Should().NotBeNull();
        File.ReadAllText(picture).Should().Be("of the first");
        File.Exists(moved).Should().BeFalse("it is in its place again");
        EvaluationReport.Load(_folder.Path, "w", second.HeldOut)!.ToJson().Should().Be(second.ToJson());
    }

    [TestCase("a,b,c", "c,a", "2,0")]
    [TestCase("", "0,10,2", "0,10,2", 12)]
    [TestCase("", "x,y", "0,1", 2)]
    public void Classes_are_matched_by_name_then_by_number(
        string known,
        string names,
        string numbers,
        int? classes = null
    )
    {
        var images = ClassNames.Match(
            Named(names),
            [.. known.Split(',', StringSplitOptions.RemoveEmptyEntries)],
            classes
        );
        string.Join(',', images.Labels).Should().Be(numbers);
    }

    [TestCase("a,b,c", "c,d", 3, "*no class 'd'*a, b, c*")]
    [TestCase("", "x,y", 3, "*x, y*knows 3*0 … 2*")]
    [TestCase("", "1,10,2,3,4,5,6,7,8,9", 10, "*1, 10, 2*knows 10*0 … 9*")]
    public void Classes_that_the_model_does_not_know_are_refused(
        string known,
        string names,
        int classes,
        string message
    ) =>
        Refused(
            () => ClassNames.Match(Named(names), [.. known.Split(',', StringSplitOptions.RemoveEmptyEntries)], classes),
            message
        );

    [Test]
    public void Features_accuracy_is_of_the_classes_of_the_same_names()
    {
        var (training, held) = (EvaluationFeatureTests.Stripes(200, 1), EvaluationFeatureTests.Stripes(80, 2));
        var quick = new FeatureTraining
        {
            Epochs = 8,
            BatchSize = 20,
            LearningRate = 1e-2,
        };
        using var usual = quick.Train(With(training, "across", "down"), With(held, "across", "down"));
        // The same images, where the classes have another order.
        using var turned = quick.Train(With(training, "across", "down"), Turned(held));
        turned.Accuracy.Should().Be(usual.Accuracy).And.BeGreaterThan(0.9);
        Refused(
            () => quick.Train(With(training, "across", "down"), With(held, "across", "up")),
            "*the feature network knows no class 'up'*across, down*"
        );

        static ImageDataset With(ImageDataset data, params string[] names) => data.WithClasses([0, 1], [.. names]);
        static ImageDataset Turned(ImageDataset data) => data.WithClasses([1, 0], ["down", "across"]);
    }

    private static ImageDataset Named(string names)
    {
        var all = names.Split(',');
        return new ImageDataset(new byte[all.Length], 1, 1, 1, "named", [.. Enumerable.Range(0, all.Length)], [.. all]);
    }

    [Test]
    public void A_report_keeps_a_samplers_seeds_and_grids_apart()
    {
        var report = new EvaluationReport { Weights = "w", HeldOut = new HeldOutReport("images.idx", 10, "abc") }
            .With(Sampler("DDIM", 10, 7) with { Seed = 1 })
            .With(Sampler("DDIM", 10, 9) with { Grid = "karras" })
            .With(Sampler("DDIM", 10, 8))
            .With(Sampler("DDIM", 10, 6) with { Seed = 1 });
        Scores(report).Should().Equal(("DDIM", 0, 8), ("DDIM", 1, 6), ("DDIM on karras", 0, 9));
        (report.Seed, report.Grid).Should().Be((1UL, null));
        report.Save(_folder.Path);
        Scores(EvaluationReport.Load(_folder.Path, "w", report.HeldOut)!).Should().Equal(Scores(report));
    }

    [Test]
    public void A_report_keeps_samplers_of_one_name_apart_by_what_was_chosen()
    {
        var report = new EvaluationReport { Weights = "w", HeldOut = new HeldOutReport("images.idx", 10, "abc") }
            .With(Sampler("Euler", 10, 7) with { Choice = "euler" })
            .With(Sampler("Euler", 10, 9) with { Choice = "EulerDiscreteScheduler" })
            .With(Sampler("Euler", 10, 8) with { Choice = "EulerDiscreteScheduler", Grid = "karras" });
        Scores(report)
            .Should()
            .Equal(
                ("Euler of EulerDiscreteScheduler", 0, 9),
                ("Euler of EulerDiscreteScheduler on karras", 0, 8),
                ("Euler", 0, 7)
            );
        report.Save(_folder.Path);
        Scores(EvaluationReport.Load(_folder.Path, "w", report.HeldOut)!).Should().Equal(Scores(report));
        // Of before choices were kept: it may have been any.
        var old = new EvaluationReport { Weights = "w", HeldOut = report.HeldOut }.With(Sampler("Euler", 10, 7));
        old.ToJson().Should().NotContain("choice");
        EvaluationReport.FromJson(old.ToJson()).ToJson().Should().Be(old.ToJson());
        Scores(old.With(report.Samplers[0])).Should().Equal(("Euler of EulerDiscreteScheduler", 0, 9));
    }

    [Test]
    public void A_report_that_is_no_plain_file_is_refused_and_moved_aside_unread()
    {
        var report = new EvaluationReport { Weights = "w", HeldOut = new HeldOutReport("images.idx", 10, "abc") };
        var file = _folder.File(EvaluationReport.FileName);
        NamedPipe.Make(file);
        Refused(() => EvaluationReport.Load(_folder.Path, "w", report.HeldOut), "*pipe*delete it*");
        report.Save(_folder.Path).Should().EndWith("evaluations/unreadable/evaluation.json");
        EvaluationReport.Read(_folder.Path)!.ToJson().Should().Be(report.ToJson());

        Directory.CreateDirectory(_folder.File("model"));
        File.CreateSymbolicLink(_folder.File("model/evaluation.json"), file);
        Refused(() => EvaluationReport.Read(_folder.File("model")), "*symbolic link*leaves the folder*delete it*");
    }

    [Test]
    public void Scores_of_before_the_seed_was_kept_are_replaced_whatever_their_seed()
    {
        var old = new EvaluationReport { Weights = "w", HeldOut = new HeldOutReport("images.idx", 10, "abc") }
            .With(Sampler("DDIM", 10, 7))
            .With(Sampler("DDIM", 50, 6));
        var file = _folder.File(EvaluationReport.FileName);
        var json = System.Text.RegularExpressions.Regex.Replace(old.ToJson(), @",\s*""seed"": 0", "");
        json.Should().NotContain("seed\"");
        File.WriteAllText(file, json);
        var report = EvaluationReport.Load(_folder.Path, "w", old.HeldOut)!;
        Scores(report).Should().Equal(("DDIM", null, 7), ("DDIM", null, 6));
        Scores(report.With(Sampler("DDIM", 10, 5) with { Seed = 3 })).Should().Equal(("DDIM", 3, 5), ("DDIM", null, 6));
    }

    private static IEnumerable<(string, ulong?, double)> Scores(EvaluationReport report) =>
        report.Samplers.Select(s => (s.Label, s.Seed, s.Frechet.Value));

    private static SamplerReport Sampler(
        string name,
        int calls,
        double frechet,
        string features = "1-a",
        int samples = 100
    ) => new(name, calls, new FrechetReport(frechet, samples, features, 0.9), 0.5, 0.25, 3, Seed: 0);

    private static Pipeline Pipe(UNet2DConfig config)
    {
        manual_seed(3);
        return new Pipeline(new UNet2D(config), TinySetup.Scheduler);
    }

    private static ImageDataset Noise(int count, int seed)
    {
        var pixels = new byte[count * 16];
        new Random(seed).NextBytes(pixels);
        return new ImageDataset(pixels, 1, 4, 4);
    }

    private static void Refused(Action action, string message) =>
        action.Should().Throw<InvalidDataException>().WithMessage(message);
}
