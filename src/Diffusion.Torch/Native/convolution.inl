// Convolution as a sum over shifted views of a padded image: for each kernel tap and input channel, one row of pixels
// times one weight an output channel. Neighbouring rows share their padding, so that a tap is a fixed distance.

constexpr int kTall = VECTOR_BYTES == 64 ? 8 : 4;
constexpr int kLong = VECTOR_BYTES == 16 ? 2 : 3;

// Where the pixels of a padded image lie: rows of `stride`, the padding to the right being the next row's to the left.
struct Plane {
    int64_t height, width, pad_height, pad_width, kernel_height, kernel_width;
    int64_t stride, out_height, out_width, vectors, size;

    Plane(int64_t height, int64_t width, int64_t kernel_height, int64_t kernel_width, int64_t pad_height,
          int64_t pad_width)
        : height(height), width(width), pad_height(pad_height), pad_width(pad_width), kernel_height(kernel_height),
          kernel_width(kernel_width) {
        stride = width + pad_width;
        out_height = height + 2 * pad_height - kernel_height + 1;
        out_width = width + 2 * pad_width - kernel_width + 1;
        vectors = (out_height * stride + kLanes<float> - 1) / kLanes<float>;
        // The last vector's last tap.
        size = padded(vectors * kLanes<float> + (kernel_height - 1) * stride + kernel_width, kLanes<float>);
        size = std::max(size, padded((height + 2 * pad_height) * stride + pad_width, kLanes<float>));
    }

    std::vector<int64_t> taps() const {
        std::vector<int64_t> offsets;
        for (int64_t y = 0; y < kernel_height; y++)
            for (int64_t x = 0; x < kernel_width; x++) offsets.push_back(y * stride + x);
        return offsets;
    }

    // The padding of `to` is zero already and stays so.
    void pad(const float* from, float* to) const {
        for (int64_t y = 0; y < height; y++)
            std::copy(from + y * width, from + (y + 1) * width, to + (y + pad_height) * stride + pad_width);
    }
};

// [blocks of kTall outputs][inputs][taps][kTall]. Transposed, inputs and outputs change places and taps turn round.
inline std::vector<float> packed_weights(const Convolution& call, bool transposed) {
    const int64_t taps = call.kernel_height * call.kernel_width;
    const int64_t rows = transposed ? call.in : call.out, depth = transposed ? call.out : call.in;
    std::vector<float> packed(padded(rows, kTall) * depth * taps);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t d = 0; d < depth; d++) {
            const float* from = call.weight + (transposed ? d * call.in + r : r * call.in + d) * taps;
            float* to = packed.data() + (r / kTall * depth + d) * taps * kTall + r % kTall;
            for (int64_t t = 0; t < taps; t++) to[t * kTall] = from[transposed ? taps - 1 - t : t];
        }
    return packed;
}

// kTall output channels of NV vectors of pixels.
template <int NV>
inline void convolve_tile(
    int64_t depth, int64_t taps, const int64_t* offsets, const float* x, int64_t plane, const float* weights,
    const float* bias, float* y, int64_t y_row) {
    using V = Wide<float>;
    constexpr int lanes = kLanes<float>;
    V sums[kTall][NV];
#pragma GCC unroll 8
    for (int r = 0; r < kTall; r++)
#pragma GCC unroll 3
        for (int v = 0; v < NV; v++) sums[r][v] = spread(bias[r]);
    for (int64_t d = 0; d < depth; d++, x += plane)
        for (int64_t t = 0; t < taps; t++, weights += kTall) {
            const float* from = x + offsets[t];
            V pixels[NV];
#pragma GCC unroll 3
            for (int v = 0; v < NV; v++) pixels[v] = load(from + v * lanes);
#pragma GCC unroll 8
            for (int r = 0; r < kTall; r++) {
                V weight = spread(weights[r]);
#pragma GCC unroll 3
                for (int v = 0; v < NV; v++) sums[r][v] += weight * pixels[v];
            }
        }
#pragma GCC unroll 8
    for (int r = 0; r < kTall; r++)
#pragma GCC unroll 3
        for (int v = 0; v < NV; v++) store(y + r * y_row + v * lanes, sums[r][v]);
}

