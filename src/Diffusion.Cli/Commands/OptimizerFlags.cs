using System.CommandLine;
using System.Globalization;
using Diffusion.Api;
using Diffusion.Nn;

namespace Diffusion.Cli;

/// <summary>The options of <c>diffusion train</c> that say how it is trained and how that is written down.</summary>
internal sealed class OptimizerFlags
{
    // A trained model forgets what it knows at the rate that a new one learns with.
    private const double RateFromModel = 1e-4;

    private static readonly TrainingOptions Usual = DemoRecipe.Options;

    private readonly Option<long> _steps = new("--steps")
    {
        Description = "Optimizer steps",
        DefaultValueFactory = _ => Usual.Steps,
    };

    private readonly Option<int> _batch = new("--batch-size")
    {
        Description = "Images a step",
        DefaultValueFactory = _ => Usual.BatchSize,
    };

    private readonly Option<int> _accumulation = new("--accumulate")
    {
        Description = "Parts that a step's images are taken in, their gradients summed, to save memory",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double?> _rate = new("--learning-rate")
    {
        Description = $"Peak learning rate of AdamW; default {Usual.LearningRate}, with --from {RateFromModel}",
    };

    private readonly Option<string> _rule = new("--lr-schedule")
    {
        Description = "Learning rate over the steps",
        DefaultValueFactory = _ => "cosine",
    };

    private readonly Option<long> _warmup = new("--warmup-steps")
    {
        Description = "Steps over which the learning rate grows from 0",
        DefaultValueFactory = _ => Usual.WarmupSteps,
    };

    private readonly Option<double> _decay = new("--weight-decay")
    {
        Description = "AdamW's weight decay; norms and biases are left alone",
        DefaultValueFactory = _ => Usual.WeightDecay,
    };

    private readonly Option<double> _clip = new("--clip")
    {
        Description = "Largest norm of the gradient; greater ones are scaled down to it",
        DefaultValueFactory = _ => Usual.GradientClip,
    };

    private readonly Option<double[]> _ema = new("--ema-decay")
    {
        Description =
            "Decay of the averaged weights; several keep as many averages, the first is what samples are drawn with",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [Usual.EmaDecay],
    };

    private readonly Option<string> _emaWarmup = new("--ema-warmup")
    {
        Description =
            "How the averages' decays come up: ratio is (1+n)/(10+n), power:g,p is 1-(1+n/g)^(-p), power alone power:1,0.667; or none",
        DefaultValueFactory = _ => "ratio",
    };

    private readonly Option<string> _precision = new("--precision")
    {
        Description = "float32, or bf16: the blocks' convolutions in bfloat16, where the hardware has it",
        DefaultValueFactory = _ => "float32",
    };

    private readonly Option<double> _labelDropout = new("--label-dropout")
    {
        Description =
            "Share of the images whose class is kept from the network, for classifier-free guidance; often 0.1",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<long> _checkpoints = new("--checkpoint-every")
    {
        Description = "Steps between checkpoints",
        DefaultValueFactory = _ => Usual.CheckpointEvery,
    };

    private readonly Option<long?> _samples = new("--sample-every")
    {
        Description = "Steps between pictures of samples in RUN/samples; default a dozen pictures, 0 for none",
    };

    private readonly Option<long> _log = new("--log-every")
    {
        Description = "Steps between lines of metrics.jsonl",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<bool> _tensorBoard = new("--tensorboard")
    {
        Description = "Write TensorBoard's event files as well, into the run's folder tensorboard",
    };

    private readonly Option<bool> _flip = new("--flip")
    {
        Description = "Mirror half of the images left to right",
        DefaultValueFactory = _ => Usual.HorizontalFlip,
    };

    internal OptimizerFlags()
    {
        _rule.AcceptOnlyFromAmong("cosine", "constant", "linear", "one-cycle");
        _precision.AcceptOnlyFromAmong("float32", "bf16");
    }

    internal IEnumerable<Option> All =>
        [
            _steps,
            _batch,
            _accumulation,
            _rate,
            _rule,
            _warmup,
            _decay,
            _clip,
            _ema,
            _emaWarmup,
            _precision,
            _labelDropout,
            _checkpoints,
            _samples,
            _log,
            _tensorBoard,
            _flip,
        ];

    /// <summary>How to train, checked.</summary>
    internal TrainingOptions Read(ParseResult parsed, ulong seed, bool fromModel)
    {
        var decays = parsed.GetValue(_ema)!;
        var warmup = WarmupOf(parsed.GetValue(_emaWarmup)!);
        if (parsed.GetValue(_rule) == "one-cycle" && parsed.GetResult(_warmup) is { Implicit: false })
            throw new ArgumentException(
                "--warmup-steps: the one-cycle schedule has a warm-up of its own, 30 % of the steps; leave it out."
            );
        var options = DemoRecipe.Options with
        {
            Steps = parsed.GetValue(_steps),
            BatchSize = parsed.GetValue(_batch),
            Accumulation = parsed.GetValue(_accumulation),
            LearningRate = parsed.GetValue(_rate) ?? (fromModel ? RateFromModel : Usual.LearningRate),
            LearningRateRule = parsed.GetValue(_rule) switch
            {
                "constant" => LearningRateRule.Constant,
                "linear" => LearningRateRule.Linear,
                "one-cycle" => LearningRateRule.OneCycle,
                _ => LearningRateRule.Cosine,
            },
            WarmupSteps = parsed.GetValue(_warmup),
            WeightDecay = parsed.GetValue(_decay),
            GradientClip = parsed.GetValue(_clip),
            EmaDecay = decays[0],
            MoreEmaDecays = [.. decays.Skip(1)],
            EmaWarmup = warmup.Warmup,
            EmaInverseGamma = warmup.InverseGamma,
            EmaPower = warmup.Power,
            Precision = parsed.GetValue(_precision) == "bf16" ? TrainingPrecision.BFloat16 : TrainingPrecision.Float32,
            LabelDropout = parsed.GetValue(_labelDropout),
            CheckpointEvery = parsed.GetValue(_checkpoints),
            SampleEvery = parsed.GetValue(_samples) ?? DemoRecipe.SampleEvery(parsed.GetValue(_steps)),
            LogEvery = parsed.GetValue(_log),
            TensorBoard = parsed.GetValue(_tensorBoard),
            HorizontalFlip = parsed.GetValue(_flip),
            Seed = seed,
        };
        try
        {
            options.Validate();
        }
        catch (ArgumentOutOfRangeException refused) when (OptionOf(refused.ParamName) is { } option)
        {
            var wrong = CommandLine.OneLine(refused.Message)[refused.ParamName!.Length..];
            throw new ArgumentException(
                option + wrong.Replace(" and from EmaDecay", "", StringComparison.Ordinal),
                refused
            );
        }
        return options;
    }

    // What was typed to set a property; messages begin with the property's name.
    private string? OptionOf(string? property) =>
        property switch
        {
            nameof(TrainingOptions.Steps) => _steps.Name,
            nameof(TrainingOptions.BatchSize) => _batch.Name,
            nameof(TrainingOptions.Accumulation) => _accumulation.Name,
            nameof(TrainingOptions.LearningRate) => _rate.Name,
            nameof(TrainingOptions.WarmupSteps) => _warmup.Name,
            nameof(TrainingOptions.WeightDecay) => _decay.Name,
            nameof(TrainingOptions.GradientClip) => _clip.Name,
            nameof(TrainingOptions.EmaDecay) or nameof(TrainingOptions.MoreEmaDecays) => _ema.Name,
            nameof(TrainingOptions.EmaInverseGamma) => $"{_emaWarmup.Name}: g",
            nameof(TrainingOptions.EmaPower) => $"{_emaWarmup.Name}: p",
            nameof(TrainingOptions.LabelDropout) => _labelDropout.Name,
            nameof(TrainingOptions.CheckpointEvery) => _checkpoints.Name,
            nameof(TrainingOptions.SampleEvery) => _samples.Name,
            nameof(TrainingOptions.LogEvery) => _log.Name,
            _ => null,
        };

    // ratio, none, power, or power:g,p.
    private static (EmaWarmup Warmup, double InverseGamma, double Power) WarmupOf(string text)
    {
        var usual = new TrainingOptions { Steps = 1 };
        var (gamma, power) = (usual.EmaInverseGamma, usual.EmaPower);
        switch (text)
        {
            case "ratio":
                return (EmaWarmup.Ratio, gamma, power);
            case "none":
                return (EmaWarmup.None, gamma, power);
            case "power":
                return (EmaWarmup.Power, gamma, power);
        }
        var numbers = text.StartsWith("power:", StringComparison.Ordinal) ? text["power:".Length..].Split(',') : [];
        if (
            numbers.Length is 1 or 2
            && double.TryParse(numbers[0], CultureInfo.InvariantCulture, out gamma)
            && (numbers.Length == 1 || double.TryParse(numbers[1], CultureInfo.InvariantCulture, out power))
        )
            return (EmaWarmup.Power, gamma, power);
        throw new ArgumentException(
            $"--ema-warmup must be ratio, none, power or power:g,p, such as power:1,0.75, not '{text}'."
        );
    }
}
