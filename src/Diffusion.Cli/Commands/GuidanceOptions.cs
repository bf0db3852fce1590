using System.CommandLine;
using System.CommandLine.Parsing;
using Diffusion.Api;
using Diffusion.Math;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>The options of <c>sample</c> that guide it: classes, inpainting, image to image, interpolation.</summary>
internal sealed class GuidanceOptions
{
    private const double UsualStrength = 0.5;
    private const int UsualResamplings = 5;
    private const string Constant = "constant";
    private const string Linear = "linear";

    // Guidance that does nothing.
    private const double None = 1;

    // Of the steps: RePaint's 10 of 250, rounded up.
    private const int JumpsInAll = 20;

    private readonly Option<double?> _scale = new("--guidance")
    {
        Description = "Classifier-free guidance by the class; 1 is none, 2 to 5 are usual",
    };
    private readonly Option<double[]> _interval = new("--guidance-interval")
    {
        Description = "Guide only where σ/α is in (LOW, HIGH]",
        Arity = new ArgumentArity(2, 2),
        AllowMultipleArgumentsPerToken = true,
        HelpName = "LOW HIGH",
    };
    private readonly Option<string> _schedule = new("--guidance-schedule")
    {
        Description =
            "How --guidance comes up from 1 at noise to its number at data: at once, in a line, along half a cosine",
        DefaultValueFactory = _ => Constant,
    };
    private readonly Option<double> _rescale = new("--guidance-rescale")
    {
        Description = "Share of the contrast to give back, 0 to 1; 0.7 is usual",
    };
    private readonly Option<long?> _away = new("--negative-class")
    {
        Description = "Class to guide away from; default the label of no class, in a network trained with one",
    };
    private readonly Option<string?> _inpaint = new("--inpaint")
    {
        Description = "PNG file of an image to draw a part of anew",
        HelpName = "IMAGE",
    };
    private readonly Option<string?> _mask = new("--mask")
    {
        Description = "PNG file for --inpaint: white is drawn, black stays",
        HelpName = "IMAGE",
    };
    private readonly Option<int> _resample = new("--resample")
    {
        Description = "How often --inpaint goes through each stretch (RePaint); 1 for samplers with a memory",
        DefaultValueFactory = _ => UsualResamplings,
    };
    private readonly Option<string?> _image = new("--from-image")
    {
        Description = "PNG file of an image to start at (SDEdit)",
        HelpName = "IMAGE",
    };
    private readonly Option<double> _strength = new("--strength")
    {
        Description = "How much of --from-image may change: the share of the steps to take, above 0 to 1",
        DefaultValueFactory = _ => UsualStrength,
    };
    private readonly Option<ulong[]> _interpolate = new("--interpolate")
    {
        Description = "Two seeds; --count images from the first one's sample to the second one's",
        Arity = new ArgumentArity(2, 2),
        AllowMultipleArgumentsPerToken = true,
        HelpName = "SEED SEED",
    };

    internal GuidanceOptions() => _schedule.AcceptOnlyFromAmong(Constant, Linear, "cosine");

    /// <summary>Adds the options to a command, and what they need of each other.</summary>
    internal void AddTo(Command command)
    {
        Option[] all =
        [
            _scale,
            _interval,
            _schedule,
            _rescale,
            _away,
            _inpaint,
            _mask,
            _resample,
            _image,
            _strength,
            _interpolate,
        ];
        foreach (var option in all)
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            Needs(result, _interval, _scale);
            Needs(result, _schedule, _scale);
            Excludes(result, _schedule, _interval);
            Needs(result, _rescale, _scale);
            Needs(result, _away, _scale);
            Needs(result, _inpaint, _mask);
            Needs(result, _mask, _inpaint);
            Needs(result, _resample, _inpaint);
            Needs(result, _strength, _image);
            Excludes(result, _interpolate, _inpaint);
            Excludes(result, _interpolate, _image);
        });
    }

    /// <summary>The two seeds of <c>--interpolate</c>, or null.</summary>
    internal (ulong First, ulong Last)? Seeds(ParseResult parsed) =>
        parsed.GetValue(_interpolate) is [var first, var last] ? (first, last) : null;

    /// <summary>The share of the steps to take; null for all.</summary>
    internal double? Strength(ParseResult parsed) =>
        parsed.GetValue(_image) is null ? null : parsed.GetValue(_strength);

    /// <summary>The plan with the jumps that inpainting asks for.</summary>
    internal SamplingPlan Resampled(ParseResult parsed, SamplingPlan plan)
    {
        if (parsed.GetValue(_inpaint) is null || plan.Steps.Length == 1)
            return plan;
        var jump = int.Max(1, plan.Steps.Length / JumpsInAll);
        return Named(_resample, () => Samplers.Resampling(plan, jump, parsed.GetValue(_resample)));
    }

    /// <summary>What guides; null where nothing does. Its tensors are the caller's scope's.</summary>
    internal SampleGuidance? Read(ParseResult parsed, Pipeline pipeline)
    {
        var scale = parsed.GetValue(_scale);
        var (image, inpaint) = (parsed.GetValue(_image), parsed.GetValue(_inpaint));
        if (scale is null && image is null && inpaint is null)
            return null;
        return new SampleGuidance
        {
            Scale = scale is { } w ? ScaleOf(parsed, w, pipeline.Schedule.Steps) : null,
            Rescale = parsed.GetValue(_rescale),
            Away = parsed.GetValue(_away),
            Image = image is null ? null : pipeline.LoadImage(image),
            Known = inpaint is null ? null : pipeline.LoadImage(inpaint),
            Mask = inpaint is null ? null : pipeline.LoadMask(parsed.GetValue(_mask)!),
        };
    }

    private GuidanceScale ScaleOf(ParseResult parsed, double scale, int end)
    {
        var constant = Named(_scale, () => GuidanceScale.Constant(scale));
        if (parsed.GetValue(_interval) is [var low, var high])
            return Named(_interval, () => GuidanceScale.Interval(scale, low, high));
        return parsed.GetValue(_schedule) switch
        {
            Constant => constant,
            Linear => GuidanceScale.Linear(None, scale, end),
            _ => GuidanceScale.Cosine(None, scale, end),
        };
    }

    // The name of the option before what is wrong with its value.
    private static T Named<T>(Option option, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException wrong)
        {
            throw new ArgumentException($"{option.Name}: {wrong.Message}", wrong);
        }
    }

    private static void Needs(CommandResult result, Option option, Option other)
    {
        if (Given(result, option) && !Given(result, other))
            result.AddError($"{option.Name} belongs to {other.Name}; give that too.");
    }

    private static void Excludes(CommandResult result, Option option, Option other)
    {
        if (Given(result, option) && Given(result, other))
            result.AddError($"{option.Name} and {other.Name} exclude each other; leave one of them out.");
    }

    private static bool Given(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };
}
