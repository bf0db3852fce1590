// Convolution on the processor's matrix unit (AMX), which multiplies bfloat16 and adds in float. A float is the sum of three
// bfloat16 exactly; of the nine products of two such sums, the six that are not below float's own rounding are taken.

// Weights as right factors: [tiles of 16 rows][chunks of 32 inputs][taps][parts][16 pairs of inputs][16] pairs of bfloat16.
// Transposed, inputs and outputs change places and taps turn round.
struct TileWeights {
    int64_t rows, depth, taps, row_tiles, chunks;
    const Convolution& call;
    bool transposed;
    Scratch<uint32_t> memory;
    uint32_t* packed;

    TileWeights(const Convolution& call, bool transposed)
        : rows(transposed ? call.in : call.out), depth(transposed ? call.out : call.in),
          taps(call.kernel_height * call.kernel_width), row_tiles(tiles_of(rows, 16)), chunks(tiles_of(depth, 32)),
          call(call), transposed(transposed), memory(bytes() / 4),
          packed(memory.take(bytes() / 4)) {}

    const uint32_t* at(int64_t row_tile, int64_t chunk) const {
        return packed + (row_tile * chunks + chunk) * taps * kParts * kTile;
    }

    void pack_all() {
        for (int64_t tile = 0; tile < row_tiles; tile++)
            for (int64_t chunk = 0; chunk < chunks; chunk++) pack(tile, chunk);
    }

    // By all threads of a team, each its part.
    void pack_shared() {
#pragma omp for collapse(2) schedule(static)
        for (int64_t tile = 0; tile < row_tiles; tile++)
            for (int64_t chunk = 0; chunk < chunks; chunk++) pack(tile, chunk);
    }

    int64_t bytes() const { return row_tiles * chunks * taps * kParts * kTileBytes; }

    void pack(int64_t row_tile, int64_t chunk) {
        const int64_t row_step = transposed ? taps : depth * taps, step = transposed ? call.in * taps : taps;
        const int64_t first = chunk * 32, count = std::min<int64_t>(16, rows - row_tile * 16);
        const float* from = call.weight + row_tile * 16 * row_step + first * step;
        const __m512i pairs = _mm512_mullo_epi32(
            _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0), _mm512_set1_epi32(int(step)));
        const __mmask16 even_lanes = first_lanes((depth - first + 1) / 2), odd_lanes = first_lanes((depth - first) / 2);
        uint32_t* to = packed + (row_tile * chunks + chunk) * taps * kParts * kTile;
        for (int64_t t = 0; t < taps; t++) {
            __m512i parts[kParts][16] = {};
            for (int64_t r = 0; r < count; r++) {
                const float* row = from + r * row_step + (transposed ? taps - 1 - t : t);
                const __m512 zero = _mm512_setzero_ps();
                const Thirds even(_mm512_mask_i32gather_ps(zero, even_lanes, pairs, row, 4));
                const Thirds odd(_mm512_mask_i32gather_ps(zero, odd_lanes, pairs, row + step, 4));
                for (int part = 0; part < kParts; part++) parts[part][r] = paired(even, odd, part);
            }
            for (int part = 0; part < kParts; part++, to += kTile) {
                transpose(parts[part]);
                for (int k = 0; k < 16; k++) _mm512_storeu_si512(to + k * 16, parts[part][k]);
            }
        }
    }
};

// Neighbouring rows of an image's output, and the padded rows that they are made of.
struct Band {
    int64_t first, rows, padded_rows;

    Band(const Plane& plane, int64_t index, int64_t most)
        : first(index * most), rows(std::min(most, plane.out_height - first)),
          padded_rows(rows + plane.kernel_height - 1) {}
};

