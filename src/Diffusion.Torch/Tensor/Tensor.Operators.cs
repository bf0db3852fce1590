using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op rsubOp = new("rsub", "Scalar");

        public static Tensor operator +(Tensor left, Tensor right) => NotNull(left).add(NotNull(right));

        public static Tensor operator +(Tensor left, Scalar right) => NotNull(left).add(NotNull(right));

        public static Tensor operator +(Scalar left, Tensor right) => NotNull(right).add(NotNull(left));

        public static Tensor operator +(Tensor left, int right) => NotNull(left).add(right);

        public static Tensor operator +(int left, Tensor right) => NotNull(right).add(left);

        public static Tensor operator +(Tensor left, long right) => NotNull(left).add(right);

        public static Tensor operator +(long left, Tensor right) => NotNull(right).add(left);

        public static Tensor operator +(Tensor left, float right) => NotNull(left).add(right);

        public static Tensor operator +(float left, Tensor right) => NotNull(right).add(left);

        public static Tensor operator +(Tensor left, double right) => NotNull(left).add(right);

        public static Tensor operator +(double left, Tensor right) => NotNull(right).add(left);

        public static Tensor operator *(Tensor left, Tensor right) => NotNull(left).mul(NotNull(right));

        public static Tensor operator *(Tensor left, Scalar right) => NotNull(left).mul(NotNull(right));

        public static Tensor operator *(Scalar left, Tensor right) => NotNull(right).mul(NotNull(left));

        public static Tensor operator *(Tensor left, int right) => NotNull(left).mul(right);

        public static Tensor operator *(int left, Tensor right) => NotNull(right).mul(left);

        public static Tensor operator *(Tensor left, long right) => NotNull(left).mul(right);

        public static Tensor operator *(long left, Tensor right) => NotNull(right).mul(left);

        public static Tensor operator *(Tensor left, float right) => NotNull(left).mul(right);

        public static Tensor operator *(float left, Tensor right) => NotNull(right).mul(left);

        public static Tensor operator *(Tensor left, double right) => NotNull(left).mul(right);

        public static Tensor operator *(double left, Tensor right) => NotNull(right).mul(left);

        public static Tensor operator -(Tensor left, Tensor right) => NotNull(left).sub(NotNull(right));

        public static Tensor operator -(Tensor left, Scalar right) => NotNull(left).sub(NotNull(right));

        public static Tensor operator -(Scalar left, Tensor right) => NotNull(right).ReverseSubtract(NotNull(left));

        public static Tensor operator -(Tensor left, int right) => NotNull(left).sub(right);

        public static Tensor operator -(int left, Tensor right) => NotNull(right).ReverseSubtract(left);

        public static Tensor operator -(Tensor left, long right) => NotNull(left).sub(right);

        public static Tensor operator -(long left, Tensor right) => NotNull(right).ReverseSubtract(left);

        public static Tensor operator -(Tensor left, float right) => NotNull(left).sub(right);

        public static Tensor operator -(float left, Tensor right) => NotNull(right).ReverseSubtract(left);

        public static Tensor operator -(Tensor left, double right) => NotNull(left).sub(right);

        public static Tensor operator -(double left, Tensor right) => NotNull(right).ReverseSubtract(left);

        public static Tensor operator /(Tensor left, Tensor right) => NotNull(left).div(NotNull(right));

        public static Tensor operator /(Tensor left, Scalar right) => NotNull(left).div(NotNull(right));

        public static Tensor operator /(Scalar left, Tensor right) => NotNull(right).ReverseDivide(NotNull(left));

        public static Tensor operator /(Tensor left, int right) => NotNull(left).div(right);

        public static Tensor operator /(int left, Tensor right) => NotNull(right).ReverseDivide(left);

        public static Tensor operator /(Tensor left, long right) => NotNull(left).div(right);

        public static Tensor operator /(long left, Tensor right) => NotNull(right).ReverseDivide(left);

        public static Tensor operator /(Tensor left, float right) => NotNull(left).div(right);

        public static Tensor operator /(float left, Tensor right) => NotNull(right).ReverseDivide(left);

        public static Tensor operator /(Tensor left, double right) => NotNull(left).div(right);

        public static Tensor operator /(double left, Tensor right) => NotNull(right).ReverseDivide(left);

        public static Tensor operator %(Tensor left, Tensor right) => NotNull(left).remainder(NotNull(right));

        public static Tensor operator %(Tensor left, Scalar right) => NotNull(left).remainder(NotNull(right));

        public static Tensor operator %(Tensor left, int right) => NotNull(left).remainder(right);

        public static Tensor operator %(Tensor left, long right) => NotNull(left).remainder(right);

        public static Tensor operator %(Tensor left, float right) => NotNull(left).remainder(right);

        public static Tensor operator %(Tensor left, double right) => NotNull(left).remainder(right);

        public static Tensor operator -(Tensor tensor) => NotNull(tensor).neg();

        public static Tensor operator &(Tensor left, Tensor right) => NotNull(left).bitwise_and(NotNull(right));

        public static Tensor operator |(Tensor left, Tensor right) => NotNull(left).bitwise_or(NotNull(right));

        public static Tensor operator ^(Tensor left, Tensor right) => NotNull(left).bitwise_xor(NotNull(right));

        public static Tensor operator ~(Tensor left) => NotNull(left).bitwise_not();

        public static Tensor operator ==(Tensor left, Tensor right) => NotNull(left).eq(NotNull(right));

        public static Tensor operator ==(Tensor left, Scalar right) => NotNull(left).eq(NotNull(right));

        public static Tensor operator ==(Scalar left, Tensor right) => NotNull(right).eq(NotNull(left));

        public static Tensor operator !=(Tensor left, Tensor right) => NotNull(left).ne(NotNull(right));

        public static Tensor operator !=(Tensor left, Scalar right) => NotNull(left).ne(NotNull(right));

        public static Tensor operator !=(Scalar left, Tensor right) => NotNull(right).ne(NotNull(left));

        public static Tensor operator <(Tensor left, Tensor right) => NotNull(left).lt(NotNull(right));

        public static Tensor operator <(Tensor left, Scalar right) => NotNull(left).lt(NotNull(right));

        public static Tensor operator <(Scalar left, Tensor right) => NotNull(right).gt(NotNull(left));

        public static Tensor operator <=(Tensor left, Tensor right) => NotNull(left).le(NotNull(right));

        public static Tensor operator <=(Tensor left, Scalar right) => NotNull(left).le(NotNull(right));

        public static Tensor operator <=(Scalar left, Tensor right) => NotNull(right).ge(NotNull(left));

        public static Tensor operator >(Tensor left, Tensor right) => NotNull(left).gt(NotNull(right));

        public static Tensor operator >(Tensor left, Scalar right) => NotNull(left).gt(NotNull(right));

        public static Tensor operator >(Scalar left, Tensor right) => NotNull(right).lt(NotNull(left));

        public static Tensor operator >=(Tensor left, Tensor right) => NotNull(left).ge(NotNull(right));

        public static Tensor operator >=(Tensor left, Scalar right) => NotNull(left).ge(NotNull(right));

        public static Tensor operator >=(Scalar left, Tensor right) => NotNull(right).le(NotNull(left));

        private Tensor ReverseSubtract(Scalar left) => rsubOp.Call(this, left);

        private Tensor ReverseDivide(Scalar left)
        {
            using var inverse = reciprocal();
            return inverse.mul(left);
        }
    }
}
