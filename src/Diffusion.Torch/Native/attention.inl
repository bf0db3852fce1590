// Attention in tiles, without the score matrix: the running maximum and sum of each row are kept instead (Milakov and
// Gimelshein, arXiv:1805.02867; Dao et al., arXiv:2205.14135, Algorithms 1 and 4). Scores are in units of log 2.

// C (+)= A·B for MR rows and NV vectors of columns.
template <class T, int Bytes, int MR, int NV>
inline void multiply_tile(
    int64_t depth, const T* a, int64_t row, int64_t column, const T* b, int64_t b_row, T* c, int64_t c_row, bool add) {
    using V = typename Vector<T, Bytes>::type;
    constexpr int lanes = Vector<T, Bytes>::lanes;
    V sums[MR][NV];
#pragma GCC unroll 8
    for (int r = 0; r < MR; r++)
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) sums[r][v] = add ? load<Bytes>(c + r * c_row + v * lanes) : V{};
    for (int64_t k = 0; k < depth; k++) {
        V bs[NV];
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) bs[v] = load<Bytes>(b + k * b_row + v * lanes);
#pragma GCC unroll 8
        for (int r = 0; r < MR; r++) {
            V factor = spread<Bytes>(a[r * row + k * column]);
#pragma GCC unroll 2
            for (int v = 0; v < NV; v++) sums[r][v] += factor * bs[v];
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < MR; r++)
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) store<Bytes>(c + r * c_row + v * lanes, sums[r][v]);
}

template <class T, int Bytes, int NV>
inline void multiply_columns(
    int64_t rows, int64_t depth, const T* a, int64_t row, int64_t column, const T* b, int64_t b_row, T* c,
    int64_t c_row, bool add) {
    constexpr int tall = VECTOR_BYTES == 64 ? 8 : 4;
    int64_t r = 0;
    for (; r + tall <= rows; r += tall)
        multiply_tile<T, Bytes, tall, NV>(depth, a + r * row, row, column, b, b_row, c + r * c_row, c_row, add);
    for (; r < rows; r++)
        multiply_tile<T, Bytes, 1, NV>(depth, a + r * row, row, column, b, b_row, c + r * c_row, c_row, add);
}

// C [rows, columns] (+)= A [rows, depth]·B [depth, columns]; A by its strides; columns a multiple of half a vector.
template <class T>
void multiply(
    int64_t rows, int64_t columns, int64_t depth, const T* a, int64_t row, int64_t column, const T* b, int64_t b_row,
    T* c, int64_t c_row, bool add) {
    constexpr int lanes = kLanes<T>;
    int64_t n = 0;
    for (; n + 2 * lanes <= columns; n += 2 * lanes)
        multiply_columns<T, VECTOR_BYTES, 2>(rows, depth, a, row, column, b + n, b_row, c + n, c_row, add);
    for (; n + lanes <= columns; n += lanes)
        multiply_columns<T, VECTOR_BYTES, 1>(rows, depth, a, row, column, b + n, b_row, c + n, c_row, add);
    if (n < columns)
        multiply_columns<T, VECTOR_BYTES / 2, 1>(rows, depth, a, row, column, b + n, b_row, c + n, c_row, add);
}

template <class S>
inline const S* origin(const Operand& x, int64_t batch, int64_t head) {
    return static_cast<const S*>(x.data) + batch * x.batch + head * x.head;
}

// [rows, width] with zeros beyond the channels.
template <class T, class S>
void pack_rows(const Operand& x, const S* from, int64_t rows, int64_t channels, int64_t width, T scale, T* to) {
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t c = 0; c < channels; c++) to[i * width + c] = scale * T(from[i * x.row + c * x.channel]);
        for (int64_t c = channels; c < width; c++) to[i * width + c] = 0;
    }
}

