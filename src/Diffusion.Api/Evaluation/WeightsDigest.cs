using System.Security.Cryptography;
using Diffusion.Nn;
using static TorchSharp.torch;

namespace Diffusion.Api;

/// <summary>Tells networks apart by their tensors.</summary>
internal static class WeightsDigest
{
    /// <summary>SHA-256 of names and values, its first 16 hexadecimal digits.</summary>
    internal static string Of(nn.Module network)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, tensor) in network.state_dict().OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            using var scope = NewDisposeScope();
            using var stream = new MemoryStream();
            TensorBytes.Write(stream, tensor.detach().cpu().contiguous());
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(name));
            hash.AppendData(stream.ToArray());
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
