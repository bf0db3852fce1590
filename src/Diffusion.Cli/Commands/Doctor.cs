using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Diffusion.Api;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Cli;

/// <summary>Examines this machine.</summary>
internal static class Doctor
{
    private const int MatrixSide = 1024;
    private const double SlowGigaflops = 10;
    private const long WantedBytes = 1L << 30;

    internal static IEnumerable<DoctorCheck> Examine(string data)
    {
        yield return new DoctorCheck(
            "runtime",
            $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}"
        );
        var engine = Guard("engine", "run eng/setup.sh", Engine);
        yield return engine;
        if (engine.Remedy is null)
        {
            yield return Threads();
            yield return Guard("matrix products", "run eng/setup.sh", Blas);
            yield return new DoctorCheck(
                "CUDA",
                cuda.is_available() ? "available (--device cuda)" : "none; computing on the CPU"
            );
        }
        yield return Guard(
            "training images",
            "apt-get install dataset-fashion-mnist, or name your own with --data",
            () => Data(data)
        );
        yield return Guard("disk", "free some space", Disk);
    }

    /// <summary>The tensor engine and its version.</summary>
    internal static string EngineVersion()
    {
        using var one = ones(1);
        var assembly = typeof(torch).Assembly.GetName();
        return $"{assembly.Name} {assembly.Version?.ToString(3)}, libtorch {torch.__version__}";
    }

    private static DoctorCheck Engine() => new("engine", EngineVersion());

    private static DoctorCheck Threads()
    {
        var (threads, cores) = (get_num_threads(), Environment.ProcessorCount);
        return new DoctorCheck(
            "threads",
            $"{threads} of {cores} cores",
            threads < cores && Environment.GetEnvironmentVariable("OMP_NUM_THREADS") is null
                ? "call torch.set_num_threads with the number of cores"
                : null
        );
    }

    private static DoctorCheck Blas()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (randn(MatrixSide, MatrixSide), randn(MatrixSide, MatrixSide));
        a.matmul(b);
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            var clock = Stopwatch.StartNew();
            a.matmul(b);
            best = clock.Elapsed < best ? clock.Elapsed : best;
        }
        var gigaflops = 2.0 * MatrixSide * MatrixSide * MatrixSide / best.TotalSeconds / 1e9;
        return new DoctorCheck(
            "matrix products",
            string.Create(CultureInfo.InvariantCulture, $"{gigaflops:F0} GFLOP/s in single precision, {LoadedBlas()}"),
            gigaflops < SlowGigaflops
                ? "apt-get install libopenblas0-pthread (the reference BLAS is a hundred times slower)"
                : null
        );
    }

    private static string LoadedBlas()
    {
        const string maps = "/proc/self/maps";
        var libraries = File.Exists(maps) ? File.ReadAllText(maps) : "";
        return libraries.Contains("openblas") ? "OpenBLAS"
            : libraries.Contains("libmkl") ? "MKL"
            : libraries.Contains("libblas") ? "a reference BLAS"
            : "libtorch's own BLAS";
    }

    private static DoctorCheck Data(string path)
    {
        var images = ImageDataset.Load(path);
        return new DoctorCheck("training images", $"{images.Count} of {images.Width}×{images.Height} in {path}");
    }

    private static DoctorCheck Disk()
    {
        var free = new DriveInfo(Environment.CurrentDirectory).AvailableFreeSpace;
        return new DoctorCheck(
            "disk",
            $"{free / (double)(1L << 30):F1} GiB free here",
            free < WantedBytes ? "free some space: checkpoints and pictures need up to 1 GiB" : null
        );
    }

    private static DoctorCheck Guard(string name, string remedy, Func<DoctorCheck> check)
    {
        try
        {
            return check();
        }
        catch (Exception e)
        {
            return new DoctorCheck(
                name,
                CommandLine.OneLine(EngineFailure.Describe(e) ?? e.GetBaseException().Message),
                remedy
            );
        }
    }
}
