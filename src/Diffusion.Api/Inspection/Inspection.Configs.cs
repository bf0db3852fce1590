using System.Collections.Immutable;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <content>Configs: of the pipeline, the scheduler and the network.</content>
internal sealed partial class Inspection
{
    private void InspectIndex(string file)
    {
        if (Text(file) is not { } text)
            return;
        try
        {
            _report = _report with { PipelineClass = PipelineIndex.Read(text).Pipeline };
        }
        catch (InvalidDataException refused)
        {
            Problem(file, refused.Message);
        }
    }

    private void InspectScheduler(string file)
    {
        if (Text(file) is { } text)
            InspectScheduler(file, text);
    }

    private void InspectScheduler(string file, string json)
    {
        ImmutableArray<string> notices = [];
        var read = ConfigInspection.Read(json, text => SchedulerConfig.FromJson(text, out notices));
        AddProblems(file, read.Problems);
        _report = _report with
        {
            SchedulerConfig = ConfigInspection.Report(
                Relative(file),
                json,
                read.Value?.ToJson(),
                read.Refused,
                key => notices.Any(notice => ConfigInspection.IsWithoutEffect(notice, key))
            ),
            Scheduler = read.Value is { } config ? Summary(config) : null,
        };
        if (read.Value is not null)
            _notices.AddRange(notices.Except(_notices));
    }

    private static SchedulerReport Summary(SchedulerConfig config)
    {
        var schedule = config.ToSchedule();
        return new SchedulerReport(
            schedule.Steps,
            config.Prediction,
            config.Variance,
            config.X0Rule,
            schedule.TerminalAlphaBar,
            schedule.Snr(1),
            schedule.Snr(schedule.Steps)
        );
    }

    private UNet2DConfig? InspectNetworkConfig(string file) =>
        Text(file) is { } text ? InspectNetworkConfig(file, text) : null;

    private UNet2DConfig? InspectNetworkConfig(string file, string json)
    {
        var read = ConfigInspection.Read(json, UNet2DConfig.FromJson);
        AddProblems(file, read.Problems);
        var notices = read.Value is { } whole ? UNet2DNotices.Of(whole).Select(n => $"unet: {n}").ToList() : [];
        _report = _report with
        {
            NetworkConfig = ConfigInspection.Report(
                Relative(file),
                json,
                read.Value?.ToJson(),
                read.Refused,
                key => notices.Any(notice => ConfigInspection.IsWithoutEffect(notice, key))
            ),
        };
        _notices.AddRange(notices.Except(_notices));
        return read.Value;
    }
}
