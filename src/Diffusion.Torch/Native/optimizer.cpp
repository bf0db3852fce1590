// One pass over all parameters at once, for clipping, Adam and moving averages. Parameters are cut into stretches that
// are always the same and that threads take as they come: small parameters cost no call of their own, and the results
// don't depend on the number of threads.
#include "bridge.h"
#include "kernels.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace {

using namespace bridge;

constexpr int64_t kStretch = 8192;
// Below this a second thread costs more than it saves.
constexpr int64_t kAlone = 4 * kStretch;

bool is_covered(const at::Tensor& x) {
    return x.device().is_cpu() && x.layout() == at::kStrided && !x.is_neg() &&
           (x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble) && x.is_non_overlapping_and_dense();
}

// Whether their elements lie in memory in the same order. The stride of a single row says nothing.
bool are_alike(const at::Tensor& x, const at::Tensor& y) {
    if (y.scalar_type() != x.scalar_type() || y.sizes() != x.sizes()) return false;
    for (int64_t i = 0; i < x.dim(); i++)
        if (x.size(i) != 1 && x.stride(i) != y.stride(i)) return false;
    return true;
}

int kind_of(const at::Tensor& x) { return x.scalar_type() == at::kDouble; }

// The tensors that a call writes to: it can't be made where two of them share memory.
class Written {
    struct Range {
        const char *start, *end;
    };
    std::vector<Range> ranges;
    std::vector<at::Tensor> tensors;

public:
    void add(const at::Tensor& x) {
        auto* start = static_cast<const char*>(x.data_ptr());
        if (x.numel() != 0) ranges.push_back({start, start + x.nbytes()});
        tensors.push_back(x);
    }

    bool are_apart() {
        std::sort(ranges.begin(), ranges.end(), [](Range a, Range b) { return a.start < b.start; });
        for (size_t i = 1; i < ranges.size(); i++)
            if (ranges[i].start < ranges[i - 1].end) return false;
        return true;
    }

    // Autograd refuses to go back through values that were changed since.
    void announce() const {
        for (const auto& x : tensors) x.unsafeGetTensorImpl()->bump_version();
    }
};

// Tensors of these sizes, one stretch after another.
class Stretches {
    struct Stretch {
        int64_t item, start, count;
    };
    std::vector<Stretch> all;
    int64_t elements = 0;

public:
    void add(int64_t item, int64_t size) {
        for (int64_t start = 0; start < size; start += kStretch)
            all.push_back({item, start, std::min(kStretch, size - start)});
        elements += size;
    }

    int64_t size() const { return static_cast<int64_t>(all.size()); }

    // body(number of the stretch, item, start, count), on all threads.
    template <class F>
    void each(F body) const {
        const int threads = elements <= kAlone ? 1 : at::get_num_threads();
#pragma omp parallel for schedule(dynamic, 4) num_threads(threads)
        for (int64_t i = 0; i < size(); i++) body(i, all[i].item, all[i].start, all[i].count);
    }
};

char* at_element(const at::Tensor& x, int64_t start) { return static_cast<char*>(x.data_ptr()) + start * x.itemsize(); }

// One parameter's step as the caller states it; the gradient's memory is found here.
struct AdamItem {
    void *parameter, *first, *second;
    int64_t had_gradient;
    double decay, pull, sign, beta1, beta2, epsilon, correction, rate;
};

}  // namespace

