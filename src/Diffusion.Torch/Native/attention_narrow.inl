// Attention of at most kNarrow channels without a mask, as the heads of small networks have it. The lanes of a vector are
// queries: a tile of queries stays in registers with its sums, one key after the other passes by, and nothing is summed
// across lanes.

constexpr int kNarrow = 8;

// With vectors of four the general way is faster.
inline bool is_narrow(const Attention& call) {
    return VECTOR_BYTES >= 32 && call.channels <= kNarrow && call.value_channels <= kNarrow &&
           call.mask.data == nullptr && !call.causal;
}

template <class S>
void unpack_lanes(const Operand& x, S* to, int64_t rows, int64_t channels, int64_t width, const float* from) {
    for (int64_t c = 0; c < channels; c++)
        if (x.row == 1)
            for (int64_t i = 0; i < rows; i++) to[i + c * x.channel] = S(from[c * width + i]);
        else
            for (int64_t i = 0; i < rows; i++) to[i * x.row + c * x.channel] = S(from[c * width + i]);
}

// Scores of all keys for NV vectors of queries, [keys][NV vectors]; gives each query's highest one.
template <int NV>
inline void narrow_scores(int64_t keys, const float* k_rows, const float* q, float* scores, Wide<float>* highest) {
    using V = Wide<float>;
    constexpr int lanes = kLanes<float>;
    V queries[kNarrow][NV], tops[NV];
#pragma GCC unroll 8
    for (int c = 0; c < kNarrow; c++)
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) queries[c][v] = load(q + (c * NV + v) * lanes);
#pragma GCC unroll 2
    for (int v = 0; v < NV; v++) tops[v] = spread(-std::numeric_limits<float>::infinity());
    for (int64_t key = 0; key < keys; key++, k_rows += kNarrow, scores += NV * lanes)
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) {
            V score = k_rows[0] * queries[0][v];
#pragma GCC unroll 8
            for (int c = 1; c < kNarrow; c++) score += k_rows[c] * queries[c][v];
            store(scores + v * lanes, score);
            tops[v] = score > tops[v] ? score : tops[v];
        }
#pragma GCC unroll 2
    for (int v = 0; v < NV; v++) highest[v] = tops[v];
}

// Σ 2^(score − highest) over the keys, and the same sum times the values, [channels][NV vectors].
template <int NV>
inline void narrow_sums(
    int64_t keys, const float* scores, const float* v_rows, const Wide<float>* highest, Wide<float>* sums, float* out) {
    using V = Wide<float>;
    constexpr int lanes = kLanes<float>;
    V totals[NV] = {}, outs[kNarrow][NV] = {};
    for (int64_t key = 0; key < keys; key++, v_rows += kNarrow, scores += NV * lanes)
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) {
            const V p = power_of_two(load(scores + v * lanes) - highest[v]);
            totals[v] += p;
#pragma GCC unroll 8
            for (int c = 0; c < kNarrow; c++) outs[c][v] += v_rows[c] * p;
        }
#pragma GCC unroll 2
    for (int v = 0; v < NV; v++) {
        sums[v] = totals[v];
#pragma GCC unroll 8
        for (int c = 0; c < kNarrow; c++) store(out + (c * NV + v) * lanes, outs[c][v] / totals[v]);
    }
}

// Where one thread works on a plane.
struct NarrowPlane {
    float *k_rows, *v_rows, *scores, *q, *out;
};

// NV vectors of queries, from `first` on.
template <int NV, class S>
void narrow_queries(const Attention& call, int64_t plane, int64_t first, const NarrowPlane& at) {
    constexpr int lanes = kLanes<float>, width = NV * lanes;
    const int64_t batch = plane / call.heads, head = plane % call.heads;
    const int64_t count = std::min<int64_t>(width, call.queries - first);
    pack_lanes<float>(call.q, origin<S>(call.q, batch, head) + first * call.q.row, count, call.channels, width, at.q);
    std::fill(at.q + call.channels * width, at.q + kNarrow * width, 0.0f);
    Wide<float> highest[NV], sums[NV];
    narrow_scores<NV>(call.keys, at.k_rows, at.q, at.scores, highest);
    narrow_sums<NV>(call.keys, at.scores, at.v_rows, highest, sums, at.out);
    unpack_lanes<S>(
        call.out, const_cast<S*>(origin<S>(call.out, batch, head)) + first * call.out.row, count, call.value_channels,
        width, at.out);
    if (call.log_sums == nullptr) return;
    auto* log_sums = static_cast<float*>(call.log_sums) + plane * call.queries + first;
    for (int64_t i = 0; i < count; i++)
        log_sums[i] = highest[i / lanes][i % lanes] + std::log2(sums[i / lanes][i % lanes]);
}

