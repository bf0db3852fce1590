using System.Collections.Immutable;
using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>The feature network is trained once, the same each time, kept in a file, and refuses what isn't its own.</summary>
public class EvaluationFeatureTests : FolderFixture
{
    private const int Side = 8;

    private static readonly FeatureTraining Quick = new()
    {
        Epochs = 8,
        BatchSize = 20,
        LearningRate = 1e-2,
    };

    [Test]
    public void It_learns_the_labels_and_is_the_same_for_the_same_seed()
    {
        var steps = new List<long>();
        using var network = Quick.Train(Stripes(200, 1), Stripes(80, 2), (step, _) => steps.Add(step));
        network.Accuracy.Should().BeGreaterThan(0.95);
        network.Accuracy.Should().Be(network.AccuracyOn(Stripes(80, 2)));
        network.Classes.Should().Be(2);
        network.TrainedOn.Should().Be(Stripes(200, 1).Fingerprint()[..16]).And.HaveLength(16);
        steps.Should().HaveCount(80).And.EndWith(Quick.StepsFor(Stripes(200, 1)));

        using var again = Quick.Train(Stripes(200, 1), Stripes(80, 2));
        again.Version.Should().Be(network.Version).And.MatchRegex("^1-[0-9a-f]{16}$");
        using var other = (Quick with { Seed = 1 }).Train(Stripes(200, 1), Stripes(80, 2));
        other.Version.Should().NotBe(network.Version);
    }

    [Test]
    public void A_file_gives_back_the_same_features_accuracy_and_version()
    {
        using var network = (Quick with { Epochs = 1 }).Train(Stripes(60, 1), Stripes(40, 2));
        var file = _folder.File("features.safetensors");
        network.Save(file);
        using var loaded = FeatureNetwork.Load(file);
        loaded.Version.Should().Be(network.Version);
        loaded.Accuracy.Should().Be(network.Accuracy);
        loaded.TrainedOn.Should().Be(network.TrainedOn);
        using var scope = NewDisposeScope();
        var images = Stripes(5, 3).Batch([0, 1, 2, 3, 4]);
        var features = loaded.Features(images);
        features.shape.Should().Equal(5, FeatureNetwork.Dimension);
        features.requires_grad.Should().BeFalse();
        Modules.Values.Numbers(features).Should().Equal(Modules.Values.Numbers(network.Features(images)));
    }

    [Test]
    public void Other_files_are_refused_by_name()
    {
        using var scope = NewDisposeScope();
        var file = _folder.File("other.safetensors");
        Safetensors.Save(file, [("a", ones(2))]);
        Refused(() => FeatureNetwork.Load(file), "*other.safetensors*no feature network*Delete it*");
        using var network = new FeatureNetwork(1, 3) { Accuracy = 2 };
        network.Save(file);
        Refused(() => FeatureNetwork.Load(file), "*other.safetensors*'accuracy'*");
    }

    [Test]
    public void Labels_out_of_range_missing_or_of_another_size_are_refused()
    {
        using var network = (Quick with { Epochs = 1 }).Train(Stripes(40, 1), Stripes(20, 2));
        var good = Stripes(10, 1);
        var pixels = new byte[10 * Side * Side];
        var wrong = new ImageDataset(pixels, 1, Side, Side, labels: [0, 1, 0, 1, 0, 1, 0, 9, 0, 1]);
        Refused(() => network.AccuracyOn(wrong), "*image 7 has label 9*0 … 1*");
        Refused(() => Quick.Train(good, wrong), "*image 7 has label 9*");
        Refused(() => Quick.Train(new ImageDataset(pixels, 1, Side, Side), good), "*the images has no labels*");
        var small = new ImageDataset(new byte[4 * 4 * 2], 1, 4, 4, "small", [0, 1]);
        Refused(() => Quick.Train(good, small), "small*1×4×4*1×8×8*");
    }

    [Test]
    public void The_held_out_part_of_a_folder_is_read_with_its_labels()
    {
        var data = Stripes(6, 1);
        using var batch = data.Batch([0, 1, 2, 3, 4, 5]);
        var images = TinyImages.Idx(Pixels.ToBytes(batch), 6, Side, Side);
        var labels = TinyImages.Idx([.. data.Labels.Select(label => (byte)label)], 6);
        File.WriteAllBytes(_folder.File("train-images-idx3-ubyte"), images);
        FluentActions
            .Invoking(() => HeldOutImages.Load(_folder.Path))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("*training images*no t10k-images-idx3-ubyte*");
        File.WriteAllBytes(_folder.File("t10k-images-idx3-ubyte.gz"), TinyImages.Gzip(images));
        File.WriteAllBytes(_folder.File("t10k-labels-idx1-ubyte"), labels);
        HeldOutImages.Load(_folder.Path).Fingerprint().Should().Be(data.Fingerprint());
        HeldOutImages.Load(_folder.File("t10k-images-idx3-ubyte.gz")).Labels.Should().Equal(data.Labels);
        HeldOutImages.Load(TinyImages.Write(_folder)).Labels.Should().BeEmpty();
        FluentActions.Invoking(() => HeldOutImages.Load(_folder.File("none"))).Should().Throw<FileNotFoundException>();
    }

    /// <summary>Noisy stripes: across where the label is 0, down where it is 1.</summary>
    internal static ImageDataset Stripes(int count, int seed)
    {
        var random = new Random(seed);
        var pixels = new byte[count * Side * Side];
        var labels = ImmutableArray.CreateBuilder<int>(count);
        for (var n = 0; n < count; n++)
        {
            var label = random.Next(2);
            var phase = random.Next(4);
            labels.Add(label);
            for (var i = 0; i < Side * Side; i++)
            {
                var place = label == 0 ? i / Side : i % Side;
                pixels[n * Side * Side + i] = (byte)(((place + phase) % 4 < 2 ? 180 : 40) + random.Next(40));
            }
        }
        return new ImageDataset(pixels, 1, Side, Side, "the stripes", labels.MoveToImmutable());
    }

    private static void Refused(Action action, string message) =>
        action.Should().Throw<InvalidDataException>().WithMessage(message);
}
