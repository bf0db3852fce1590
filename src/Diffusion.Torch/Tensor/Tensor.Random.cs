using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op bernoulliInPlaceFloatOp = new("bernoulli_", "float");
        private static readonly Op bernoulliInPlaceTensorOp = new("bernoulli_", "Tensor");
        private static readonly Op bernoulliOp = new("bernoulli");
        private static readonly Op binomialOp = new("binomial");
        private static readonly Op cauchyInPlaceOp = new("cauchy_");
        private static readonly Op exponentialInPlaceOp = new("exponential_");
        private static readonly Op geometricInPlaceOp = new("geometric_");
        private static readonly Op logNormalInPlaceOp = new("log_normal_");
        private static readonly Op multinomialOp = new("multinomial");
        private static readonly Op normalInPlaceOp = new("normal_");
        private static readonly Op poissonOp = new("poisson");
        private static readonly Op randomInPlaceFromOp = new("random_", "from");
        private static readonly Op uniformInPlaceOp = new("uniform_");

        public Tensor bernoulli(torch.Generator? generator = null) => bernoulliOp.Call(this, generator);

        public Tensor bernoulli_(double p = 0.5, torch.Generator? generator = null) =>
            bernoulliInPlaceFloatOp.InPlace(this, p, generator);

        public Tensor bernoulli_(Tensor p, torch.Generator? generator = null) =>
            bernoulliInPlaceTensorOp.InPlace(this, p, generator);

        public Tensor multinomial(long num_samples, bool replacement = false, torch.Generator? generator = null) =>
            multinomialOp.Call(this, num_samples, replacement, generator);

        public Tensor poisson(torch.Generator? generator = null) => poissonOp.Call(this, generator);

        public Tensor binomial(Tensor prob, torch.Generator? generator = null) =>
            binomialOp.Call(this, prob, generator);

        public Tensor cauchy_(double median = 0.0, double sigma = 1.0, torch.Generator? generator = null) =>
            cauchyInPlaceOp.InPlace(this, median, sigma, generator);

        public Tensor exponential_(double lambda = 1.0, torch.Generator? generator = null) =>
            exponentialInPlaceOp.InPlace(this, lambda, generator);

        public Tensor geometric_(double p, torch.Generator? generator = null) =>
            geometricInPlaceOp.InPlace(this, p, generator);

        public Tensor normal_(double mean = 0.0, double std = 1.0, torch.Generator? generator = null) =>
            normalInPlaceOp.InPlace(this, mean, std, generator);

        public Tensor log_normal_(double mean = 0.0, double std = 1.0, torch.Generator? generator = null) =>
            logNormalInPlaceOp.InPlace(this, mean, std, generator);

        public Tensor random_(double from, double to, torch.Generator? generator = null) =>
            randomInPlaceFromOp.InPlace(this, (long)from, (long?)to, generator);

        public Tensor uniform_(double from, double to, torch.Generator? generator = null) =>
            uniformInPlaceOp.InPlace(this, from, to, generator);
    }
}
