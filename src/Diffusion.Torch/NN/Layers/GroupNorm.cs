using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Normalises groups of channels of `[B, C, …]`, then scales and shifts each channel.</summary>
public sealed class GroupNorm : nn.Module<Tensor, Tensor>
{
    private const int FewestDimensions = 3;

    [ComponentName(Name = nameof(bias))]
    private Parameter? _bias;

    [ComponentName(Name = nameof(weight))]
    private Parameter? _weight;

    internal GroupNorm(long num_groups, long num_channels, double eps, bool affine, Device? device, ScalarType? dtype)
        : base(nameof(GroupNorm))
    {
        if (num_groups <= 0 || num_channels <= 0 || num_channels % num_groups != 0)
        {
            throw new ArgumentException(
                $"num_groups must divide num_channels, but they are {num_groups} and {num_channels}.",
                nameof(num_groups)
            );
        }
        this.num_groups = num_groups;
        this.eps = eps;
        this.affine = affine;
        if (!affine)
            return;
        weight = new Parameter(ones([num_channels], dtype: dtype, device: device));
        bias = new Parameter(zeros([num_channels], dtype: dtype, device: device));
    }

    /// <summary>How many groups there are.</summary>
    public long num_groups { get; set; }

    /// <summary>Added to the variance.</summary>
    public double eps { get; set; }

    /// <summary>Whether there are a scale and a shift.</summary>
    public bool affine { get; set; }

    /// <summary>The shift `[C]`, at first 0.</summary>
    public Parameter? bias
    {
        get => _bias;
        set => AssignParameter(ref _bias, value, nameof(bias));
    }

    /// <summary>The scale `[C]`, at first 1.</summary>
    public Parameter weight
    {
        get => _weight!;
        set => AssignParameter(ref _weight, value ?? throw new ArgumentNullException(nameof(value)), nameof(weight));
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.ndim < FewestDimensions)
        {
            throw new ArgumentException(
                $"GroupNorm takes [B, C, …] of {FewestDimensions} dimensions or more, not {tensor.ndim}.",
                nameof(tensor)
            );
        }
        return nn.functional.group_norm(tensor, num_groups, weight, bias, eps);
    }
}
