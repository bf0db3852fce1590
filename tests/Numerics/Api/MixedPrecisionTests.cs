using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>Training with the blocks' convolutions in bfloat16; skipped on processors that don't have it.</summary>
public class MixedPrecisionTests : ImagesFixture
{
    [Test]
    public void Its_gradient_is_float32_s_but_for_the_rounding()
    {
        RequireHardware();
        var (exact, mixed) = (Gradients(TrainingPrecision.Float32), Gradients(TrainingPrecision.BFloat16));
        mixed.Loss.Should().BeApproximately(exact.Loss, 0.02 * exact.Loss).And.NotBe(exact.Loss);
        foreach (var (name, expected) in exact.Values)
        {
            // 8 bits of significand, some roundings one after the other.
            var norm = double.Sqrt(expected.Sum(g => (double)g * g));
            var error = double.Sqrt(expected.Zip(mixed.Values[name], (a, b) => ((double)a - b) * (a - b)).Sum());
            error.Should().BeLessThan(0.05 * norm + 1e-4, name);
        }

        (double Loss, Dictionary<string, float[]> Values) Gradients(TrainingPrecision precision)
        {
            manual_seed(3);
            using var network = new UNet2D(TinySetup.Network with { Dropout = 0 });
            using var process = TinySetup.Scheduler.ToProcess();
            var options = TinySetup.For(_data, 9).Options with { Precision = precision, GradientClip = 1e9 };
            using var trainer = new Trainer(network, process, ImageDataset.Load(_data), options);
            var loss = trainer.TrainStep().Loss;
            using var scope = NewDisposeScope();
            return (
                loss,
                network
                    .named_parameters()
                    .ToDictionary(p => p.name, p => p.parameter.grad!.contiguous().data<float>().ToArray())
            );
        }
    }

    [Test]
    public void A_run_learns_and_resumes_bit_for_bit_and_its_files_are_float32()
    {
        RequireHardware();
        var setup = TinySetup.For(_data, 60);
        setup = setup with { Options = setup.Options with { Precision = TrainingPrecision.BFloat16 } };
        using (var run = TrainingRun.Create(_folder.File("whole"), setup))
        {
            run.Train().Should().BeTrue();
            var losses = run.ReadLosses().Select(point => point.Loss).ToList();
            losses.TakeLast(20).Average().Should().BeLessThan(0.9 * losses.Take(10).Average());
        }
        using (var run = TrainingRun.Create(_folder.File("broken"), setup))
            run.TrainUntil(40).Should().BeFalse();
        using (var run = TrainingRun.Resume(_folder.File("broken")))
            run.Train().Should().BeTrue();
        const string weights = "checkpoints/step-000000060/weights.safetensors";
        File.ReadAllBytes(_folder.File($"broken/{weights}"))
            .Should()
            .Equal(File.ReadAllBytes(_folder.File($"whole/{weights}")));
        using var saved = Safetensors.Load(_folder.File($"whole/{weights}"));
        saved.Tensors.Values.Should().OnlyContain(tensor => tensor.dtype == ScalarType.Float32);
    }

    [Test]
    public void A_null_reference_after_a_step_is_an_exception_as_ever()
    {
        RequireHardware();
        using var network = new UNet2D(TinySetup.Network);
        using var process = TinySetup.Scheduler.ToProcess();
        var options = TinySetup.For(_data, 9).Options with { Precision = TrainingPrecision.BFloat16 };
        using var trainer = new Trainer(network, process, ImageDataset.Load(_data), options);
        trainer.TrainStep();
        string? nothing = null;
        FluentActions.Invoking(() => nothing!.Length).Should().Throw<NullReferenceException>();
    }

    [Test]
    public void A_step_that_fails_says_so_to_the_caller()
    {
        RequireHardware();
        using var network = new UNet2D(TinySetup.Network);
        using var process = TinySetup.Scheduler.ToProcess();
        var options = TinySetup.For(_data, 9).Options with { Precision = TrainingPrecision.BFloat16 };
        var larger = new ImageDataset(new byte[24 * 81], 1, 9, 9);
        using var trainer = new Trainer(network, process, larger, options);
        trainer.Invoking(t => t.TrainStep()).Should().Throw<ArgumentException>().WithMessage("*9x9*");
    }

    [Test]
    public void It_ends_with_its_scope_on_its_own_thread()
    {
        using (MixedPrecision.Begin())
        {
            using (MixedPrecision.Begin())
                MixedPrecision.IsOn.Should().BeTrue();
            MixedPrecision.IsOn.Should().BeTrue();
            var elsewhere = true;
            var other = new Thread(() => elsewhere = MixedPrecision.IsOn);
            other.Start();
            other.Join();
            elsewhere.Should().BeFalse();
        }
        MixedPrecision.IsOn.Should().BeFalse();
    }

    [Test]
    public void A_processor_without_bfloat16_is_refused()
    {
        FluentActions
            .Invoking(() => MixedPrecision.Require(CPU, onProcessor: false))
            .Should()
            .Throw<PlatformNotSupportedException>()
            .WithMessage("*no AMX instructions for bfloat16*Train in float32*");
        FluentActions.Invoking(() => MixedPrecision.Require(CPU, onProcessor: true)).Should().NotThrow();
    }

    [Test]
    public void A_network_of_another_kind_is_refused()
    {
        using var network = new Other();
        using var process = TinySetup.Scheduler.ToProcess();
        var options = TinySetup.For(_data, 9).Options with { Precision = TrainingPrecision.BFloat16 };
        FluentActions
            .Invoking(() => new Trainer(network, process, ImageDataset.Load(_data), options))
            .Should()
            .Throw<ArgumentException>()
            .WithMessage("*UNet2D*not a Other*");
    }

    private sealed class Other() : nn.Module<Tensor, Tensor, Tensor>(nameof(Other))
    {
        public override Tensor forward(Tensor x, Tensor times) => x.alias();
    }

    private static void RequireHardware()
    {
        if (!MixedPrecision.OnProcessor)
            Assert.Ignore("This processor has no bfloat16.");
    }
}
