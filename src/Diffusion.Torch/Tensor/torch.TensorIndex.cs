using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>One index of <c>x[…]</c>: number, slice, ellipsis, new axis, truth value or tensor.</summary>
    public struct TensorIndex
    {
        internal const long Absent = long.MinValue;

        internal Tag Tag;
        internal long Start;
        internal long Stop;
        internal long Step;
        internal Tensor? Target;

        /// <summary>The elements from start to stop (exclusive) by step; negative bounds count from the end.</summary>
        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new()
            {
                Tag = Tag.Slice,
                Start = start ?? Absent,
                Stop = stop ?? Absent,
                Step = step ?? Absent,
            };

        public static TensorIndex Slice((int? start, int? end) range) => Slice(range.start, (long?)range.end);

        public static TensorIndex Slice(System.Range range) => Slice(Offset(range.Start), EndOffset(range.End));

        public static TensorIndex Bool(bool value) => new() { Tag = Tag.Bool, Start = value ? 1 : 0 };

        public static TensorIndex Single(long? index) => new() { Tag = Tag.Int, Start = index ?? 0 };

        public static TensorIndex Tensor(Tensor tensor)
        {
            ArgumentNullException.ThrowIfNull(tensor);
            return new() { Tag = Tag.Tensor, Target = tensor };
        }

        /// <summary>All dimensions that the other indices leave over.</summary>
        public static TensorIndex Ellipsis = new() { Tag = Tag.Ellipsis };

        /// <summary>A new axis of size 1.</summary>
        public static TensorIndex None = new() { Tag = Tag.None };

        public static TensorIndex Null = new() { Tag = Tag.None };

        /// <summary>All of a dimension.</summary>
        public static TensorIndex Colon = Slice();

        public static implicit operator TensorIndex(long value) => Single(value);

        // Never called: it makes an index the better choice where an argument could be an index or a tensor.
        public static implicit operator Tensor(TensorIndex value) =>
            throw new InvalidOperationException("An index isn't a tensor.");

        public static implicit operator TensorIndex((int? start, int? end) range) => Slice(range);

        public static implicit operator TensorIndex(System.Range range) => Slice(range);

        public static implicit operator TensorIndex(System.Index index) => Single(Offset(index));

        private static long Offset(Index index) => index.IsFromEnd ? -index.Value : index.Value;

        private static long? EndOffset(Index index) => index is { IsFromEnd: true, Value: 0 } ? null : Offset(index);
    }
}
