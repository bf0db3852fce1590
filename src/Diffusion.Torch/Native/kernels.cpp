#include "kernels.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <numeric>
#include <omp.h>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#define MATRIX_UNIT
#include <csignal>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
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
        {NAME::float_attention<float>, NAME::attention<double, double>, NAME::float_attention<BFloat16>}, \
        {NAME::float_attention_gradient<float>, NAME::attention_gradient<double, double>,                 \
         NAME::float_attention_gradient<BFloat16>},                                                       \
        {NAME::group_norm<float>, NAME::group_norm<double>},                                              \
        {NAME::group_norm_gradient<float>, NAME::group_norm_gradient<double>},                            \
        NAME::any_convolution_pays,                                                                       \
        NAME::any_convolution,                                                                            \
        NAME::any_convolution_gradient,                                                                   \
        {NAME::sum_of_squares<float>, NAME::sum_of_squares<double>},                                      \
        {NAME::scale<float>, NAME::scale<double>},                                                        \
        {NAME::average<float>, NAME::average<double>},                                                    \
        {NAME::adam<float>, NAME::adam<double>},                                                          \
    };

#define VECTOR_BYTES 16
namespace generic {
#include "vector_kernels.inl"
}  // namespace generic
KERNELS(generic)
#undef VECTOR_BYTES

#ifdef __x86_64__
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define VECTOR_BYTES 32
namespace avx2 {
#include "vector_kernels.inl"
}  // namespace avx2
KERNELS(avx2)
#undef VECTOR_BYTES
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma,avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512")
#define VECTOR_BYTES 64
namespace avx512 {
#include "vector_kernels.inl"
}  // namespace avx512
#ifdef MATRIX_UNIT
#pragma GCC push_options
#pragma GCC target("amx-tile,amx-bf16")
#include "matrix_unit.inl"
namespace avx512 {
#include "convolution_amx.inl"
}  // namespace avx512
#pragma GCC pop_options
#endif
KERNELS(avx512)
#undef VECTOR_BYTES
#pragma GCC pop_options
#endif

#ifdef MATRIX_UNIT
// As AVX-512, but for what the matrix unit does.
const Table amx_table = [] {
    Table table = avx512_table;
    table.name = "amx";
    table.convolution_pays = avx512::convolution_by_tiles_pays;
    table.convolution = avx512::convolution_by_tiles;
    table.convolution_gradient = avx512::convolution_gradient_by_tiles;
    return table;
}();
#endif

// Those that this processor can run, the best first.
std::vector<const Table*> available() {
    std::vector<const Table*> tables;
#ifdef __x86_64__
    __builtin_cpu_init();
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
#ifdef MATRIX_UNIT
    if (has_avx512 && has_matrix_unit()) tables.push_back(&amx_table);
#endif
    if (has_avx512) tables.push_back(&avx512_table);
    if (has_avx2) tables.push_back(&avx2_table);
#endif
    tables.push_back(&generic_table);
    return tables;
}

#ifdef MATRIX_UNIT
// Whether DIFFUSION_PLAIN, names by commas, leaves the matrix unit out.
bool plain_without_matrix_unit() {
    const char* value = std::getenv("DIFFUSION_PLAIN");
    std::stringstream names(value == nullptr ? "" : value);
    for (std::string name; std::getline(names >> std::ws, name, ',');) {
        name.erase(name.find_last_not_of(' ') + 1);
        if (name == "amx" || name == "all") return true;
    }
    return false;
}
#endif

const Table* first() {
    const auto tables = available();
#ifdef MATRIX_UNIT
    if (tables.front() == &amx_table && plain_without_matrix_unit()) return tables[1];
#endif
    return tables.front();
}

std::atomic<const Table*> current{first()};

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