template <class S>
void narrow_attention(const Attention& call) {
    constexpr int lanes = kLanes<float>, vectors = VECTOR_BYTES == 64 ? 2 : 1, block = vectors * lanes;
    const int64_t keys = call.keys, planes = call.batches * call.heads, blocks = (call.queries + block - 1) / block;
    const int64_t shares = planes >= call.threads ? 1 : std::min<int64_t>(blocks, call.threads);
    const float scale = float(call.scale * kLog2E);
#pragma omp parallel num_threads(call.threads)
    {
        Scratch<float> scratch(keys * (2 * kNarrow + block) + 2 * kNarrow * block);
        const NarrowPlane at{scratch.take(keys * kNarrow), scratch.take(keys * kNarrow), scratch.take(keys * block),
                             scratch.take(kNarrow * block), scratch.take(kNarrow * block)};
#pragma omp for schedule(static)
        for (int64_t item = 0; item < planes * shares; item++) {
            const int64_t plane = item / shares, share = item % shares;
            const int64_t batch = plane / call.heads, head = plane % call.heads;
            pack_rows<float>(call.k, origin<S>(call.k, batch, head), keys, call.channels, kNarrow, scale, at.k_rows);
            pack_rows<float>(
                call.v, origin<S>(call.v, batch, head), keys, call.value_channels, kNarrow, 1.0f, at.v_rows);
            const int64_t from = blocks * share / shares, to = blocks * (share + 1) / shares;
            for (int64_t first = from * block; first < std::min(to * block, call.queries); first += block)
                if (call.queries - first > lanes)
                    narrow_queries<vectors, S>(call, plane, first, at);
                else
                    narrow_queries<1, S>(call, plane, first, at);
        }
    }
}

// For one vector of queries and all keys: weights p and gradients of the scores, [keys][row], and the gradient of the
// queries, [channels][row].
inline void narrow_score_gradients(
    int64_t keys, const float* k_rows, const float* v_rows, const float* q, const float* grad_out, int64_t row,
    Wide<float> log_sums, Wide<float> deltas, float* p, float* ds, float* grad_q) {
    using V = Wide<float>;
    V queries[kNarrow], grads[kNarrow], sums[kNarrow] = {};
#pragma GCC unroll 8
    for (int c = 0; c < kNarrow; c++) {
        queries[c] = load(q + c * row);
        grads[c] = load(grad_out + c * row);
    }
    for (int64_t key = 0; key < keys; key++, k_rows += kNarrow, v_rows += kNarrow, p += row, ds += row) {
        V score = k_rows[0] * queries[0] - log_sums, change = v_rows[0] * grads[0] - deltas;
#pragma GCC unroll 8
        for (int c = 1; c < kNarrow; c++) {
            score += k_rows[c] * queries[c];
            change += v_rows[c] * grads[c];
        }
        const V weight = power_of_two(score);
        change *= weight;
        store(p, weight);
        store(ds, change);
#pragma GCC unroll 8
        for (int c = 0; c < kNarrow; c++) sums[c] += k_rows[c] * change;
    }
#pragma GCC unroll 8
    for (int c = 0; c < kNarrow; c++) store(grad_q + c * row, sums[c]);
}

