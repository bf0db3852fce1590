// The kernels as operators with gradients. What they don't cover (other devices and types, dropout) is the caller's.
#include "bridge.h"
#include "kernels.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

namespace {

using namespace bridge;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;
// What may be left out: an undefined tensor isn't allowed as an input of an autograd function.
using Maybe = c10::optional<Variable>;

int32_t element_of(const at::Tensor& x) {
    switch (x.scalar_type()) {
        case at::kFloat: return kernels::kFloat;
        case at::kDouble: return kernels::kDoubleFloat;
        case at::kBFloat16: return kernels::kBFloat16;
        default: return -1;
    }
}

bool is_dense_cpu(const at::Tensor& x) {
    return x.device().is_cpu() && x.layout() == at::kStrided && element_of(x) >= 0;
}

// The gradient of a gradient is rare: it is left to libtorch, through the plain formula. Each input is taken anew, as an
// alias, so that no input leads to another one (or is another one): its share would be counted for both.
template <class F>
variable_list differentiable(variable_list inputs, const at::Tensor& grad, F formula) {
    variable_list wanted;
    for (auto& input : inputs)
        if (input.defined()) {
            input = input.alias();
            if (input.requires_grad()) wanted.push_back(input);
        }
    auto found = torch::autograd::grad({formula(inputs)}, wanted, {grad}, true, true, true);
    variable_list all;
    size_t next = 0;
    for (const auto& input : inputs)
        all.push_back(input.defined() && input.requires_grad() ? found[next++] : at::Tensor());
    return all;
}

// [B, H, L, d]
kernels::Operand operand_of(const at::Tensor& x) {
    return {x.data_ptr(), x.stride(0), x.stride(1), x.stride(2), x.stride(3)};
}

at::Tensor plain_attention(
    const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask, bool causal, double scale) {
    auto scores = at::matmul(q * scale, k.transpose(-2, -1));
    if (causal) {
        auto seen = at::ones({q.size(-2), k.size(-2)}, q.options().dtype(at::kBool)).tril();
        scores = scores.masked_fill(seen.logical_not(), -std::numeric_limits<double>::infinity());
    }
    if (mask.defined()) scores = scores + mask;
    // A query that sees no key: zeros, as the kernels have it, where the softmax would be 0/0.
    auto blind = (scores == -std::numeric_limits<double>::infinity()).all(-1, true);
    auto weights = at::softmax(scores.masked_fill(blind, 0), -1).masked_fill(blind, 0);
    return at::matmul(weights.to(v.scalar_type()), v);
}

// Empty, with the memory order of `like` where that is a transpose of its last two dimensions, so that what was
// channels before pixels stays so.
at::Tensor empty_like_rows(const at::Tensor& like, int64_t rows, int64_t channels) {
    const auto batch = like.size(0), heads = like.size(1);
    const bool columns = like.stride(2) == 1 && like.stride(3) != 1;
    const std::vector<int64_t> strides = columns
        ? std::vector<int64_t>{heads * channels * rows, channels * rows, 1, rows}
        : std::vector<int64_t>{rows * heads * channels, channels, heads * channels, 1};
    return at::empty_strided({batch, heads, rows, channels}, strides, like.options());
}

struct AttentionFunction : torch::autograd::Function<AttentionFunction> {
    static kernels::Attention call_of(
        const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& out, const at::Tensor& mask,
        const at::Tensor& log_sums, bool causal, double scale) {
        return {q.size(0), q.size(1), q.size(2), k.size(2), q.size(3), v.size(3), scale, causal, at::get_num_threads(),
                operand_of(q), operand_of(k), operand_of(v), operand_of(out),
                mask.defined() ? operand_of(mask) : kernels::Operand{}, log_sums.defined() ? log_sums.data_ptr() : nullptr};
    }

    static at::Tensor forward(
        AutogradContext* context, const Variable& q, const Variable& k, const Variable& v, const Maybe& given_mask,
        bool causal, double scale) {
        auto mask = given_mask.value_or(at::Tensor());
        auto arithmetic = q.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
        auto log_sums = at::empty({q.size(0), q.size(1), q.size(2)}, q.options().dtype(arithmetic));
        auto out = compute(q, k, v, mask, log_sums, causal, scale);
        context->save_for_backward({q, k, v, out, mask, log_sums});
        context->saved_data["causal"] = causal;
        context->saved_data["scale"] = scale;
        return out;
    }

