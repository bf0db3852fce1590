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

template <int Bytes = VECTOR_BYTES, class T>
inline typename Vector<T, Bytes>::type spread(T value) {
    return value - typename Vector<T, Bytes>::type{};
}

template <class V>
inline auto total(V values) {
    auto sum = values[0];
    for (size_t i = 1; i < sizeof(V) / sizeof(values[0]); i++) sum += values[i];
    return sum;
}

// 2^x by x's whole part, which becomes the exponent, and a polynomial for the rest: 1 ulp. 0 below the normal numbers.
inline Wide<float> power_of_two(Wide<float> x) {
    using V = Wide<float>;
    typedef int32_t Whole __attribute__((vector_size(VECTOR_BYTES)));
    const V low = spread(-126.0f), high = spread(127.0f);
    V bounded = x < low ? low : x > high ? high : x;
    // Adding 1.5·2^23 leaves no room for a fraction.
    V rounded = (bounded + 12582912.0f) - 12582912.0f;
    V rest = bounded - rounded;
    V value = spread(1.5252734e-5f);
    value = value * rest + 1.5403530e-4f;
    value = value * rest + 1.3333558e-3f;
    value = value * rest + 9.6181291e-3f;
    value = value * rest + 5.5504109e-2f;
    value = value * rest + 2.4022651e-1f;
    value = value * rest + 6.9314718e-1f;
    value = value * rest + 1.0f;
    Whole exponent = (__builtin_convertvector(rounded, Whole) + 127) << 23;
    V result = value * (V)exponent;
    result = x < low ? V{} : result;
    return x == x ? result : x;
}

inline Wide<double> power_of_two(Wide<double> x) {
    Wide<double> result;
    for (int i = 0; i < kLanes<double>; i++) result[i] = std::exp2(x[i]);
    return result;
}
