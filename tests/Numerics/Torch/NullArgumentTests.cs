using System.Reflection;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

/// <summary>Calls every public method with null in place of each argument that must not be null.</summary>
[TestFixture]
public sealed class NullArgumentTests
{
    private static readonly NullabilityInfoContext nullability = new();

    [TestCase(typeof(torch))]
    [TestCase(typeof(nn.functional))]
    [TestCase(typeof(autograd))]
    [TestCase(typeof(Tensor))]
    [TestCase(typeof(TensorExtensionMethods))]
    public void Null_is_refused_and_the_error_names_an_argument(Type type)
    {
        EngineUnderTest.SkipOnTorchSharp("null runs into a NullReferenceException");
        using var scope = NewDisposeScope();
        var wrong = new List<string>();
        var calls = 0;
        var all = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        foreach (var method in type.GetMethods(all))
        {
            var parameters = method.GetParameters();
            if (method.ContainsGenericParameters || parameters.Any(p => p.ParameterType.IsByRefLike))
            {
                continue;
            }
            foreach (var parameter in parameters.Where(IsRequired))
            {
                calls++;
                var arguments = parameters.Select(p => p == parameter ? null : Example(p)).ToArray();
                var error = Error(method, method.IsStatic ? null : ones(2, 2), arguments);
                // In a tensor's own methods the name is the dispatcher's, which may differ.
                var isNamed = type != typeof(Tensor) && parameter.ParameterType == typeof(Tensor);
                var isRefused =
                    error is ArgumentNullException { ParamName.Length: > 0 } refusal
                    && (!isNamed || refusal.ParamName == parameter.Name);
                // Reductions over no named dimensions are reductions over all.
                var isOptional = error is null && parameter.ParameterType == typeof(long[]);
                if (!isRefused && !isOptional)
                {
                    wrong.Add($"{method}: {parameter.Name}: {error?.GetType().Name} {error?.Message}");
                }
            }
        }
        string.Join("\n", wrong).Should().BeEmpty();
        calls.Should().BePositive();
    }

    private static bool IsRequired(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var isData = type == typeof(Tensor) || type == typeof(Scalar) || IsList(type);
        return isData && nullability.Create(parameter).WriteState == NullabilityState.NotNull;
    }

    private static bool IsList(Type type) =>
        type.IsArray || (type.IsInterface && typeof(System.Collections.IEnumerable).IsAssignableFrom(type));

    private static Exception? Error(MethodInfo method, object? target, object?[] arguments)
    {
        try
        {
            method.Invoke(target, arguments);
            return null;
        }
        catch (TargetInvocationException error)
        {
            return error.InnerException;
        }
    }

    private static object? Example(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        return parameter.HasDefaultValue ? parameter.DefaultValue
            : type == typeof(Tensor) ? ones(2, 2)
            : type == typeof(Scalar) ? 1.ToScalar()
            : type == typeof(string) ? "ij,jk->ik"
            : type == typeof(Device) ? CPU
            : type.IsArray ? Filled(type.GetElementType()!, type.GetArrayRank())
            : IsList(type) ? Filled(type.GetGenericArguments()[0], 1)
            : Nullable.GetUnderlyingType(type) is null && type.IsValueType ? Activator.CreateInstance(type)
            : null;
    }

    private static Array Filled(Type element, int rank)
    {
        var array = Array.CreateInstance(element, Enumerable.Repeat(1, rank).ToArray());
        if (element == typeof(Tensor))
        {
            array.SetValue(ones(2, 2), new int[rank]);
        }
        return array;
    }
}