    static at::Tensor compute(
        const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const at::Tensor& mask,
        const at::Tensor& log_sums, bool causal, double scale) {
        auto out = empty_like_rows(q, q.size(2), v.size(3));
        kernels::table().attention[element_of(q)](call_of(q, k, v, out, mask, log_sums, causal, scale));
        return out;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        auto saved = context->get_saved_variables();
        auto &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[3], &mask = saved[4], &log_sums = saved[5];
        const auto causal = context->saved_data["causal"].toBool();
        const auto scale = context->saved_data["scale"].toDouble();
        if (c10::GradMode::is_enabled()) {
            auto found = differentiable({q, k, v}, grads[0], [&](const variable_list& of) {
                return plain_attention(of[0], of[1], of[2], mask, causal, scale);
            });
            return {found[0], found[1], found[2], Variable(), Variable(), Variable()};
        }
        auto grad_q = empty_like_rows(q, q.size(2), q.size(3));
        auto grad_k = empty_like_rows(k, k.size(2), k.size(3));
        auto grad_v = empty_like_rows(v, v.size(2), v.size(3));
        auto grad_out = grads[0].scalar_type() == q.scalar_type() ? grads[0] : grads[0].to(q.scalar_type());
        kernels::AttentionGradient call{call_of(q, k, v, out, mask, log_sums, causal, scale), operand_of(grad_out),
                                        operand_of(grad_q), operand_of(grad_k), operand_of(grad_v)};
        kernels::table().attention_gradient[element_of(q)](call);
        return {grad_q, grad_k, grad_v, Variable(), Variable(), Variable()};
    }
};

at::Tensor plain_group_norm(
    const at::Tensor& x, const at::Tensor& add, const at::Tensor& weight, const at::Tensor& bias,
    const at::Tensor& scale, const at::Tensor& shift, int64_t groups, double epsilon, bool silu) {
    auto wide = [](const at::Tensor& rows) { return rows.unsqueeze(-1).unsqueeze(-1); };
    auto h = add.defined() ? x + wide(add) : x;
    h = at::group_norm(h, groups, weight, bias, epsilon);
    if (scale.defined()) h = h * (wide(scale) + 1);
    if (shift.defined()) h = h + wide(shift);
    return silu ? at::silu(h) : h;
}

void* data_of(const at::Tensor& x) { return x.defined() ? x.data_ptr() : nullptr; }

struct GroupNormFunction : torch::autograd::Function<GroupNormFunction> {
    static kernels::GroupNorm call_of(
        const at::Tensor& x, const at::Tensor& add, const at::Tensor& weight, const at::Tensor& bias,
        const at::Tensor& scale, const at::Tensor& shift, const at::Tensor& y, const at::Tensor& mean,
        const at::Tensor& inverse, int64_t groups, double epsilon, bool silu) {
        return {x.size(0), x.size(1), groups, x.size(2) * x.size(3), epsilon, silu, at::get_num_threads(), data_of(x),
                data_of(add), data_of(weight), data_of(bias), data_of(scale), data_of(shift), data_of(y), data_of(mean),
                data_of(inverse)};
    }

    static at::Tensor forward(
        AutogradContext* context, const Variable& x, const Maybe& some_add, const Maybe& some_weight,
        const Maybe& some_bias, const Maybe& some_scale, const Maybe& some_shift, int64_t groups, double epsilon,
        bool silu) {
        auto none = at::Tensor();
        auto add = some_add.value_or(none), weight = some_weight.value_or(none), bias = some_bias.value_or(none);
        auto scale = some_scale.value_or(none), shift = some_shift.value_or(none);
        auto mean = at::empty({x.size(0), groups}, x.options());
        auto inverse = at::empty_like(mean);
        auto y = compute(x, add, weight, bias, scale, shift, mean, inverse, groups, epsilon, silu);
        context->save_for_backward({x, add, weight, bias, scale, shift, mean, inverse});
        context->saved_data["groups"] = groups;
        context->saved_data["epsilon"] = epsilon;
        context->saved_data["silu"] = silu;
        return y;
    }

