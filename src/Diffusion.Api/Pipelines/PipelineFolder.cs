using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>The files of a pipeline folder. None is read that lies outside of it, by whatever way.</summary>
internal sealed class PipelineFolder
{
    private const long LargestConfig = 16 << 20;

    private readonly string _path;

    internal PipelineFolder(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
    }

    /// <summary>The network's weights; see <see cref="Nn.Weights.FileIn"/>.</summary>
    internal string Weights(string? variant) => WeightsFolder.FileIn(_path, Pipeline.NetworkFolder, variant);

    /// <summary>The text of a config file.</summary>
    /// <exception cref="FileNotFoundException">It isn't there.</exception>
    /// <exception cref="InvalidDataException">It leads out of the folder, or is far too large for a config.</exception>
    internal string ReadText(string relative)
    {
        var file = new FileInfo(FolderPath.Inside(_path, relative, _path));
        if (!file.Exists)
            throw new FileNotFoundException($"'{_path}' is not a whole pipeline folder: there is no {relative} in it.");
        return file.Length <= LargestConfig
            ? File.ReadAllText(file.FullName)
            : throw new InvalidDataException(
                $"'{file}' has {file.Length} bytes; a config has at most {LargestConfig}."
            );
    }

    /// <summary>Reads a config file, and names it where it is refused.</summary>
    internal T Parse<T>(string relative, Func<string, T> parse)
    {
        var text = ReadText(relative);
        try
        {
            return parse(text);
        }
        catch (InvalidDataException damaged)
        {
            throw new InvalidDataException($"'{Path.Combine(_path, relative)}': {damaged.Message}", damaged);
        }
    }
}