// One image: x [depth] planes, y [rows, out_height, out_width].
inline void convolve_image(
    const Plane& plane, const std::vector<int64_t>& offsets, int64_t depth, int64_t rows, const float* x,
    const std::vector<float>& weights, const float* bias, float* buffer, float* y) {
    constexpr int lanes = kLanes<float>;
    const int64_t taps = int64_t(offsets.size()), y_row = plane.vectors * lanes, block = depth * taps * kTall;
    for (int64_t v = 0; v < plane.vectors;) {
        // The pixels of a tile stay in the nearest cache for all output channels.
        const int64_t left = plane.vectors - v;
        const int count = left >= kLong ? kLong : left >= 2 ? 2 : 1;
        for (int64_t r = 0; r < rows; r += kTall) {
            float biases[kTall] = {};
            if (bias != nullptr) std::copy(bias + r, bias + std::min<int64_t>(r + kTall, rows), biases);
            const float* from = x + v * lanes;
            const float* weight = weights.data() + r / kTall * block;
            float* to = buffer + r * y_row + v * lanes;
            if (count == 3)
                convolve_tile<3>(depth, taps, offsets.data(), from, plane.size, weight, biases, to, y_row);
            else if (count == 2)
                convolve_tile<2>(depth, taps, offsets.data(), from, plane.size, weight, biases, to, y_row);
            else
                convolve_tile<1>(depth, taps, offsets.data(), from, plane.size, weight, biases, to, y_row);
        }
        v += count;
    }
    for (int64_t r = 0; r < rows; r++)
        for (int64_t row = 0; row < plane.out_height; row++) {
            const float* from = buffer + r * y_row + row * plane.stride;
            std::copy(from, from + plane.out_width, y + (r * plane.out_height + row) * plane.out_width);
        }
}

// All images, each by one thread.
inline void convolve(
    const Plane& plane, int64_t batches, int64_t depth, int64_t rows, int32_t threads, const float* x,
    const std::vector<float>& weights, const float* bias, float* y) {
    const auto offsets = plane.taps();
    const int64_t x_size = depth * plane.height * plane.width, y_size = rows * plane.out_height * plane.out_width;
#pragma omp parallel num_threads(threads)
    {
        Scratch<float> scratch(depth * plane.size + padded(rows, kTall) * plane.vectors * kLanes<float>);
        float* planes = scratch.take(depth * plane.size);
        float* buffer = scratch.take(padded(rows, kTall) * plane.vectors * kLanes<float>);
#pragma omp for schedule(static)
        for (int64_t b = 0; b < batches; b++) {
            for (int64_t d = 0; d < depth; d++)
                plane.pad(x + b * x_size + d * plane.height * plane.width, planes + d * plane.size);
            convolve_image(plane, offsets, depth, rows, planes, weights, bias, buffer, y + b * y_size);
        }
    }
}

// Images are shared out to threads, and output channels to the rows of a tile. With larger kernels libtorch is faster: what
// it saves by its memory order pays for the change.
inline bool convolution_pays(const Convolution& call) {
    return call.batches >= call.threads && call.out >= 4 && call.kernel_height * call.kernel_width <= 9;
}

inline void convolution(const Convolution& call) {
    const Plane plane(call.height, call.width, call.kernel_height, call.kernel_width, call.pad_height, call.pad_width);
    convolve(plane, call.batches, call.in, call.out, call.threads, call.x, packed_weights(call, false), call.bias,
             call.y);
}

// Sums over an image's pixels of rows of x, at most kTall views of it, times NV vectors of outputs of dy.
template <int MR, int NV>
inline void correlate_tile(
    const Plane& plane, const float* const* views, const float* dy, int64_t outs, float* sums) {
    using V = Wide<float>;
    constexpr int lanes = kLanes<float>;
    V parts[MR][NV];
    const float* from[MR];
#pragma GCC unroll 8
    for (int m = 0; m < MR; m++) {
        from[m] = views[m];
#pragma GCC unroll 2
        for (int n = 0; n < NV; n++) parts[m][n] = load(sums + m * outs + n * lanes);
    }
    for (int64_t y = 0; y < plane.out_height; y++)
        for (int64_t p = y * plane.stride, end = p + plane.out_width; p < end; p++, dy += outs) {
            V grads[NV];
#pragma GCC unroll 2
            for (int n = 0; n < NV; n++) grads[n] = load(dy + n * lanes);
#pragma GCC unroll 8
            for (int m = 0; m < MR; m++) {
                V pixel = spread(from[m][p]);
#pragma GCC unroll 2
                for (int n = 0; n < NV; n++) parts[m][n] += pixel * grads[n];
            }
        }
#pragma GCC unroll 8
    for (int m = 0; m < MR; m++)
#pragma GCC unroll 2
        for (int n = 0; n < NV; n++) store(sums + m * outs + n * lanes, parts[m][n]);
}

