// Loops over plain memory, without libtorch: compiled once for each instruction set, chosen at run time.
#pragma once
#include <cstdint>

namespace kernels {

// What memory holds. Half precision is only stored: all arithmetic on it is float's.
enum Element : int32_t { kFloat = 0, kDoubleFloat = 1, kBFloat16 = 2 };

// One operand [batch, heads, rows, channels] by its strides, in elements.
struct Operand {
    void* data;
    int64_t batch, head, row, channel;
};

// softmax(Q Kᵀ·scale + mask) V; `mask`, of the arithmetic's type, is added where its data isn't null.
struct Attention {
    int64_t batches, heads, queries, keys, channels, value_channels;
    double scale;
    bool causal;
    int32_t threads;
    Operand q, k, v, out, mask;
    // Each row's log₂ Σ 2^score, [batch, heads, queries] in the arithmetic's type; null where no gradient is wanted.
    void* log_sums;
};

struct AttentionGradient {
    Attention forward;
    Operand grad_out, grad_q, grad_k, grad_v;
};

// act((x + add − mean)/deviation·weight·(1 + scale) + (bias·(1 + scale) + shift)) over groups of channels,
// x [batch, channels, pixels] dense. `add`, `scale` and `shift` are [batch, channels]; all but x may be null.
struct GroupNorm {
    int64_t batches, channels, groups, pixels;
    double epsilon;
    bool silu;
    int32_t threads;
    const void *x, *add, *weight, *bias, *scale, *shift;
    void *y, *mean, *inverse_deviation;
};

// `sum` and `sum_normed` are Σ dz and Σ dz·(normed x) over a channel's pixels; `sum_x`, may be null, is Σ dx.
struct GroupNormGradient {
    GroupNorm forward;
    const void* grad_y;
    void *grad_x, *sum, *sum_normed, *sum_x;
};

// Convolution by 1 pixel a step, x [batch, in, height, width], weight [out, in, kernel_height, kernel_width], in float.
// The padding is smaller than the kernel. `bias` may be null. `winograd`: whether that is allowed.
struct Convolution {
    int64_t batches, in, out, height, width, kernel_height, kernel_width, pad_height, pad_width;
    int32_t threads;
    bool winograd;
    const float *x, *weight, *bias;
    float* y;
};

// Null for what isn't wanted; those of weight and bias are written, not added to.
struct ConvolutionGradient {
    Convolution forward;
    const float* grad_y;
    float *grad_x, *grad_weight, *grad_bias;
};

// One step of Adam on a parameter: θ ← θ·decay, g ← sign·gradient + pull·θ, m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
// θ ← θ − rate·m/(√v/correction + ε).
struct Adam {
    void *parameter, *first, *second;
    const void* gradient;
    double decay, pull, sign, beta1, beta2, epsilon, correction, rate;
};

struct Table {
    const char* name;
    void (*attention[3])(const Attention&);
    void (*attention_gradient[3])(const AttentionGradient&);
    void (*group_norm[2])(const GroupNorm&);
    void (*group_norm_gradient[2])(const GroupNormGradient&);
    // Whether libtorch would need longer.
    bool (*convolution_pays)(const Convolution&);
    void (*convolution)(const Convolution&);
    void (*convolution_gradient)(const ConvolutionGradient&);
    double (*sum_of_squares[2])(const void* values, int64_t count);
    void (*scale[2])(void* values, int64_t count, double factor);
    void (*average[2])(void* averages, const void* values, int64_t count, double decay);
    void (*adam[2])(const Adam&, int64_t start, int64_t count);
};

// In use: at first the best for this processor.
const Table& table();

// Takes the table of a name (amx, avx512, avx2, generic), if this processor can run it.
bool use(const char* name);

}  // namespace kernels
