// Convolution by Winograd's minimal filtering (Lavin and Gray 2016, arXiv:1509.09308): a square of outputs, 4 × 4 of kernels
// of 3 × 3 and 2 × 2 of kernels of 5 × 5, from 6 × 6 inputs by 36 products, where sums over the taps take 144 and 100. Lanes
// are channels. With the points 0, ±5/8, ±3/2 and ∞ the error is about twice that of plain sums; with the usual 0, ±1, ±2 it
// is twice as large again.

constexpr int kSide = 6, kPoints = kSide * kSide;
constexpr float kNear = 0.625f, kFar = 1.5f;
constexpr float kNear2 = kNear * kNear, kFar2 = kFar * kFar;

// Bᵀ: six inputs in a row (or column) at the points.
template <class V>
inline void inputs_at_points(const V d[kSide], V t[kSide]) {
    const V near_even = d[4] - d[2] * kFar2, near_odd = d[3] - d[1] * kFar2;
    const V far_even = d[4] - d[2] * kNear2, far_odd = d[3] - d[1] * kNear2;
    t[0] = d[4] - d[2] * (kNear2 + kFar2) + d[0] * (kNear2 * kFar2);
    t[1] = near_even + near_odd * kNear;
    t[2] = near_even - near_odd * kNear;
    t[3] = far_even + far_odd * kFar;
    t[4] = far_even - far_odd * kFar;
    t[5] = d[5] - d[3] * (kNear2 + kFar2) + d[1] * (kNear2 * kFar2);
}

// Aᵀ: the products at the points as outputs in a row.
template <int Outs, class V>
inline void outputs_of_points(const V t[kSide], V y[Outs]) {
    const V near_even = t[1] + t[2], near_odd = t[1] - t[2], far_even = t[3] + t[4], far_odd = t[3] - t[4];
    y[0] = t[0] + near_even + far_even;
    y[1] = near_odd * kNear + far_odd * kFar;
    if constexpr (Outs == 4) {
        y[2] = near_even * kNear2 + far_even * kFar2;
        y[3] = near_odd * (kNear2 * kNear) + far_odd * (kFar2 * kFar);
    }
    y[Outs - 1] += t[5];
}

// A: gradients of outputs in a row at the points.
template <int Outs, class V>
inline void gradients_at_points(const V y[Outs], V t[kSide]) {
    V near_even = y[0], near_odd = y[1] * kNear, far_even = y[0], far_odd = y[1] * kFar;
    if constexpr (Outs == 4) {
        near_even += y[2] * kNear2;
        near_odd += y[3] * (kNear2 * kNear);
        far_even += y[2] * kFar2;
        far_odd += y[3] * (kFar2 * kFar);
    }
    t[0] = y[0];
    t[1] = near_even + near_odd;
    t[2] = near_even - near_odd;
    t[3] = far_even + far_odd;
    t[4] = far_even - far_odd;
    t[5] = y[Outs - 1];
}

// What the distances of 0, ±5/8 and ±3/2 to the other points multiply to.
constexpr double kZeroDistance = kNear2 * kFar2, kNearDistance = 2 * kNear2 * (kNear2 - kFar2),
                 kFarDistance = 2 * kFar2 * (kFar2 - kNear2);

// G: weights in a row at the points.
template <int Taps, class V>
inline void weights_at_points(const V g[Taps], V t[kSide]) {
    V near_even = g[0] + g[2] * double(kNear2), near_odd = g[1], far_even = g[0] + g[2] * double(kFar2), far_odd = g[1];
    if constexpr (Taps == 5) {
        near_even += g[4] * double(kNear2 * kNear2);
        near_odd += g[3] * double(kNear2);
        far_even += g[4] * double(kFar2 * kFar2);
        far_odd += g[3] * double(kFar2);
    }
    near_even *= 1 / kNearDistance;
    near_odd *= kNear / kNearDistance;
    far_even *= 1 / kFarDistance;
    far_odd *= kFar / kFarDistance;
    t[0] = g[0] * (1 / kZeroDistance);
    t[1] = near_even + near_odd;
    t[2] = near_even - near_odd;
    t[3] = far_even + far_odd;
    t[4] = far_even - far_odd;
    t[5] = g[Taps - 1];
}

