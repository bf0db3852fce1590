using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

/// <summary>Reads damaged files: each is refused in words or reads consistently. Never a crash, a hang or memory by the
/// file's say-so.</summary>
/// <remarks>DIFFUSION_FUZZ_FILES sets how many files a test makes; DIFFUSION_FUZZ_FIRST the first seed, to replay
/// one.</remarks>
[TestFixture]
internal sealed partial class SafetensorsFuzzTests
{
    private static readonly int Count = Setting("FILES", 22_000);
    private static readonly int First = Setting("FIRST", 0);

    private DirectoryInfo _folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        // In memory where the system has such a folder: the disk isn't what is tested.
        const string memory = "/dev/shm";
        _folder = Directory.Exists(memory)
            ? Directory.CreateDirectory(Path.Combine(memory, $"diffusion-fuzz-{Guid.NewGuid():n}"))
            : Directory.CreateTempSubdirectory("diffusion-fuzz-");
    }

    [TearDown]
    public void DeleteFolder() => _folder.Delete(recursive: true);

    [Test]
    public void Damaged_files_are_refused_or_harmless()
    {
        var good = GoodFiles();
        var path = In("t.safetensors");
        Run(
            seed =>
                seed % 4 == 0
                    ? new FileMutator(seed).Layout()
                    : new FileMutator(seed).Safetensors(good[seed % good.Length]),
            path,
            path
        );
    }

    [Test]
    public void Damaged_indexes_are_refused_or_harmless()
    {
        using (var scope = NewDisposeScope())
            foreach (var (file, name) in new[] { ("1", "a"), ("2", "b"), ("3", "a") })
                Safetensors.Save(In(file + ".safetensors"), [(name, ones(new long[] { 2 })), (name + "2", zeros(1))]);
        var good = Encoding.UTF8.GetBytes(
            """
            {"metadata":{"total_size":24},
             "weight_map":{"a":"1.safetensors","a2":"1.safetensors","b":"2.safetensors","b2":"2.safetensors"}}
            """
        );
        var path = In("index.json");
        Run(
            seed => seed % 4 == 0 ? new FileMutator(seed).Anything(good) : new FileMutator(seed).Json(good),
            path,
            path,
            share: 4
        );
    }

    private static void Run(Func<int, byte[]> make, string write, string read, int share = 1)
    {
        var (refused, opened, longest) = (new Dictionary<string, int>(), 0, TimeSpan.Zero);
        for (var seed = First; seed < First + (Count / share); seed++)
        {
            var bytes = make(seed);
            File.WriteAllBytes(write, bytes);
            var watch = Stopwatch.StartNew();
            var memory = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using (var reader = Safetensors.Open(read))
                    ReadAll(reader, bytes);
                opened++;
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                var kind = Kind(e.Message[(e.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
                refused[kind] = refused.GetValueOrDefault(kind) + 1;
                if (!e.Message.Contains(Path.GetDirectoryName(read)!, StringComparison.Ordinal))
                    throw new AssertionException($"Seed {seed}: the message doesn't name the file: {e.Message}", e);
            }
            catch (Exception e)
            {
                throw new AssertionException($"Seed {seed}: {e}", e);
            }
            memory = GC.GetAllocatedBytesForCurrentThread() - memory;
            if (memory > 500_000)
                throw new AssertionException($"Seed {seed}: {memory} bytes for a file of {bytes.Length}.");
            longest = watch.Elapsed > longest ? watch.Elapsed : longest;
        }
        TestContext.Out.WriteLine(
            $"{Count / share} files: {opened} opened, {refused.Values.Sum()} refused; longest {longest}"
        );
        foreach (var (kind, count) in refused.OrderByDescending(pair => pair.Value))
            TestContext.Out.WriteLine($"{count, 9} {kind}");
        longest.Should().BeLessThan(TimeSpan.FromSeconds(60), "no file may hold the reader up");
        // A mutator whose files are all good, or all broken in the same way, would test nothing.
        (opened * 200)
            .Should()
            .BeInRange(Count / share, 180 * (Count / share));
        refused.Count.Should().BeGreaterThan(5);
    }

    // Everything that a header allows must be there, and once.
    private static void ReadAll(SafetensorsReader reader, byte[] file)
    {
        long position = 0;
        foreach (var entry in reader.Entries)
        {
            var bytes = reader.Bytes(entry.Name);
            Check(bytes.Length == entry.Bytes, "the length differs");
            var copy = new byte[bytes.Length];
            reader.ReadBytes(entry.Name, 0, copy);
            Check(bytes.SequenceEqual(copy), "the copy differs");
            if (reader.Path.EndsWith(".safetensors", StringComparison.Ordinal))
            {
                Check(entry.Begin == position, "it doesn't begin where the one before ends");
                position = entry.End;
                var place = file.Length - (int)(reader.Entries[^1].End - entry.Begin);
                Check(bytes.SequenceEqual(file.AsSpan(place, bytes.Length)), "the bytes are others");
            }
            if (entry.DType is null)
                continue;
            using var tensor = Read(reader, entry.Name);
            if (tensor is null)
                continue;
            Check(tensor.shape.SequenceEqual(entry.Shape), "the shape differs");
            Check(copy.Length == 0 || tensor.bytes.SequenceEqual(copy), "the tensor differs");
        }
    }

    // The one thing that a header can't tell: whether BOOL's bytes are booleans.
    private static Tensor? Read(SafetensorsReader reader, string name)
    {
        try
        {
            return reader.Read(name);
        }
        catch (InvalidDataException) when (reader[name].TypeName == "BOOL")
        {
            return null;
        }
    }

    private static void Check(bool condition, string otherwise)
    {
        if (!condition)
            throw new AssertionException(otherwise);
    }

    // The message without what differs from file to file.
    private static string Kind(string message) => Varying().Replace(message, "…");

    [GeneratedRegex(@"(?<=^|\s)'[^']*'|[A-Z]*\d[\dA-Z_]*|\[.*\] of|, got.*|(?<=JSON)[\s\S]*|(?<=known).*|(?<=field).*")]
    private static partial Regex Varying();

    private byte[][] GoodFiles()
    {
        using var scope = NewDisposeScope();
        (string, Tensor)[][] contents =
        [
            [
                ("a", ones(new long[] { 2, 3 })),
                ("b", arange(0, 4, dtype: int64)),
                ("c", zeros(3, dtype: ScalarType.Bool)),
            ],
            [
                ("größe", ones(new long[] { 1 })),
                ("none", zeros(new long[] { 0, 3 })),
                ("s", tensor(1f)),
                ("u", ones(5).to(uint8)),
            ],
            [
                ("h", ones(3).to(float16)),
                ("bh", ones(2).to(bfloat16)),
                ("d", ones(1).to(float64)),
                ("i", ones(2).to(int16)),
            ],
            [],
        ];
        var path = In("good.safetensors");
        return
        [
            .. contents.Select(content =>
            {
                Safetensors.Save(path, content, Safetensors.TorchMetadata);
                return File.ReadAllBytes(path);
            }),
        ];
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private static int Setting(string name, int otherwise) =>
        int.TryParse(
            Environment.GetEnvironmentVariable("DIFFUSION_FUZZ_" + name),
            CultureInfo.InvariantCulture,
            out var value
        )
            ? value
            : otherwise;
}
