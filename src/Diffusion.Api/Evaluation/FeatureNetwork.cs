using System.Globalization;
using Diffusion.Nn;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Diffusion.Api;

/// <summary>
/// A small classifier of a data set's own labels, whose last hidden layer is the space that images are compared in:
/// three 3×3 convolutions (32, 64, 64 channels, the first two of stride 2) with group normalisation and SiLU, means over
/// 4×4 fields of the image, and a linear layer with SiLU: 64 features.
/// </summary>
/// <remarks>
/// Numbers in its features compare models only if <see cref="Version"/> is the same: it names the architecture and the
/// weights. They don't compare with numbers in the features of another network, such as Inception's. Not thread-safe.
/// </remarks>
public sealed class FeatureNetwork : nn.Module<Tensor, Tensor>
{
    /// <summary>Number of features.</summary>
    public const int Dimension = 64;

    internal const string Architecture = "1";

    private const string Kind = "diffusion-features";
    private const int Groups = 8;
    private const int Fields = 4;
    private const int BatchSize = 500;

    // TorchSharp registers fields under their names: these are the names of the file's tensors.
    private readonly ModuleList<Conv2d> convolutions;
    private readonly ModuleList<GroupNorm> norms;
    private readonly Linear hidden;
    private readonly Linear classifier;

    /// <summary>Makes an untrained network with PyTorch's default initialisation.</summary>
    /// <param name="channels">Channels of the images, at least 1.</param>
    /// <param name="classes">Number of labels, at least 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least.</exception>
    public FeatureNetwork(int channels, int classes)
        : base(nameof(FeatureNetwork))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        (Channels, Classes) = (channels, classes);
        convolutions = nn.ModuleList(
            Layers.Conv3x3(channels, 32, stride: 2),
            Layers.Conv3x3(32, 64, stride: 2),
            Layers.Conv3x3(64, 64)
        );
        norms = nn.ModuleList(Norm(32), Norm(64), Norm(64));
        hidden = nn.Linear(64 * Fields * Fields, Dimension);
        classifier = nn.Linear(Dimension, classes);
        RegisterComponents();
    }

    /// <summary>Channels of the images.</summary>
    public int Channels { get; }

    /// <summary>Number of labels.</summary>
    public int Classes { get; }

    /// <summary>Share of held-out labels that it says right, in [0, 1]; NaN before training.</summary>
    public double Accuracy { get; internal set; } = double.NaN;

    /// <summary>What the data it was trained on looks like, a digest; empty before training.</summary>
    public string TrainedOn { get; internal set; } = "";

    /// <summary>Architecture and weights in short, such as <c>1-0f3a9c55d2b1</c>: equal for equal features.</summary>
    public string Version => $"{Architecture}-{WeightsDigest.Of(this)}";

    /// <summary>Logits of the classes.</summary>
    /// <param name="x">[B, C, H, W] in [−1, 1].</param>
    /// <returns>[B, classes].</returns>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return classifier.call(Hidden(x)).MoveToOuterDisposeScope();
    }

    /// <summary>Features of images. No gradient is recorded.</summary>
    /// <param name="x">[B, C, H, W] in [−1, 1].</param>
    /// <returns>[B, 64].</returns>
    /// <exception cref="ArgumentException">The shape doesn't fit.</exception>
    public Tensor Features(Tensor x)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return Hidden(x).MoveToOuterDisposeScope();
    }

    /// <summary>The share of images whose label it says right.</summary>
    /// <param name="data">Images and labels.</param>
    /// <exception cref="InvalidDataException">There are no labels, or one is out of range.</exception>
    public double AccuracyOn(ImageDataset data)
    {
        CheckLabels(data, Classes);
        using var noGrad = no_grad();
        var right = 0L;
        foreach (var images in Enumerable.Range(0, data.Count).Chunk(BatchSize))
        {
            using var scope = NewDisposeScope();
            var said = call(data.Batch(images)).argmax(1).data<long>().ToArray();
            right += images.Where((image, i) => said[i] == data.Labels[image]).Count();
        }
        return right / (double)data.Count;
    }

    /// <summary>Writes the network as safetensors, with version, accuracy and the data's fingerprint in its notes.</summary>
    /// <param name="path">The file; replaced whole if it exists.</param>
    public void Save(string path)
    {
        var notes = Safetensors
            .TorchMetadata.Add("kind", Kind)
            .Add("architecture", Architecture)
            .Add("channels", Channels.ToString(CultureInfo.InvariantCulture))
            .Add("classes", Classes.ToString(CultureInfo.InvariantCulture))
            .Add("accuracy", Accuracy.ToString("R", CultureInfo.InvariantCulture))
            .Add("trained_on", TrainedOn);
        Safetensors.Save(path, state_dict().Select(pair => (pair.Key, pair.Value)), notes);
    }

    /// <summary>Reads a network that <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or not a feature network of this version.</exception>
    public static FeatureNetwork Load(string path)
    {
        var notes = Safetensors.ReadHeader(path).Metadata;
        var kind = notes.GetValueOrDefault("kind", "");
        var architecture = notes.GetValueOrDefault("architecture", "");
        if (kind != Kind || architecture != Architecture)
            throw new InvalidDataException(
                $"'{path}' holds no feature network of architecture {Architecture} (it says kind '{kind}', architecture"
                    + $" '{architecture}'). Delete it to have one trained."
            );
        var network = new FeatureNetwork(Whole("channels", 1), Whole("classes", 2))
        {
            Accuracy =
                double.TryParse(Note("accuracy"), CultureInfo.InvariantCulture, out var accuracy)
                && accuracy is >= 0 and <= 1
                    ? accuracy
                    : throw Damaged("accuracy"),
            TrainedOn = Note("trained_on"),
        };
        try
        {
            Weights.Load(network, path);
            network.eval();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }

        string Note(string name) => notes.TryGetValue(name, out var text) ? text : throw Damaged(name);

        int Whole(string name, int least) =>
            int.TryParse(Note(name), CultureInfo.InvariantCulture, out var number) && number >= least
                ? number
                : throw Damaged(name);

        InvalidDataException Damaged(string name) =>
            new($"'{path}' is damaged: its note '{name}' is missing or impossible. Delete it to have one trained.");
    }

    /// <summary>What <see cref="TrainedOn"/> says of a data set, 16 hexadecimal digits.</summary>
    /// <param name="data">The data set.</param>
    public static string DigestOf(ImageDataset data) => data.Fingerprint()[..16];

    /// <summary>Refuses data without labels, or with one that a classifier doesn't know.</summary>
    internal static void CheckLabels(ImageDataset data, int classes)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (data.Labels.IsEmpty)
            throw new InvalidDataException(
                $"{data.Name} has no labels, and features are learned from labels. Name images with labels, or a feature"
                    + " network's file (--features)."
            );
        for (var i = 0; i < data.Labels.Length; i++)
            if (data.Labels[i] >= classes)
                throw new InvalidDataException(
                    $"{data.Name}: image {i} has label {data.Labels[i]}; the feature network knows 0 … {classes - 1}."
                );
    }

    private Tensor Hidden(Tensor x)
    {
        Layers.RequireImages(x, Channels, nameof(x));
        var h = x;
        for (var i = 0; i < convolutions.Count; i++)
            h = F.silu(norms[i].call(convolutions[i].call(h)));
        return F.silu(hidden.call(F.adaptive_avg_pool2d(h, Fields).flatten(1)));
    }

    private static GroupNorm Norm(long channels) => Layers.GroupNorm(Groups, channels, 1e-5);
}
