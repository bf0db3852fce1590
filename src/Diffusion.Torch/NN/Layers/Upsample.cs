using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Enlarges pictures by interpolation.</summary>
public sealed class Upsample : ParameterLessModule<Tensor, Tensor>
{
    private readonly long[]? _size;
    private readonly double[]? _scaleFactor;

    internal Upsample(
        long[]? size,
        double[]? scale_factor,
        UpsampleMode mode,
        bool? align_corners,
        bool? recompute_scale_factor
    )
        : base(nameof(Upsample))
    {
        if (size is null == scale_factor is null)
            throw new ArgumentException("Give either size or scale_factor.", nameof(size));
        _size = size;
        _scaleFactor = scale_factor;
        this.mode = mode;
        this.align_corners = align_corners;
        this.recompute_scale_factor = recompute_scale_factor;
    }

    /// <summary>Size of the result, or empty.</summary>
    public ReadOnlySpan<long> size => _size;

    /// <summary>Enlargement of each dimension, or empty.</summary>
    public ReadOnlySpan<double> scale_factor => _scaleFactor;

    /// <summary>How to interpolate.</summary>
    public UpsampleMode mode { get; }

    /// <summary>Whether the corner pixels' centres stay in place (for the linear modes).</summary>
    public bool? align_corners { get; }

    /// <summary>Whether the factor is computed again from the sizes.</summary>
    public bool? recompute_scale_factor { get; set; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) =>
        nn.functional.interpolate(
            input,
            _size,
            _scaleFactor,
            (InterpolationMode)mode,
            align_corners,
            recompute_scale_factor ?? false
        );
}
