namespace TorchSharp;

public static partial class torch
{
    public static Tensor softmax(Tensor input, int dim, ScalarType? dtype = null) => NotNull(input).softmax(dim, dtype);

    public static Tensor sigmoid(Tensor input) => NotNull(input).sigmoid();

    public static Tensor sigmoid_(Tensor input) => NotNull(input).sigmoid_();
}