// Scales the parameters' gradients so that their joint 2-norm isn't above a limit: 1 if done, 0 if there is one that
// isn't covered.
API int32_t dt_clip_gradients(void* const* parameters, int64_t count, double limit, double epsilon, double* norm) {
    return guarded<int32_t>(-1, [&]() -> int32_t {
        std::vector<at::Tensor> gradients;
        Written written;
        Stretches stretches;
        for (int64_t i = 0; i < count; i++) {
            auto gradient = borrow(parameters[i]).grad();
            if (!gradient.defined()) continue;
            if (!is_covered(gradient)) return 0;
            stretches.add(static_cast<int64_t>(gradients.size()), gradient.numel());
            written.add(gradient);
            gradients.push_back(std::move(gradient));
        }
        if (!written.are_apart()) return 0;
        RECORD_FUNCTION("diffusion::clip_gradients", std::vector<c10::IValue>());
        const auto& table = kernels::table();
        std::vector<double> sums(stretches.size());
        stretches.each([&](int64_t at, int64_t item, int64_t start, int64_t size) {
            const auto& gradient = gradients[item];
            sums[at] = table.sum_of_squares[kind_of(gradient)](at_element(gradient, start), size);
        });
        double sum = 0;
        for (double part : sums) sum += part;
        *norm = std::sqrt(sum);
        const double factor = limit / (*norm + epsilon);
        // Not "factor < 1": a norm of NaN must reach the gradients rather than vanish.
        if (factor >= 1) return 1;
        written.announce();
        stretches.each([&](int64_t, int64_t item, int64_t start, int64_t size) {
            const auto& gradient = gradients[item];
            table.scale[kind_of(gradient)](at_element(gradient, start), size, factor);
        });
        return 1;
    });
}

// One step for all parameters that have a gradient: 1 if done, 0, with nothing changed, if there is one that isn't
// covered.
API int32_t dt_adam(AdamItem* items, int64_t count) {
    return guarded<int32_t>(-1, [&]() -> int32_t {
        std::vector<kernels::Adam> steps;
        std::vector<int> kinds;
        // Held while the kernel runs.
        std::vector<at::Tensor> gradients;
        Written written;
        Stretches stretches;
        for (int64_t i = 0; i < count; i++) {
            auto& item = items[i];
            auto parameter = borrow(item.parameter), first = borrow(item.first), second = borrow(item.second);
            auto gradient = parameter.grad();
            item.had_gradient = gradient.defined();
            if (!gradient.defined()) continue;
            if (!is_covered(parameter)) return 0;
            for (const auto& other : {gradient, first, second})
                if (!is_covered(other) || !are_alike(parameter, other)) return 0;
            for (const auto& target : {parameter, first, second}) written.add(target);
            stretches.add(static_cast<int64_t>(steps.size()), parameter.numel());
            steps.push_back({parameter.data_ptr(), first.data_ptr(), second.data_ptr(), gradient.data_ptr(), item.decay,
                             item.pull, item.sign, item.beta1, item.beta2, item.epsilon, item.correction, item.rate});
            kinds.push_back(kind_of(parameter));
            gradients.push_back(std::move(gradient));
        }
        if (!written.are_apart()) return 0;
        RECORD_FUNCTION("diffusion::adam", std::vector<c10::IValue>());
        written.announce();
        const auto& table = kernels::table();
        stretches.each([&](int64_t, int64_t item, int64_t start, int64_t size) {
            table.adam[kinds[item]](steps[item], start, size);
        });
        return 1;
    });
}

// average ← decay·average + (1 − decay)·value for pairs of tensors: 1 if done, 0, with nothing changed, if there is one
// that isn't covered.
API int32_t dt_average(void* const* averages, void* const* values, int64_t count, double decay) {
    return guarded<int32_t>(-1, [&]() -> int32_t {
        std::vector<std::pair<at::Tensor, at::Tensor>> pairs;
        Written written;
        Stretches stretches;
        for (int64_t i = 0; i < count; i++) {
            auto average = borrow(averages[i]), value = borrow(values[i]);
            if (!is_covered(average) || !is_covered(value) || !are_alike(average, value)) return 0;
            stretches.add(i, average.numel());
            written.add(average);
            pairs.emplace_back(std::move(average), std::move(value));
        }
        if (!written.are_apart()) return 0;
        RECORD_FUNCTION("diffusion::average", std::vector<c10::IValue>());
        written.announce();
        const auto& table = kernels::table();
        stretches.each([&](int64_t, int64_t item, int64_t start, int64_t size) {
            const auto& [average, value] = pairs[item];
            table.average[kind_of(average)](at_element(average, start), at_element(value, start), size, decay);
        });
        return 1;
    });
}
