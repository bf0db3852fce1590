using System.Collections.Immutable;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Nn;

/// <summary>
/// Which blocks go together. What is refused here is what diffusers 0.27.2 fails to build or to run; of 1,200 random
/// configs both accepted the same 263.
/// </summary>
[TestFixture]
internal sealed class UNet2DFlowTests
{
    [TestCase("SkipDown", "SkipUp", 32)]
    [TestCase("SkipDown AttnSkipDown", "AttnSkipUp SkipUp", 32)]
    [TestCase("SkipDown Down", "Up SkipUp", 32)]
    [TestCase("Down SkipDown", "Up SkipUp", 32)]
    [TestCase("SkipDown SkipDown Down", "ResnetUp SkipUp SkipUp", 12)]
    [TestCase("KDown KDown", "KUp KUp", 32)]
    [TestCase("KDown Down", "KUp Up", 32)]
    [TestCase("Down KDown", "Up KUp", 32)]
    [TestCase("KCrossAttnDown KDown", "KCrossAttnUp KCrossAttnUp", 32)]
    public void Blocks_may_be_mixed_where_states_fit(string down, string up, int channels)
    {
        var config = Config(down, up, channels).Validate();
        using var net = Nets.Seeded(config);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var output = net.forward(randn(new long[] { 2, 3, 8, 16 }), tensor(new long[] { 3, 800 }));
        output.shape.Should().Equal(2, 3, 8, 16);
        output.isfinite().all().ToBoolean().Should().BeTrue();
    }

    [Test]
    public void The_k_upscalers_own_shape_runs()
    {
        var config = Config("KDown KCrossAttnDown KCrossAttnDown", "KCrossAttnUp KCrossAttnUp KUp", 32) with
        {
            BlockOutChannels = [32, 128, 128],
        };
        using var net = Nets.Seeded(config);
        var state = net.state_dict();
        // The last block down keeps its states to itself, and only the first up and the last down attend twice.
        state["up_blocks.0.resnets.0.conv1.weight"].shape.Should().Equal(128, 128, 3, 3);
        state["up_blocks.1.resnets.0.conv1.weight"].shape.Should().Equal(128, 256, 3, 3);
        state.Should().ContainKey("up_blocks.0.attentions.0.attn1.to_q.weight");
        state.Should().NotContainKey("up_blocks.1.attentions.0.attn1.to_q.weight");
        state.Should().ContainKey("up_blocks.1.attentions.0.attn2.norm_cross.weight");
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        net.forward(randn(new long[] { 1, 3, 8, 8 }), tensor(new long[] { 3 })).shape.Should().Equal(1, 3, 8, 8);
    }

    [Test]
    public void K_blocks_take_no_single_pixels()
    {
        using var net = Nets.Seeded(Config("KDown KDown", "KUp KUp", 32));
        using var x = zeros(new long[] { 1, 3, 4, 2 });
        using var t = tensor(new long[] { 3 });
        var run = () => net.forward(x, t);
        run.Should().Throw<ArgumentException>().WithMessage("*2x2 pixels or more*got 2x1*");
    }

    [TestCase("SkipDown SkipDown", "SkipUp Up", 32, "*must be followed by Skip blocks only*")]
    [TestCase("Down SkipDown Down", "Up Up Up", 32, "*SkipDownBlock2D 1*every block before*")]
    [TestCase("Down Down Down Down", "SkipUp Up SkipUp Up", 32, "*SkipUpBlock2D 2*every block between*")]
    [TestCase("Down KDown Down", "Up Up Up", 32, "*UpBlock2D 0*at 1/2*K blocks on the way down go with*")]
    [TestCase("KDown Down", "Up KUp", 32, "*UpBlock2D 0 works at 1/2*state*at 1/1*")]
    [TestCase("KDown KCrossAttnDown", "KUp KUp", 32, "*KUpBlock2D 0 takes 64 channels*handed 32*")]
    [TestCase("KDown KCrossAttnDown", "Up Up", 32, "*UpBlock2D 0 takes 64 channels*handed 32*")]
    [TestCase("KDown KDown", "KUp KUp", 16, "*16 channels of KDownBlock2D don't divide into 0 groups*")]
    [TestCase("SkipDown AttnSkipDown", "Up Up", 48, "*48 channels of AttnSkipDownBlock2D*32 groups*")]
    [TestCase("SkipDown Down", "Up Up", 140, "*140 channels of SkipDownBlock2D*32 groups*")]
    public void Blocks_that_do_not_fit_are_refused(string down, string up, int channels, string message)
    {
        var check = () => Config(down, up, channels).Validate();
        check.Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Test]
    public void Values_that_do_not_fit_the_blocks_are_refused()
    {
        var skip = Config("SkipDown SkipDown", "SkipUp SkipUp", 8);
        var plain = Config("Down Down", "Up Up", 8);
        var k = Config("KDown KDown", "KUp KUp", 32);
        Refused(skip with { InChannels = 1 }, "*SkipDownBlock2D 0 needs in_channels 3, got 1.");
        Refused(skip with { OutChannels = 6 }, "*SkipUpBlock2D 0 needs out_channels 3, got 6.");
        Refused(plain with { NormNumGroups = null }, "norm_num_groups*DownBlock2D, got null*");
        Refused(
            plain with
            {
                LayersPerBlock = 0,
                BlockOutChannels = [8, 16],
            },
            "the middle takes 16 channels*handed 8*"
        );
        Refused(plain with { LayersPerBlock = -1 }, "layers_per_block must be in 0 … 1000, got -1.");
        Refused(plain with { LayersPerBlock = int.MaxValue }, "layers_per_block must be in 0 … 1000, got 2147483647.");
        Refused(
            plain with
            {
                BlockOutChannels = [.. Enumerable.Repeat(8, 32)],
                DownBlockTypes = [.. Enumerable.Repeat(DownBlockType.DownBlock2D, 32)],
                UpBlockTypes = [.. Enumerable.Repeat(UpBlockType.UpBlock2D, 32)],
            },
            "block_out_channels has 32 entries*more than 31 blocks."
        );
        Refused(k with { LayersPerBlock = 0 }, "*KUpBlock2D 0 needs layers_per_block of at least 1.");
        Refused(
            Config("KDown KCrossAttnDown", "KUp KUp", 32) with
            {
                AttentionHeadDim = 33,
            },
            "attention_head_dim must be at most 32*33."
        );
        (skip with { NormNumGroups = null }).Validate();
        (k with { NormNumGroups = null, DownsamplePadding = 7 }).Validate();
        (plain with { LayersPerBlock = 0 }).Validate();
    }

    private static void Refused(UNet2DConfig config, string message)
    {
        var check = () => config.Validate();
        check.Should().Throw<ArgumentException>().WithMessage(message);
    }

    private static UNet2DConfig Config(string down, string up, int channels)
    {
        var downs = down.Split(' ').Select(name => Enum.Parse<DownBlockType>(Full(name))).ToImmutableArray();
        return new()
        {
            DownBlockTypes = downs,
            UpBlockTypes = [.. up.Split(' ').Select(name => Enum.Parse<UpBlockType>(Full(name)))],
            BlockOutChannels = [.. downs.Select(_ => channels)],
            LayersPerBlock = 1,
            NormNumGroups = 4,
            AttentionHeadDim = 4,
        };
    }

    private static string Full(string name) =>
        (name.StartsWith("Resnet", StringComparison.Ordinal) ? name + "sample" : name) + "Block2D";
}
