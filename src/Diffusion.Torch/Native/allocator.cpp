// Memory for tensors on the CPU that is kept for the next tensor of its size: fresh memory costs a page fault for every
// 4 KiB, which is a quarter of a training step as libtorch comes.
#include "bridge.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <sys/mman.h>
#include <unordered_map>
#include <vector>

namespace {

constexpr size_t kAlignment = 64;
// Smaller blocks are the C library's: it keeps them itself.
constexpr size_t kSmallest = 1 << 16;
// From here on, memory is the kernel's own, in large pages where it has them.
constexpr size_t kMapped = 1 << 21;

// Mapped blocks begin at different places of a page: equal ones would fall on the same lines of the cache.
constexpr size_t kColours = 16, kColourStep = 256, kColourRoom = kColours * kColourStep;

// Stands just before each block's data.
struct Header {
    size_t capacity;
    void* memory;
};
static_assert(sizeof(Header) <= kAlignment);

struct Statistics {
    int64_t in_use = 0, kept = 0, peak = 0, fresh = 0, reused = 0;
};

// Eight sizes to each power of two: at most an eighth is wasted.
size_t size_class(size_t bytes) {
    const int octave = 63 - __builtin_clzll(bytes);
    const size_t step = size_t(1) << (octave - 3);
    return (bytes + step - 1) / step * step;
}

class KeepingAllocator final : public c10::Allocator {
   public:
    c10::DataPtr allocate(size_t bytes) const override {
        void* data = bytes == 0 ? nullptr : take(bytes);
        return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
    }

    c10::DeleterFnPtr raw_deleter() const override { return &release; }

    Statistics statistics() const {
        std::lock_guard<std::mutex> lock(mutex_);
        return statistics_;
    }

    int64_t limit() const {
        std::lock_guard<std::mutex> lock(mutex_);
        return limit_;
    }

    void set_limit(int64_t bytes) {
        {
            std::lock_guard<std::mutex> lock(mutex_);
            limit_ = bytes;
        }
        give_back(bytes);
    }

    // Gives the largest blocks back until no more than `keep` bytes are kept.
    void give_back(int64_t keep) const {
        std::vector<Header*> blocks;
        {
            std::lock_guard<std::mutex> lock(mutex_);
            std::vector<size_t> sizes;
            for (const auto& entry : kept_)
                if (!entry.second.empty()) sizes.push_back(entry.first);
            std::sort(sizes.rbegin(), sizes.rend());
            for (size_t size : sizes)
                for (auto& list = kept_[size]; !list.empty() && statistics_.kept > keep; list.pop_back()) {
                    blocks.push_back(list.back());
                    statistics_.kept -= static_cast<int64_t>(size);
                }
        }
        for (Header* block : blocks) destroy(block);
    }

    static KeepingAllocator& instance() {
        // Never destroyed: tensors may be freed after everything else.
        static auto* allocator = new KeepingAllocator();
        return *allocator;
    }

   private:
    KeepingAllocator() = default;

    void* take(size_t bytes) const {
        const bool keeps = bytes >= kSmallest;
        const size_t capacity = keeps ? size_class(bytes) : bytes;
        Header* block = nullptr;
        {
            std::lock_guard<std::mutex> lock(mutex_);
            if (keeps) {
                auto& list = kept_[capacity];
                if (!list.empty()) {
                    block = list.back();
                    list.pop_back();
                    statistics_.kept -= static_cast<int64_t>(capacity);
                    statistics_.reused++;
                } else {
                    statistics_.fresh++;
                }
            }
        }
        if (block == nullptr) block = create(capacity);
        if (block == nullptr) {
            give_back(0);
            block = create(capacity);
        }
        TORCH_CHECK(block != nullptr, "not enough memory: ", bytes, " bytes could not be had");
        std::lock_guard<std::mutex> lock(mutex_);
        statistics_.in_use += static_cast<int64_t>(capacity);
        statistics_.peak = std::max(statistics_.peak, statistics_.in_use);
        return reinterpret_cast<char*>(block) + kAlignment;
    }

    static void release(void* data) {
        if (data == nullptr) return;
        auto* block = reinterpret_cast<Header*>(static_cast<char*>(data) - kAlignment);
        const size_t capacity = block->capacity;
        auto& self = instance();
        {
            std::lock_guard<std::mutex> lock(self.mutex_);
            auto& statistics = self.statistics_;
            statistics.in_use -= static_cast<int64_t>(capacity);
            if (capacity >= kSmallest && statistics.kept + static_cast<int64_t>(capacity) <= self.limit_) {
                self.kept_[capacity].push_back(block);
                statistics.kept += static_cast<int64_t>(capacity);
                return;
            }
        }
        destroy(block);
    }

    static Header* create(size_t capacity) {
        void* memory = nullptr;
        const size_t whole = capacity + kAlignment;
        if (whole + kColourRoom < capacity) return nullptr;
        size_t colour = 0;
        if (capacity >= kMapped) {
            static std::atomic<size_t> next{0};
            colour = next++ % kColours * kColourStep;
            memory = mmap(nullptr, whole + kColourRoom, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (memory == MAP_FAILED) return nullptr;
            madvise(memory, whole + kColourRoom, MADV_HUGEPAGE);
        } else if (posix_memalign(&memory, kAlignment, whole) != 0) {
            return nullptr;
        }
        auto* block = reinterpret_cast<Header*>(static_cast<char*>(memory) + colour);
        *block = {capacity, memory};
        return block;
    }

    static void destroy(Header* block) {
        if (block->capacity >= kMapped)
            munmap(block->memory, block->capacity + kAlignment + kColourRoom);
        else
            std::free(block->memory);
    }

    mutable std::mutex mutex_;
    mutable std::unordered_map<size_t, std::vector<Header*>> kept_;
    mutable Statistics statistics_;
    int64_t limit_ = INT64_MAX;
};

c10::Allocator* libtorchs = nullptr;

}  // namespace

// Memory of either allocator may be freed at any time, whichever is in use.
API int32_t dt_use_keeping_allocator(int32_t on) {
    return bridge::guarded<int32_t>(-1, [&] {
        if (libtorchs == nullptr) libtorchs = c10::GetCPUAllocator();
        // Priorities only rise.
        c10::SetCPUAllocator(on != 0 ? &KeepingAllocator::instance() : libtorchs, 255);
        return 0;
    });
}

// in use, kept, peak (bytes), fresh, reused (blocks), limit (bytes)
API void dt_memory(int64_t* figures) {
    auto& allocator = KeepingAllocator::instance();
    const auto statistics = allocator.statistics();
    figures[0] = statistics.in_use;
    figures[1] = statistics.kept;
    figures[2] = statistics.peak;
    figures[3] = statistics.fresh;
    figures[4] = statistics.reused;
    figures[5] = allocator.limit();
}

API void dt_memory_give_back() { KeepingAllocator::instance().give_back(0); }

API void dt_memory_limit(int64_t bytes) { KeepingAllocator::instance().set_limit(bytes); }
