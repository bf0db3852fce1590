using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;
using Diffusion.Samples;

// Four small programs after Hugging Face's diffusion course, units 1 and 2; docs/course.md shows what they draw.
const int BadInput = 2;
const int MostSteps = 1_000_000;

var data = new Option<string>("--data")
{
    Description = "The images: an IDX file or a folder, as for ./diffusion train",
    DefaultValueFactory = _ => "/usr/share/datasets/fashion-mnist",
};
var @out = new Option<string>("--out")
{
    Description = "Folder for pictures and models",
    DefaultValueFactory = _ => "runs/course",
};
var model = new Option<string?>("--from") { Description = "Folder of a trained model; by default that of 'noise'" };
var quick = new Option<bool>("--quick") { Description = "Hardly any steps, only to see it run" };
var trainingSteps = Steps("Steps of the optimizer");
var samplingSteps = Steps("Steps of the sampler");

var root = new RootCommand("Hugging Face's diffusion course, units 1 and 2, as four small programs.")
{
    Make("mixing", "Mix images with noise, guess them, sample in five steps", MixingBaseline.Run, trainingSteps, data),
    Make("noise", "DDPM's algorithms 1 and 2; saves its model", NoisePredictor.Run, trainingSteps, data),
    Make("finetune", "Train a model on by accumulated gradients", FineTune.Run, trainingSteps, data, model),
    Make("guidance", "Guide a model by a loss on its guess", GuidedSampling.Run, samplingSteps, model),
};

try
{
    var parsed = root.Parse(args);
    if (parsed.Errors.Count == 0 || parsed.Action is HelpAction)
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    if (parsed.CommandResult.Command != root)
        return Refuse($"{parsed.Errors[0].Message} (see '{parsed.CommandResult.Command.Name} --help')");
    var programs = string.Join(", ", root.Subcommands.Select(command => command.Name));
    return Refuse($"the first argument must be one of the programs {programs}, not '{args.FirstOrDefault()}'.");
}
catch (Exception refused)
    when (refused is ArgumentException or InvalidDataException or IOException or UnauthorizedAccessException)
{
    return Refuse(refused.Message.Split(["\n", " (Parameter '"], StringSplitOptions.None)[0]);
}

Command Make(string name, string description, Action<CourseOptions> run, Option<int?> steps, params Option[] more)
{
    var command = new Command(name, description) { steps, @out, quick };
    foreach (var option in more)
        command.Add(option);
    command.SetAction(parsed =>
        run(
            new CourseOptions(
                parsed.GetValue(data) ?? "",
                parsed.GetValue(@out)!,
                parsed.GetValue(model),
                parsed.GetValue(steps),
                parsed.GetValue(quick)
            )
        )
    );
    return command;
}

static Option<int?> Steps(string description) =>
    new("--steps")
    {
        Description = description,
        CustomParser = given =>
        {
            var text = string.Join(' ', given.Tokens);
            if (int.TryParse(text, CultureInfo.InvariantCulture, out var steps) && steps is >= 1 and <= MostSteps)
                return steps;
            given.AddError($"--steps must be a whole number in 1 … {MostSteps}, not '{text}'.");
            return null;
        },
    };

static int Refuse(string message)
{
    Console.Error.WriteLine($"course: {message}");
    return BadInput;
}