// [channels, width]; what lies beyond the rows keeps its value.
template <class T, class S>
void pack_lanes(const Operand& x, const S* from, int64_t rows, int64_t channels, int64_t width, T* to) {
    for (int64_t c = 0; c < channels; c++)
        if (x.row == 1)
            for (int64_t i = 0; i < rows; i++) to[c * width + i] = T(from[i + c * x.channel]);
        else
            for (int64_t i = 0; i < rows; i++) to[c * width + i] = T(from[i * x.row + c * x.channel]);
}

// [channels, width] with zeros beyond the rows.
template <class T, class S>
void pack_columns(const Operand& x, const S* from, int64_t rows, int64_t channels, int64_t width, T* to) {
    pack_lanes<T>(x, from, rows, channels, width, to);
    for (int64_t c = 0; c < channels; c++) std::fill(to + c * width + rows, to + (c + 1) * width, T(0));
}

template <class T, class S>
void unpack_rows(const Operand& x, int64_t batch, int64_t head, int64_t first, int64_t rows, int64_t channels,
                 int64_t width, const T* from) {
    auto* to = const_cast<S*>(origin<S>(x, batch, head)) + first * x.row;
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < channels; c++) to[i * x.row + c * x.channel] = S(from[i * width + c]);
}

constexpr int64_t kQueryBlock = 32;
constexpr int64_t kKeyBlock = 256;
constexpr double kLog2E = 1.4426950408889634;

// One tile of scores: scaled queries times keys, then mask and padding.
template <class T>
void scores_of(const Attention& call, int64_t batch, int64_t head, int64_t first_query, int64_t queries,
               int64_t first_key, int64_t keys, const T* q, const T* k_columns, int64_t k_width, T* scores) {
    const int64_t width = padded(keys, kLanes<T>);
    multiply<T>(queries, width, call.channels, q, call.channels, 1, k_columns + first_key, k_width, scores, kKeyBlock,
                false);
    const T none = -std::numeric_limits<T>::infinity();
    for (int64_t i = 0; i < queries; i++) {
        T* row = scores + i * kKeyBlock;
        if (call.mask.data != nullptr) {
            const T* mask = origin<T>(call.mask, batch, head) + (first_query + i) * call.mask.row;
            // The lowest number is often taken for "not seen": it isn't to become an infinity, which is what "never" is.
            const T lowest = std::numeric_limits<T>::lowest() / 2;
            for (int64_t j = 0; j < keys; j++) {
                const T value = mask[(first_key + j) * call.mask.channel];
                row[j] += value < lowest && value != none ? lowest : T(kLog2E) * value;
            }
        }
        int64_t end = call.causal ? std::min(keys, std::max<int64_t>(0, first_query + i + 1 - first_key)) : keys;
        for (int64_t j = end; j < width; j++) row[j] = none;
    }
}