template <class S>
void narrow_attention_gradient(const AttentionGradient& gradient) {
    constexpr int lanes = kLanes<float>, block = kQueryBlock;
    static_assert(block % lanes == 0);
    const Attention& call = gradient.forward;
    const int64_t keys = call.keys, d = call.channels, e = call.value_channels, planes = call.batches * call.heads;
    // Keys in units of log 2: what that does to the gradients is undone in the end.
    const float scale = float(call.scale * kLog2E), back = float(call.scale), undo = float(1 / kLog2E);
#pragma omp parallel num_threads(call.threads)
    {
        Scratch<float> scratch(keys * (4 * kNarrow + 2 * block) + (6 * kNarrow + 1) * block);
        float* k_rows = scratch.take(keys * kNarrow);
        float* v_rows = scratch.take(keys * kNarrow);
        float* grad_k = scratch.take(keys * kNarrow);
        float* grad_v = scratch.take(keys * kNarrow);
        float* p = scratch.take(keys * block);
        float* ds = scratch.take(keys * block);
        float* q = scratch.take(kNarrow * block);
        float* q_rows = scratch.take(kNarrow * block);
        float* out = scratch.take(kNarrow * block);
        float* grad_out = scratch.take(kNarrow * block);
        float* grad_out_rows = scratch.take(kNarrow * block);
        float* grad_q = scratch.take(kNarrow * block);
        float* log_sums = scratch.take(block);
#pragma omp for schedule(static)
        for (int64_t plane = 0; plane < planes; plane++) {
            const int64_t batch = plane / call.heads, head = plane % call.heads;
            pack_rows<float>(call.k, origin<S>(call.k, batch, head), keys, d, kNarrow, scale, k_rows);
            pack_rows<float>(call.v, origin<S>(call.v, batch, head), keys, e, kNarrow, 1.0f, v_rows);
            std::fill_n(grad_k, keys * kNarrow, 0.0f);
            std::fill_n(grad_v, keys * kNarrow, 0.0f);
            for (int64_t first = 0; first < call.queries; first += block) {
                const int64_t count = std::min<int64_t>(block, call.queries - first);
                const S* queries = origin<S>(call.q, batch, head) + first * call.q.row;
                const S* grads = origin<S>(gradient.grad_out, batch, head) + first * gradient.grad_out.row;
                const float* sums = static_cast<const float*>(call.log_sums) + plane * call.queries + first;
                if (count < block)
                    for (float* lane : {q, q_rows, out, grad_out, grad_out_rows}) std::fill_n(lane, kNarrow * block, 0.0f);
                pack_lanes<float>(call.q, queries, count, d, block, q);
                pack_rows<float>(call.q, queries, count, d, kNarrow, back, q_rows);
                pack_lanes<float>(call.out, origin<S>(call.out, batch, head) + first * call.out.row, count, e, block, out);
                pack_lanes<float>(gradient.grad_out, grads, count, e, block, grad_out);
                pack_rows<float>(gradient.grad_out, grads, count, e, kNarrow, 1.0f, grad_out_rows);
                std::copy_n(sums, count, log_sums);
                for (int64_t i = 0; i < count; i += lanes) {
                    Wide<float> delta = {};
                    for (int64_t c = 0; c < e; c++) delta += load(out + c * block + i) * load(grad_out + c * block + i);
                    narrow_score_gradients(
                        keys, k_rows, v_rows, q + i, grad_out + i, block, load(log_sums + i), delta, p + i, ds + i,
                        grad_q + i);
                }
                multiply<float>(keys, kNarrow, count, ds, block, 1, q_rows, kNarrow, grad_k, kNarrow, true);
                multiply<float>(keys, kNarrow, count, p, block, 1, grad_out_rows, kNarrow, grad_v, kNarrow, true);
                for (int64_t i = 0; i < kNarrow * block; i++) grad_q[i] *= undo;
                unpack_lanes<S>(
                    gradient.grad_q, const_cast<S*>(origin<S>(gradient.grad_q, batch, head)) + first * gradient.grad_q.row,
                    count, d, block, grad_q);
            }
            unpack_rows<float, S>(gradient.grad_k, batch, head, 0, keys, d, kNarrow, grad_k);
            unpack_rows<float, S>(gradient.grad_v, batch, head, 0, keys, e, kNarrow, grad_v);
        }
    }
}

template <class S>
void float_attention(const Attention& call) {
    is_narrow(call) ? narrow_attention<S>(call) : attention<float, S>(call);
}

template <class S>
void float_attention_gradient(const AttentionGradient& gradient) {
    is_narrow(gradient.forward) ? narrow_attention_gradient<S>(gradient) : attention_gradient<float, S>(gradient);
}
