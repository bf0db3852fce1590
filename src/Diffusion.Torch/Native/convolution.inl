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

inline void convolution(const Convolution& call) {
    const Plane plane(call.height, call.width, call.kernel_height, call.kernel_width, call.pad_height, call.pad_width);
    convolve(plane, call.batches, call.in, call.out, call.threads, call.x, packed_weights(call, false), call.bias,
             call.y);
}

// Sums over pixels of kTall rows of dy times NR shifted rows of x, for a group of images.
template <int NR>
inline void correlate_tile(
    int64_t images, int64_t vectors, const float* dy, int64_t dy_row, int64_t dy_image, const float* const* x,
    int64_t x_image, float* sums, int64_t sums_row) {
    using V = Wide<float>;
    constexpr int lanes = kLanes<float>;
    V parts[kTall][NR];
#pragma GCC unroll 8
    for (int r = 0; r < kTall; r++)
#pragma GCC unroll 3
        for (int n = 0; n < NR; n++) parts[r][n] = V{};
    for (int64_t g = 0; g < images; g++)
        for (int64_t v = 0; v < vectors; v++) {
            V pixels[NR];
#pragma GCC unroll 3
            for (int n = 0; n < NR; n++) pixels[n] = load(x[n] + g * x_image + v * lanes);
#pragma GCC unroll 8
            for (int r = 0; r < kTall; r++) {
                V grad = load(dy + r * dy_row + g * dy_image + v * lanes);
#pragma GCC unroll 3
                for (int n = 0; n < NR; n++) parts[r][n] += grad * pixels[n];
            }
        }
#pragma GCC unroll 8
    for (int r = 0; r < kTall; r++)
#pragma GCC unroll 3
        for (int n = 0; n < NR; n++) sums[r * sums_row + n] += total(parts[r][n]);
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
    const int64_t taps = int64_t(offsets.size()), columns = call.in * taps, rows = padded(call.out, kTall);
    const int64_t dy_image = plane.vectors * lanes;
    // Enough pixels that the sum over a vector's lanes at the end costs little.
    const int64_t group = std::max<int64_t>(1, std::min<int64_t>(1024 / dy_image, call.batches / call.threads));
    const int64_t groups = (call.batches + group - 1) / group;
    std::vector<std::vector<float>> sums(call.threads), biases(call.threads);
#pragma omp parallel num_threads(call.threads)
    {
        const int thread = omp_get_thread_num();
        sums[thread].assign(rows * columns, 0);
        biases[thread].assign(rows, 0);
        Scratch<float> scratch(group * (call.in * plane.size + rows * dy_image));
        float* planes = scratch.take(call.in * group * plane.size);
        float* grads = scratch.take(rows * group * dy_image);
        std::vector<const float*> views(columns);
        for (int64_t i = 0; i < call.in; i++)
            for (int64_t t = 0; t < taps; t++) views[i * taps + t] = planes + i * group * plane.size + offsets[t];
#pragma omp for schedule(static)
        for (int64_t g = 0; g < groups; g++) {
            const int64_t first = g * group, images = std::min(group, call.batches - first);
            for (int64_t b = 0; b < images; b++) {
                for (int64_t i = 0; i < call.in; i++)
                    plane.pad(call.x + ((first + b) * call.in + i) * plane.height * plane.width,
                              planes + (i * group + b) * plane.size);
                for (int64_t o = 0; o < call.out; o++) {
                    const float* from =
                        gradient.grad_y + ((first + b) * call.out + o) * plane.out_height * plane.out_width;
                    float* to = grads + (o * group + b) * dy_image;
                    // Between the rows stays zero.
                    for (int64_t y = 0; y < plane.out_height; y++)
                        std::copy(from + y * plane.out_width, from + (y + 1) * plane.out_width, to + y * plane.stride);
                }
            }
            for (int64_t o = 0; o < rows; o++) {
                Wide<float> sum = {};
                for (int64_t b = 0; b < images; b++)
                    for (int64_t v = 0; v < plane.vectors; v++)
                        sum += load(grads + (o * group + b) * dy_image + v * lanes);
                biases[thread][o] += total(sum);
            }
            if (gradient.grad_weight == nullptr) continue;
            // A block's dy stays in the nearest cache for all of x.
            for (int64_t o = 0; o < rows; o += kTall)
                for (int64_t c = 0; c < columns;) {
                    const int count = columns - c >= kLong ? kLong : columns - c >= 2 ? 2 : 1;
                    const float* dy = grads + o * group * dy_image;
                    float* to = sums[thread].data() + o * columns + c;
                    if (count == 3)
                        correlate_tile<3>(images, plane.vectors, dy, group * dy_image, dy_image, &views[c], plane.size,
                                          to, columns);
                    else if (count == 2)
                        correlate_tile<2>(images, plane.vectors, dy, group * dy_image, dy_image, &views[c], plane.size,
                                          to, columns);
                    else
                        correlate_tile<1>(images, plane.vectors, dy, group * dy_image, dy_image, &views[c], plane.size,
                                          to, columns);
                    c += count;
                }
        }
    }
    auto add_up = [](const std::vector<std::vector<float>>& parts, int64_t count, float* to) {
        std::copy(parts[0].begin(), parts[0].begin() + count, to);
        for (size_t thread = 1; thread < parts.size(); thread++)
            for (int64_t i = 0; i < count && !parts[thread].empty(); i++) to[i] += parts[thread][i];
    };
    if (gradient.grad_weight != nullptr) add_up(sums, call.out * columns, gradient.grad_weight);
    if (gradient.grad_bias != nullptr) add_up(biases, call.out, gradient.grad_bias);
}
