using System.Globalization;
using System.Text;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The style of text that <see cref="TensorStringStyle.Default"/> stands for.</summary>
    public static TensorStringStyle TensorStringStyle { get; set; } = TensorStringStyle.Julia;

    public partial class Tensor
    {
        private const int EdgeItems = 3;
        private const int Threshold = 1000;

        public override string ToString()
        {
            if (IsInvalid)
            {
                return "a disposed tensor";
            }
            var sizes = Dimensions == 0 ? "" : string.Join("x", shape);
            return $"[{sizes}], type = {dtype}, device = {device}";
        }

        /// <summary>The tensor's metadata and, unless the style is metadata, its elements in nested brackets.</summary>
        public string ToString(
            TensorStringStyle style,
            string? fltFormat = null,
            int? width = null,
            CultureInfo? cultureInfo = null,
            string? newLine = null
        )
        {
            if (style == TensorStringStyle.Metadata || is_meta)
            {
                return ToString();
            }
            using var scope = NewDisposeScope();
            var text = new StringBuilder(ToString()).Append(newLine ?? Environment.NewLine);
            var summarise = NumberOfElements > Threshold;
            Append(text, detach().cpu(), fltFormat ?? "g5", cultureInfo ?? CultureInfo.InvariantCulture, summarise, 0);
            return text.ToString();
        }

        private static void Append(
            StringBuilder text,
            Tensor tensor,
            string format,
            CultureInfo culture,
            bool summarise,
            int depth
        )
        {
            if (tensor.Dimensions == 0)
            {
                text.Append(Text(tensor.ToScalar(), format, culture));
                return;
            }
            var size = tensor.size(0);
            var separator = tensor.Dimensions == 1 ? ", " : ",\n" + new string(' ', depth + 1);
            text.Append('[');
            for (long i = 0; i < size; i++)
            {
                if (i > 0)
                {
                    text.Append(separator);
                }
                if (summarise && i == EdgeItems && size > 2 * EdgeItems)
                {
                    text.Append("...").Append(separator);
                    i = size - EdgeItems;
                }
                Append(text, tensor.select(0, i), format, culture, summarise, depth + 1);
            }
            text.Append(']');
        }

        private static string Text(Scalar value, string format, CultureInfo culture) =>
            value.Type switch
            {
                ScalarType.Bool => value.ToBoolean() ? "true" : "false",
                ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64 => value
                    .ToComplexFloat64()
                    .ToString(format, culture),
                var type when torch.is_integral(type) => value.ToInt64().ToString(culture),
                _ => value.ToDouble().ToString(format, culture),
            };
    }
}
