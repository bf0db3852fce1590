using System.CommandLine;
using Diffusion.Api;
using Diffusion.Math;

namespace Diffusion.Cli;

/// <summary>The options of <c>diffusion train</c> that say what is minimised.</summary>
internal sealed class ObjectiveFlags
{
    private static readonly (string Name, ReverseVariance Value)[] Variances =
    [
        ("fixed-small", ReverseVariance.FixedSmall),
        ("fixed-large", ReverseVariance.FixedLarge),
        ("learned", ReverseVariance.Learned),
        ("learned-range", ReverseVariance.LearnedRange),
    ];

    private readonly Option<string?> _prediction = new("--prediction")
    {
        Description = "What the network predicts: epsilon, x0, v (the default), score, flow or edm:σ_data",
    };

    private readonly Option<string?> _variance = new("--variance")
    {
        Description =
            "Variance of sampling steps: fixed-small (the default), fixed-large, learned or learned-range. The last two train"
            + " it by the hybrid loss",
    };

    private readonly Option<string?> _weight = new("--loss-weight")
    {
        Description =
            "Weight of each time's loss: simple, vlb, snr, truncated-snr, min-snr:γ, p2:γ,k, edm:σ_data or sigmoid:bias."
            + " Default min-snr:5, with --from simple",
    };

    private readonly Option<string> _times = new("--times")
    {
        Description =
            "How times are drawn: stratified, uniform, antithetic, importance:history,share or log-normal:mean,deviation",
        DefaultValueFactory = _ => TimeSampling.Stratified.Text,
    };

    private readonly Option<double?> _bound = new("--vlb-weight")
    {
        Description = "λ of the hybrid loss, with a learned variance; default 0.001",
    };

    internal IEnumerable<Option> All => [_prediction, _variance, _weight, _times, _bound];

    /// <summary>What a model that training goes on from decides.</summary>
    internal IEnumerable<Option> OfTheModel => [_prediction, _variance];

    /// <summary>The scheduler of a run that begins with random weights.</summary>
    internal SchedulerConfig Scheduler(ParseResult parsed) =>
        DemoRecipe.Scheduler with
        {
            Prediction = parsed.GetValue(_prediction) is { } prediction
                ? PredictionOf(prediction)
                : DemoRecipe.Scheduler.Prediction,
            Variance = parsed.GetValue(_variance) is { } variance
                ? VarianceOf(variance)
                : DemoRecipe.Scheduler.Variance,
        };

    /// <summary>What is minimised beside that.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="weight">The loss weight where none is named.</param>
    internal TrainingObjective Objective(ParseResult parsed, LossWeighting weight)
    {
        var bound = parsed.GetValue(_bound) ?? new TrainingObjective().BoundWeight;
        if (!(bound >= 0 && double.IsFinite(bound)))
            throw new ArgumentOutOfRangeException(
                "--vlb-weight",
                bound,
                $"--vlb-weight must be a finite number of at least 0, not {bound}."
            );
        return new TrainingObjective
        {
            LossWeight = parsed.GetValue(_weight) is { } text
                ? Read("--loss-weight", text, LossWeighting.Parse)
                : weight,
            Times = Read("--times", parsed.GetValue(_times)!, TimeSampling.Parse),
            BoundWeight = bound,
        };
    }

    /// <summary>Refuses a weight of the bound where the loss has none.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="variance">The variance that is trained with.</param>
    internal void CheckBoundWeight(ParseResult parsed, ReverseVariance variance)
    {
        if (parsed.GetValue(_bound) is not null && !variance.IsLearned)
            throw new ArgumentException(
                $"--vlb-weight weighs the bound of a learned variance, and here it is {variance}: leave it out, or train one"
                    + " (--variance learned-range)."
            );
    }

    // What is wrong with a number of a choice is said with the option and what was typed.
    private static T Read<T>(string option, string text, Func<string, T> parse)
    {
        try
        {
            return parse(text);
        }
        catch (ArgumentException refused)
        {
            throw new ArgumentException($"{option} {text}: {CommandLine.OneLine(refused.Message)}", refused);
        }
    }

    private static Prediction PredictionOf(string text) =>
        text switch
        {
            "flow" => Prediction.FlowVelocity,
            "edm" => Prediction.Edm(),
            _ when text.StartsWith("edm:", StringComparison.Ordinal)
                    && Prediction.TryParse($"edm({text[4..]})", out var edm) => edm,
            "epsilon" or "x0" or "v" or "score" => Prediction.Parse(text),
            _ => throw new ArgumentException(
                $"--prediction must be one of epsilon, x0, v, score, flow and edm:σ_data, not '{text}'."
            ),
        };

    private static ReverseVariance VarianceOf(string text) =>
        Variances.FirstOrDefault(known => known.Name == text).Value
        ?? throw new ArgumentException(
            $"--variance must be one of {string.Join(", ", Variances.Select(known => known.Name))}, not '{text}'."
        );
}
