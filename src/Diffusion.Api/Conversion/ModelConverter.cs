using System.Collections.Immutable;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Changes a model's files: element type, names of tensors, weights of a training run, bare weights to a folder.</summary>
public static class ModelConverter
{
    /// <summary>Converts a model. The result is written aside and renamed, so that it is whole or absent.</summary>
    /// <param name="source">
    /// A pipeline folder, a network's own folder, a training run, a safetensors file or the index of a sharded one.
    /// </param>
    /// <param name="target">
    /// A folder; for bare weights without <see cref="ConversionOptions.NetworkConfig"/> a <c>.safetensors</c> file.
    /// </param>
    /// <param name="options">What to change; default nothing.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="ArgumentException">The options don't go with the source.</exception>
    /// <exception cref="FileNotFoundException">The source isn't there, or isn't whole.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, the weights don't fit the config, or a value is too
    /// large for the new type. Nothing is written.</exception>
    /// <exception cref="IOException">The target is there already, or can't be written.</exception>
    public static ConversionReport Convert(string source, string target, ConversionOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        options ??= new ConversionOptions();
        var from = ConversionSource.Of(source, options);
        CheckTarget(source, target, from.WeightsName is not null, options.Overwrite);
        using var file = from.Load();
        using var scope = NewDisposeScope();
        var before = file.Tensors.ToList();
        var (after, loss) = Change(before, options);
        var written = Write(target, from, after, file.Metadata, options.ShardBytes);
        return Report(written, from, before, after, loss);
    }

    private static void CheckTarget(string source, string target, bool isFolder, bool overwrite)
    {
        var (from, to) = (Closed(source), Closed(target));
        if (from.StartsWith(to, StringComparison.Ordinal) || to.StartsWith(from, StringComparison.Ordinal))
            throw new IOException($"'{target}' and '{source}' are one, or one is in the other; name another target.");
        if (isFolder ? File.Exists(target) : Directory.Exists(target))
            throw new IOException(
                isFolder
                    ? $"'{target}' is a file; the result is a folder."
                    : $"'{target}' is a folder; the result of bare weights is a file (a folder with --network)."
            );
        if (!isFolder && !target.EndsWith(".safetensors", StringComparison.Ordinal))
            throw new ArgumentException(
                $"The result of bare weights is a file NAME.safetensors, not '{target}'; for a pipeline folder give "
                    + "--network, the network's config.json."
            );
        if (
            isFolder
                ? !Directory.Exists(target) || IsEmpty(target)
                : !File.Exists(target) && !File.Exists(target + SafetensorsSet.IndexExtension)
        )
            return;
        if (!overwrite)
            throw new IOException($"'{target}' is there already; name another target, or replace it with --force.");
        // Force is for results of conversions, not for a run's checkpoints or somebody's pictures.
        var isRun = isFolder && TrainingSetup.CanResume(target);
        if (isRun || isFolder && !File.Exists(Path.Combine(target, ModelFiles.Of(target).NetworkConfig)))
            throw new IOException(
                $"'{target}' holds {(isRun ? "a training run" : "other things than a model")}, "
                    + "which isn't replaced; name another target."
            );
    }

    private static string Closed(string path) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) + Path.DirectorySeparatorChar;

    private static bool IsEmpty(string folder) => !Directory.EnumerateFileSystemEntries(folder).Any();

    private static (List<(string Name, Tensor Tensor)> Tensors, PrecisionLoss Loss) Change(
        List<KeyValuePair<string, Tensor>> tensors,
        ConversionOptions options
    )
    {
        var changed = new List<(string, Tensor)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var loss = PrecisionLoss.None;
        foreach (var (name, tensor) in tensors)
        {
            var newName = options.Names switch
            {
                AttentionNaming.Current => AttentionNames.ToCurrent(name),
                AttentionNaming.Legacy => AttentionNames.ToLegacy(name),
                _ => name,
            };
            if (!names.Add(newName))
                throw new InvalidDataException(
                    $"Two tensors would be called '{newName}'; the file mixes both namings."
                );
            if (options.Type is { } type && type != tensor.dtype && SafetensorsDType.IsReal(tensor.dtype))
            {
                var converted = tensor.to_type(type);
                loss = loss.And(PrecisionLoss.Between(name, tensor, converted));
                changed.Add((newName, converted));
            }
            else
                changed.Add((newName, tensor));
        }
        return (changed, loss);
    }

    private static string Write(
        string target,
        ConversionSource from,
        List<(string Name, Tensor Tensor)> tensors,
        IReadOnlyDictionary<string, string> notes,
        long? shardBytes
    )
    {
        var metadata = notes.Count == 0 ? Safetensors.TorchMetadata : notes;
        if (from.WeightsName is not { } weights)
            return Safetensors.SaveSharded(target, tensors, shardBytes ?? long.MaxValue, metadata);
        var place = Path.TrimEndingDirectorySeparator(target);
        // A name of its own, so that nothing that was there before is touched.
        var aside = $"{place}.{Guid.NewGuid():N}.partial";
        try
        {
            foreach (var (path, text) in from.Files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(aside, path))!);
                AtomicFile.WriteText(Path.Combine(aside, path), text);
            }
            Safetensors.SaveSharded(Path.Combine(aside, weights), tensors, shardBytes ?? long.MaxValue, metadata);
            AtomicFile.MoveFolder(aside, place);
            return target;
        }
        catch
        {
            if (Directory.Exists(aside))
                Directory.Delete(aside, recursive: true);
            throw;
        }
    }

    private static ConversionReport Report(
        string target,
        ConversionSource from,
        List<KeyValuePair<string, Tensor>> before,
        List<(string Name, Tensor Tensor)> after,
        PrecisionLoss loss
    )
    {
        var pairs = before.Zip(after, (old, now) => (Old: old.Value, OldName: old.Key, now.Tensor, now.Name)).ToList();
        return new ConversionReport(
            target,
            from.Description,
            after.Count,
            pairs.Count(p => p.OldName != p.Name),
            [
                .. pairs
                    .GroupBy(p =>
                        (From: SafetensorsDType.NameOf(p.Old.dtype), To: SafetensorsDType.NameOf(p.Tensor.dtype))
                    )
                    .OrderByDescending(g => g.Count())
                    .Select(g => (g.Key.From, g.Key.To, g.Count())),
            ],
            pairs.Sum(p => p.Old.numel() * SafetensorsDType.SizeOf(p.Old.dtype)),
            pairs.Sum(p => p.Tensor.numel() * SafetensorsDType.SizeOf(p.Tensor.dtype)),
            loss,
            from.Notices
        );
    }
}