// A band of an image as left factor: [chunks of 32 channels][parts][size pixels][16] pairs of channels. What lies beside
// the image is 0 already and stays so.
inline void split_pixels(
    const Plane& plane, const Band& band, int64_t depth, int64_t size, const float* x, uint32_t* planes) {
    const int64_t pixels = plane.height * plane.width, part_size = size * 16;
    for (int64_t first = 0; first < depth; first += 32, planes += kParts * part_size)
        for (int64_t row = 0; row < band.padded_rows; row++) {
            const int64_t y = band.first + row - plane.pad_height;
            uint32_t* to = planes + (row * plane.stride + plane.pad_width) * 16;
            if (y < 0 || y >= plane.height) {
                for (int part = 0; part < kParts; part++)
                    std::fill_n(to + part * part_size, plane.width * 16, 0);
                continue;
            }
            for (int64_t column = 0; column < plane.width; column += 16, to += kTile) {
                const int64_t count = std::min<int64_t>(16, plane.width - column);
                const float* from = x + first * pixels + y * plane.width + column;
                __m512i parts[kParts][16];
                for (int64_t pair = 0; pair < 16; pair++, from += 2 * pixels) {
                    const int64_t left = depth - first - 2 * pair;
                    const Thirds even(_mm512_maskz_loadu_ps(left > 0 ? first_lanes(count) : 0, from));
                    const Thirds odd(_mm512_maskz_loadu_ps(left > 1 ? first_lanes(count) : 0, from + pixels));
                    for (int part = 0; part < kParts; part++) parts[part][pair] = paired(even, odd, part);
                }
                for (int part = 0; part < kParts; part++) {
                    transpose(parts[part]);
                    for (int64_t p = 0; p < count; p++)
                        _mm512_store_si512(to + part * part_size + p * 16, parts[part][p]);
                }
            }
        }
}

// Sums for MR tiles of pixels × NR tiles of rows; they stay in the unit.
template <int MR, int NR>
inline void convolve_tiles(
    const TileWeights& weights, int64_t row_tile, const std::vector<int64_t>& offsets, Factor left, int64_t chunk_size) {
    Factor right{reinterpret_cast<const char*>(weights.at(row_tile, 0)),
                 weights.chunks * weights.taps * kParts * kTileBytes, kTileBytes};
    settle_memory();
    _tile_zero(0);
    if (NR > 1) _tile_zero(1);
    if (MR > 1) _tile_zero(2);
    if (MR > 1 && NR > 1) _tile_zero(3);
    const char* pixels = left.first;
    for (int64_t chunk = 0; chunk < weights.chunks; chunk++, pixels += chunk_size)
        for (int64_t offset : offsets) {
            left.first = pixels + offset * kTileRow;
            multiply<MR, NR>(left, right);
            right.first += kParts * kTileBytes;
        }
}

// The unit's sums, [2 tiles of pixels][2 tiles of rows][16 pixels][16 rows], on their way to y: they wait here while the
// unit is busy with the next ones.
struct Finished {
    alignas(64) float sums[4 * kTile];
    const Plane& plane;
    // The first pixel of the sums and the end of the band, counted from the band's beginning.
    int64_t pixel = 0, end = 0, rows = 0;
    const float* bias = nullptr;
    // Where the band's first pixel of the first row of sums belongs.
    float* y = nullptr;

    explicit Finished(const Plane& plane) : plane(plane) {}

    void take(int64_t first_pixel, int64_t band_end, int64_t row_count, const float* row_bias, float* to) {
        _tile_stored(0, sums, kTileRow);
        _tile_stored(1, sums + kTile, kTileRow);
        _tile_stored(2, sums + 2 * kTile, kTileRow);
        _tile_stored(3, sums + 3 * kTile, kTileRow);
        pixel = first_pixel;
        end = band_end;
        rows = std::min<int64_t>(32, row_count);
        bias = row_bias;
        y = to;
    }

