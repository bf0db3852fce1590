namespace TorchSharp;

public static partial class torch
{
    public static Tensor bernoulli(Tensor input, Generator? generator = null) => NotNull(input).bernoulli(generator);

    public static Tensor multinomial(
        Tensor input,
        long num_samples,
        bool replacement = false,
        Generator? generator = null
    ) => NotNull(input).multinomial(num_samples, replacement, generator);

    public static Tensor poisson(Tensor input, Generator? generator = null) => NotNull(input).poisson(generator);

    public static Tensor binomial(Tensor count, Tensor probs, Generator? generator = null) =>
        NotNull(count).binomial(NotNull(probs), generator);
}