template <class T, class S>
void attention(const Attention& call) {
    const int64_t d = call.channels, keys = call.keys;
    const int64_t e_width = padded(call.value_channels, kLanes<T> / 2);
    const int64_t k_width = padded(keys, kKeyBlock);
    const int64_t planes = call.batches * call.heads;
    const int64_t query_blocks = (call.queries + kQueryBlock - 1) / kQueryBlock;
    // Few planes: their queries are shared out too, and every thread packs the keys for itself.
    const int64_t shares = planes >= call.threads ? 1 : std::min<int64_t>(query_blocks, call.threads);
    const T scale = T(call.scale * kLog2E);
#pragma omp parallel num_threads(call.threads)
    {
        Scratch<T> scratch(d * k_width + keys * e_width + kQueryBlock * (d + kKeyBlock + e_width + 2));
        T* k_columns = scratch.take(d * k_width);
        T* v_rows = scratch.take(keys * e_width);
        T* q = scratch.take(kQueryBlock * d);
        T* scores = scratch.take(kQueryBlock * kKeyBlock);
        T* out = scratch.take(kQueryBlock * e_width);
        T* highest = scratch.take(kQueryBlock);
        T* sums = scratch.take(kQueryBlock);
#pragma omp for schedule(static)
        for (int64_t item = 0; item < planes * shares; item++) {
            const int64_t plane = item / shares, share = item % shares;
            const int64_t batch = plane / call.heads, head = plane % call.heads;
            pack_columns<T>(call.k, origin<S>(call.k, batch, head), keys, d, k_width, k_columns);
            pack_rows<T>(call.v, origin<S>(call.v, batch, head), keys, call.value_channels, e_width, T(1), v_rows);
            const int64_t from = query_blocks * share / shares, to = query_blocks * (share + 1) / shares;
            for (int64_t block = from; block < to; block++) {
                const int64_t first = block * kQueryBlock, rows = std::min(kQueryBlock, call.queries - first);
                pack_rows<T>(call.q, origin<S>(call.q, batch, head) + first * call.q.row, rows, d, d, scale, q);
                std::fill(out, out + rows * e_width, T(0));
                std::fill(highest, highest + rows, -std::numeric_limits<T>::infinity());
                std::fill(sums, sums + rows, T(0));
                for (int64_t key = 0; key < keys; key += kKeyBlock) {
                    const int64_t count = std::min(kKeyBlock, keys - key), width = padded(count, kLanes<T>);
                    scores_of<T>(call, batch, head, first, rows, key, count, q, k_columns, k_width, scores);
                    for (int64_t i = 0; i < rows; i++) {
                        T* row = scores + i * kKeyBlock;
                        Wide<T> tops = load(row);
                        for (int64_t j = kLanes<T>; j < width; j += kLanes<T>) {
                            Wide<T> next = load(row + j);
                            tops = next > tops ? next : tops;
                        }
                        const T top = std::max(highest[i], largest(tops));
                        // A row with no key so far.
                        const T base = top == -std::numeric_limits<T>::infinity() ? T(0) : top;
                        Wide<T> sum = {};
                        for (int64_t j = 0; j < width; j += kLanes<T>) {
                            Wide<T> p = power_of_two(load(row + j) - base);
                            store(row + j, p);
                            sum += p;
                        }
                        if (key > 0 && highest[i] != top) {
                            const T fading = std::exp2(highest[i] - base);
                            for (int64_t c = 0; c < e_width; c++) out[i * e_width + c] *= fading;
                            sums[i] *= fading;
                        }
                        sums[i] += total(sum);
                        highest[i] = top;
                    }
                    multiply<T>(rows, e_width, count, scores, kKeyBlock, 1, v_rows + key * e_width, e_width, out,
                                e_width, true);
                }
                for (int64_t i = 0; i < rows; i++) {
                    // No key at all gives zeros, as newer versions of libtorch do.
                    const T inverse = sums[i] == 0 ? T(0) : 1 / sums[i];
                    for (int64_t c = 0; c < e_width; c++) out[i * e_width + c] *= inverse;
                    if (call.log_sums != nullptr)
                        static_cast<T*>(call.log_sums)[plane * call.queries + first + i] =
                            sums[i] == 0 ? T(0) : highest[i] + std::log2(sums[i]);
                }
                unpack_rows<T, S>(call.out, batch, head, first, rows, call.value_channels, e_width, out);
            }
        }
    }
}