    // Rows of pixels without the padding.
    void write() {
        for (int64_t half = 0; half < rows; half += 16)
            for (int64_t tile = 0; tile < 2 && pixel + tile * 16 < end; tile++) {
                __m512i lines[16];
                for (int i = 0; i < 16; i++)
                    lines[i] = _mm512_load_si512(sums + (tile * 2 + half / 16) * kTile + i * 16);
                transpose(lines);
                const int64_t count = std::min<int64_t>(16, rows - half);
                for (int64_t r = 0; r < count && bias != nullptr; r++)
                    lines[r] = _mm512_castps_si512(
                        _mm512_add_ps(_mm512_castsi512_ps(lines[r]), _mm512_set1_ps(bias[half + r])));
                write(pixel + tile * 16, lines, count, y + half * plane.out_height * plane.out_width);
            }
        rows = 0;
    }

private:
    void write(int64_t from, const __m512i* lines, int64_t count, float* to) const {
        const int64_t last = std::min(from + 16, end);
        for (int64_t p = from, next; p < last; p = next) {
            const int64_t row = p / plane.stride;
            next = std::min((row + 1) * plane.stride, last);
            const int64_t used = std::min(next, row * plane.stride + plane.out_width) - p;
            const auto lanes = __mmask16(first_lanes(used) << (p - from));
            // Where the vector's first lane would go.
            float* start = to + row * (plane.out_width - plane.stride) + from;
            for (int64_t r = 0; r < count && lanes != 0; r++, start += plane.out_height * plane.out_width)
                _mm512_mask_storeu_epi32(start, lanes, lines[r]);
        }
    }
};

// What of an image is split at a time: it has to stay in the second cache.
constexpr int64_t kBandBytes = 1 << 20;

inline void convolve_by_tiles(
    const Plane& plane, const Convolution& call, bool transposed, const float* x, const float* bias, float* y) {
    TileWeights weights(call, transposed);
    const auto offsets = plane.taps();
    const int64_t depth = weights.depth, row_bytes = plane.stride * weights.chunks * kParts * kTileRow;
    const int64_t x_size = depth * plane.height * plane.width, y_size = plane.out_height * plane.out_width;
    // At least one band for each thread.
    const int64_t wanted = tiles_of(call.threads, call.batches);
    const int64_t most = std::clamp<int64_t>(
        kBandBytes / row_bytes - plane.kernel_height + 1, 1, tiles_of(plane.out_height, wanted));
    const int64_t bands = tiles_of(plane.out_height, most), row_pairs = tiles_of(weights.row_tiles, 2);
    // A tile's overhang and the last tap.
    const int64_t size = (most + plane.kernel_height - 1) * plane.stride + plane.kernel_width + 32;
    const bool rows_outside = weights.bytes() > kBandBytes;
    // Few weights are packed sooner than threads meet.
    const bool packed = weights.bytes() <= 128 * 1024;
    if (packed) weights.pack_all();
#pragma omp parallel num_threads(call.threads)
    {
        TileUnit unit;
        Scratch<uint32_t> scratch(weights.chunks * kParts * size * 16);
        uint32_t* planes = scratch.take(weights.chunks * kParts * size * 16);
        Finished finished(plane);
        if (!packed) weights.pack_shared();
#pragma omp for collapse(2) schedule(dynamic)
        for (int64_t b = 0; b < call.batches; b++)
            for (int64_t index = 0; index < bands; index++) {
                const Band band(plane, index, most);
                const int64_t end = band.rows * plane.stride, pixel_pairs = tiles_of(end, 32);
                split_pixels(plane, band, depth, size, x + b * x_size, planes);
                for (int64_t block = 0; block < pixel_pairs * row_pairs; block++) {
                    // The weights or the pixels of neighbouring blocks are the same, and stay in the nearest cache.
                    const int64_t pixel = 32 * (rows_outside ? block % pixel_pairs : block / row_pairs);
                    const int64_t r = 2 * (rows_outside ? block / pixel_pairs : block % row_pairs);
                    const bool tall = pixel + 16 < end, wide = r + 1 < weights.row_tiles;
                    const auto tiles = tall ? (wide ? convolve_tiles<2, 2> : convolve_tiles<2, 1>)
                                            : (wide ? convolve_tiles<1, 2> : convolve_tiles<1, 1>);
                    const Factor left{
                        reinterpret_cast<const char*>(planes + pixel * 16), kTileBytes, size * kTileRow};
                    tiles(weights, r, offsets, left, kParts * size * kTileRow);
                    finished.write();
                    finished.take(pixel, end, weights.rows - r * 16, bias == nullptr ? nullptr : bias + r * 16,
                                  y + (b * weights.rows + r * 16) * y_size + band.first * plane.out_width);
                }
            }
        finished.write();
    }
}

