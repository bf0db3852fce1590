using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>What a recording must hold for a network to be run on it.</summary>
internal static class RecordedInput
{
    /// <summary>Refuses an input that the network can't take, before it is asked.</summary>
    /// <exception cref="InvalidDataException">The message names the file and the tensor.</exception>
    internal static void Check(Recording recorded, UNet2DConfig network)
    {
        var batch = CheckImages(recorded, "x", network);
        if (recorded.Tensors.ContainsKey(Recording.Start))
            _ = CheckImages(recorded, Recording.Start, network);
        if (network.TimeEmbeddingType == TimeEmbeddingType.Learned)
            CheckRows(recorded, "timesteps", network.NumTrainTimesteps!.Value, "times of the network's table");
        if (recorded.ClassLabels is { } labels && network.HasClasses)
            CheckLabels(recorded, labels, network, batch);
    }

    private static long CheckImages(Recording recorded, string name, UNet2DConfig network)
    {
        var images = recorded[name];
        if (!SafetensorsDType.IsReal(images.dtype) || images.Dimensions != 4 || images.shape[1] != network.InChannels)
            throw Wrong(recorded, name, $"real numbers [B, {network.InChannels}, H, W]");
        return images.shape[0];
    }

    private static void CheckLabels(Recording recorded, Tensor labels, UNet2DConfig network, long batch)
    {
        const string name = "class_labels";
        var width = 4 * network.BlockOutChannels[0];
        if (network.ClassEmbedType == ClassEmbedType.Identity)
        {
            if (!SafetensorsDType.IsReal(labels.dtype) || !labels.shape.AsSpan().SequenceEqual([batch, width]))
                throw Wrong(recorded, name, $"real numbers [{batch}, {width}], an embedding of each image's class");
            return;
        }
        if (!labels.shape.AsSpan().SequenceEqual([batch]))
            throw Wrong(recorded, name, $"[{batch}], one for each image of x");
        if (network.ClassEmbedType is null)
            CheckRows(recorded, name, network.NumClassEmbeds!.Value, "classes of the network");
    }

    private static void CheckRows(Recording recorded, string name, int rows, string what)
    {
        var numbers = recorded[name];
        if (numbers.dtype is not (ScalarType.Int64 or ScalarType.Int32))
            throw Wrong(recorded, name, "whole numbers, Int64");
        using var wide = numbers.to_type(ScalarType.Int64);
        foreach (var number in wide.contiguous().data<long>())
            if (number < 0 || number >= rows)
                throw new InvalidDataException(
                    $"'{recorded.Path}' doesn't fit the network: {name} holds {number}; the {what} are 0 … {rows - 1}."
                );
    }

    private static InvalidDataException Wrong(Recording recorded, string name, string wanted)
    {
        var tensor = recorded[name];
        return new InvalidDataException(
            $"'{recorded.Path}' doesn't fit the network: {name} must be {wanted}; it is {tensor.dtype} [{string.Join(", ", tensor.shape)}]."
        );
    }
}
