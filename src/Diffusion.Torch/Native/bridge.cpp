// The one door to libtorch: operators are looked up by name in its dispatcher and called with boxed arguments.
// A tensor or generator handle is an owned reference to the implementation object; 0 stands for "undefined".
// Every function that can fail returns a negative number (or 0 for handles) and leaves its message in `last_error`.
#include "bridge.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIndexing.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>
#include <torch/version.h>

#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <unistd.h>

thread_local std::string bridge::last_error;

namespace {

using namespace bridge;
using c10::IValue;

enum Tag : int32_t {
    kNone = 0,
    kTensor = 1,
    kInt = 2,
    kDouble = 3,
    kBool = 4,
    kComplex = 5,
    kInts = 6,
    kDoubles = 7,
    kTensors = 8,
    kOptionalTensors = 9,
    kDevice = 10,
    kGenerator = 11,
    kString = 12,
    kSlice = 13,
    kEllipsis = 14,
};

// One argument or result. `pointer` holds `count` elements for lists; a device is its type and, in `count`, its index.
struct Cell {
    int32_t tag;
    int32_t count;
    union {
        int64_t integer;
        double real;
        void* pointer;
    };
    double imaginary;
};

struct Operator {
    c10::OperatorHandle handle;
    const c10::FunctionSchema& schema;
};

at::Generator borrow_generator(void* handle) {
    return at::Generator(c10::intrusive_ptr<c10::GeneratorImpl>::unsafe_reclaim_from_nonowning(
        static_cast<c10::GeneratorImpl*>(handle)));
}

std::vector<at::Tensor> borrow_all(void* const* handles, int64_t count) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(count);
    for (int64_t i = 0; i < count; i++) tensors.push_back(borrow(handles[i]));
    return tensors;
}

// libtorch looks types up in tables without asking whether they are there.
c10::ScalarType scalar_type_of(int32_t number) {
    TORCH_CHECK(number >= 0 && number < static_cast<int32_t>(c10::ScalarType::Undefined), "no element type ", number);
    return static_cast<c10::ScalarType>(number);
}

c10::Device device_of(const Cell& cell) {
    return c10::Device(static_cast<c10::DeviceType>(cell.integer), static_cast<c10::DeviceIndex>(cell.count));
}

c10::Scalar scalar_of(const Cell& cell) {
    switch (cell.tag) {
        case kInt: return c10::Scalar(cell.integer);
        case kBool: return c10::Scalar(cell.integer != 0);
        case kComplex: return c10::Scalar(c10::complex<double>(cell.real, cell.imaginary));
        default: return c10::Scalar(cell.real);
    }
}

IValue to_ivalue(const Cell& cell) {
    switch (cell.tag) {
        case kNone: return IValue();
        case kTensor: return IValue(borrow(cell.pointer));
        case kInt: return IValue(cell.integer);
        case kDouble: return IValue(cell.real);
        case kBool: return IValue(cell.integer != 0);
        case kComplex: return IValue(c10::complex<double>(cell.real, cell.imaginary));
        case kInts: return IValue(c10::IntArrayRef(static_cast<int64_t*>(cell.pointer), cell.count));
        case kDoubles: return IValue(c10::ArrayRef<double>(static_cast<double*>(cell.pointer), cell.count));
        case kTensors: return IValue(borrow_all(static_cast<void**>(cell.pointer), cell.count));
        case kOptionalTensors: {
            c10::List<c10::optional<at::Tensor>> list;
            for (int32_t i = 0; i < cell.count; i++) {
                void* handle = static_cast<void**>(cell.pointer)[i];
                list.push_back(handle == nullptr ? c10::nullopt : c10::optional<at::Tensor>(borrow(handle)));
            }
            return IValue(list);
        }
        case kDevice: return IValue(device_of(cell));
        case kGenerator: return IValue(borrow_generator(cell.pointer));
        case kString: return IValue(std::string(static_cast<char*>(cell.pointer), cell.count));
        default: TORCH_CHECK(false, "unknown argument tag ", cell.tag);
    }
}

void to_cell(IValue value, Cell& cell) {
    cell = Cell{};
    if (value.isTensor()) {
        cell.tag = kTensor;
        cell.pointer = give(std::move(value).toTensor());
    } else if (value.isInt()) {
        cell.tag = kInt;
        cell.integer = value.toInt();
    } else if (value.isDouble()) {
        cell.tag = kDouble;
        cell.real = value.toDouble();
    } else if (value.isBool()) {
        cell.tag = kBool;
        cell.integer = value.toBool();
    } else if (value.isComplexDouble()) {
        cell.tag = kComplex;
        cell.real = value.toComplexDouble().real();
        cell.imaginary = value.toComplexDouble().imag();
    } else if (value.isTensorList()) {
        auto tensors = std::move(value).toTensorVector();
        auto** handles = static_cast<void**>(std::malloc((tensors.size() + 1) * sizeof(void*)));
        for (size_t i = 0; i < tensors.size(); i++) handles[i] = give(std::move(tensors[i]));
        cell.tag = kTensors;
        cell.count = static_cast<int32_t>(tensors.size());
        cell.pointer = handles;
    }
}