// Gᵀ: sums at the points as gradients of weights in a row.
template <int Taps, class V>
inline void weights_of_points(const V t[kSide], V g[Taps]) {
    const V near_even = (t[1] + t[2]) * (1 / kNearDistance), near_odd = (t[1] - t[2]) * (kNear / kNearDistance);
    const V far_even = (t[3] + t[4]) * (1 / kFarDistance), far_odd = (t[3] - t[4]) * (kFar / kFarDistance);
    g[0] = t[0] * (1 / kZeroDistance) + near_even + far_even;
    g[1] = near_odd + far_odd;
    g[2] = near_even * double(kNear2) + far_even * double(kFar2);
    if constexpr (Taps == 5) {
        g[3] = near_odd * double(kNear2) + far_odd * double(kFar2);
        g[4] = near_even * double(kNear2 * kNear2) + far_even * double(kFar2 * kFar2);
    }
    g[Taps - 1] += t[5];
}

// A square of To × To vectors from one of From × From by the same map for columns and rows: from(y, x) is one, and
// to(y, x, value) takes one.
template <class V, int From, int To, class F, class Map, class G>
inline void map_square(F from, Map map, G to) {
    V half[To][From];
#pragma GCC unroll 6
    for (int x = 0; x < From; x++) {
        V column[From], mapped[To];
#pragma GCC unroll 6
        for (int y = 0; y < From; y++) column[y] = from(y, x);
        map(column, mapped);
#pragma GCC unroll 6
        for (int y = 0; y < To; y++) half[y][x] = mapped[y];
    }
#pragma GCC unroll 6
    for (int y = 0; y < To; y++) {
        V mapped[To];
        map(half[y], mapped);
#pragma GCC unroll 6
        for (int x = 0; x < To; x++) to(y, x, mapped[x]);
    }
}

