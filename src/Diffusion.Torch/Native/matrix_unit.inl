// The processor's matrix unit (AMX): tiles of 16 rows of 64 bytes, products of bfloat16 added in float.

constexpr int kParts = 3;
// 32-bit numbers in a tile; bytes in a tile and in its row.
constexpr int64_t kTile = 256, kTileBytes = 1024, kTileRow = 64;

inline int64_t tiles_of(int64_t count, int64_t size) { return (count + size - 1) / size; }

// Whether the processor has it, the system saves it, and gives leave to use it.
bool has_matrix_unit() {
    unsigned a, b, c, d;
    constexpr unsigned tiles = 1 << 24, bfloat16 = 1 << 22;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & tiles) == 0 || (d & bfloat16) == 0) return false;
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    constexpr unsigned saved = 3 << 17;
    constexpr long request = 0x1023, tile_data = 18;
    return (low & saved) == saved && syscall(SYS_arch_prctl, request, tile_data) == 0;
}

// A thread that has used tiles gets them saved with each signal: 8 KB, too many for the small stack that .NET gives its
// threads for faults, so that a null reference would end the process. A larger one stands in for it until the thread ends,
// when the runtime wants to find its own.
class SignalStack {
    static constexpr size_t size = 128 * 1024, guard = 4096;
    stack_t small{};
    void* memory = MAP_FAILED;

public:
    SignalStack() {
        if (sigaltstack(nullptr, &small) != 0 || small.ss_flags != 0 || small.ss_size >= size) return;
        memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (memory == MAP_FAILED) return;
        mprotect(memory, guard, PROT_NONE);
        stack_t large{};
        large.ss_sp = memory;
        large.ss_size = size;
        if (sigaltstack(&large, nullptr) != 0) release();
    }
    SignalStack(const SignalStack&) = delete;
    ~SignalStack() {
        if (memory != MAP_FAILED && sigaltstack(&small, nullptr) == 0) release();
    }

private:
    void release() {
        munmap(memory, size);
        memory = MAP_FAILED;
    }
};

// Three numbers of 8 significant bits each, the greatest first: cut off, not rounded, so that they stay in a float's upper
// half. What is left after two has 8 bits itself.
struct Thirds {
    __m512i parts[kParts];

    explicit Thirds(__m512 x) {
        const __m512i upper = _mm512_set1_epi32(int(0xFFFF0000));
        for (int part = 0; part < kParts; part++) {
            parts[part] = _mm512_and_si512(_mm512_castps_si512(x), upper);
            x = _mm512_sub_ps(x, _mm512_castsi512_ps(parts[part]));
        }
    }
};

// One part of two vectors, in turn: `even` in the lower halves.
inline __m512i paired(const Thirds& even, const Thirds& odd, int part) {
    return _mm512_or_si512(_mm512_srli_epi32(even.parts[part], 16), odd.parts[part]);
}

inline __mmask16 first_lanes(int64_t count) {
    return __mmask16(count >= 16 ? 0xFFFF : count <= 0 ? 0 : (1 << count) - 1);
}

// 16 × 16 numbers of 32 bits, transposed in place.
inline void transpose(__m512i rows[16]) {
    __m512i a[16], b[16];
    for (int i = 0; i < 16; i += 2) {
        a[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
        b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
        b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
        b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    // b[4i + j] has columns j, j + 4, … of rows 4i to 4i + 3.
    for (int j = 0; j < 4; j++) {
        const __m512i low = _mm512_shuffle_i32x4(b[j], b[4 + j], 0x88), high = _mm512_shuffle_i32x4(b[j], b[4 + j], 0xDD);
        const __m512i low2 = _mm512_shuffle_i32x4(b[8 + j], b[12 + j], 0x88);
        const __m512i high2 = _mm512_shuffle_i32x4(b[8 + j], b[12 + j], 0xDD);
        rows[j] = _mm512_shuffle_i32x4(low, low2, 0x88);
        rows[8 + j] = _mm512_shuffle_i32x4(low, low2, 0xDD);
        rows[4 + j] = _mm512_shuffle_i32x4(high, high2, 0x88);
        rows[12 + j] = _mm512_shuffle_i32x4(high, high2, 0xDD);
    }
}

// All tiles are 16 rows of 64 bytes. 0 to 3 hold the sums, 4 and 5 the left factors, 6 and 7 the right ones.
class TileUnit {
    struct alignas(64) Shapes {
        uint8_t palette = 1, start_row = 0, reserved[14] = {};
        uint16_t row_bytes[16] = {};
        uint8_t rows[16] = {};
    };

public:
    TileUnit() {
        thread_local SignalStack signals;
        Shapes shapes;
        for (int tile = 0; tile < 8; tile++) {
            shapes.row_bytes[tile] = 64;
            shapes.rows[tile] = 16;
        }
        // Not GCC's intrinsic, which tells the compiler of the first 8 bytes only: the others may then never be stored.
        __asm__ volatile("ldtilecfg %0" ::"m"(shapes));
    }
    TileUnit(const TileUnit&) = delete;
    ~TileUnit() { _tile_release(); }
};

// What was stored is in memory from here on: GCC's intrinsics don't tell the compiler that a tile is read from there.
inline void settle_memory() { __asm__ volatile("" ::: "memory"); }

// One or two tiles to be read, by parts: the first one, how far the second one is, the next part, and the next row, in bytes.
struct Factor {
    const char* first;
    int64_t second, part, row = kTileRow;
};

// MR × NR tiles of sums += left · right, 32 numbers deep.
template <int MR, int NR>
inline void multiply(const Factor& left, const Factor& right) {
    auto load_left = [&](int part) {
        const char* from = left.first + part * left.part;
        _tile_loadd(4, from, left.row);
        if (MR > 1) _tile_loadd(5, from + left.second, left.row);
    };
    auto load_right = [&](int part) {
        const char* from = right.first + part * right.part;
        _tile_loadd(6, from, right.row);
        if (NR > 1) _tile_loadd(7, from + right.second, right.row);
    };
    auto add_products = [] {
        _tile_dpbf16ps(0, 4, 6);
        if (NR > 1) _tile_dpbf16ps(1, 4, 7);
        if (MR > 1) _tile_dpbf16ps(2, 5, 6);
        if (MR > 1 && NR > 1) _tile_dpbf16ps(3, 5, 7);
    };
    load_left(0);
    load_right(2);
    add_products();
    load_right(0);
    add_products();
    load_right(1);
    add_products();
    load_left(1);
    add_products();
    load_right(0);
    add_products();
    load_left(2);
    add_products();
}