// Rows of `width` floats as bfloat16 parts.
inline void split_row(const float* from, int64_t width, uint16_t* to, int64_t part_size) {
    for (int64_t column = 0; column < width; column += 16) {
        const __mmask16 lanes = first_lanes(width - column);
        const Thirds thirds(_mm512_maskz_loadu_ps(lanes, from + column));
        for (int part = 0; part < kParts; part++)
            _mm256_mask_storeu_epi16(
                to + part * part_size + column, lanes,
                _mm512_cvtepi32_epi16(_mm512_srli_epi32(thirds.parts[part], 16)));
    }
}

inline float sum_of(const float* from, int64_t count) {
    __m512 sum = _mm512_setzero_ps();
    for (int64_t i = 0; i < count; i += 16)
        sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(first_lanes(count - i), from + i));
    return _mm512_reduce_add_ps(sum);
}

// Sums over pixels of output gradients times inputs, added to [tiles of inputs][taps][tiles of outputs][16 outputs][16].
template <int MR, int NR>
inline void correlate_tiles(Factor left, Factor right, int64_t steps, float* sums, int64_t wide_step) {
    settle_memory();
    _tile_loadd(0, sums, kTileRow);
    if (NR > 1) _tile_loadd(1, sums + wide_step, kTileRow);
    if (MR > 1) _tile_loadd(2, sums + kTile, kTileRow);
    if (MR > 1 && NR > 1) _tile_loadd(3, sums + wide_step + kTile, kTileRow);
    for (int64_t step = 0; step < steps; step++, left.first += kTileRow, right.first += kTileBytes)
        multiply<MR, NR>(left, right);
    _tile_stored(0, sums, kTileRow);
    if (NR > 1) _tile_stored(1, sums + wide_step, kTileRow);
    if (MR > 1) _tile_stored(2, sums + kTile, kTileRow);
    if (MR > 1 && NR > 1) _tile_stored(3, sums + wide_step + kTile, kTileRow);
}

// What a sum over pixels goes over at a time: some images in one row of pixels, each one's lower padding being the next
// one's upper one; of larger images a band.
struct Strip {
    static constexpr int64_t kPixels = 1024;

    const Plane& plane;
    // Rows of an image with one padding, images at most, rows of output at most, steps of 32 pixels; pixels with the overhang,
    // not a multiple of what the caches would put into one place.
    int64_t image_rows, images, most, bands, steps, size;

    Strip(const Plane& plane, int64_t most_images) : plane(plane) {
        image_rows = plane.height + plane.pad_height;
        images = std::clamp<int64_t>(kPixels / (image_rows * plane.stride), 1, most_images);
        bands = std::max<int64_t>(1, plane.out_height * plane.stride / kPixels);
        most = tiles_of(plane.out_height, bands);
        bands = tiles_of(plane.out_height, most);
        steps = tiles_of(((images - 1) * image_rows + most) * plane.stride, 32);
        size = padded(steps * 32 + plane.kernel_height * plane.stride + plane.kernel_width, 64) + 32;
    }
};

// Up to 16 planes of some images as rows of a strip, by parts: `count` rows of them, padding included, from `first_row` on.
// What lies beside the images is 0 already and stays so.
inline void split_strip(
    const Strip& strip, int64_t first_row, int64_t count, int64_t images, int64_t planes, const float* from,
    int64_t image_size, int64_t height, int64_t width, int64_t pad_height, int64_t pad_width, uint16_t* rows) {
    for (int64_t i = 0; i < images; i++)
        for (int64_t c = 0; c < planes; c++)
            for (int64_t row = 0; row < count; row++) {
                const int64_t y = first_row + row - pad_height;
                uint16_t* to = rows + c * strip.size + (i * strip.image_rows + row) * strip.plane.stride + pad_width;
                if (y >= 0 && y < height) {
                    split_row(from + i * image_size + (c * height + y) * width, width, to, 16 * strip.size);
                } else {
                    for (int part = 0; part < kParts; part++) std::fill_n(to + part * 16 * strip.size, width, 0);
                }
            }
}

