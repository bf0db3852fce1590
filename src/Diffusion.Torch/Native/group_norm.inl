// Group normalisation with what stands before and after it in a residual block: one pass over memory forward, two
// backward (a group's pixels stay in the cache between its passes).

// A channel's normed value is x·slope + offset before the activation.
template <class T>
struct Affine {
    T weight, bias;
};

template <class T>
inline Affine<T> affine_of(const GroupNorm& call, int64_t batch, int64_t channel) {
    T weight = call.weight != nullptr ? static_cast<const T*>(call.weight)[channel] : T(1);
    T bias = call.bias != nullptr ? static_cast<const T*>(call.bias)[channel] : T(0);
    const int64_t at = batch * call.channels + channel;
    if (call.scale != nullptr) {
        const T scale = 1 + static_cast<const T*>(call.scale)[at];
        weight *= scale;
        bias *= scale;
    }
    if (call.shift != nullptr) bias += static_cast<const T*>(call.shift)[at];
    return {weight, bias};
}

template <class T>
inline T added(const GroupNorm& call, int64_t batch, int64_t channel) {
    return call.add != nullptr ? static_cast<const T*>(call.add)[batch * call.channels + channel] : T(0);
}

// Calls body(vector, lanes in use) for all of a row; the last vector may be partly filled, with zeros.
template <class T, class F>
inline void each(const T* row, int64_t count, F body) {
    int64_t i = 0;
    for (; i + kLanes<T> <= count; i += kLanes<T>) body(i, load(row + i), kLanes<T>);
    if (i < count) body(i, load_some(row + i, int(count - i)), int(count - i));
}

template <class T>
inline Wide<T> only(Wide<T> value, int used) {
    for (int i = used; i < kLanes<T>; i++) value[i] = 0;
    return value;
}

template <class T>
void group_norm(const GroupNorm& call) {
    const int64_t width = call.channels / call.groups, count = width * call.pixels;
#pragma omp parallel for schedule(static) num_threads(call.threads)
    for (int64_t item = 0; item < call.batches * call.groups; item++) {
        const int64_t batch = item / call.groups, first = item % call.groups * width;
        const T* x = static_cast<const T*>(call.x) + (batch * call.channels + first) * call.pixels;
        T* y = static_cast<T*>(call.y) + (batch * call.channels + first) * call.pixels;
        double sum = 0;
        for (int64_t c = 0; c < width; c++) {
            Wide<T> part = {};
            each(x + c * call.pixels, call.pixels, [&](int64_t, Wide<T> v, int) { part += v; });
            sum += double(total(part)) + double(added<T>(call, batch, first + c)) * double(call.pixels);
        }
        const T mean = T(sum / double(count));
        double squares = 0;
        for (int64_t c = 0; c < width; c++) {
            Wide<T> part = {};
            const T base = mean - added<T>(call, batch, first + c);
            each(x + c * call.pixels, call.pixels, [&](int64_t, Wide<T> v, int used) {
                Wide<T> away = v - base;
                if (used != kLanes<T>) away = only<T>(away, used);
                part += away * away;
            });
            squares += double(total(part));
        }
        const T inverse = T(1 / std::sqrt(squares / double(count) + call.epsilon));
        if (call.mean != nullptr) {
            static_cast<T*>(call.mean)[item] = mean;
            static_cast<T*>(call.inverse_deviation)[item] = inverse;
        }
        for (int64_t c = 0; c < width; c++) {
            const auto affine = affine_of<T>(call, batch, first + c);
            const T slope = affine.weight * inverse;
            const T offset = (added<T>(call, batch, first + c) - mean) * slope + affine.bias;
            T* to = y + c * call.pixels;
            each(x + c * call.pixels, call.pixels, [&](int64_t i, Wide<T> v, int used) {
                Wide<T> z = v * slope + offset;
                store_some<T>(to + i, call.silu ? z * sigmoid<T>(z) : z, used);
            });
        }
    }
}

template <class T>
void group_norm_gradient(const GroupNormGradient& gradient) {
    const GroupNorm& call = gradient.forward;
    const int64_t width = call.channels / call.groups, count = width * call.pixels;
#pragma omp parallel for schedule(static) num_threads(call.threads)
    for (int64_t item = 0; item < call.batches * call.groups; item++) {
        const int64_t batch = item / call.groups, first = item % call.groups * width;
        const int64_t start = (batch * call.channels + first) * call.pixels;
        const T* x = static_cast<const T*>(call.x) + start;
        const T* grad_y = static_cast<const T*>(gradient.grad_y) + start;
        T* grad_x = static_cast<T*>(gradient.grad_x) + start;
        T* sums = static_cast<T*>(gradient.sum) + batch * call.channels + first;
        T* sums_normed = static_cast<T*>(gradient.sum_normed) + batch * call.channels + first;
        const T mean = static_cast<const T*>(call.mean)[item];
        const T inverse = static_cast<const T*>(call.inverse_deviation)[item];
        double weighted = 0, weighted_normed = 0;
        for (int64_t c = 0; c < width; c++) {
            const auto affine = affine_of<T>(call, batch, first + c);
            const T offset = (added<T>(call, batch, first + c) - mean) * inverse;
            const T *xs = x + c * call.pixels, *dys = grad_y + c * call.pixels;
            T* dzs = grad_x + c * call.pixels;
            Wide<T> sum = {}, sum_normed = {};
            each(xs, call.pixels, [&](int64_t i, Wide<T> v, int used) {
                Wide<T> dy = load_some(dys + i, used), dz = dy;
                Wide<T> normed = v * inverse + offset;
                if (call.silu) {
                    Wide<T> z = normed * affine.weight + affine.bias, s = sigmoid<T>(z);
                    dz = dy * (s * (T(1) + z * (T(1) - s)));
                }
                store_some<T>(dzs + i, dz, used);
                sum += dz;
                sum_normed += dz * normed;
            });
            sums[c] = total(sum);
            sums_normed[c] = total(sum_normed);
            weighted += double(affine.weight) * double(sums[c]);
            weighted_normed += double(affine.weight) * double(sums_normed[c]);
        }
        const T level = T(weighted / double(count)), tilt = T(weighted_normed / double(count));
        for (int64_t c = 0; c < width; c++) {
            const T weight = affine_of<T>(call, batch, first + c).weight;
            const T offset = (added<T>(call, batch, first + c) - mean) * inverse;
            const T* xs = x + c * call.pixels;
            T* dxs = grad_x + c * call.pixels;
            Wide<T> sum = {};
            each(xs, call.pixels, [&](int64_t i, Wide<T> v, int used) {
                Wide<T> dz = load_some(dxs + i, used);
                Wide<T> dx = inverse * (dz * weight - level - (v * inverse + offset) * tilt);
                if (used != kLanes<T>) dx = only<T>(dx, used);
                store_some<T>(dxs + i, dx, used);
                sum += dx;
            });
            if (gradient.sum_x != nullptr)
                static_cast<T*>(gradient.sum_x)[batch * call.channels + first + c] = total(sum);
        }
    }
}
