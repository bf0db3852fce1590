using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>
/// Noise that another program drew, as a safetensors file: <c>noise</c> [B, C, H, W] to start from and, for samplers that
/// add noise, <c>steps</c> [K, B, C, H, W], one for each step that does. Standard normal.
/// </summary>
internal sealed class NoiseFile : IDisposable
{
    private const string StartName = "noise";
    private const string StepsName = "steps";

    private readonly string _path;
    private readonly SafetensorsFile _file;
    private long _drawn;

    internal NoiseFile(string path)
    {
        _path = path;
        _file = Safetensors.Load(path);
        try
        {
            Start =
                _file.Tensors.GetValueOrDefault(StartName)
                ?? throw new InvalidDataException($"--noise: '{path}' has no tensor '{StartName}'.");
            if (Start.dim() != 4 || Start.shape[0] is < 1 or > SampleCommand.MostAtOnce)
                throw new InvalidDataException(
                    $"--noise: '{StartName}' of '{path}' has the shape [{string.Join(", ", Start.shape)}]; it must be"
                        + $" [B, C, H, W] with B in 1 … {SampleCommand.MostAtOnce}."
                );
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>[B, C, H, W]; this object's own.</summary>
    internal Tensor Start { get; }

    /// <summary>B.</summary>
    internal int Count => (int)Start.shape[0];

    /// <summary>The next step's noise, the caller's.</summary>
    /// <exception cref="InvalidDataException">There is no more.</exception>
    internal Tensor Next()
    {
        var steps = _file.Tensors.GetValueOrDefault(StepsName);
        var there = steps is { } && steps.dim() > 0 ? steps.shape[0] : 0;
        return _drawn < there
            ? steps![_drawn++].clone()
            : throw new InvalidDataException(
                $"--noise: '{_path}' has noise for {there} steps ('{StepsName}', [K, B, C, H, W]); the sampler needs more."
            );
    }

    public void Dispose() => _file.Dispose();
}