std::vector<at::indexing::TensorIndex> to_indices(const Cell* cells, int32_t count) {
    std::vector<at::indexing::TensorIndex> indices;
    indices.reserve(count);
    for (int32_t i = 0; i < count; i++) {
        const Cell& cell = cells[i];
        switch (cell.tag) {
            case kNone: indices.emplace_back(at::indexing::None); break;
            case kEllipsis: indices.emplace_back(at::indexing::Ellipsis); break;
            case kInt: indices.emplace_back(cell.integer); break;
            case kBool: indices.emplace_back(cell.integer != 0); break;
            case kTensor: indices.emplace_back(borrow(cell.pointer)); break;
            default: {
                // Three numbers; the lowest integer stands for "left out".
                auto* bounds = static_cast<int64_t*>(cell.pointer);
                auto bound = [&](int k) {
                    return bounds[k] == INT64_MIN ? c10::nullopt : c10::optional<int64_t>(bounds[k]);
                };
                indices.emplace_back(at::indexing::Slice(bound(0), bound(1), bound(2)));
            }
        }
    }
    return indices;
}

// glibc returns large blocks to the kernel and faults them in again at the next step: keep them, unless told not to.
__attribute__((constructor)) void keep_memory() {
    for (char** entry = environ; *entry != nullptr; entry++) {
        if (std::strncmp(*entry, "MALLOC_", 7) == 0 || std::strncmp(*entry, "GLIBC_TUNABLES=", 15) == 0) return;
    }
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, INT32_MAX);
    mallopt(M_TOP_PAD, 64 << 20);
    // The arenas of threads other than the first hold no block above 64 MiB: let all share the first.
    mallopt(M_ARENA_MAX, 1);
}

}  // namespace

API const char* dt_last_error() { return last_error.c_str(); }

API const char* dt_version() { return TORCH_VERSION; }

API Operator* dt_find(const char* name, const char* overload) {
    return guarded<Operator*>(nullptr, [&] {
        auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
        return new Operator{handle, handle.schema()};
    });
}

API const char* dt_argument_name(Operator* op, int32_t index) {
    const auto& arguments = op->schema.arguments();
    return index < static_cast<int32_t>(arguments.size()) ? arguments[index].name().c_str() : "";
}

API int32_t dt_argument_is_optional(Operator* op, int32_t index) {
    const auto& arguments = op->schema.arguments();
    return index < static_cast<int32_t>(arguments.size()) && arguments[index].type()->kind() == c10::TypeKind::OptionalType;
}

// Arguments left out at the end take the schema's defaults. Returns the number of results; those beyond `room` are
// dropped.
API int32_t dt_call(Operator* op, const Cell* cells, int32_t count, Cell* results, int32_t room) {
    return guarded<int32_t>(-1, [&] {
        const auto& arguments = op->schema.arguments();
        torch::jit::Stack stack;
        stack.reserve(arguments.size() + 1);
        for (int32_t i = 0; i < count; i++) stack.push_back(to_ivalue(cells[i]));
        for (size_t i = count; i < arguments.size(); i++) {
            const auto& fallback = arguments[i].default_value();
            TORCH_CHECK(fallback.has_value(), op->schema.name(), ": argument '", arguments[i].name(), "' is missing");
            stack.push_back(*fallback);
        }
        op->handle.callBoxed(&stack);
        auto produced = static_cast<int32_t>(stack.size());
        for (int32_t i = 0; i < produced && i < room; i++) to_cell(std::move(stack[i]), results[i]);
        return produced;
    });
}

API void* dt_index(void* self, const Cell* cells, int32_t count) {
    return guarded<void*>(nullptr, [&] { return give(borrow(self).index(to_indices(cells, count))); });
}

API int32_t dt_index_put(void* self, const Cell* cells, int32_t count, const Cell* value) {
    return guarded<int32_t>(-1, [&] {
        auto target = borrow(self);
        auto indices = to_indices(cells, count);
        if (value->tag == kTensor) {
            target.index_put_(indices, borrow(value->pointer));
        } else {
            target.index_put_(indices, scalar_of(*value));
        }
        return 0;
    });
}

API void dt_free(void* self) {
    if (self != nullptr) c10::intrusive_ptr<Impl, c10::UndefinedTensorImpl>::reclaim(static_cast<Impl*>(self));
}

