using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Diffusion.Nn;

/// <summary>The layers of the blocks, with the arguments that all blocks share.</summary>
internal static class Layers
{
    /// <summary>A 3×3 convolution that keeps the image size (stride 1).</summary>
    internal static Conv2d Conv3x3(long channelsIn, long channelsOut, long stride = 1, long padding = 1) =>
        nn.Conv2d(channelsIn, channelsOut, 3, stride: stride, padding: padding);

    /// <summary>A 1×1 convolution.</summary>
    internal static Conv2d Conv1x1(long channelsIn, long channelsOut) => nn.Conv2d(channelsIn, channelsOut, 1);

    /// <summary>Runs a convolution, in bfloat16 where <see cref="MixedPrecision"/> is on.</summary>
    internal static Tensor Convolve(this Conv2d convolution, Tensor x)
    {
        if (!MixedPrecision.IsOn)
            return convolution.call(x);
        using var input = x.to(ScalarType.BFloat16);
        using var weight = convolution.weight.to(ScalarType.BFloat16);
        using var bias = convolution.bias?.to(ScalarType.BFloat16);
        return nn
            .functional.conv2d(input, weight, bias, convolution.stride, convolution.padding)
            .Then(y => y.to(x.dtype));
    }

    /// <summary>Group normalisation with weight 1 and bias 0.</summary>
    internal static GroupNorm GroupNorm(long groups, long channels, double eps)
    {
        var norm = nn.GroupNorm(groups, channels, eps);
        // TorchSharp 0.106 leaves both uninitialised.
        nn.init.ones_(norm.weight);
        nn.init.zeros_(norm.bias!);
        return norm;
    }

    /// <summary>h·(1 + scale) + shift, which takes the place of h.</summary>
    /// <param name="owned">h, [B, C, H, W]; freed.</param>
    /// <param name="projected">Scale, then shift, [B, 2C, 1, 1].</param>
    internal static Tensor ScaleShift(Tensor owned, Tensor projected)
    {
        var half = projected.shape[1] / 2;
        using var scale = projected.narrow(1, 0, half).Then(t => t + 1);
        using var shift = projected.narrow(1, half, half);
        var scaled = owned.Then(t => t * scale);
        scaled.add_(shift);
        return scaled;
    }

    /// <summary>act(norm(x + add)·(1 + scale) + shift) as a new tensor, in one pass where the engine can.</summary>
    /// <param name="norm">The normalisation.</param>
    /// <param name="x">Feature maps [B, C, H, W].</param>
    /// <param name="activation">The activation; null for none.</param>
    /// <param name="add">What is added to each channel first, [B, C].</param>
    /// <param name="scaleShift">Scale, then shift, [B, 2C].</param>
    internal static Tensor Normed(
        GroupNorm norm,
        Tensor x,
        ActivationFunction? activation,
        Tensor? add = null,
        Tensor? scaleShift = null
    )
    {
#if SYSTEM_ENGINE
        var half = scaleShift?.shape[1] / 2 ?? 0;
        using var scale = scaleShift?.narrow(1, 0, half);
        using var shift = scaleShift?.narrow(1, half, half);
        if (
            activation is null or ActivationFunction.Silu
            && Engine.Kernels.TryGroupNorm(norm, x, add, scale, shift, silu: activation is not null) is { } fused
        )
            return fused;
#endif
        using var input = add is null ? x.alias() : add.view(add.shape[0], -1, 1, 1).Then(a => x + a);
        var h = norm.call(input);
        if (scaleShift is not null)
        {
            using var projected = scaleShift.view(scaleShift.shape[0], -1, 1, 1);
            h = ScaleShift(h, projected);
        }
        return activation is { } act ? h.Activated(act) : h;
    }

    /// <summary>Nearest-neighbour upsampling by 2.</summary>
    internal static Tensor UpsampleNearest(Tensor x) =>
        nn.functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest);

    /// <summary>Refuses a tensor that isn't [B, <paramref name="channels"/>, H, W].</summary>
    internal static void RequireImages(Tensor x, long channels, string argument)
    {
        ArgumentNullException.ThrowIfNull(x, argument);
        if (x.Dimensions != 4 || x.shape[1] != channels)
            throw new ArgumentException(
                $"The network takes images [B, {channels}, H, W], got [{string.Join(", ", x.shape)}].",
                argument
            );
    }

    /// <summary>Refuses an image size that can't be halved <paramref name="times"/> times.</summary>
    internal static void RequireHalvable(long height, long width, int times, string argument)
    {
        var unit = 1L << times;
        if (height >= unit && width >= unit && height % unit == 0 && width % unit == 0)
            return;
        throw new ArgumentException(
            $"An image size of {height}x{width} can't be halved {times} times: height and width must be multiples "
                + $"of {unit}. Resize or pad the images to {RoundUp(height, unit)}x{RoundUp(width, unit)}, or take a "
                + "network with fewer blocks.",
            argument
        );
    }

    private static long RoundUp(long size, long unit) => long.Max(1, (size + unit - 1) / unit) * unit;
}
