// Convolution as a sum over shifted views of a padded image: for each kernel tap and input channel, one row of pixels
// times one weight an output channel. Neighbouring rows share their padding, so that a tap is a fixed distance.

constexpr int kTall = VECTOR_BYTES == 64 ? 8 : 4;
constexpr int kLong = VECTOR_BYTES == 16 ? 2 : 3;

// Rows of a tile: no more than there are.
inline int tall_of(int64_t rows) {
    int tall = kTall;
    while (tall / 2 >= rows) tall /= 2;
    return tall;
}

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

// [blocks of `tall` outputs][inputs][taps][tall]. Transposed, inputs and outputs change places and taps turn round.
inline std::vector<float> packed_weights(const Convolution& call, bool transposed) {
    const int64_t taps = call.kernel_height * call.kernel_width;
    const int64_t rows = transposed ? call.in : call.out, depth = transposed ? call.out : call.in;
    const int tall = tall_of(rows);
    std::vector<float> packed(padded(rows, tall) * depth * taps);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t d = 0; d < depth; d++) {
            const float* from = call.weight + (transposed ? d * call.in + r : r * call.in + d) * taps;
            float* to = packed.data() + (r / tall * depth + d) * taps * tall + r % tall;
            for (int64_t t = 0; t < taps; t++) to[t * tall] = from[transposed ? taps - 1 - t : t];
        }
    return packed;
}

// MR output channels of NV vectors of pixels.
template <int MR, int NV>
inline void convolve_tile(
    int64_t depth, int64_t taps, const int64_t* offsets, const float* x, int64_t plane, const float* weights,
    const float* bias, float* y, int64_t y_row) {
    using V = Wide<float>;
    constexpr int lanes = kLanes<float>;
    V sums[MR][NV];
#pragma GCC unroll 8
    for (int r = 0; r < MR; r++)
#pragma GCC unroll 8
        for (int v = 0; v < NV; v++) sums[r][v] = spread(bias[r]);
    for (int64_t d = 0; d < depth; d++, x += plane)
        for (int64_t t = 0; t < taps; t++, weights += MR) {
            const float* from = x + offsets[t];
            V pixels[NV];
#pragma GCC unroll 8
            for (int v = 0; v < NV; v++) pixels[v] = load(from + v * lanes);
#pragma GCC unroll 8
            for (int r = 0; r < MR; r++) {
                V weight = spread(weights[r]);
#pragma GCC unroll 8
                for (int v = 0; v < NV; v++) sums[r][v] += weight * pixels[v];
            }
        }
#pragma GCC unroll 8
    for (int r = 0; r < MR; r++)
#pragma GCC unroll 8
        for (int v = 0; v < NV; v++) store(y + r * y_row + v * lanes, sums[r][v]);
}

// MR output channels of all of an image's pixels.
template <int MR>
inline void convolve_rows(
    const Plane& plane, int64_t depth, const std::vector<int64_t>& offsets, const float* x, const float* weights,
    const float* bias, float* y, int64_t first, int64_t count) {
    constexpr int lanes = kLanes<float>, most = std::min(8, kTall * kLong / MR);
    const int64_t taps = int64_t(offsets.size()), y_row = plane.vectors * lanes;
    for (int64_t v = first; v < first + count;) {
        const int64_t left = first + count - v;
        const float* from = x + v * lanes;
        float* to = y + v * lanes;
        if (left >= most) {
            convolve_tile<MR, most>(depth, taps, offsets.data(), from, plane.size, weights, bias, to, y_row);
            v += most;
        } else if (left >= 2) {
            convolve_tile<MR, 2>(depth, taps, offsets.data(), from, plane.size, weights, bias, to, y_row);
            v += 2;
        } else {
            convolve_tile<MR, 1>(depth, taps, offsets.data(), from, plane.size, weights, bias, to, y_row);
            v += 1;
        }
    }
}

// One image: x [depth] planes, y [rows, out_height, out_width].
inline void convolve_image(
    const Plane& plane, const std::vector<int64_t>& offsets, int64_t depth, int64_t rows, const float* x,
    const std::vector<float>& weights, const float* bias, float* buffer, float* y) {
    constexpr int lanes = kLanes<float>;
    const int64_t taps = int64_t(offsets.size()), y_row = plane.vectors * lanes;
    const int tall = tall_of(rows);
    const auto some_rows = tall == 1   ? convolve_rows<1>
                           : tall == 2 ? convolve_rows<2>
                           : tall == 4 ? convolve_rows<4>
                                       : convolve_rows<kTall>;
    // The pixels of a tile stay in the nearest cache for all output channels.
    const int64_t most = tall == kTall ? kLong : plane.vectors;
    for (int64_t v = 0; v < plane.vectors; v += most)
        for (int64_t r = 0; r < rows; r += tall) {
            float biases[kTall] = {};
            if (bias != nullptr) std::copy(bias + r, bias + std::min<int64_t>(r + tall, rows), biases);
            some_rows(plane, depth, offsets, x, weights.data() + r * depth * taps, biases, buffer + r * y_row, v,
                      std::min(most, plane.vectors - v));
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
        Scratch<float> scratch(depth * plane.size + padded(rows, tall_of(rows)) * plane.vectors * kLanes<float>);
        float* planes = scratch.take(depth * plane.size);
        float* buffer = scratch.take(padded(rows, tall_of(rows)) * plane.vectors * kLanes<float>);
#pragma omp for schedule(static)
        for (int64_t b = 0; b < batches; b++) {
            for (int64_t d = 0; d < depth; d++)
                plane.pad(x + b * x_size + d * plane.height * plane.width, planes + d * plane.size);
            convolve_image(plane, offsets, depth, rows, planes, weights, bias, buffer, y + b * y_size);
        }
    }
}

