#include "kernels.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>
#include <omp.h>
#include <utility>
#include <vector>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace kernels {
namespace {

// The upper half of a float; rounded to nearest, ties to even.
struct BFloat16 {
    uint16_t bits;

    BFloat16() = default;
    explicit BFloat16(float value) {
        uint32_t whole;
        std::memcpy(&whole, &value, 4);
        bits = value != value ? 0x7FC0 : uint16_t((whole + 0x7FFF + ((whole >> 16) & 1)) >> 16);
    }
    explicit operator float() const {
        uint32_t whole = uint32_t(bits) << 16;
        float value;
        std::memcpy(&value, &whole, 4);
        return value;
    }
};

#define KERNELS(NAME)                                                                                     \
    const Table NAME##_table = {                                                                          \
        #NAME,                                                                                            \
        {NAME::attention<float, float>, NAME::attention<double, double>, NAME::attention<float, BFloat16>}, \
        {NAME::attention_gradient<float, float>, NAME::attention_gradient<double, double>,                \
         NAME::attention_gradient<float, BFloat16>},                                                      \
        {NAME::group_norm<float>, NAME::group_norm<double>},                                              \
        {NAME::group_norm_gradient<float>, NAME::group_norm_gradient<double>},                            \
        NAME::convolution,                                                                                \
        NAME::convolution_gradient,                                                                       \
        {NAME::sum_of_squares<float>, NAME::sum_of_squares<double>},                                      \
        {NAME::scale<float>, NAME::scale<double>},                                                        \
        {NAME::average<float>, NAME::average<double>},                                                    \
        {NAME::adam<float>, NAME::adam<double>},                                                          \
    };

#define VECTOR_BYTES 16
namespace generic {
#include "vectors.inl"
#include "attention.inl"
#include "group_norm.inl"
#include "convolution.inl"
#include "optimizer.inl"
}  // namespace generic
KERNELS(generic)
#undef VECTOR_BYTES

#ifdef __x86_64__
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define VECTOR_BYTES 32
namespace avx2 {
#include "vectors.inl"
#include "attention.inl"
#include "group_norm.inl"
#include "convolution.inl"
#include "optimizer.inl"
}  // namespace avx2
KERNELS(avx2)
#undef VECTOR_BYTES
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512")
#define VECTOR_BYTES 64
namespace avx512 {
#include "vectors.inl"
#include "attention.inl"
#include "group_norm.inl"
#include "convolution.inl"
#include "optimizer.inl"
}  // namespace avx512
KERNELS(avx512)
#undef VECTOR_BYTES
#pragma GCC pop_options
#endif

// Those that this processor can run, the best first.
std::vector<const Table*> available() {
    std::vector<const Table*> tables;
#ifdef __x86_64__
    __builtin_cpu_init();
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
    if (has_avx512) tables.push_back(&avx512_table);
    if (has_avx2) tables.push_back(&avx2_table);
#endif
    tables.push_back(&generic_table);
    return tables;
}

std::atomic<const Table*> current{available().front()};

}  // namespace

const Table& table() { return *current; }

bool use(const char* name) {
    for (const Table* one : available())
        if (std::strcmp(one->name, name) == 0) {
            current = one;
            return true;
        }
    return false;
}

}  // namespace kernels