    static at::Tensor compute(
        const at::Tensor& x, const at::Tensor& add, const at::Tensor& weight, const at::Tensor& bias,
        const at::Tensor& scale, const at::Tensor& shift, const at::Tensor& mean, const at::Tensor& inverse,
        int64_t groups, double epsilon, bool silu) {
        auto y = at::empty_like(x, at::MemoryFormat::Contiguous);
        kernels::table().group_norm[element_of(x)](
            call_of(x, add, weight, bias, scale, shift, y, mean, inverse, groups, epsilon, silu));
        return y;
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        auto saved = context->get_saved_variables();
        auto &x = saved[0], &add = saved[1], &weight = saved[2], &bias = saved[3], &scale = saved[4], &shift = saved[5];
        auto &mean = saved[6], &inverse = saved[7];
        const auto groups = context->saved_data["groups"].toInt();
        const auto epsilon = context->saved_data["epsilon"].toDouble();
        const auto silu = context->saved_data["silu"].toBool();
        variable_list result(9);
        if (c10::GradMode::is_enabled()) {
            auto found = differentiable({x, add, weight, bias, scale, shift}, grads[0], [&](const variable_list& of) {
                return plain_group_norm(of[0], of[1], of[2], of[3], of[4], of[5], groups, epsilon, silu);
            });
            std::copy(found.begin(), found.end(), result.begin());
            return result;
        }
        auto grad_y = grads[0].contiguous();
        auto grad_x = at::empty_like(x, at::MemoryFormat::Contiguous);
        auto sum = at::empty({x.size(0), x.size(1)}, x.options());
        auto sum_normed = at::empty_like(sum);
        auto sum_x = add.defined() ? at::empty_like(sum) : at::Tensor();
        kernels::GroupNormGradient call{
            call_of(x, add, weight, bias, scale, shift, at::Tensor(), mean, inverse, groups, epsilon, silu),
            grad_y.data_ptr(), grad_x.data_ptr(), sum.data_ptr(), sum_normed.data_ptr(), data_of(sum_x)};
        kernels::table().group_norm_gradient[element_of(x)](call);
        result[0] = grad_x;
        result[1] = sum_x;
        // y's slope and offset in terms of the weights: w·(1 + scale) and b·(1 + scale) + shift.
        auto factor = scale.defined() ? scale + 1 : at::Tensor();
        if (weight.defined()) result[2] = (scale.defined() ? sum_normed * factor : sum_normed).sum(0);
        if (bias.defined()) result[3] = (scale.defined() ? sum * factor : sum).sum(0);
        if (scale.defined()) {
            result[4] = weight.defined() ? sum_normed * weight : sum_normed;
            if (bias.defined()) result[4] = result[4] + sum * bias;
        }
        if (shift.defined()) result[5] = sum;
        return result;
    }
};

struct ConvolutionFunction : torch::autograd::Function<ConvolutionFunction> {
    static kernels::Convolution call_of(
        const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, int64_t pad_height, int64_t pad_width,
        bool winograd) {
        auto data = [](const at::Tensor& t) { return t.defined() ? t.data_ptr<float>() : nullptr; };
        return {x.size(0), x.size(1), weight.size(0), x.size(2), x.size(3), weight.size(2), weight.size(3), pad_height,
                pad_width, at::get_num_threads(), winograd, data(x), data(weight), data(bias), nullptr};
    }

    static at::Tensor compute(
        const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, int64_t pad_height, int64_t pad_width,
        bool winograd) {
        auto call = call_of(x, weight, bias, pad_height, pad_width, winograd);
        auto y = at::empty(
            {call.batches, call.out, call.height + 2 * pad_height - call.kernel_height + 1,
             call.width + 2 * pad_width - call.kernel_width + 1},
            x.options());
        call.y = y.data_ptr<float>();
        kernels::table().convolution(call);
        return y;
    }

    static at::Tensor forward(
        AutogradContext* context, const Variable& x, const Variable& weight, const Maybe& bias, int64_t pad_height,
        int64_t pad_width, bool winograd) {
        context->save_for_backward({x, weight});
        context->saved_data["bias"] = bias.has_value() && bias->requires_grad();
        context->saved_data["pad_height"] = pad_height;
        context->saved_data["pad_width"] = pad_width;
        context->saved_data["winograd"] = winograd;
        return compute(x, weight, bias.value_or(at::Tensor()), pad_height, pad_width, winograd);
    }