template <class T, class S>
void attention_gradient(const AttentionGradient& gradient) {
    const Attention& call = gradient.forward;
    const int64_t d = call.channels, e = call.value_channels, keys = call.keys;
    const int64_t d_width = padded(d, kLanes<T> / 2), e_width = padded(e, kLanes<T> / 2);
    const int64_t k_width = padded(keys, kKeyBlock);
    const int64_t planes = call.batches * call.heads;
    const T scale = T(call.scale * kLog2E);
#pragma omp parallel num_threads(call.threads)
    {
        Scratch<T> scratch(
            (d + e) * k_width + k_width * (2 * d_width + e_width) +
            kQueryBlock * (d + 2 * kKeyBlock + 2 * d_width + 2 * e_width + 1));
        T* k_columns = scratch.take(d * k_width);
        T* v_columns = scratch.take(e * k_width);
        T* k_rows = scratch.take(keys * d_width);
        T* grad_k = scratch.take(keys * d_width);
        T* grad_v = scratch.take(keys * e_width);
        T* q = scratch.take(kQueryBlock * d);
        T* q_rows = scratch.take(kQueryBlock * d_width);
        T* grad_q = scratch.take(kQueryBlock * d_width);
        T* out = scratch.take(kQueryBlock * e_width);
        T* grad_out = scratch.take(kQueryBlock * e_width);
        T* p = scratch.take(kQueryBlock * kKeyBlock);
        T* ds = scratch.take(kQueryBlock * kKeyBlock);
        T* deltas = scratch.take(kQueryBlock);
#pragma omp for schedule(static)
        for (int64_t plane = 0; plane < planes; plane++) {
            const int64_t batch = plane / call.heads, head = plane % call.heads;
            pack_columns<T>(call.k, origin<S>(call.k, batch, head), keys, d, k_width, k_columns);
            pack_columns<T>(call.v, origin<S>(call.v, batch, head), keys, e, k_width, v_columns);
            pack_rows<T>(call.k, origin<S>(call.k, batch, head), keys, d, d_width, T(call.scale), k_rows);
            std::fill(grad_k, grad_k + keys * d_width, T(0));
            std::fill(grad_v, grad_v + keys * e_width, T(0));
            for (int64_t first = 0; first < call.queries; first += kQueryBlock) {
                const int64_t rows = std::min(kQueryBlock, call.queries - first);
                const S* queries = origin<S>(call.q, batch, head) + first * call.q.row;
                pack_rows<T>(call.q, queries, rows, d, d, scale, q);
                pack_rows<T>(call.q, queries, rows, d, d_width, T(call.scale), q_rows);
                pack_rows<T>(call.out, origin<S>(call.out, batch, head) + first * call.out.row, rows, e, e_width, T(1),
                             out);
                pack_rows<T>(gradient.grad_out,
                             origin<S>(gradient.grad_out, batch, head) + first * gradient.grad_out.row, rows, e,
                             e_width, T(1), grad_out);
                for (int64_t i = 0; i < rows; i++) {
                    T delta = 0;
                    for (int64_t c = 0; c < e_width; c++) delta += out[i * e_width + c] * grad_out[i * e_width + c];
                    deltas[i] = delta;
                }
                std::fill(grad_q, grad_q + rows * d_width, T(0));
                const T* log_sums = static_cast<const T*>(call.log_sums) + plane * call.queries + first;
                for (int64_t key = 0; key < keys; key += kKeyBlock) {
                    const int64_t count = std::min(kKeyBlock, keys - key), width = padded(count, kLanes<T>);
                    scores_of<T>(call, batch, head, first, rows, key, count, q, k_columns, k_width, p);
                    multiply<T>(rows, width, e, grad_out, e_width, 1, v_columns + key, k_width, ds, kKeyBlock, false);
                    for (int64_t i = 0; i < rows; i++)
                        for (int64_t j = 0; j < width; j += kLanes<T>) {
                            T *ps = p + i * kKeyBlock + j, *dss = ds + i * kKeyBlock + j;
                            Wide<T> weight = power_of_two(load(ps) - log_sums[i]);
                            store(ps, weight);
                            store(dss, weight * (load(dss) - deltas[i]));
                        }
                    multiply<T>(rows, d_width, count, ds, kKeyBlock, 1, k_rows + key * d_width, d_width, grad_q,
                                d_width, true);
                    multiply<T>(count, d_width, rows, ds, 1, kKeyBlock, q_rows, d_width, grad_k + key * d_width,
                                d_width, true);
                    multiply<T>(count, e_width, rows, p, 1, kKeyBlock, grad_out, e_width, grad_v + key * e_width,
                                e_width, true);
                }
                unpack_rows<T, S>(gradient.grad_q, batch, head, first, rows, d, d_width, grad_q);
            }
            unpack_rows<T, S>(gradient.grad_k, batch, head, 0, keys, d, d_width, grad_k);
            unpack_rows<T, S>(gradient.grad_v, batch, head, 0, keys, e, e_width, grad_v);
        }
    }
}
