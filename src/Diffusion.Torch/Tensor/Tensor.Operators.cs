using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op rsubOp = new("rsub", "Scalar");

        public static Tensor operator +(Tensor left, Tensor right) => Left(left).add(right);

        public static Tensor operator +(Tensor left, Scalar right) => Left(left).add(right);

        public static Tensor operator +(Scalar left, Tensor right) => Right(right).add(left);

        public static Tensor operator +(Tensor left, int right) => Left(left).add(right);

        public static Tensor operator +(int left, Tensor right) => Right(right).add(left);

        public static Tensor operator +(Tensor left, long right) => Left(left).add(right);

        public static Tensor operator +(long left, Tensor right) => Right(right).add(left);

        public static Tensor operator +(Tensor left, float right) => Left(left).add(right);

        public static Tensor operator +(float left, Tensor right) => Right(right).add(left);

        public static Tensor operator +(Tensor left, double right) => Left(left).add(right);

        public static Tensor operator +(double left, Tensor right) => Right(right).add(left);

        public static Tensor operator *(Tensor left, Tensor right) => Left(left).mul(right);

        public static Tensor operator *(Tensor left, Scalar right) => Left(left).mul(right);

        public static Tensor operator *(Scalar left, Tensor right) => Right(right).mul(left);

        public static Tensor operator *(Tensor left, int right) => Left(left).mul(right);

        public static Tensor operator *(int left, Tensor right) => Right(right).mul(left);

        public static Tensor operator *(Tensor left, long right) => Left(left).mul(right);

        public static Tensor operator *(long left, Tensor right) => Right(right).mul(left);

        public static Tensor operator *(Tensor left, float right) => Left(left).mul(right);

        public static Tensor operator *(float left, Tensor right) => Right(right).mul(left);

        public static Tensor operator *(Tensor left, double right) => Left(left).mul(right);

        public static Tensor operator *(double left, Tensor right) => Right(right).mul(left);

        public static Tensor operator -(Tensor left, Tensor right) => Left(left).sub(right);

        public static Tensor operator -(Tensor left, Scalar right) => Left(left).sub(right);

        public static Tensor operator -(Scalar left, Tensor right) => Right(right).ReverseSubtract(left);

        public static Tensor operator -(Tensor left, int right) => Left(left).sub(right);

        public static Tensor operator -(int left, Tensor right) => Right(right).ReverseSubtract(left);

        public static Tensor operator -(Tensor left, long right) => Left(left).sub(right);

        public static Tensor operator -(long left, Tensor right) => Right(right).ReverseSubtract(left);

        public static Tensor operator -(Tensor left, float right) => Left(left).sub(right);

        public static Tensor operator -(float left, Tensor right) => Right(right).ReverseSubtract(left);

        public static Tensor operator -(Tensor left, double right) => Left(left).sub(right);

        public static Tensor operator -(double left, Tensor right) => Right(right).ReverseSubtract(left);

        public static Tensor operator /(Tensor left, Tensor right) => Left(left).div(right);

        public static Tensor operator /(Tensor left, Scalar right) => Left(left).div(right);

        public static Tensor operator /(Scalar left, Tensor right) => Right(right).ReverseDivide(left);

        public static Tensor operator /(Tensor left, int right) => Left(left).div(right);

        public static Tensor operator /(int left, Tensor right) => Right(right).ReverseDivide(left);

        public static Tensor operator /(Tensor left, long right) => Left(left).div(right);

        public static Tensor operator /(long left, Tensor right) => Right(right).ReverseDivide(left);

        public static Tensor operator /(Tensor left, float right) => Left(left).div(right);

        public static Tensor operator /(float left, Tensor right) => Right(right).ReverseDivide(left);

        public static Tensor operator /(Tensor left, double right) => Left(left).div(right);

        public static Tensor operator /(double left, Tensor right) => Right(right).ReverseDivide(left);

        public static Tensor operator %(Tensor left, Tensor right) => Left(left).remainder(right);

        public static Tensor operator %(Tensor left, Scalar right) => Left(left).remainder(right);

        public static Tensor operator %(Tensor left, int right) => Left(left).remainder(right);

        public static Tensor operator %(Tensor left, long right) => Left(left).remainder(right);

        public static Tensor operator %(Tensor left, float right) => Left(left).remainder(right);

        public static Tensor operator %(Tensor left, double right) => Left(left).remainder(right);

        public static Tensor operator -(Tensor tensor) => Left(tensor).neg();

        public static Tensor operator &(Tensor left, Tensor right) => Left(left).bitwise_and(right);

        public static Tensor operator |(Tensor left, Tensor right) => Left(left).bitwise_or(right);

        public static Tensor operator ^(Tensor left, Tensor right) => Left(left).bitwise_xor(right);

        public static Tensor operator ~(Tensor left) => Left(left).bitwise_not();

        public static Tensor operator ==(Tensor left, Tensor right) => Left(left).eq(right);

        public static Tensor operator ==(Tensor left, Scalar right) => Left(left).eq(right);

        public static Tensor operator ==(Scalar left, Tensor right) => Right(right).eq(left);

        public static Tensor operator !=(Tensor left, Tensor right) => Left(left).ne(right);

        public static Tensor operator !=(Tensor left, Scalar right) => Left(left).ne(right);

        public static Tensor operator !=(Scalar left, Tensor right) => Right(right).ne(left);

        public static Tensor operator <(Tensor left, Tensor right) => Left(left).lt(right);

        public static Tensor operator <(Tensor left, Scalar right) => Left(left).lt(right);

        public static Tensor operator <(Scalar left, Tensor right) => Right(right).gt(left);

        public static Tensor operator <=(Tensor left, Tensor right) => Left(left).le(right);

        public static Tensor operator <=(Tensor left, Scalar right) => Left(left).le(right);

        public static Tensor operator <=(Scalar left, Tensor right) => Right(right).ge(left);

        public static Tensor operator >(Tensor left, Tensor right) => Left(left).gt(right);

        public static Tensor operator >(Tensor left, Scalar right) => Left(left).gt(right);

        public static Tensor operator >(Scalar left, Tensor right) => Right(right).lt(left);

        public static Tensor operator >=(Tensor left, Tensor right) => Left(left).ge(right);

        public static Tensor operator >=(Tensor left, Scalar right) => Left(left).ge(right);

        public static Tensor operator >=(Scalar left, Tensor right) => Right(right).le(left);

        private Tensor ReverseSubtract(Scalar left) => rsubOp.Call(this, left);

        private Tensor ReverseDivide(Scalar left)
        {
            using var inverse = reciprocal();
            return inverse.mul(left);
        }

        private static Tensor Left(Tensor left)
        {
            ArgumentNullException.ThrowIfNull(left);
            return left;
        }

        private static Tensor Right(Tensor right)
        {
            ArgumentNullException.ThrowIfNull(right);
            return right;
        }
    }
}