    static variable_list backward(AutogradContext* context, variable_list grads) {
        auto saved = context->get_saved_variables();
        auto &x = saved[0], &weight = saved[1];
        const auto pad_height = context->saved_data["pad_height"].toInt();
        const auto pad_width = context->saved_data["pad_width"].toInt();
        const auto bias = context->saved_data["bias"].toBool();
        const auto winograd = context->saved_data["winograd"].toBool();
        variable_list result(6);
        if (c10::GradMode::is_enabled()) {
            auto found = differentiable({x, weight}, grads[0], [&](const variable_list& of) {
                return at::conv2d(of[0], of[1], at::Tensor(), {1, 1}, {pad_height, pad_width});
            });
            std::copy(found.begin(), found.end(), result.begin());
            if (bias) result[2] = grads[0].sum({0, 2, 3});
            return result;
        }
        auto grad_y = grads[0].contiguous();
        if (x.requires_grad()) result[0] = at::empty_like(x, at::MemoryFormat::Contiguous);
        if (weight.requires_grad()) result[1] = at::empty_like(weight, at::MemoryFormat::Contiguous);
        if (bias) result[2] = at::empty({weight.size(0)}, weight.options());
        auto data = [](const at::Tensor& t) { return t.defined() ? t.data_ptr<float>() : nullptr; };
        kernels::table().convolution_gradient(
            {call_of(x, weight, at::Tensor(), pad_height, pad_width, winograd), grad_y.data_ptr<float>(),
             data(result[0]), data(result[1]), data(result[2])});
        return result;
    }
};

bool fits(const at::Tensor& rows, const at::Tensor& x, at::IntArrayRef shape) {
    return !rows.defined() || (is_dense_cpu(rows) && rows.scalar_type() == x.scalar_type() && rows.sizes() == shape);
}

bool gradient_wanted(std::initializer_list<at::Tensor> inputs) {
    if (!c10::GradMode::is_enabled()) return false;
    return std::any_of(inputs.begin(), inputs.end(), [](const at::Tensor& x) { return x.defined() && x.requires_grad(); });
}

Maybe maybe(const at::Tensor& x) { return x.defined() ? Maybe(x) : c10::nullopt; }

at::Tensor dense(const at::Tensor& x) { return x.defined() ? x.contiguous() : x; }

}  // namespace

API const char* dt_kernels() { return kernels::table().name; }

API int32_t dt_use_kernels(const char* name) { return kernels::use(name); }

