using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>Moves and converts parameters and buffers; called by <c>to</c>.</summary>
            /// <param name="device">Where to.</param>
            /// <param name="dtype">A floating or complex type; integer tensors keep theirs.</param>
            /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
            /// <returns>This module.</returns>
            /// <exception cref="ArgumentException"><paramref name="dtype"/> is an integer type.</exception>
            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                ThrowIfNotReal(dtype);
                ThrowIfMissing(device.type);
                _toEpilog(dtype, device, non_blocking);
                return this;
            }

            /// <summary>Moves parameters and buffers; called by <c>to</c>.</summary>
            /// <param name="deviceType">Where to.</param>
            /// <param name="deviceIndex">Which one; −1 for the current.</param>
            /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
            /// <returns>This module.</returns>
            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                ThrowIfMissing(deviceType);
                _toEpilog(null, new Device(deviceType, deviceIndex), non_blocking);
                return this;
            }

            /// <summary>Converts parameters and buffers; called by <c>to</c>.</summary>
            /// <param name="dtype">A floating or complex type; integer tensors keep theirs.</param>
            /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
            /// <returns>This module.</returns>
            /// <exception cref="ArgumentException"><paramref name="dtype"/> is an integer type.</exception>
            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                ThrowIfNotReal(dtype);
                _toEpilog(dtype, null, non_blocking);
                return this;
            }

            /// <summary>
            /// Moves the children, then replaces this module's own parameters and buffers, also in the fields that hold
            /// them. Replaced tensors are disposed: make the optimizer after the move.
            /// </summary>
            /// <param name="dtype">The type to convert to, or null to keep it.</param>
            /// <param name="device">The device to move to, or null to stay.</param>
            /// <param name="non_blocking">Whether copies may run behind the caller's back.</param>
            protected virtual void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
            {
                foreach (var (_, child) in named_children())
                {
                    if (device is null)
                        child._to(dtype!.Value, non_blocking);
                    else if (dtype is null)
                        child._to(device.type, device.index, non_blocking);
                    else
                        child._to(device, dtype.Value, non_blocking);
                }
                foreach (var (parameterName, parameter) in _parameterByName.ToList())
                {
                    if (Converted(parameter, dtype, device, non_blocking) is not { } moved)
                        continue;
                    _parameterByName[parameterName] = moved;
                    Replace(parameter, moved);
                }
                foreach (var (bufferName, (buffer, persistent)) in _bufferByName.ToList())
                {
                    if (Converted(buffer, dtype, device, non_blocking) is not { } moved)
                        continue;
                    _bufferByName[bufferName] = (moved.DetachFromDisposeScope(), persistent);
                    Replace(buffer, moved);
                }
                if (device is not null)
                    (_deviceType, _deviceIndex) = (device.type, device.index);
            }

            private static Parameter? Converted(
                Parameter parameter,
                ScalarType? dtype,
                Device? device,
                bool nonBlocking
            )
            {
                using var grad = parameter.grad;
                // Without autograd the copy is a new leaf, as a parameter has to be.
                using var noGrad = no_grad();
                if (Converted((Tensor)parameter, dtype, device, nonBlocking) is not { } data)
                    return null;
                var moved = new Parameter(data, parameter.requires_grad);
                moved.DetachFromDisposeScope();
                if (grad is not null)
                {
                    using var movedGrad = grad.to(moved.dtype, moved.device, non_blocking: nonBlocking);
                    moved.grad = movedGrad;
                }
                return moved;
            }

            private static Tensor? Converted(Tensor tensor, ScalarType? dtype, Device? device, bool nonBlocking)
            {
                var type = tensor.is_floating_point() || tensor.is_complex() ? dtype ?? tensor.dtype : tensor.dtype;
                var stays = device is null || IsAt(tensor.device, device);
                if (stays && type == tensor.dtype)
                    return null;
                return tensor.to(type, stays ? tensor.device : device!, non_blocking: nonBlocking);
            }

            private static bool IsAt(Device actual, Device wanted) =>
                actual.type == wanted.type
                && (wanted.type == DeviceType.CPU || wanted.index < 0 || actual.index == wanted.index);

            private static void ThrowIfNotReal(ScalarType dtype)
            {
                if (!is_floating_point(dtype) && !is_complex(dtype))
                    throw new ArgumentException(
                        $"A module converts to floating or complex types, not to {dtype}.",
                        nameof(dtype)
                    );
            }

            private static void ThrowIfMissing(DeviceType type)
            {
                if (type == DeviceType.CUDA && !cuda.is_available())
                    throw new InvalidOperationException("CUDA is not available.");
            }

            private void Replace(Tensor old, Tensor value)
            {
                foreach (var field in ComponentFields())
                {
                    if (ReferenceEquals(field.GetValue(this), old))
                        field.SetValue(this, value);
                }
                old.DetachFromDisposeScope().Dispose();
            }
        }
    }
}
