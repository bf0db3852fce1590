// Vectors of the width that the including file compiles for, VECTOR_BYTES. Included once for each instruction set.

template <class T, int Bytes>
struct Vector {
    typedef T type __attribute__((vector_size(Bytes)));
    typedef T unaligned __attribute__((vector_size(Bytes), aligned(alignof(T)), may_alias));
    static constexpr int lanes = Bytes / sizeof(T);
};

template <class T>
using Wide = typename Vector<T, VECTOR_BYTES>::type;

template <class T>
constexpr int kLanes = Vector<T, VECTOR_BYTES>::lanes;

template <int Bytes = VECTOR_BYTES, class T>
inline typename Vector<T, Bytes>::type load(const T* from) {
    return *reinterpret_cast<const typename Vector<T, Bytes>::unaligned*>(from);
}

template <int Bytes = VECTOR_BYTES, class T>
inline void store(T* to, typename Vector<T, Bytes>::type value) {
    *reinterpret_cast<typename Vector<T, Bytes>::unaligned*>(to) = value;
}

// The first `used` lanes; the others are 0.
template <class T>
inline Wide<T> load_some(const T* from, int used) {
    if (used == kLanes<T>) return load(from);
    Wide<T> value = {};
    for (int i = 0; i < used; i++) value[i] = from[i];
    return value;
}

template <class T>
inline void store_some(T* to, Wide<T> value, int used) {
    if (used == kLanes<T>) {
        store(to, value);
    } else {
        for (int i = 0; i < used; i++) to[i] = value[i];
    }
}

template <int Bytes = VECTOR_BYTES, class T>
inline typename Vector<T, Bytes>::type spread(T value) {
    return value - typename Vector<T, Bytes>::type{};
}

template <class V, class F, size_t... I>
inline auto folded(V values, F combine, std::index_sequence<I...>) {
    return combine(
        __builtin_shufflevector(values, values, I...), __builtin_shufflevector(values, values, (I + sizeof...(I))...));
}

// All lanes combined into one, by halves.
template <class V, class F>
inline auto fold(V values, F combine) {
    constexpr size_t lanes = sizeof(V) / sizeof(values[0]);
    if constexpr (lanes == 2) {
        return combine(values[0], values[1]);
    } else {
        return fold(folded(values, combine, std::make_index_sequence<lanes / 2>{}), combine);
    }
}

template <class V>
inline auto total(V values) {
    return fold(values, [](auto a, auto b) { return a + b; });
}

template <class V>
inline auto largest(V values) {
    return fold(values, [](auto a, auto b) { return a > b ? a : b; });
}

// 2^x for |x| ≤ 1/2
inline Wide<float> power_of_fraction(Wide<float> x) {
    Wide<float> value = spread(1.5252734e-5f);
    value = value * x + 1.5403530e-4f;
    value = value * x + 1.3333558e-3f;
    value = value * x + 9.6181291e-3f;
    value = value * x + 5.5504109e-2f;
    value = value * x + 2.4022651e-1f;
    value = value * x + 6.9314718e-1f;
    return value * x + 1.0f;
}

// 2^x by x's whole part, which becomes the exponent, and a polynomial for the rest: 1 ulp. 0 below the normal numbers.
#if VECTOR_BYTES == 64
inline Wide<float> power_of_two(Wide<float> x) {
    // Lanes whose result isn't a normal number are left out: the processor would take a hundred times as long for them.
    __mmask16 normal = _mm512_cmp_ps_mask(x, spread(-126.0f), _CMP_NLT_UQ);
    Wide<float> whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    return _mm512_maskz_scalef_ps(normal, power_of_fraction(x - whole), whole);
}
#else
inline Wide<float> power_of_two(Wide<float> x) {
    using V = Wide<float>;
    typedef int32_t Whole __attribute__((vector_size(VECTOR_BYTES)));
    const V low = spread(-126.0f), high = spread(127.0f);
    V bounded = x < low ? low : x > high ? high : x;
    // Adding 1.5·2^23 leaves no room for a fraction.
    V rounded = (bounded + 12582912.0f) - 12582912.0f;
    Whole exponent = (__builtin_convertvector(rounded, Whole) + 127) << 23;
    V result = power_of_fraction(V(bounded - rounded)) * (V)exponent;
    result = x < low ? V{} : result;
    return x == x ? result : x;
}
#endif

inline Wide<double> power_of_two(Wide<double> x) {
    Wide<double> result;
    for (int i = 0; i < kLanes<double>; i++) result[i] = std::exp2(x[i]);
    return result;
}

// 1/(1 + e^−z)
template <class T>
inline Wide<T> sigmoid(Wide<T> z) {
    return T(1) / (T(1) + power_of_two(z * T(-1.4426950408889634)));
}

// A thread's own memory, zeros at first; its parts begin on cache lines.
template <class T>
struct Scratch {
    std::vector<T> memory;
    T* next = nullptr;

    explicit Scratch(int64_t count) : memory(count + 64 / sizeof(T) * 16) { next = memory.data(); }

    T* take(int64_t count) {
        auto address = (reinterpret_cast<uintptr_t>(next) + 63) & ~uintptr_t(63);
        auto* result = reinterpret_cast<T*>(address);
        next = result + count;
        return result;
    }
};

inline int64_t padded(int64_t count, int64_t step) { return (count + step - 1) / step * step; }
