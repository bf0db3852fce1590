using System.Security.Cryptography;
using System.Text;

namespace Diffusion.Api;

/// <summary>
/// Evaluations of a folder that are not about its present weights and the images evaluated last: each in a folder of its own
/// with its picture, <c>evaluations/KEY/evaluation.json</c>, until it is about them again. Nothing that took hours is lost.
/// </summary>
internal static class EvaluationArchive
{
    private const string FolderName = "evaluations";
    private const string Unreadable = "unreadable";
    private const int KeyLength = 16;

    /// <summary>The place of an evaluation in a model's folder.</summary>
    internal static string PlaceOf(string folder, string weights, string heldOut) =>
        Path.Combine(folder, FolderName, Digest($"{weights}\n{heldOut}"));

    /// <summary>Moves a file of a model's folder, and its picture, to its place.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="report">What is in it; null where that can't be read.</param>
    /// <returns>Where it is now.</returns>
    internal static string Put(string folder, string name, EvaluationReport? report)
    {
        var file = Path.Combine(folder, name);
        var wanted = report is null
            ? Path.Combine(folder, FolderName, Unreadable)
            : PlaceOf(folder, report.Weights, report.HeldOut.Digest);
        var place = wanted;
        for (var i = 2; File.Exists(Path.Combine(place, name)); i++)
            place = $"{wanted}-{i}";
        Directory.CreateDirectory(place);
        if (PictureOf(report) is { } picture && File.Exists(Path.Combine(folder, picture)))
            File.Move(Path.Combine(folder, picture), Path.Combine(place, picture), overwrite: true);
        File.Move(file, Path.Combine(place, name));
        return Path.Combine(place, name);
    }

    /// <summary>Ends an evaluation's stay in its place, since the folder has it again; its picture moves back.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="report">What the folder has now.</param>
    internal static void TakeBack(string folder, string name, EvaluationReport report)
    {
        var place = PlaceOf(folder, report.Weights, report.HeldOut.Digest);
        if (!File.Exists(Path.Combine(place, name)))
            return;
        if (
            PictureOf(report) is { } picture
            && File.Exists(Path.Combine(place, picture))
            && !File.Exists(Path.Combine(folder, picture))
        )
            File.Move(Path.Combine(place, picture), Path.Combine(folder, picture));
        File.Delete(Path.Combine(place, name));
        if (!Directory.EnumerateFileSystemEntries(place).Any())
            Directory.Delete(place);
    }

    // A name that leads out of the folder isn't followed.
    private static string? PictureOf(EvaluationReport? report) =>
        Path.GetFileName(report?.Neighbours?.Picture) is { Length: > 0 } name ? name : null;

    private static string Digest(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..KeyLength];
}