// softmax(q kᵀ·scale + mask) v, [B, H, L, d]; a mask that broadcasts to [B, H, L, S], or 0.
API void* dt_attention(void* q_handle, void* k_handle, void* v_handle, void* mask_handle, int32_t causal, double scale) {
    return guarded<void*>(nullptr, [&] {
        auto q = borrow(q_handle), k = borrow(k_handle), v = borrow(v_handle), mask = borrow(mask_handle);
        if (mask.defined()) {
            if (mask.scalar_type() == at::kBool) {
                mask = at::zeros(mask.sizes(), q.options()).masked_fill_(
                    mask.logical_not(), -std::numeric_limits<double>::infinity());
            }
            mask = mask.to(q.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
            mask = mask.expand({q.size(0), q.size(1), q.size(2), k.size(2)});
        }
        RECORD_FUNCTION("diffusion::attention", std::vector<c10::IValue>());
        if (gradient_wanted({q, k, v})) return give(AttentionFunction::apply(q, k, v, maybe(mask), causal != 0, scale));
        return give(AttentionFunction::compute(q, k, v, mask, at::Tensor(), causal != 0, scale));
    });
}

// Whether dt_attention can be asked: four dimensions on the CPU, one type, and no gradient of the mask.
API int32_t dt_attention_fits(void* q_handle, void* k_handle, void* v_handle, void* mask_handle) {
    return guarded<int32_t>(-1, [&]() -> int32_t {
        auto q = borrow(q_handle), k = borrow(k_handle), v = borrow(v_handle), mask = borrow(mask_handle);
        for (const auto& x : {q, k, v})
            if (!is_dense_cpu(x) || x.dim() != 4 || x.scalar_type() != q.scalar_type() || x.numel() == 0) return 0;
        if (k.size(0) != q.size(0) || v.size(0) != q.size(0) || k.size(1) != q.size(1) || v.size(1) != q.size(1) ||
            k.size(3) != q.size(3) || v.size(2) != k.size(2))
            return 0;
        if (!mask.defined()) return 1;
        return mask.device().is_cpu() && mask.layout() == at::kStrided && mask.dim() <= 4 && !mask.requires_grad();
    });
}

// act(scale·norm(x + add) + shift), x [B, C, H, W], add, scale and shift [B, C]; 0 for what is left out.
API void* dt_group_norm(
    void* x_handle, void* add_handle, void* weight_handle, void* bias_handle, void* scale_handle, void* shift_handle,
    int64_t groups, double epsilon, int32_t silu) {
    return guarded<void*>(nullptr, [&] {
        auto x = dense(borrow(x_handle)), add = dense(borrow(add_handle)), weight = dense(borrow(weight_handle));
        auto bias = dense(borrow(bias_handle)), scale = dense(borrow(scale_handle)), shift = dense(borrow(shift_handle));
        RECORD_FUNCTION("diffusion::group_norm", std::vector<c10::IValue>());
        if (gradient_wanted({x, add, weight, bias, scale, shift}))
            return give(GroupNormFunction::apply(
                x, maybe(add), maybe(weight), maybe(bias), maybe(scale), maybe(shift), groups, epsilon, silu != 0));
        auto none = at::Tensor();
        return give(
            GroupNormFunction::compute(x, add, weight, bias, scale, shift, none, none, groups, epsilon, silu != 0));
    });
}

API int32_t dt_group_norm_fits(
    void* x_handle, void* add_handle, void* weight_handle, void* bias_handle, void* scale_handle, void* shift_handle,
    int64_t groups) {
    return guarded<int32_t>(-1, [&]() -> int32_t {
        auto x = borrow(x_handle);
        if (!is_dense_cpu(x) || x.scalar_type() == at::kBFloat16 || x.dim() != 4 || x.numel() == 0) return 0;
        if (groups < 1 || x.size(1) % groups != 0) return 0;
        const std::vector<int64_t> channels{x.size(1)}, rows{x.size(0), x.size(1)};
        return fits(borrow(weight_handle), x, channels) && fits(borrow(bias_handle), x, channels) &&
               fits(borrow(add_handle), x, rows) && fits(borrow(scale_handle), x, rows) &&
               fits(borrow(shift_handle), x, rows);
    });
}

// Convolution by one pixel a step, x [B, C, H, W], weight [O, C, h, w], bias [O] or 0.
API void* dt_convolution(
    void* x_handle, void* weight_handle, void* bias_handle, int64_t pad_height, int64_t pad_width, int32_t winograd) {
    return guarded<void*>(nullptr, [&] {
        auto x = dense(borrow(x_handle)), weight = dense(borrow(weight_handle)), bias = dense(borrow(bias_handle));
        RECORD_FUNCTION("diffusion::convolution", std::vector<c10::IValue>());
        if (gradient_wanted({x, weight, bias}))
            return give(ConvolutionFunction::apply(x, weight, maybe(bias), pad_height, pad_width, winograd != 0));
        return give(ConvolutionFunction::compute(x, weight, bias, pad_height, pad_width, winograd != 0));
    });
}

API int32_t dt_convolution_fits(
    void* x_handle, void* weight_handle, void* bias_handle, int64_t pad_height, int64_t pad_width, int32_t winograd) {
    return guarded<int32_t>(-1, [&]() -> int32_t {
        auto x = borrow(x_handle), weight = borrow(weight_handle), bias = borrow(bias_handle);
        auto single = [](const at::Tensor& t) { return is_dense_cpu(t) && t.scalar_type() == at::kFloat; };
        if (!single(x) || !single(weight) || x.dim() != 4 || weight.dim() != 4 || x.numel() == 0) return 0;
        if (bias.defined() && (!single(bias) || bias.dim() != 1 || bias.size(0) != weight.size(0))) return 0;
        const auto call = ConvolutionFunction::call_of(x, weight, bias, pad_height, pad_width, winograd != 0);
        if (!kernels::table().convolution_pays(call)) return 0;
        return weight.numel() != 0 && weight.size(1) == x.size(1) && pad_height >= 0 && pad_width >= 0 &&
               pad_height < weight.size(2) && pad_width < weight.size(3) &&
               x.size(2) + 2 * pad_height >= weight.size(2) && x.size(3) + 2 * pad_width >= weight.size(3);
    });
}