// Inputs as right factors: [even, odd][parts][size/2 pairs of pixels][16 channels], so that each pixel begins a pair.
inline void right_tiles(const Strip& strip, const uint16_t* rows, uint32_t* tiles) {
    const int64_t pairs = strip.size / 2;
    for (int part = 0; part < kParts; part++) {
        uint32_t* even = tiles + part * pairs * 16;
        uint32_t* odd = even + kParts * pairs * 16;
        __m512i last = _mm512_setzero_si512();
        for (int64_t pair = 0; pair < pairs; pair += 16, even += kTile, odd += kTile) {
            __m512i lines[16];
            for (int c = 0; c < 16; c++)
                lines[c] = _mm512_loadu_si512(rows + (part * 16 + c) * strip.size + pair * 2);
            transpose(lines);
            for (int k = 0; k < 16; k++) {
                _mm512_store_si512(even + k * 16, lines[k]);
                if (pair + k > 0)
                    _mm512_store_si512(
                        odd + (k - 1) * 16,
                        _mm512_or_si512(_mm512_srli_epi32(last, 16), _mm512_slli_epi32(lines[k], 16)));
                last = lines[k];
            }
        }
    }
}

inline void weight_gradient_by_tiles(const Plane& plane, const ConvolutionGradient& gradient) {
    const Convolution& call = gradient.forward;
    const auto offsets = plane.taps();
    const int64_t taps = int64_t(offsets.size()), ins = tiles_of(call.in, 16), outs = tiles_of(call.out, 16);
    const int64_t pixels = plane.out_height * plane.out_width, count = ins * taps * outs * kTile;
    const Strip strip(plane, tiles_of(call.batches, call.threads));
    const int64_t groups = tiles_of(call.batches, strip.images), in_pixels = plane.height * plane.width;
    const int64_t row_count = kParts * 16 * strip.size;
    const int64_t right_part = strip.size / 2 * 16, right_size = 2 * kParts * right_part;
    std::vector<float*> sums(call.threads);
    std::vector<std::vector<float>> biases(call.threads);
    int32_t team = 1;
#pragma omp parallel num_threads(call.threads)
    {
        TileUnit unit;
        Scratch<float> own(count);
        float* mine = sums[omp_get_thread_num()] = own.take(count);
        auto& bias = biases[omp_get_thread_num()];
        bias.assign(call.out, 0);
#pragma omp single
        team = omp_get_num_threads();
        Scratch<uint16_t> scratch((outs + 1) * row_count);
        uint16_t* out_rows = scratch.take(outs * row_count);
        uint16_t* in_rows = scratch.take(row_count);
        Scratch<uint32_t> factors(ins * right_size);
        uint32_t* rights = factors.take(ins * right_size);
#pragma omp for collapse(2) schedule(static)
        for (int64_t group = 0; group < groups; group++)
            for (int64_t index = 0; index < strip.bands; index++) {
                const Band band(plane, index, strip.most);
                const int64_t first = group * strip.images, images = std::min(strip.images, call.batches - first);
                const float* grads = gradient.grad_y + first * call.out * pixels;
                if (gradient.grad_bias != nullptr)
                    for (int64_t i = 0; i < images; i++)
                        for (int64_t o = 0; o < call.out; o++)
                            bias[o] += sum_of(
                                grads + (i * call.out + o) * pixels + band.first * plane.out_width,
                                band.rows * plane.out_width);
                if (gradient.grad_weight == nullptr) continue;
                for (int64_t o = 0; o < outs; o++) {
                    // What was there before, of an image or a row more, mustn't be counted.
                    if (images < strip.images || band.rows < strip.most)
                        std::fill_n(out_rows + o * row_count, row_count, 0);
                    split_strip(strip, band.first, band.rows, images, std::min<int64_t>(16, call.out - o * 16),
                                grads + o * 16 * pixels, call.out * pixels, plane.out_height, plane.out_width, 0, 0,
                                out_rows + o * row_count);
                }
                for (int64_t c = 0; c < ins; c++) {
                    split_strip(strip, band.first, band.padded_rows, images, std::min<int64_t>(16, call.in - c * 16),
                                call.x + (first * call.in + c * 16) * in_pixels, call.in * in_pixels, plane.height,
                                plane.width, plane.pad_height, plane.pad_width, in_rows);
                    right_tiles(strip, in_rows, rights + c * right_size);
                }
                for (int64_t c = 0; c < ins; c += 2)
                    for (int64_t o = 0; o < outs; o += 2) {
                        const bool tall = o + 1 < outs, wide = c + 1 < ins;
                        const auto tiles = tall ? (wide ? correlate_tiles<2, 2> : correlate_tiles<2, 1>)
                                                : (wide ? correlate_tiles<1, 2> : correlate_tiles<1, 1>);
                        const Factor left{reinterpret_cast<const char*>(out_rows + o * row_count), row_count * 2,
                                          16 * strip.size * 2, strip.size * 2};
                        for (int64_t t = 0; t < taps; t++) {
                            const int64_t odd = offsets[t] % 2, pair = offsets[t] / 2;
                            const uint32_t* start = rights + c * right_size + odd * kParts * right_part + pair * 16;
                            tiles(left, {reinterpret_cast<const char*>(start), right_size * 4, right_part * 4},
                                  strip.steps, mine + ((c * taps + t) * outs + o) * kTile, taps * outs * kTile);
                        }
                    }
            }
        if (gradient.grad_weight != nullptr) {
#pragma omp for schedule(static)
            for (int64_t o = 0; o < call.out; o++)
                for (int64_t c = 0; c < call.in; c++)
                    for (int64_t t = 0; t < taps; t++) {
                        const int64_t at = ((c / 16 * taps + t) * outs + o / 16) * kTile + o % 16 * 16 + c % 16;
                        float sum = 0;
                        for (int32_t thread = 0; thread < team; thread++) sum += sums[thread][at];
                        gradient.grad_weight[(o * call.in + c) * taps + t] = sum;
                    }
        }
    }
    if (gradient.grad_bias != nullptr)
        for (int64_t o = 0; o < call.out; o++) {
            gradient.grad_bias[o] = 0;
            for (int32_t thread = 0; thread < team; thread++) gradient.grad_bias[o] += biases[thread][o];
        }
}

