// What an optimizer does to a stretch of one parameter.

// Root by lanes.
#ifdef __x86_64__
#if VECTOR_BYTES == 64
inline Wide<float> root(Wide<float> x) { return _mm512_sqrt_ps(x); }
inline Wide<double> root(Wide<double> x) { return _mm512_sqrt_pd(x); }
#elif VECTOR_BYTES == 32
inline Wide<float> root(Wide<float> x) { return _mm256_sqrt_ps(x); }
inline Wide<double> root(Wide<double> x) { return _mm256_sqrt_pd(x); }
#else
inline Wide<float> root(Wide<float> x) { return _mm_sqrt_ps(x); }
inline Wide<double> root(Wide<double> x) { return _mm_sqrt_pd(x); }
#endif
#else
template <class V>
inline V root(V x) {
    for (size_t i = 0; i < sizeof(V) / sizeof(x[0]); i++) x[i] = std::sqrt(x[i]);
    return x;
}
#endif

// Squares are taken in T, so that they overflow as libtorch's do, and summed in double precision.
template <class T>
double sum_of_squares(const void* values, int64_t count) {
    constexpr int lanes = kLanes<double>, bytes = lanes * sizeof(T);
    const T* x = static_cast<const T*>(values);
    Wide<double> sums = {};
    int64_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        auto v = load<bytes>(x + i);
        sums += __builtin_convertvector(v * v, Wide<double>);
    }
    double sum = total(sums);
    for (; i < count; i++) sum += double(x[i] * x[i]);
    return sum;
}

template <class T>
void scale(void* values, int64_t count, double factor) {
    T* x = static_cast<T*>(values);
    each(x, count, [&](int64_t i, Wide<T> v, int used) { store_some<T>(x + i, v * T(factor), used); });
}

template <class T>
void average(void* averages, const void* values, int64_t count, double decay) {
    T* mean = static_cast<T*>(averages);
    const T kept = T(decay), taken = T(1 - decay);
    each(static_cast<const T*>(values), count, [&](int64_t i, Wide<T> v, int used) {
        store_some<T>(mean + i, load_some(mean + i, used) * kept + v * taken, used);
    });
}

template <class T>
void adam(const Adam& step, int64_t start, int64_t count) {
    T* parameter = static_cast<T*>(step.parameter) + start;
    T* first = static_cast<T*>(step.first) + start;
    T* second = static_cast<T*>(step.second) + start;
    const T sign = T(step.sign), decay = T(step.decay), pull = T(step.pull), epsilon = T(step.epsilon);
    const T kept1 = T(step.beta1), taken1 = T(1 - step.beta1), kept2 = T(step.beta2), taken2 = T(1 - step.beta2);
    const T correction = T(step.correction), rate = T(step.rate);
    each(static_cast<const T*>(step.gradient) + start, count, [&](int64_t i, Wide<T> g, int used) {
        Wide<T> p = load_some(parameter + i, used) * decay, direction = g * sign;
        // Not where there is no pull: 0·∞ isn't 0.
        if (pull != 0) direction += p * pull;
        Wide<T> m = load_some(first + i, used) * kept1 + direction * taken1;
        Wide<T> v = load_some(second + i, used) * kept2 + direction * direction * taken2;
        store_some<T>(first + i, m, used);
        store_some<T>(second + i, v, used);
        store_some<T>(parameter + i, p - m / (root(v) / correction + epsilon) * rate, used);
    });
}