// Images are shared out to threads. With larger kernels libtorch is faster where there are many channels: what it saves by
// its memory order pays for the change.
inline bool convolution_pays(const Convolution& call) {
    const bool small = call.kernel_height * call.kernel_width <= 9 || call.in <= 4 || call.out <= 4;
    return call.batches >= call.threads && small;
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

// Sums for few outputs, whose vectors would be mostly empty: the lanes are pixels. dy [outs] planes with the inputs' rows
// and zeros beside, sums [columns][outs].
constexpr int64_t kFew = 3;

template <int MR>
inline void correlate_pixels(
    const Plane& plane, const float* const* views, const float* dy, int64_t outs, int64_t out, float* sums) {
    using V = Wide<float>;
    constexpr int lanes = kLanes<float>;
    V parts[MR] = {};
    for (int64_t v = 0; v < plane.vectors; v++) {
        const V grads = load(dy + v * lanes);
#pragma GCC unroll 8
        for (int m = 0; m < MR; m++) parts[m] += grads * load(views[m] + v * lanes);
    }
#pragma GCC unroll 8
    for (int m = 0; m < MR; m++) sums[m * outs + out] += total(parts[m]);
}

inline void correlate_few(
    const Plane& plane, const std::vector<const float*>& views, const float* dy, int64_t count, int64_t outs,
    float* sums) {
    const int64_t columns = int64_t(views.size()), size = plane.vectors * kLanes<float>;
    for (int64_t out = 0; out < count; out++) {
        int64_t c = 0;
        for (; c + kTall <= columns; c += kTall)
            correlate_pixels<kTall>(plane, &views[c], dy + out * size, outs, out, sums + c * outs);
        for (; c < columns; c++) correlate_pixels<1>(plane, &views[c], dy + out * size, outs, out, sums + c * outs);
    }
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
    const int64_t pixels = plane.out_height * plane.out_width, plane_size = plane.vectors * lanes;
    const bool few = call.out <= kFew;
    // For each thread [columns + 1, outs]; the last row is the bias's.
    std::vector<std::vector<float>> sums(call.threads);
#pragma omp parallel num_threads(call.threads)
    {
        auto& mine = sums[omp_get_thread_num()];
        mine.assign((columns + 1) * outs, 0);
        Scratch<float> scratch(call.in * plane.size + (few ? call.out * plane_size : pixels * outs));
        float* planes = scratch.take(call.in * plane.size);
        float* grads = scratch.take(few ? call.out * plane_size : pixels * outs);
        std::vector<const float*> views(columns);
        for (int64_t i = 0; i < call.in; i++)
            for (int64_t t = 0; t < taps; t++) views[i * taps + t] = planes + i * plane.size + offsets[t];
#pragma omp for schedule(static)
        for (int64_t b = 0; b < call.batches; b++) {
            const float* grad_y = gradient.grad_y + b * call.out * pixels;
            if (!few) turn(grad_y, call.out, pixels, outs, grads);
            if (gradient.grad_bias != nullptr) {
                float* bias = mine.data() + columns * outs;
                if (few)
                    for (int64_t o = 0; o < call.out; o++)
                        bias[o] += float(std::accumulate(grad_y + o * pixels, grad_y + (o + 1) * pixels, 0.0));
                else
                    for (int64_t p = 0; p < pixels; p++)
                        for (int64_t o = 0; o < outs; o++) bias[o] += grads[p * outs + o];
            }
            if (gradient.grad_weight == nullptr) continue;
            for (int64_t i = 0; i < call.in; i++)
                plane.pad(call.x + (b * call.in + i) * plane.height * plane.width, planes + i * plane.size);
            if (few) {
                for (int64_t row = 0; row < call.out * plane.out_height; row++)
                    std::copy_n(grad_y + row * plane.out_width, plane.out_width,
                                grads + row / plane.out_height * plane_size + row % plane.out_height * plane.stride);
                correlate_few(plane, views, grads, call.out, outs, mine.data());
                continue;
            }
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
