using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class UNet2DSizeTests
{
    [TestCaseSource(typeof(GoldenFolders), nameof(GoldenFolders.All))]
    public void Golden_networks_are_counted(string folder) =>
        Counted(UNet2DConfig.Load(Path.Combine(folder, "unet", "config.json")));

    [Test]
    public void Networks_of_every_kind_are_counted()
    {
        var random = new Random(5);
        var kinds = new HashSet<object>();
        for (var i = 0; i < 200; i++)
        {
            var config = Drawn(random);
            try
            {
                config.Validate();
            }
            catch (ArgumentException)
            {
                continue;
            }
            Counted(config);
            object[] parts =
            [
                .. config.DownBlockTypes.Cast<object>(),
                .. config.UpBlockTypes.Cast<object>(),
                config.TimeEmbeddingType,
                config.ResnetTimeScaleShift,
                config.DownsampleType,
                config.UpsampleType,
                (config.ClassEmbedType, config.NumClassEmbeds is null),
            ];
            kinds.UnionWith(parts);
        }
        foreach (
            var kind in Enum.GetValues<DownBlockType>()
                .Cast<object>()
                .Concat(Enum.GetValues<UpBlockType>().Cast<object>())
                .Concat(Enum.GetValues<TimeEmbeddingType>().Cast<object>())
        )
            kinds.Should().Contain(kind, "the draws are to hold every kind");
        kinds.Should().HaveCount(7 + 7 + 3 + 2 + 2 + 4);
    }

    [Test]
    public void What_no_memory_holds_is_counted_too()
    {
        var huge = Nets.Small with { BlockOutChannels = [200_000_000, 200_000_000], LayersPerBlock = 1000 };
        UNet2DSize.Of(huge.Validate()).Should().BeGreaterThan(1e20);
    }

    [TestCase(1_707_009, true)]
    [TestCase(400_000, true)]
    [TestCase(300_000, false)]
    public void A_network_may_be_twice_its_weights_and_a_million_more(int numbers, bool fits)
    {
        var check = () => UNet2DSize.Check(Nets.Course, numbers, "file");
        if (fits)
            check.Should().NotThrow();
        else
            check
                .Should()
                .Throw<InvalidDataException>()
                .WithMessage("file doesn't fit the network: it holds 300000 numbers, the config's network 1707009.");
    }

    private static void Counted(UNet2DConfig config)
    {
        using var scope = NewDisposeScope();
        using var network = new UNet2D(config);
        UNet2DSize.Of(config).Should().Be(network.state_dict().Values.Sum(t => t.numel()), config.ToJson());
    }

    private static UNet2DConfig Drawn(Random random)
    {
        T One<T>(params T[] of) => of[random.Next(of.Length)];
        // Mixtures of the three families seldom fit together.
        var family = One("", "Skip", "K");
        var down = Enum.GetValues<DownBlockType>().Where(t => FamilyOf(t) == family).ToArray();
        var up = Enum.GetValues<UpBlockType>().Where(t => FamilyOf(t) == family).ToArray();
        var blocks = random.Next(1, 4);
        var classes = One<(ClassEmbedType? Type, int? Count)>(
            (null, null),
            (null, 5),
            (ClassEmbedType.Timestep, null),
            (ClassEmbedType.Identity, null)
        );
        return new UNet2DConfig
        {
            SampleSize = 16,
            LayersPerBlock = random.Next(1, 3),
            BlockOutChannels = [.. Enumerable.Range(0, blocks).Select(_ => One(32, 64))],
            DownBlockTypes = [.. Enumerable.Range(0, blocks).Select(_ => One(down))],
            UpBlockTypes = [.. Enumerable.Range(0, blocks).Select(_ => One(up))],
            AttentionHeadDim = One<int?>(null, 8, 20),
            NormNumGroups = 8,
            AddAttention = One(true, false),
            HasMidBlock = One(true, true, false),
            ResnetTimeScaleShift = One(TimeScaleShift.Default, TimeScaleShift.ScaleShift),
            DownsampleType = One(ResampleType.Conv, ResampleType.Resnet),
            UpsampleType = One(ResampleType.Conv, ResampleType.Resnet),
            TimeEmbeddingType = One(Enum.GetValues<TimeEmbeddingType>()),
            NumTrainTimesteps = 10,
            ClassEmbedType = classes.Type,
            NumClassEmbeds = classes.Count,
        };
    }

    private static string FamilyOf<T>(T type)
        where T : struct, Enum
    {
        var name = type.ToString();
        return name.Contains("Skip") ? "Skip"
            : name.StartsWith('K') ? "K"
            : "";
    }
}
