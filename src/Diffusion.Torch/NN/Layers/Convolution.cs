using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What convolutions and transposed convolutions have in common.</summary>
/// <remarks>
/// Weight and bias start uniform in ±1/√(fan in), where the fan in is the number of inputs of one output.
/// </remarks>
public abstract class Convolution : nn.Module<Tensor, Tensor>
{
    /// <summary>The bias `[out_channels]`, or null.</summary>
    [ComponentName(Name = nameof(bias))]
    protected Parameter? _bias;

    /// <summary>The kernels.</summary>
    [ComponentName(Name = nameof(weight))]
    protected Parameter? _weight;

    private protected Convolution(
        string name,
        long in_channels,
        long out_channels,
        long[] kernel_size,
        long[] stride,
        long[]? padding,
        Padding? padding_type,
        long[] dilation,
        bool transposed,
        long[] output_padding,
        long groups,
        bool bias,
        PaddingModes padding_mode,
        Device? device,
        ScalarType? dtype
    )
        : base(name)
    {
        ThrowUnless(in_channels > 0, in_channels, nameof(in_channels), "at least 1");
        ThrowUnless(out_channels > 0, out_channels, nameof(out_channels), "at least 1");
        ThrowUnless(
            groups > 0 && in_channels % groups == 0 && out_channels % groups == 0,
            groups,
            nameof(groups),
            $"a divisor of the channel counts {in_channels} and {out_channels}"
        );
        ThrowUnless(
            padding_type != Padding.Same || stride.All(step => step == 1),
            stride[0],
            nameof(stride),
            "1 where the padding is Same"
        );
        this.in_channels = in_channels;
        this.out_channels = out_channels;
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.padding = padding;
        this.padding_type = padding_type;
        this.dilation = dilation;
        this.transposed = transposed;
        this.output_padding = output_padding;
        this.groups = groups;
        this.padding_mode = padding_mode;
        long[] channels = transposed ? [in_channels, out_channels / groups] : [out_channels, in_channels / groups];
        weight = new Parameter(empty([.. channels, .. kernel_size], dtype: dtype, device: device));
        if (bias)
            this.bias = new Parameter(empty([out_channels], dtype: dtype, device: device));
        reset_parameters();
    }

    /// <summary>Channels of the input.</summary>
    public long in_channels { get; }

    /// <summary>Channels of the result.</summary>
    public long out_channels { get; }

    /// <summary>Whether this is a transposed convolution.</summary>
    public bool transposed { get; }

    /// <summary>How the padding is chosen where it isn't given as numbers.</summary>
    public Padding? padding_type { get; }

    /// <summary>Pixels added at both ends of each dimension, or null where <see cref="padding_type"/> says.</summary>
    public long[]? padding { get; }

    /// <summary>What is in the added pixels.</summary>
    public PaddingModes padding_mode { get; set; }

    /// <summary>Into how many groups the channels are split.</summary>
    public long groups { get; set; }

    /// <summary>Size of the kernels.</summary>
    public long[] kernel_size { get; set; }

    /// <summary>Step of the kernels.</summary>
    public long[] stride { get; set; }

    /// <summary>Distance between the points of a kernel.</summary>
    public long[] dilation { get; set; }

    /// <summary>Pixels added at one end of the result of a transposed convolution.</summary>
    public long[] output_padding { get; set; }

    /// <summary>The bias `[out_channels]`, or null.</summary>
    public Parameter? bias
    {
        get => _bias;
        set => AssignParameter(ref _bias, value, nameof(bias));
    }

    /// <summary>
    /// The kernels `[out_channels, in_channels / groups, …]`; of a transposed convolution
    /// `[in_channels, out_channels / groups, …]`.
    /// </summary>
    public Parameter weight
    {
        get => _weight!;
        set => AssignParameter(ref _weight, value ?? throw new ArgumentNullException(nameof(value)), nameof(weight));
    }

    /// <summary>Draws weight and bias anew.</summary>
    public void reset_parameters() => nn.init.Default(weight, _bias);

    /// <summary>Whether the input is `[C, …]` or `[B, C, …]` with the right number of channels.</summary>
    /// <param name="input">The input.</param>
    /// <param name="dimensions">How many dimensions the picture has.</param>
    protected bool ValidateShape(Tensor input, long dimensions)
    {
        var shape = input.shape;
        var channelAt = shape.Length - dimensions - 1;
        return channelAt is 0 or 1 && shape[channelAt] == in_channels;
    }

    private protected void ThrowIfWrongShape(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!ValidateShape(input, kernel_size.Length))
        {
            throw new ArgumentException(
                $"{GetName()} takes [{in_channels}, H, W] or [B, {in_channels}, H, W], "
                    + $"not [{string.Join(", ", input.shape)}].",
                nameof(input)
            );
        }
    }

    private static void ThrowUnless(bool condition, long value, string argument, string allowed)
    {
        if (!condition)
            throw new ArgumentException($"{argument} must be {allowed}, but is {value}.", argument);
    }
}