API void dt_free_list(void* list) { std::free(list); }

API int64_t dt_dim(void* self) {
    return guarded<int64_t>(-1, [&] { return static_cast<Impl*>(self)->dim(); });
}

API int64_t dt_numel(void* self) {
    return guarded<int64_t>(-1, [&] { return static_cast<Impl*>(self)->numel(); });
}

API int32_t dt_dtype(void* self) {
    return guarded<int32_t>(
        -1, [&] { return static_cast<int32_t>(c10::typeMetaToScalarType(static_cast<Impl*>(self)->dtype())); });
}

API int64_t dt_element_size(void* self) {
    return guarded<int64_t>(-1, [&] { return static_cast<int64_t>(static_cast<Impl*>(self)->dtype().itemsize()); });
}

API int32_t dt_device(void* self, int32_t* type, int32_t* index) {
    return guarded<int32_t>(-1, [&] {
        auto device = static_cast<Impl*>(self)->device();
        *type = static_cast<int32_t>(device.type());
        *index = device.index();
        return 0;
    });
}

API int32_t dt_sizes(void* self, int64_t* sizes) {
    return guarded<int32_t>(-1, [&] {
        auto source = static_cast<Impl*>(self)->sizes();
        std::copy(source.begin(), source.end(), sizes);
        return 0;
    });
}

API int32_t dt_strides(void* self, int64_t* strides) {
    return guarded<int32_t>(-1, [&] {
        auto source = static_cast<Impl*>(self)->strides();
        std::copy(source.begin(), source.end(), strides);
        return 0;
    });
}

API int32_t dt_is_sparse(void* self) {
    return guarded<int32_t>(-1, [&] { return static_cast<int32_t>(static_cast<Impl*>(self)->is_sparse()); });
}

API int32_t dt_is_contiguous(void* self) {
    return guarded<int32_t>(-1, [&] { return static_cast<int32_t>(borrow(self).is_contiguous()); });
}

API int64_t dt_storage_offset(void* self) {
    return guarded<int64_t>(-1, [&] { return borrow(self).storage_offset(); });
}

API void* dt_data(void* self) {
    return guarded<void*>(nullptr, [&] { return borrow(self).data_ptr(); });
}

// The memory stays the caller's until `release(context)` is called, once, on whatever thread frees the tensor.
API void* dt_from_memory(
    void* memory, const int64_t* sizes, int32_t dim, int32_t dtype, void (*release)(void*), void* context) {
    return guarded<void*>(nullptr, [&] {
        auto options = at::TensorOptions().dtype(scalar_type_of(dtype));
        auto free_it = [release, context](void*) { release(context); };
        return give(at::from_blob(memory, c10::IntArrayRef(sizes, dim), free_it, options));
    });
}

API int32_t dt_item(void* self, Cell* result) {
    return guarded<int32_t>(-1, [&] {
        auto value = borrow(self).item();
        to_cell(IValue(value), *result);
        return 0;
    });
}

API int32_t dt_requires_grad(void* self) {
    return guarded<int32_t>(-1, [&] { return static_cast<int32_t>(borrow(self).requires_grad()); });
}

API int32_t dt_set_requires_grad(void* self, int32_t value) {
    return guarded<int32_t>(-1, [&] {
        borrow(self).set_requires_grad(value != 0);
        return 0;
    });
}

API int32_t dt_is_leaf(void* self) {
    return guarded<int32_t>(-1, [&] { return static_cast<int32_t>(borrow(self).is_leaf()); });
}

API int32_t dt_retain_grad(void* self) {
    return guarded<int32_t>(-1, [&] {
        borrow(self).retain_grad();
        return 0;
    });
}

API void* dt_grad(void* self) {
    return guarded<void*>(nullptr, [&] { return give(borrow(self).grad()); });
}

API int32_t dt_set_grad(void* self, void* grad) {
    return guarded<int32_t>(-1, [&] {
        borrow(self).mutable_grad() = borrow(grad);
        return 0;
    });
}

API int32_t dt_set_data(void* self, void* source) {
    return guarded<int32_t>(-1, [&] {
        borrow(self).set_data(borrow(source));
        return 0;
    });
}

API int32_t dt_backward(
    void* const* tensors, int32_t count, void* const* grads, int32_t grad_count, int32_t retain_graph,
    int32_t create_graph, void* const* inputs, int32_t input_count) {
    return guarded<int32_t>(-1, [&] {
        torch::autograd::backward(
            borrow_all(tensors, count), borrow_all(grads, grad_count), retain_graph != 0, create_graph != 0,
            borrow_all(inputs, input_count));
        return 0;
    });
}

