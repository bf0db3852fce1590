using System.Collections.Immutable;

namespace Diffusion.Api;

/// <summary>What a conversion did.</summary>
/// <param name="Target">What was written.</param>
/// <param name="Weights">Where the weights come from.</param>
/// <param name="Tensors">How many tensors were written.</param>
/// <param name="Renamed">How many of them have another name now.</param>
/// <param name="Types">Element types before and after, and how many tensors went that way.</param>
/// <param name="BytesBefore">Bytes of the tensors before.</param>
/// <param name="BytesAfter">Bytes of the tensors after.</param>
/// <param name="Loss">What the change of type lost.</param>
/// <param name="Notices">What is worth a word, one line each.</param>
public sealed record ConversionReport(
    string Target,
    string Weights,
    int Tensors,
    int Renamed,
    ImmutableArray<(string From, string To, int Tensors)> Types,
    long BytesBefore,
    long BytesAfter,
    PrecisionLoss Loss,
    ImmutableArray<string> Notices
);
