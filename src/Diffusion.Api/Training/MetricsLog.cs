using System.Diagnostics;
using System.Globalization;
using System.Text;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>A run's <c>metrics.jsonl</c>, one JSON object a line, and its TensorBoard events; docs/training.md says what is in
/// them.</summary>
internal sealed class MetricsLog : IDisposable
{
    private const string EventsFolder = "tensorboard";
    private const double BytesPerMegabyte = 1 << 20;

    private readonly StreamWriter _writer;
    private EventFile? _events;
    private readonly TrainingOptions _options;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _sinceLine;
    private bool _hasFailed;

    /// <summary>Opens the log, and drops the lines of steps that a killed run did after its newest checkpoint.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="stepsDone">By the checkpoint.</param>
    /// <param name="options">How often, and whether TensorBoard's events too.</param>
    /// <param name="lossSum">Of the steps since the last line that stays.</param>
    /// <param name="lossSteps">How many these are; null where the checkpoint doesn't say.</param>
    internal MetricsLog(string folder, long stepsDone, TrainingOptions options, double lossSum, long? lossSteps)
    {
        _options = options;
        LossSum = lossSum;
        var last = 0L;
        var path = Path.Combine(folder, TrainingMetrics.FileName);
        if (File.Exists(path))
        {
            var text = File.ReadAllText(path);
            var kept = new StringBuilder();
            // Not those that a kill cut short, or that somebody else wrote.
            foreach (var line in text.Split('\n'))
                if (TrainingMetrics.Read(line, last) is { } read && read.Step <= stepsDone)
                {
                    kept.Append(line).Append('\n');
                    last = read.Step;
                }
            if (!kept.Equals(text))
                AtomicFile.WriteText(path, kept.ToString());
        }
        LossSteps = lossSteps ?? stepsDone - last;
        _writer = new StreamWriter(path, append: true, new UTF8Encoding(false)) { AutoFlush = true };
        if (options.TensorBoard)
            Written(() => _events = new EventFile(Path.Combine(folder, EventsFolder), stepsDone + 1));
    }

    /// <summary>Sum of the losses since the last line.</summary>
    internal double LossSum { get; private set; }

    /// <summary>How many losses that are.</summary>
    internal long LossSteps { get; private set; }

    /// <summary>Takes a step in; writes a line where one is due.</summary>
    /// <returns>The line; null where none is due.</returns>
    internal string? Add(long step, TrainingStep done, TimeSpan elapsed)
    {
        LossSum += done.Loss;
        LossSteps++;
        _sinceLine++;
        if (step % _options.LogEvery != 0 && step != _options.Steps)
            return null;
        var loss = LossSum / LossSteps;
        var speed = _sinceLine * _options.BatchSize / _clock.Elapsed.TotalSeconds;
        var resident = Environment.WorkingSet / BytesPerMegabyte;
        var bound = done.Bound is { } bits ? $",\"bound\":{bits.ToString("R", CultureInfo.InvariantCulture)}" : "";
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"step\":{step},\"loss\":{loss:R},\"learning_rate\":{done.LearningRate:R},\"seconds\":{elapsed.TotalSeconds:F3},\"gradient_norm\":{done.GradientNorm:R}{bound},\"images_per_second\":{speed:F1},\"resident_mb\":{resident:F1}}}"
        );
        Written(() =>
        {
            _writer.WriteLine(line);
            WriteEvent(step, loss, done, speed);
        });
        (LossSum, LossSteps) = (0, 0);
        _sinceLine = 0;
        _clock.Restart();
        return line;
    }

    public void Dispose()
    {
        try
        {
            _writer.Dispose();
            _events?.Dispose();
        }
        catch (IOException) when (_hasFailed)
        {
            // What couldn't be written is tried once more here, and has been said.
        }
    }

    private void Written(Action write)
    {
        try
        {
            write();
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            _hasFailed = true;
            throw new IOException(
                $"The run's log can't be written: {failed.Message} Its checkpoints are whole. Make room, then resume the run.",
                failed
            );
        }
    }

    private void WriteEvent(long step, double loss, TrainingStep done, double speed)
    {
        if (_events is null)
            return;
        List<(string, double)> scalars =
        [
            ("loss", loss),
            ("learning_rate", done.LearningRate),
            ("gradient_norm", done.GradientNorm),
            ("images_per_second", speed),
        ];
        if (done.Bound is { } bound)
            scalars.Add(("bound", bound));
        _events.Write(step, [.. scalars]);
    }
}