API int32_t dt_autograd_grad(
    void* const* outputs, int32_t count, void* const* inputs, int32_t input_count, void* const* grads,
    int32_t grad_count, int32_t retain_graph, int32_t create_graph, int32_t allow_unused, void** results) {
    return guarded<int32_t>(-1, [&] {
        auto found = torch::autograd::grad(
            borrow_all(outputs, count), borrow_all(inputs, input_count), borrow_all(grads, grad_count),
            retain_graph != 0, create_graph != 0, allow_unused != 0);
        for (size_t i = 0; i < found.size(); i++) results[i] = give(std::move(found[i]));
        return 0;
    });
}

API int32_t dt_grad_enabled() { return c10::GradMode::is_enabled(); }

API int32_t dt_set_grad_enabled(int32_t enabled) {
    return guarded<int32_t>(-1, [&] {
        c10::GradMode::set_enabled(enabled != 0);
        return 0;
    });
}

API c10::InferenceMode* dt_inference_enter(int32_t enabled) {
    return guarded<c10::InferenceMode*>(nullptr, [&] { return new c10::InferenceMode(enabled != 0); });
}

API void dt_inference_leave(c10::InferenceMode* mode) { delete mode; }

API int32_t dt_inference_enabled() { return c10::InferenceMode::is_enabled(); }

API void* dt_generator_new(int32_t device_type, int32_t device_index, uint64_t seed) {
    return guarded<void*>(nullptr, [&]() -> void* {
        c10::Device device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
        auto generator = device.is_cpu() ? at::make_generator<at::CPUGeneratorImpl>(seed)
                                         : at::globalContext().defaultGenerator(device).clone();
        if (!device.is_cpu()) generator.set_current_seed(seed);
        return generator.unsafeReleaseGeneratorImpl();
    });
}

API void* dt_generator_default() {
    return guarded<void*>(nullptr, [&]() -> void* {
        at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
        return generator.unsafeReleaseGeneratorImpl();
    });
}

API void dt_generator_free(void* self) {
    if (self != nullptr) c10::intrusive_ptr<c10::GeneratorImpl>::reclaim(static_cast<c10::GeneratorImpl*>(self));
}

// Generators are used by one thread at a time through their own lock, as libtorch's kernels do.
API int32_t dt_generator_set_seed(void* self, uint64_t seed) {
    return guarded<int32_t>(-1, [&] {
        auto generator = borrow_generator(self);
        std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_current_seed(seed);
        return 0;
    });
}

API uint64_t dt_generator_seed(void* self, int32_t fresh) {
    return guarded<uint64_t>(0, [&] {
        auto generator = borrow_generator(self);
        std::lock_guard<std::mutex> lock(generator.mutex());
        return fresh != 0 ? generator.seed() : generator.current_seed();
    });
}

API void* dt_generator_get_state(void* self) {
    return guarded<void*>(nullptr, [&] {
        auto generator = borrow_generator(self);
        std::lock_guard<std::mutex> lock(generator.mutex());
        return give(generator.get_state());
    });
}

API int32_t dt_generator_set_state(void* self, void* state) {
    return guarded<int32_t>(-1, [&] {
        auto generator = borrow_generator(self);
        std::lock_guard<std::mutex> lock(generator.mutex());
        generator.set_state(borrow(state));
        return 0;
    });
}

API int32_t dt_manual_seed(uint64_t seed) {
    return guarded<int32_t>(-1, [&] {
        at::manual_seed(seed);
        return 0;
    });
}

API int32_t dt_get_threads() {
    return guarded<int32_t>(-1, [&] { return static_cast<int32_t>(at::get_num_threads()); });
}

API int32_t dt_set_threads(int32_t count) {
    return guarded<int32_t>(-1, [&] {
        at::set_num_threads(count);
        return 0;
    });
}

API int32_t dt_get_interop_threads() {
    return guarded<int32_t>(-1, [&] { return static_cast<int32_t>(at::get_num_interop_threads()); });
}

API int32_t dt_set_interop_threads(int32_t count) {
    return guarded<int32_t>(-1, [&] {
        at::set_num_interop_threads(count);
        return 0;
    });
}

API int32_t dt_promote_types(int32_t left, int32_t right) {
    return guarded<int32_t>(
        -1, [&] { return static_cast<int32_t>(c10::promoteTypes(scalar_type_of(left), scalar_type_of(right))); });
}

API int32_t dt_can_cast(int32_t from, int32_t to) {
    return guarded<int32_t>(
        -1, [&] { return static_cast<int32_t>(c10::canCast(scalar_type_of(from), scalar_type_of(to))); });
}

API int32_t dt_cuda_count() {
    return guarded<int32_t>(0, [&] {
        return at::hasCUDA() ? static_cast<int32_t>(at::detail::getCUDAHooks().getNumGPUs()) : 0;
    });
}