// lanes[i] becomes what was lane i of each.
inline void transpose_lanes(Wide<float> lanes[kLanes<float>]) {
    constexpr int count = kLanes<float>;
    Wide<float> turned[count];
    for (int stage = 1; stage < count; stage *= 2) {
#pragma GCC unroll 16
        for (int i = 0; i < count / 2; i++) {
            const Wide<float> a = lanes[i], b = lanes[i + count / 2];
#if VECTOR_BYTES == 64
            turned[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            turned[2 * i + 1] =
                __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif VECTOR_BYTES == 32
            turned[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
            turned[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
            turned[2 * i] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
            turned[2 * i + 1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
        }
#pragma GCC unroll 16
        for (int i = 0; i < count; i++) lanes[i] = turned[i];
    }
}

// Neighbouring rows of an image's plane, [rows][stride] vectors of channels; all that is in vectors here is in floats where
// memory is counted.
struct ChannelRows {
    // The image's.
    int64_t height, width;
    // Where its pixel (0, 0) lies, which may be outside.
    int64_t top, left;
    int64_t rows, stride;

    int64_t first() const { return std::max<int64_t>(0, -top); }
    int64_t end() const { return std::min(height, rows - top); }

    // Calls body(first pixel of the image, how many, where each lies) for all pixels inside, in vectors' lengths. The last
    // one overlaps the one before it.
    template <class F>
    void each(F body) const {
        constexpr int lanes = kLanes<float>;
        const int64_t begin = first() * width, finish = end() * width;
        int64_t places[lanes];
        for (int64_t next = begin; next < finish; next += lanes) {
            const int64_t pixel = std::max(begin, std::min(next, finish - lanes));
            const int used = int(std::min<int64_t>(lanes, finish - pixel));
            int64_t y = pixel / width, x = pixel % width;
            for (int i = 0; i < used; i++) {
                places[i] = (y + top) * stride + x + left;
                if (++x == width) x = 0, y++;
            }
            body(pixel, used, places);
        }
    }
};

// Channels of an image into rows; those that aren't there are zeros, and so is what lies above and below the image. What
// lies beside it is zero already and stays so.
inline void gather_channels(const ChannelRows& at, const float* image, int channels, float* rows) {
    constexpr int lanes = kLanes<float>;
    const int64_t pixels = at.height * at.width;
    const int64_t above = std::clamp<int64_t>(at.top, 0, at.rows);
    const int64_t below = std::clamp<int64_t>(at.height + at.top, above, at.rows);
    std::fill_n(rows, above * at.stride * lanes, 0.0f);
    std::fill_n(rows + below * at.stride * lanes, (at.rows - below) * at.stride * lanes, 0.0f);
    at.each([&](int64_t pixel, int used, const int64_t* places) {
        Wide<float> values[lanes] = {};
        for (int c = 0; c < channels; c++) values[c] = load_some(image + c * pixels + pixel, used);
        transpose_lanes(values);
        for (int i = 0; i < used; i++) store(rows + places[i] * lanes, values[i]);
    });
}

inline void scatter_channels(const ChannelRows& at, const float* rows, int channels, float* image) {
    constexpr int lanes = kLanes<float>;
    const int64_t pixels = at.height * at.width;
    at.each([&](int64_t pixel, int used, const int64_t* places) {
        Wide<float> values[lanes] = {};
        for (int i = 0; i < used; i++) values[i] = load(rows + places[i] * lanes);
        transpose_lanes(values);
        for (int c = 0; c < channels; c++) store_some(image + c * pixels + pixel, values[c], used);
    });
}

// How an image's outputs are cut into squares, and rows of these into blocks, at least one each, that stay in the second
// cache where a row does.
template <int Outs>
struct Squares {
    static constexpr int kTaps = kSide + 1 - Outs, kMostTall = 12;
    static constexpr int64_t kBlockBytes = 448 * 1024;

    // What is beside the images in a thread's rows of them is never written, and has to be zero from the start.

    int64_t batches, height, width, pad_height, pad_width, out_height, out_width;
    // Of an image; a block's rows, and squares at most, with room for a whole tile of sums.
    int64_t rows, columns, block_rows, block_squares;

    Squares(int64_t batches, int64_t height, int64_t width, int64_t pad_height, int64_t pad_width, int64_t channels,
            int32_t threads)
        : batches(batches), height(height), width(width), pad_height(pad_height), pad_width(pad_width),
          out_height(height + 2 * pad_height - kTaps + 1), out_width(width + 2 * pad_width - kTaps + 1),
          rows((out_height + Outs - 1) / Outs), columns((out_width + Outs - 1) / Outs) {
        const int64_t most = std::max<int64_t>(1, kBlockBytes / (kPoints * channels * int64_t(sizeof(float)) * columns));
        // So many blocks that all threads have about as many.
        const int64_t blocks = padded(std::max<int64_t>(1, (batches * rows + most - 1) / most), threads);
        block_rows = (batches * rows + blocks - 1) / blocks;
        block_squares = padded(block_rows * columns, kMostTall);
    }

    int64_t blocks() const { return (batches * rows + block_rows - 1) / block_rows; }
    int64_t piece_rows() const { return std::min(rows, block_rows); }
    int64_t in_stride() const { return columns * Outs + kTaps - 1; }
    int64_t out_stride() const { return columns * Outs; }
    int64_t in_size() const { return (piece_rows() * Outs + kTaps - 1) * in_stride() * kLanes<float>; }
    int64_t out_size() const { return piece_rows() * Outs * out_stride() * kLanes<float>; }

    // Calls body(image, its first row of squares, rows, the block's square that they begin with).
    template <class F>
    void each_piece(int64_t block, F body) const {
        const int64_t begin = block * block_rows, end = std::min(begin + block_rows, batches * rows);
        for (int64_t row = begin, next; row < end; row = next) {
            next = std::min((row / rows + 1) * rows, end);
            body(row / rows, row % rows, next - row, (row - begin) * columns);
        }
    }

    int64_t squares_of(int64_t block) const {
        return (std::min((block + 1) * block_rows, batches * rows) - block * block_rows) * columns;
    }

    ChannelRows inputs(int64_t row, int64_t count) const {
        return {height, width, pad_height - row * Outs, pad_width, count * Outs + kTaps - 1, in_stride()};
    }
    ChannelRows outputs(int64_t row, int64_t count) const {
        return {out_height, out_width, -row * Outs, 0, count * Outs, out_stride()};
    }
};

// [points][squares][channels], of one block.
struct AtPoints {
    int64_t channels, plane;
    float* values;

    AtPoints(int64_t squares, int64_t some_channels)
        // Planes a multiple of the pages apart would meet in one place of the cache.
        : channels(padded(some_channels, kLanes<float>)), plane(padded(squares * channels, 1024) + 16), values(nullptr) {}

    int64_t size() const { return kPoints * plane; }
    float* at(int64_t point, int64_t square) const { return values + point * plane + square * channels; }
};

// A block's inputs, [batches, depth, height, width], at the points. `rows` is a thread's own.
template <int Outs>
inline void block_at_points(const Squares<Outs>& squares, int64_t block, int64_t depth, const float* x, float* rows,
                            const AtPoints& to) {
    constexpr int lanes = kLanes<float>;
    const int64_t pixels = squares.height * squares.width, stride = squares.in_stride() * lanes, step = to.plane;
    squares.each_piece(block, [&](int64_t image, int64_t row, int64_t count, int64_t square) {
        for (int64_t c = 0; c < depth; c += lanes) {
            gather_channels(squares.inputs(row, count), x + (image * depth + c) * pixels,
                            int(std::min<int64_t>(lanes, depth - c)), rows);
            for (int64_t i = 0; i < count * squares.columns; i++) {
                const float* corner = rows + i / squares.columns * Outs * stride + i % squares.columns * Outs * lanes;
                float* first = to.at(0, square + i) + c;
                map_square<Wide<float>, kSide, kSide>(
                    [=](int y, int x) { return load(corner + y * stride + x * lanes); }, inputs_at_points<Wide<float>>,
                    [=](int y, int x, Wide<float> value) { store(first + (y * kSide + x) * step, value); });
            }
        }
    });
}

// Weights at the points, [points][blocks of two vectors of outputs, the last one perhaps of one][inputs][outputs].
// Transposed, inputs and outputs change places and taps turn round.
struct PointWeights {
    static constexpr int kBlock = 2 * kLanes<float>;
    const Convolution& call;
    bool transposed;
    int64_t rows, depth, plane;
    // All of it is written: zeros would take as long.
    std::unique_ptr<float[]> memory;
    float* values;

    PointWeights(const Convolution& call, bool transposed)
        : call(call), transposed(transposed), rows(padded(transposed ? call.in : call.out, kLanes<float>)),
          depth(transposed ? call.out : call.in), plane(padded(rows * depth, 1024) + 16),
          memory(new float[kPoints * plane + 16]), values(memory.get()) {}

    int64_t width(int64_t row) const { return std::min<int64_t>(kBlock, rows - row / kBlock * kBlock); }
    const float* at(int64_t point, int64_t row) const { return values + point * plane + row * depth; }

    // By all threads of a team, each its part.
    template <int Taps>
    void pack_shared() {
        constexpr int lanes = kLanes<float>, few = kLanes<double>;
        const int64_t count = transposed ? call.in : call.out;
#pragma omp for collapse(2) schedule(static)
        for (int64_t first = 0; first < rows; first += lanes)
            for (int64_t d = 0; d < depth; d++) {
                double taps[Taps * Taps][lanes] = {};
                for (int r = 0; r < std::min<int64_t>(lanes, count - first); r++) {
                    const int64_t row = first + r;
                    const float* from = call.weight + (transposed ? d * call.in + row : row * call.in + d) * Taps * Taps;
                    for (int t = 0; t < Taps * Taps; t++) taps[t][r] = from[transposed ? Taps * Taps - 1 - t : t];
                }
                const int64_t begin = first / kBlock * kBlock;
                float* to = values + begin * depth + d * width(first) + first - begin;
                for (int r = 0; r < lanes; r += few)
                    map_square<Wide<double>, Taps, kSide>(
                        [&](int y, int x) { return load(&taps[y * Taps + x][r]); },
                        weights_at_points<Taps, Wide<double>>, [&](int y, int x, Wide<double> value) {
                            store<VECTOR_BYTES / 2>(
                                to + (y * kSide + x) * plane + r,
                                __builtin_convertvector(value, Vector<float, VECTOR_BYTES / 2>::type));
                        });
            }
    }
};

// Squares × outputs: to[square][NV vectors] = Σ over inputs of from[square][input]·weights[input].
template <int MR, int NV>
inline void multiply_points(
    int64_t depth, const float* from, int64_t from_row, const float* weights, float* to, int64_t to_row) {
    using V = Wide<float>;
    constexpr int lanes = kLanes<float>;
    V sums[MR][NV] = {};
    for (int64_t d = 0; d < depth; d++, weights += NV * lanes) {
        V row[NV];
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) row[v] = load(weights + v * lanes);
#pragma GCC unroll 12
        for (int m = 0; m < MR; m++) {
            const V value = spread(from[m * from_row + d]);
#pragma GCC unroll 2
            for (int v = 0; v < NV; v++) sums[m][v] += value * row[v];
        }
    }
#pragma GCC unroll 12
    for (int m = 0; m < MR; m++)
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) store(to + m * to_row + v * lanes, sums[m][v]);
}

template <int NV>
inline void multiply_squares(
    int64_t squares, int64_t depth, const float* from, int64_t from_row, const float* weights, float* to, int64_t to_row) {
    constexpr int tall = VECTOR_BYTES == 64 ? 12 : VECTOR_BYTES == 32 ? 6 : 4, few = tall == 12 ? 4 : 2;
    static_assert(Squares<4>::kMostTall % tall == 0 && tall % few == 0);
    int64_t s = 0;
    for (; s + tall <= squares; s += tall)
        multiply_points<tall, NV>(depth, from + s * from_row, from_row, weights, to + s * to_row, to_row);
    // Beyond the last square there is room, and whatever lies there.
    for (; s < squares; s += few)
        multiply_points<few, NV>(depth, from + s * from_row, from_row, weights, to + s * to_row, to_row);
}

// The products' sums of a block as outputs, y [batches, rows, out_height, out_width].
template <int Outs>
inline void outputs_of_block(const Squares<Outs>& squares, int64_t block, int64_t rows, const AtPoints& from,
                             const float* bias, float* plane, float* y) {
    constexpr int lanes = kLanes<float>;
    const int64_t pixels = squares.out_height * squares.out_width, stride = squares.out_stride() * lanes;
    const int64_t step = from.plane;
    squares.each_piece(block, [&](int64_t image, int64_t row, int64_t count, int64_t square) {
        for (int64_t r = 0; r < rows; r += lanes) {
            const int used = int(std::min<int64_t>(lanes, rows - r));
            const Wide<float> biases = bias == nullptr ? Wide<float>{} : load_some(bias + r, used);
            for (int64_t i = 0; i < count * squares.columns; i++) {
                float* corner = plane + i / squares.columns * Outs * stride + i % squares.columns * Outs * lanes;
                const float* first = from.at(0, square + i) + r;
                map_square<Wide<float>, kSide, Outs>(
                    [=](int y, int x) { return load(first + (y * kSide + x) * step); },
                    outputs_of_points<Outs, Wide<float>>,
                    [=](int y, int x, Wide<float> value) { store(corner + y * stride + x * lanes, value + biases); });
            }
            scatter_channels(squares.outputs(row, count), plane, used, y + (image * rows + r) * pixels);
        }
    });
}

template <int Outs>
inline void convolve_by_squares(const Squares<Outs>& squares, const Convolution& call, bool transposed, const float* x,
                                const float* bias, float* y) {
    PointWeights weights(call, transposed);
    const int64_t depth = weights.depth, rows = transposed ? call.in : call.out;
#pragma omp parallel num_threads(call.threads)
    {
        AtPoints inputs(squares.block_squares, depth), sums(squares.block_squares, rows);
        Scratch<float> scratch(inputs.size() + sums.size() + squares.in_size() + squares.out_size());
        inputs.values = scratch.take(inputs.size());
        sums.values = scratch.take(sums.size());
        float* in_rows = scratch.take(squares.in_size());
        float* out_rows = scratch.take(squares.out_size());
        weights.pack_shared<Squares<Outs>::kTaps>();
#pragma omp for schedule(dynamic)
        for (int64_t block = 0; block < squares.blocks(); block++) {
            block_at_points(squares, block, depth, x, in_rows, inputs);
            for (int point = 0; point < kPoints; point++)
                for (int64_t r = 0; r < weights.rows; r += PointWeights::kBlock) {
                    const auto multiply =
                        weights.width(r) == PointWeights::kBlock ? multiply_squares<2> : multiply_squares<1>;
                    multiply(squares.squares_of(block), depth, inputs.at(point, 0), inputs.channels, weights.at(point, r),
                             sums.at(point, 0) + r, sums.channels);
                }
            outputs_of_block(squares, block, rows, sums, bias, out_rows, y);
        }
    }
}

// sums[input][NV vectors of outputs] += Σ over a block's squares of inputs·gradients, for MR inputs. The block's own sum comes
// first: one float that everything was added to would lose digits.
template <int MR, int NV>
inline void correlate_points(int64_t squares, const float* inputs, int64_t in_row, const float* grads, int64_t out_row,
                             float* sums) {
    using V = Wide<float>;
    constexpr int lanes = kLanes<float>;
    V parts[MR][NV] = {};
    for (int64_t s = 0; s < squares; s++, inputs += in_row, grads += out_row) {
        V row[NV];
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) row[v] = load(grads + v * lanes);
#pragma GCC unroll 8
        for (int m = 0; m < MR; m++) {
            const V value = spread(inputs[m]);
#pragma GCC unroll 2
            for (int v = 0; v < NV; v++) parts[m][v] += value * row[v];
        }
    }
#pragma GCC unroll 8
    for (int m = 0; m < MR; m++)
#pragma GCC unroll 2
        for (int v = 0; v < NV; v++) {
            float* to = sums + m * out_row + v * lanes;
            store(to, load(to) + parts[m][v]);
        }
}

// A block's gradients of outputs at the points, if `to` has memory; `bias`, which may be null, gets their sums added.
template <int Outs>
inline void gradients_of_block(const Squares<Outs>& squares, int64_t block, int64_t outs, const float* grad_y, float* plane,
                               double* bias, const AtPoints& to) {
    constexpr int lanes = kLanes<float>;
    const int64_t pixels = squares.out_height * squares.out_width, stride = squares.out_stride() * lanes;
    const int64_t step = to.plane;
    squares.each_piece(block, [&](int64_t image, int64_t row, int64_t count, int64_t square) {
        for (int64_t o = 0; o < outs; o += lanes) {
            const int used = int(std::min<int64_t>(lanes, outs - o));
            gather_channels(squares.outputs(row, count), grad_y + (image * outs + o) * pixels, used, plane);
            if (bias != nullptr) {
                Wide<float> sum = {};
                for (int64_t i = 0; i < count * Outs * stride; i += lanes) sum += load(plane + i);
                for (int i = 0; i < used; i++) bias[o + i] += sum[i];
            }
            if (to.values == nullptr) continue;
            for (int64_t i = 0; i < count * squares.columns; i++) {
                const float* corner = plane + i / squares.columns * Outs * stride + i % squares.columns * Outs * lanes;
                float* first = to.at(0, square + i) + o;
                map_square<Wide<float>, Outs, kSide>(
                    [=](int y, int x) { return load(corner + y * stride + x * lanes); },
                    gradients_at_points<Outs, Wide<float>>,
                    [=](int y, int x, Wide<float> value) { store(first + (y * kSide + x) * step, value); });
            }
        }
    });
}

// Sums at the points, [points][inputs][outputs] for each thread, as the gradient of the weights. By all threads of a team.
template <int Taps>
inline void gradient_of_points(const Convolution& call, const std::vector<float*>& sums, int64_t ins, int64_t outs,
                               float* grad_weight) {
    using V = Wide<double>;
    constexpr int lanes = kLanes<double>;
#pragma omp for collapse(2) schedule(static)
    for (int64_t o = 0; o < call.out; o += lanes)
        for (int64_t c = 0; c < call.in; c++) {
            auto sum_of_threads = [&](int y, int x) {
                V total = {};
                for (const float* one : sums)
                    // There may be fewer threads than were asked for.
                    if (one != nullptr)
                        total += __builtin_convertvector(
                            load<VECTOR_BYTES / 2>(one + ((y * kSide + x) * ins + c) * outs + o), V);
                return total;
            };
            map_square<V, kSide, Taps>(sum_of_threads, weights_of_points<Taps, V>, [&](int y, int x, V value) {
                for (int i = 0; i < std::min<int64_t>(lanes, call.out - o); i++)
                    grad_weight[((o + i) * call.in + c) * Taps * Taps + y * Taps + x] = float(value[i]);
            });
        }
}

template <int Outs>
inline void weight_gradient_by_squares(const Squares<Outs>& squares, const ConvolutionGradient& gradient) {
    constexpr int lanes = kLanes<float>, tall = VECTOR_BYTES == 64 ? 8 : 4;
    const Convolution& call = gradient.forward;
    const int64_t ins = padded(call.in, lanes), outs = padded(call.out, lanes);
    const bool wants_weight = gradient.grad_weight != nullptr;
    std::vector<float*> sums(call.threads);
    std::vector<std::vector<double>> biases(call.threads, std::vector<double>(outs));
#pragma omp parallel num_threads(call.threads)
    {
        double* bias = gradient.grad_bias == nullptr ? nullptr : biases[omp_get_thread_num()].data();
        AtPoints inputs(squares.block_squares, call.in), grads(squares.block_squares, call.out);
        const int64_t sum_size = kPoints * ins * outs;
        const int64_t size = wants_weight ? sum_size + inputs.size() + grads.size() + squares.in_size() : 0;
        Scratch<float> scratch(squares.out_size() + size);
        float* out_rows = scratch.take(squares.out_size());
        float *mine = nullptr, *in_rows = nullptr;
        if (wants_weight) {
            mine = sums[omp_get_thread_num()] = scratch.take(sum_size);
            inputs.values = scratch.take(inputs.size());
            grads.values = scratch.take(grads.size());
            in_rows = scratch.take(squares.in_size());
        }
#pragma omp for schedule(static)
        for (int64_t block = 0; block < squares.blocks(); block++) {
            gradients_of_block(squares, block, call.out, gradient.grad_y, out_rows, bias, grads);
            if (!wants_weight) continue;
            block_at_points(squares, block, call.in, call.x, in_rows, inputs);
            for (int point = 0; point < kPoints; point++)
                for (int64_t c = 0; c < ins; c += tall)
                    for (int64_t o = 0; o < outs; o += 2 * lanes) {
                        const auto correlate = outs - o >= 2 * lanes ? correlate_points<tall, 2> : correlate_points<tall, 1>;
                        correlate(squares.squares_of(block), inputs.at(point, 0) + c, ins, grads.at(point, 0) + o, outs,
                                  mine + (point * ins + c) * outs + o);
                    }
        }
        if (wants_weight) gradient_of_points<Squares<Outs>::kTaps>(call, sums, ins, outs, gradient.grad_weight);
    }
    if (gradient.grad_bias != nullptr)
        for (int64_t o = 0; o < call.out; o++) {
            double total = 0;
            for (const auto& bias : biases) total += bias[o];
            gradient.grad_bias[o] = float(total);
        }
}

// Squares of an image; 0 where the kernel isn't one for them.
inline int64_t squares_of_image(const Convolution& call) {
    if (call.kernel_height != call.kernel_width) return 0;
    const int64_t outs = kSide + 1 - call.kernel_height;
    if (outs != 4 && outs != 2) return 0;
    const int64_t height = call.height + 2 * call.pad_height - call.kernel_height + 1;
    const int64_t width = call.width + 2 * call.pad_width - call.kernel_width + 1;
    const int64_t squares = (height + outs - 1) / outs * ((width + outs - 1) / outs);
    // Half of what is computed has to be there.
    return 2 * height * width >= squares * outs * outs ? squares : 0;
}

// With few channels most lanes would hold zeros, and for few squares, the more the larger the weights are, their part takes
// longer than is saved. How many images there are isn't asked, so that each one's result is the same in any batch.
inline bool fits_squares(const Convolution& call) {
    return call.winograd && call.in >= 16 && call.out >= 16 &&
           squares_of_image(call) >= std::max<int64_t>(4, call.in * call.out / (128 * 128));
}

// Each thread's sums at the points are made and added up for the batch: many weights take long, and much memory.
inline bool weight_gradient_fits_squares(const Convolution& call) {
    return call.batches * squares_of_image(call) >= 32 && call.in * call.out <= 384 * 384;
}

template <int Outs>
inline void convolution_by_squares(const Convolution& call) {
    const Squares<Outs> squares(call.batches, call.height, call.width, call.pad_height, call.pad_width, call.in + call.out,
                                call.threads);
    convolve_by_squares(squares, call, false, call.x, call.bias, call.y);
}

template <int Outs>
inline void convolution_gradient_by_squares(const ConvolutionGradient& gradient) {
    const Convolution& call = gradient.forward;
    const Squares<Outs> squares(call.batches, call.height, call.width, call.pad_height, call.pad_width, call.in + call.out,
                                call.threads);
    if (gradient.grad_x != nullptr) {
        const Squares<Outs> back(call.batches, squares.out_height, squares.out_width,
                                 call.kernel_height - 1 - call.pad_height, call.kernel_width - 1 - call.pad_width,
                                 call.in + call.out, call.threads);
        convolve_by_squares(back, call, true, gradient.grad_y, nullptr, gradient.grad_x);
    }
    if (gradient.grad_weight == nullptr && gradient.grad_bias == nullptr) return;
    if (weight_gradient_fits_squares(call)) return weight_gradient_by_squares(squares, gradient);
    ConvolutionGradient rest = gradient;
    rest.grad_x = nullptr;
    convolution_gradient(rest);
}

inline bool any_convolution_pays(const Convolution& call) { return fits_squares(call) || convolution_pays(call); }

inline void any_convolution(const Convolution& call) {
    if (!fits_squares(call)) return convolution(call);
    call.kernel_height == 3 ? convolution_by_squares<4>(call) : convolution_by_squares<2>(call);
}

inline void any_convolution_gradient(const ConvolutionGradient& gradient) {
    if (!fits_squares(gradient.forward)) return convolution_gradient(gradient);
    gradient.forward.kernel_height == 3 ? convolution_gradient_by_squares<4>(gradient)
                                        : convolution_gradient_by_squares<2>(gradient);
}
