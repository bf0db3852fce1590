// What the files that speak to libtorch share.
#pragma once
#include <ATen/ATen.h>

#include <string>

#define API extern "C" __attribute__((visibility("default")))

namespace bridge {

using Impl = c10::TensorImpl;

extern thread_local std::string last_error;

inline at::Tensor borrow(void* handle) {
    if (handle == nullptr) return at::Tensor();
    return at::Tensor(c10::intrusive_ptr<Impl, c10::UndefinedTensorImpl>::unsafe_reclaim_from_nonowning(
        static_cast<Impl*>(handle)));
}

inline void* give(at::Tensor tensor) { return tensor.defined() ? tensor.unsafeReleaseTensorImpl() : nullptr; }

template <typename T, typename F>
T guarded(T failure, F body) {
    try {
        return body();
    } catch (const c10::Error& error) {
        last_error = error.what_without_backtrace();
    } catch (const std::exception& error) {
        last_error = error.what();
    } catch (...) {
        last_error = "unknown error in libtorch";
    }
    return failure;
}

}  // namespace bridge
