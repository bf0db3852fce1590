using TorchSharp.Interop;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>A table of vectors, looked up by integers. The entries start as draws from the standard normal.</summary>
public sealed class Embedding : nn.Module<Tensor, Tensor>
{
    private const long NoPadding = -1;
    private static readonly Op Lookup = new("embedding");
    private readonly long _paddingIndex;
    private readonly bool _scaleByFrequency;
    private readonly bool _sparse;

    [ComponentName(Name = nameof(weight))]
    private Parameter? _weight;

    internal Embedding(Parameter table, long? padding_idx, double? max_norm, bool scale_grad_by_freq, bool sparse)
        : base(nameof(Embedding))
    {
        if (max_norm is not null)
            throw new NotSupportedException("This engine doesn't renormalise embeddings: leave max_norm out.");
        var rows = table.shape[0];
        if (padding_idx < -rows || padding_idx >= rows)
        {
            throw new ArgumentOutOfRangeException(
                nameof(padding_idx),
                padding_idx,
                $"padding_idx must be in {-rows}..{rows - 1}."
            );
        }
        _paddingIndex = padding_idx is { } index ? (index + rows) % rows : NoPadding;
        _scaleByFrequency = scale_grad_by_freq;
        _sparse = sparse;
        weight = table;
    }

    /// <summary>The table `[num_embeddings, embedding_dims]`.</summary>
    public Parameter? weight
    {
        get => _weight;
        set => AssignParameter(ref _weight, value ?? throw new ArgumentNullException(nameof(value)), nameof(weight));
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) =>
        Lookup.Call(_weight!, input, _paddingIndex, _scaleByFrequency, _sparse);

    internal void ClearPadding()
    {
        if (_paddingIndex == NoPadding)
            return;
        using var noGrad = no_grad();
        using var row = _weight!.select(0, _paddingIndex);
        row.zero_();
    }
}
