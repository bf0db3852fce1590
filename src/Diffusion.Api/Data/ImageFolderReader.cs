using System.Collections.Immutable;
using Diffusion.Nn;

namespace Diffusion.Api;

/// <summary>Decodes the PNG files of a folder into one data set, on all cores.</summary>
internal sealed class ImageFolderReader(ImageFolder folder, ImageLoading loading)
{
    private readonly string?[] _reasons = new string?[folder.Files.Length];
    private int _scaled;
    private int _enlarged;
    private int _madeGrey;
    private volatile bool _isFitted;

    /// <summary>Reads all images.</summary>
    /// <exception cref="InvalidDataException">One can't be read and isn't to be skipped; or none can; or they have no common shape.</exception>
    internal ImageDataset Read()
    {
        var shape = Shape();
        shape.CheckRoom(folder.Files.Length, $"'{folder.Path}'");
        var size = (int)shape.Bytes;
        var pixels = new byte[folder.Files.Length * size];
        var done = 0;
        var work = Parallel.For(
            0,
            folder.Files.Length,
            (i, loop) =>
            {
                Try(i, file => Decode(file, shape, pixels.AsSpan(i * size, size)));
                if (_reasons[i] is not null && !loading.SkipBad)
                    loop.Break();
                loading.OnImage?.Invoke(Interlocked.Increment(ref done), folder.Files.Length);
            }
        );
        if (work.LowestBreakIteration is { } bad)
            throw Refused(_reasons[bad]!);
        return Kept(pixels, shape);
    }

    private ImageShape Shape() =>
        loading is { Size: { } size, Channels: { } channels }
            ? new ImageShape(Checked(channels), size.Height, size.Width)
            : ShapeOfFiles();

    private ImageShape ShapeOfFiles()
    {
        var shapes = new List<(ImageShape Shape, string File)>();
        for (var i = 0; i < folder.Files.Length; i++)
        {
            Try(i, file => shapes.Add((ShapeOf(PngHeader.Peek(file)), file)));
            if (_reasons[i] is { } reason && !loading.SkipBad)
                throw Refused(reason);
        }
        CheckSome();
        var channels = loading.Channels is { } wanted ? Checked(wanted) : shapes.Max(s => s.Shape.Channels);
        if (loading.Size is { } size)
            return new ImageShape(channels, size.Height, size.Width);
        var (first, file) = shapes[0];
        var odd = shapes.Find(s => (s.Shape.Height, s.Shape.Width) != (first.Height, first.Width));
        if (odd.File is not null)
            throw new InvalidDataException(
                $"The images of '{folder.Path}' have several sizes ('{file}' {first.Height}×{first.Width}, '{odd.File}' "
                    + $"{odd.Shape.Height}×{odd.Shape.Width}). Say which size they are to have (--size, ImageLoading.Size)."
            );
        return first with { Channels = channels };
    }

    private static ImageShape ShapeOf(PngHeader header) => new(header.Channels, header.Height, header.Width);

    private int Checked(int channels) =>
        ImageFit.CanConvert(1, channels)
            ? channels
            : throw new InvalidDataException(
                $"'{folder.Path}' holds PNG files, which give 1 channel (grey) or 3 (RGB); {channels} are asked for."
            );

    private void Decode(string file, ImageShape shape, Span<byte> target)
    {
        var picture = Picture.LoadPng(file);
        var from = new ImageShape(picture.Channels, picture.Height, picture.Width);
        if ((from.Height, from.Width) != (shape.Height, shape.Width))
            Interlocked.Increment(ref _scaled);
        if (from.Height < shape.Height || from.Width < shape.Width)
            Interlocked.Increment(ref _enlarged);
        if (from.Channels > shape.Channels)
            Interlocked.Increment(ref _madeGrey);
        if (from != shape)
            _isFitted = true;
        ImageFit.Write(ImageFit.Planes(picture), from, target, shape);
    }

    private IEnumerable<string> Changes(ImageShape shape)
    {
        if (_scaled > 0)
            yield return $"{_scaled} images of other sizes are scaled and cropped to {shape.Height}×{shape.Width} pixels.";
        if (_enlarged > 0)
            yield return $"{_enlarged} images are smaller than {shape.Height}×{shape.Width} pixels, and are enlarged.";
        if (_madeGrey > 0)
            yield return $"{_madeGrey} images in colour are made grey.";
    }

    private void Try(int i, Action<string> read)
    {
        if (_reasons[i] is not null)
            return;
        var file = folder.Files[i];
        try
        {
            read(file);
        }
        catch (Exception bad) when (bad is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            _reasons[i] = bad.Message.Contains(file, StringComparison.Ordinal)
                ? bad.Message
                : $"'{file}': {bad.Message}";
        }
    }

    private ImageDataset Kept(byte[] pixels, ImageShape shape)
    {
        CheckSome();
        var size = (int)shape.Bytes;
        var kept = Enumerable.Range(0, folder.Files.Length).Where(i => _reasons[i] is null).ToList();
        for (var to = 0; to < kept.Count; to++)
            if (kept[to] != to)
                pixels.AsSpan(kept[to] * size, size).CopyTo(pixels.AsSpan(to * size));
        return new ImageDataset(
            pixels.AsMemory(0, kept.Count * size),
            shape.Channels,
            shape.Height,
            shape.Width,
            $"'{folder.Path}'",
            folder.Labels.IsEmpty ? [] : [.. kept.Select(i => folder.Labels[i])],
            folder.ClassNames
        )
        {
            Notices = [.. folder.Notices, .. Changes(shape)],
            IsFitted = _isFitted,
            Skipped =
            [
                .. folder
                    .Files.Zip(_reasons)
                    .Where(f => f.Second is not null)
                    .Select(f => new SkippedImage(f.First, f.Second!)),
            ],
        };
    }

    private void CheckSome()
    {
        if (_reasons.All(reason => reason is not null))
            throw new InvalidDataException(
                $"None of the {_reasons.Length} PNG files of '{folder.Path}' can be read. The first: {_reasons[0]}"
            );
    }

    private static InvalidDataException Refused(string reason) =>
        new($"{reason} Mend the file or take it away, or leave out such files (--skip-bad, ImageLoading.SkipBad).");
}
