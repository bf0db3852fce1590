using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A linear layer, `y = x·Wᵀ + b`.</summary>
        /// <param name="inputSize">Size of the input's last dimension.</param>
        /// <param name="outputSize">Size of the result's last dimension.</param>
        /// <param name="hasBias">Whether there is a b.</param>
        /// <param name="device">Where the parameters are.</param>
        /// <param name="dtype">Their type.</param>
        public static Linear Linear(
            long inputSize,
            long outputSize,
            bool hasBias = true,
            Device? device = null,
            ScalarType? dtype = null
        ) => new(inputSize, outputSize, hasBias, device, dtype);

        /// <summary>A linear layer that owns the given parameters.</summary>
        /// <param name="weight">The matrix `[out, in]`.</param>
        /// <param name="bias">The vector `[out]`, or null.</param>
        public static Linear Linear(Parameter weight, Parameter? bias = null)
        {
            ArgumentNullException.ThrowIfNull(weight);
            return new Linear(weight, bias);
        }

        /// <summary>A table of vectors, looked up by integers.</summary>
        /// <param name="num_embeddings">How many vectors.</param>
        /// <param name="embedding_dims">Their size.</param>
        /// <param name="padding_idx">An entry that stays 0 and isn't trained, or null.</param>
        /// <param name="max_norm">Not supported: leave it out.</param>
        /// <param name="norm_type">Only used with <paramref name="max_norm"/>.</param>
        /// <param name="scale_grad_by_freq">Whether gradients are divided by how often an entry was looked up.</param>
        /// <param name="sparse">Whether the gradient is a sparse tensor.</param>
        /// <param name="device">Where the table is.</param>
        /// <param name="dtype">Its type.</param>
        public static Embedding Embedding(
            long num_embeddings,
            long embedding_dims,
            long? padding_idx = null,
            double? max_norm = null,
            double norm_type = 2.0,
            bool scale_grad_by_freq = false,
            bool sparse = false,
            Device? device = null,
            ScalarType? dtype = null
        )
        {
            var table = new Parameter(empty([num_embeddings, embedding_dims], dtype: dtype, device: device));
            init.normal_(table);
            var embedding = new Embedding(table, padding_idx, max_norm, scale_grad_by_freq, sparse);
            embedding.ClearPadding();
            return embedding;
        }

        /// <summary>A table of given vectors.</summary>
        /// <param name="embeddings">The table `[entries, size]`, which is copied.</param>
        /// <param name="freeze">Whether it isn't trained.</param>
        /// <param name="padding_idx">An entry that isn't trained, or null.</param>
        /// <param name="max_norm">Not supported: leave it out.</param>
        /// <param name="norm_type">Only used with <paramref name="max_norm"/>.</param>
        /// <param name="scale_grad_by_freq">Whether gradients are divided by how often an entry was looked up.</param>
        /// <param name="sparse">Whether the gradient is a sparse tensor.</param>
        /// <param name="device">Where the table is.</param>
        /// <param name="dtype">Its type.</param>
        public static Embedding Embedding_from_pretrained(
            Tensor embeddings,
            bool freeze = true,
            long? padding_idx = null,
            double? max_norm = null,
            double norm_type = 2.0,
            bool scale_grad_by_freq = false,
            bool sparse = false,
            Device? device = null,
            ScalarType? dtype = null
        )
        {
            ArgumentNullException.ThrowIfNull(embeddings);
            using var noGrad = no_grad();
            var copy = embeddings.to(dtype ?? embeddings.dtype, device ?? embeddings.device, copy: true);
            return new Embedding(new Parameter(copy, !freeze), padding_idx, max_norm, scale_grad_by_freq, sparse);
        }
    }
}
