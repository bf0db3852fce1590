using System.Collections.Immutable;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>
/// Images from a safetensors file: the tensor <c>images</c> [N, C, H, W], bytes or floats, and where it is there the
/// tensor <c>labels</c> [N] of whole numbers.
/// </summary>
internal static class TensorImages
{
    private const string Images = "images";
    private const string Labels = "labels";

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or its tensors are others.</exception>
    internal static ImageDataset Read(string path)
    {
        CheckHeader(path);
        // Only the two, so that the others may be of any type.
        using var file = Safetensors.Open(path);
        using var scope = NewDisposeScope();
        var images = file.Read(Images);
        var (pixels, notice) = ToBytes(images, path);
        var labels = file.Names.Contains(Labels) ? ToLabels(file.Read(Labels)) : [];
        var shape = images.shape;
        var others = file.Names.Where(name => name is not (Images or Labels));
        if (shape[3] is 1 or 3 or 4 && shape[1] > 4)
            notice = notice.Add(
                $"'{path}': the tensor '{Images}' is taken for {shape[1]} channels of {shape[2]}×{shape[3]} pixels; if it is "
                    + "[N, H, W, C], put the channels second."
            );
        return new ImageDataset(pixels, (int)shape[1], (int)shape[2], (int)shape[3], $"'{path}'", labels)
        {
            Notices = [.. notice, .. others.Select(name => $"'{path}': the tensor '{name}' is left out.")],
        };
    }

    // Before anything is read: a wrong file of gigabytes should be refused at once.
    private static void CheckHeader(string path)
    {
        var entries = Safetensors.ReadHeader(path).Entries;
        var images =
            entries.FirstOrDefault(e => e.Name == Images)
            ?? throw new InvalidDataException(
                $"'{path}' has no tensor '{Images}'; it has {string.Join(", ", entries.Select(e => e.Name).Take(8))}."
            );
        if (images.Shape.Length != 4 || images.Shape.Contains(0))
            throw new InvalidDataException(
                $"'{path}': the tensor '{Images}' has shape [{string.Join(", ", images.Shape)}]; needed is [N, C, H, W], "
                    + "images, channels, height, width, each at least 1."
            );
        if (images.Shape.Max() > int.MaxValue)
            throw new InvalidDataException(
                $"'{path}': the tensor '{Images}' has shape [{string.Join(", ", images.Shape)}], which is too large."
            );
        var shape = new ImageShape((int)images.Shape[1], (int)images.Shape[2], (int)images.Shape[3]);
        shape.CheckRoom(images.Shape[0], $"'{path}'");
        if (images.DType != ScalarType.Byte && !IsReal(images.DType))
            throw new InvalidDataException(
                $"'{path}': the tensor '{Images}' is of {images.TypeName}; bytes and floats are read."
            );
        if (entries.FirstOrDefault(e => e.Name == Labels) is not { } labels)
            return;
        if (labels.Shape.Length != 1 || labels.Shape[0] != images.Shape[0])
            throw new InvalidDataException(
                $"'{path}': the tensor '{Labels}' has shape [{string.Join(", ", labels.Shape)}] for {images.Shape[0]} images."
            );
        if (labels.DType is null or ScalarType.Bool || IsReal(labels.DType))
            throw new InvalidDataException(
                $"'{path}': the tensor '{Labels}' is of {labels.TypeName}; labels are whole numbers."
            );
    }

    private static bool IsReal(ScalarType? type) =>
        type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;

    private static (byte[] Pixels, ImmutableArray<string> Notices) ToBytes(Tensor images, string path)
    {
        if (images.dtype == ScalarType.Byte)
            return (images.contiguous().data<byte>().ToArray(), []);
        var values = images.to_type(ScalarType.Float32);
        if (!values.isfinite().all().ToBoolean())
            throw new InvalidDataException($"'{path}': the tensor '{Images}' holds NaN or infinity.");
        var (low, high) = (values.min().ToSingle(), values.max().ToSingle());
        if (low < -1 || high > 1)
            throw new InvalidDataException(
                $"'{path}': the tensor '{Images}' holds values from {low} to {high}; floats must be in [0, 1] or [−1, 1] "
                    + "(bytes in 0 … 255)."
            );
        var signed = low < 0;
        return (
            Pixels.ToBytes(signed ? values : values.mul(2).sub(1)),
            [$"'{path}': the values are taken as of [{(signed ? "−1" : "0")}, 1], and kept as 8 bits."]
        );
    }

    private static ImmutableArray<int> ToLabels(Tensor labels)
    {
        var values = labels.to_type(ScalarType.Int64).contiguous().data<long>().ToArray();
        // What doesn't fit stays out of range, and is refused as such.
        return [.. values.Select(v => (int)long.Clamp(v, int.MinValue, int.MaxValue))];
    }
}
