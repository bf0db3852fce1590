using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>What Adam and AdamW remember of one parameter.</summary>
internal interface IAdamState
{
    Parameter Parameter { get; }

    long Step { get; set; }

    Tensor First { get; }

    Tensor Second { get; }
}