// With few channels a tile would be mostly empty.
inline bool fills_tiles(const Convolution& call) { return call.in >= 16 && call.out >= 16; }

inline bool convolution_by_tiles_pays(const Convolution& call) { return fills_tiles(call) || convolution_pays(call); }

inline void convolution_by_tiles(const Convolution& call) {
    if (!fills_tiles(call)) return convolution(call);
    const Plane plane(call.height, call.width, call.kernel_height, call.kernel_width, call.pad_height, call.pad_width);
    convolve_by_tiles(plane, call, false, call.x, call.bias, call.y);
}

inline void convolution_gradient_by_tiles(const ConvolutionGradient& gradient) {
    const Convolution& call = gradient.forward;
    if (!fills_tiles(call)) return convolution_gradient(gradient);
    const Plane plane(call.height, call.width, call.kernel_height, call.kernel_width, call.pad_height, call.pad_width);
    if (gradient.grad_x != nullptr) {
        const Plane back(plane.out_height, plane.out_width, call.kernel_height, call.kernel_width,
                         call.kernel_height - 1 - call.pad_height, call.kernel_width - 1 - call.pad_width);
        convolve_by_tiles(back, call, true, gradient.grad_y, nullptr, gradient.grad_x);
    }
    if (gradient.grad_weight != nullptr || gradient.grad_bias != nullptr) weight_gradient_by_tiles(plane, gradient);
}
