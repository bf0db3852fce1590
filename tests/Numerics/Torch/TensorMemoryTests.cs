#if SYSTEM_ENGINE
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Diffusion.Engine;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Torch;

/// <summary>The allocator that keeps memory: what it hands out, keeps, gives back and counts.</summary>
[TestFixture]
[NonParallelizable]
public sealed class TensorMemoryTests
{
    private const long Megabyte = 1 << 20;
    private bool kept;
    private long limit;

    [SetUp]
    public void Open()
    {
        FreeWhatIsLeft();
        (limit, kept) = (TensorMemory.Limit, TensorMemory.IsKept);
        TensorMemory.IsKept = true;
        TensorMemory.GiveBack();
    }

    [TearDown]
    public void Close()
    {
        TensorMemory.GiveBack();
        (TensorMemory.Limit, TensorMemory.IsKept) = (limit, kept);
    }

    [Test]
    public void Memory_of_a_freed_tensor_serves_the_next_of_its_size()
    {
        long Once()
        {
            using var x = zeros(3 * Megabyte);
            return Address(x);
        }
        var before = TensorMemory.Statistics;
        var first = Once();
        Once().Should().Be(first);
        var after = TensorMemory.Statistics;
        (after.Fresh - before.Fresh).Should().Be(1);
        (after.Reused - before.Reused).Should().Be(1);
        after.InUse.Should().Be(before.InUse);
        after.Kept.Should().BeGreaterThanOrEqualTo(12 * Megabyte);
    }

    [FsCheck.NUnit.Property(MaxTest = 40)]
    public void Blocks_are_aligned_counted_and_at_most_an_eighth_too_large(int seed)
    {
        var bytes = new Random(seed).NextInt64(1, 1L << new Random(seed).Next(1, 25));
        FreeWhatIsLeft();
        var before = TensorMemory.Statistics.InUse;
        using var x = empty([bytes], ScalarType.Byte);
        (Address(x) % 64).Should().Be(0);
        var taken = TensorMemory.Statistics.InUse - before;
        taken.Should().BeInRange(bytes, bytes + bytes / 8 + 1);
        // The last byte is ours to write.
        x[bytes - 1] = tensor((byte)7);
        x[bytes - 1].item<byte>().Should().Be(7);
    }

    [Test]
    public void No_more_is_kept_than_the_limit_says()
    {
        TensorMemory.Limit = 5 * Megabyte;
        var tensors = Enumerable.Range(1, 6).Select(i => zeros([i * Megabyte], ScalarType.Byte)).ToList();
        tensors.ForEach(t => t.Dispose());
        TensorMemory.Statistics.Kept.Should().BeInRange(1, 5 * Megabyte);
        TensorMemory.Limit = 0;
        TensorMemory.Statistics.Kept.Should().Be(0);
        zeros(Megabyte).Dispose();
        TensorMemory.Statistics.Kept.Should().Be(0);
    }

    [Test]
    public void All_of_it_goes_back_on_request()
    {
        zeros(Megabyte).Dispose();
        TensorMemory.Statistics.Kept.Should().BePositive();
        TensorMemory.GiveBack();
        TensorMemory.Statistics.Kept.Should().Be(0);
    }

    [Test]
    public void Tensors_outlive_a_change_of_allocator()
    {
        var ours = ones(Megabyte);
        TensorMemory.IsKept = false;
        using (var theirs = ones(Megabyte))
        {
            TensorMemory.IsKept = true;
            (ours + theirs).sum().ToDouble().Should().Be(2.0 * Megabyte);
        }
        ours.Dispose();
    }

    [Test]
    public void Threads_share_it()
    {
        FreeWhatIsLeft();
        var before = TensorMemory.Statistics.InUse;
        Parallel.For(
            0,
            400,
            i =>
            {
                using var x = full([20_000 + 37 * i], i, ScalarType.Float32);
                using var sum = x.sum();
                sum.item<float>().Should().Be((20_000 + 37 * i) * (float)i);
            }
        );
        TensorMemory.Statistics.InUse.Should().Be(before);
    }

    [Test]
    public void More_than_there_is_is_refused()
    {
        var before = TensorMemory.Statistics.InUse;
        var ask = () => empty([1L << 55], ScalarType.Byte);
        ask.Should().Throw<Exception>().WithMessage("*not enough memory*");
        TensorMemory.Statistics.InUse.Should().Be(before);
    }

    // Tensors that other tests left behind are freed at any time: now rather than between two readings.
    private static void FreeWhatIsLeft()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static unsafe long Address(Tensor x) => (long)Unsafe.AsPointer(ref MemoryMarshal.GetReference(x.bytes));
}
#endif