template <int NV>
inline void correlate(
    const Plane& plane, const std::vector<const float*>& views, const float* dy, int64_t outs, float* sums) {
    const int64_t columns = int64_t(views.size());
    int64_t c = 0;
    for (; c + kTall <= columns; c += kTall)
        correlate_tile<kTall, NV>(plane, &views[c], dy, outs, sums + c * outs);
    for (; c < columns; c++) correlate_tile<1, NV>(plane, &views[c], dy, outs, sums + c * outs);
}

// [pixels, outs] from [rows, pixels].
inline void turn(const float* from, int64_t rows, int64_t pixels, int64_t outs, float* to) {
    constexpr int64_t tile = 16;
    for (int64_t r = 0; r < rows; r += tile)
        for (int64_t p = 0; p < pixels; p += tile)
            for (int64_t i = p; i < std::min(p + tile, pixels); i++)
                for (int64_t j = r; j < std::min(r + tile, rows); j++) to[i * outs + j] = from[j * pixels + i];
}

inline void convolution_gradient(const ConvolutionGradient& gradient) {
    const Convolution& call = gradient.forward;
    const Plane plane(call.height, call.width, call.kernel_height, call.kernel_width, call.pad_height, call.pad_width);
    if (gradient.grad_x != nullptr) {
        const Plane back(plane.out_height, plane.out_width, call.kernel_height, call.kernel_width,
                         call.kernel_height - 1 - call.pad_height, call.kernel_width - 1 - call.pad_width);
        convolve(back, call.batches, call.out, call.in, call.threads, gradient.grad_y, packed_weights(call, true),
                 nullptr, gradient.grad_x);
    }
    if (gradient.grad_weight == nullptr && gradient.grad_bias == nullptr) return;
    constexpr int lanes = kLanes<float>;
    const auto offsets = plane.taps();
    const int64_t taps = int64_t(offsets.size()), columns = call.in * taps, outs = padded(call.out, lanes);
    const int64_t pixels = plane.out_height * plane.out_width;
    // For each thread [columns + 1, outs]; the last row is the bias's.
    std::vector<std::vector<float>> sums(call.threads);
#pragma omp parallel num_threads(call.threads)
    {
        auto& mine = sums[omp_get_thread_num()];
        mine.assign((columns + 1) * outs, 0);
        Scratch<float> scratch(call.in * plane.size + pixels * outs);
        float* planes = scratch.take(call.in * plane.size);
        float* grads = scratch.take(pixels * outs);
        std::vector<const float*> views(columns);
        for (int64_t i = 0; i < call.in; i++)
            for (int64_t t = 0; t < taps; t++) views[i * taps + t] = planes + i * plane.size + offsets[t];
#pragma omp for schedule(static)
        for (int64_t b = 0; b < call.batches; b++) {
            turn(gradient.grad_y + b * call.out * pixels, call.out, pixels, outs, grads);
            if (gradient.grad_bias != nullptr)
                for (int64_t p = 0; p < pixels; p++)
                    for (int64_t o = 0; o < outs; o++) mine[columns * outs + o] += grads[p * outs + o];
            if (gradient.grad_weight == nullptr) continue;
            for (int64_t i = 0; i < call.in; i++)
                plane.pad(call.x + (b * call.in + i) * plane.height * plane.width, planes + i * plane.size);
            int64_t o = 0;
            for (; o + 2 * lanes <= outs; o += 2 * lanes) correlate<2>(plane, views, grads + o, outs, mine.data() + o);
            if (o < outs) correlate<1>(plane, views, grads + o, outs, mine.data() + o);
        }
    }
    for (size_t thread = 1; thread < sums.size(); thread++)
        for (size_t i = 0; i < sums[thread].size(); i++) sums[0][i] += sums[thread][i];
    if (gradient.grad_weight != nullptr)
        for (int64_t o = 0; o < call.out; o++)
            for (int64_t c = 0; c < columns; c++) gradient.grad_weight[o * columns + c] = sums[0][c * outs + o];
    if (gradient.grad_bias != nullptr) {
        const float* bias = sums[0].data() + columns * outs;
        std::copy(bias, bias + call.out, gradient.grad_bias);
    }
}
