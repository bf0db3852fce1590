// How long each of libtorch's operators takes, without what it calls in turn.
#include "bridge.h"

#include <ATen/record_function.h>

#include <chrono>
#include <map>
#include <mutex>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Frame : at::ObserverContext {
    Clock::time_point start;
    int64_t inner = 0;
};

struct Sum {
    int64_t calls = 0, nanoseconds = 0;
};

std::mutex mutex;
std::map<std::string, Sum> sums;
thread_local std::vector<Frame*> open_frames;
at::CallbackHandle handle = 0;
bool running = false;
std::string report;

std::unique_ptr<at::ObserverContext> enter(const at::RecordFunction&) {
    auto frame = std::make_unique<Frame>();
    open_frames.push_back(frame.get());
    frame->start = Clock::now();
    return frame;
}

void leave(const at::RecordFunction& function, at::ObserverContext* context) {
    auto* frame = static_cast<Frame*>(context);
    const auto end = Clock::now();
    const int64_t whole = std::chrono::duration_cast<std::chrono::nanoseconds>(end - frame->start).count();
    if (!open_frames.empty()) open_frames.pop_back();
    if (!open_frames.empty()) open_frames.back()->inner += whole;
    std::lock_guard<std::mutex> lock(mutex);
    auto& sum = sums[function.name()];
    sum.calls++;
    sum.nanoseconds += whole - frame->inner;
}

}  // namespace

API int32_t dt_profile_start() {
    return bridge::guarded<int32_t>(-1, [&] {
        std::lock_guard<std::mutex> lock(mutex);
        TORCH_CHECK(!running, "a profile is being taken already");
        sums.clear();
        handle = at::addGlobalCallback(at::RecordFunctionCallback(&enter, &leave));
        running = true;
        return 0;
    });
}

// Lines of name, calls and nanoseconds, apart by tabs.
API const char* dt_profile_stop() {
    return bridge::guarded<const char*>(nullptr, [&] {
        std::lock_guard<std::mutex> lock(mutex);
        TORCH_CHECK(running, "no profile is being taken");
        at::removeCallback(handle);
        running = false;
        report.clear();
        for (const auto& entry : sums)
            report += entry.first + "\t" + std::to_string(entry.second.calls) + "\t" +
                      std::to_string(entry.second.nanoseconds) + "\n";
        return report.c_str();
    });
}
