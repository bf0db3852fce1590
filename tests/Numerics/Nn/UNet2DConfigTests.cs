using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Nn;

[TestFixture]
internal sealed class UNet2DConfigTests
{
    private static UNet2DConfig EveryKeyOther { get; } =
        new()
        {
            SampleSize = new ImageSize(16, 24),
            InChannels = 2,
            OutChannels = 4,
            CenterInputSample = true,
            TimeEmbeddingType = TimeEmbeddingType.Learned,
            FreqShift = 0.5,
            FlipSinToCos = false,
            DownBlockTypes = [DownBlockType.ResnetDownsampleBlock2D, DownBlockType.AttnDownBlock2D],
            UpBlockTypes = [UpBlockType.AttnUpBlock2D, UpBlockType.ResnetUpsampleBlock2D],
            BlockOutChannels = [8, 16],
            HasMidBlock = false,
            LayersPerBlock = 3,
            MidBlockScaleFactor = 1.5,
            DownsamplePadding = 0,
            DownsampleType = ResampleType.Resnet,
            UpsampleType = ResampleType.Resnet,
            Dropout = 0.1,
            ActFn = ActivationFunction.Gelu,
            AttentionHeadDim = null,
            NormNumGroups = 4,
            AttnNormNumGroups = 2,
            NormEps = 1e-6,
            ResnetTimeScaleShift = TimeScaleShift.ScaleShift,
            AddAttention = false,
            ClassEmbedType = ClassEmbedType.Identity,
            NumClassEmbeds = 10,
            NumTrainTimesteps = 1000,
            DiffusersVersion = "0.30.0",
        };

    [Test]
    public void Every_key_survives_a_round_trip()
    {
        foreach (var property in typeof(UNet2DConfig).GetProperties().Where(p => p.CanWrite))
            if (property.Name != nameof(UNet2DConfig.UnknownKeys))
                property.GetValue(EveryKeyOther).Should().NotBe(property.GetValue(new UNet2DConfig()), property.Name);
        var read = UNet2DConfig.FromJson(EveryKeyOther.ToJson());
        read.Should().BeEquivalentTo(EveryKeyOther, options => options.ComparingByMembers<UNet2DConfig>());
        read.Should().Be(EveryKeyOther);
        read.GetHashCode().Should().Be(EveryKeyOther.GetHashCode());
        read.Should().NotBe(EveryKeyOther with { Dropout = 0.2 });
    }

    [Test]
    public void Absent_keys_take_diffusers_defaults()
    {
        // Recorded from diffusers 0.27.2: UNet2DModel's signature.
        const string defaults = """
            {"sample_size": null, "in_channels": 3, "out_channels": 3, "center_input_sample": false,
             "time_embedding_type": "positional", "freq_shift": 0, "flip_sin_to_cos": true,
             "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"],
             "up_block_types": ["AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"],
             "block_out_channels": [224, 448, 672, 896], "layers_per_block": 2, "mid_block_scale_factor": 1,
             "downsample_padding": 1, "downsample_type": "conv", "upsample_type": "conv", "dropout": 0.0,
             "act_fn": "silu", "attention_head_dim": 8, "norm_num_groups": 32, "attn_norm_num_groups": null,
             "norm_eps": 1e-05, "resnet_time_scale_shift": "default", "add_attention": true,
             "class_embed_type": null, "num_class_embeds": null, "num_train_timesteps": null}
            """;
        UNet2DConfig.FromJson("{}").Should().Be(UNet2DConfig.FromJson(defaults));
    }

    [Test]
    public void Unknown_keys_are_kept_and_listed()
    {
        const string json = """{"_name_or_path": "x/y", "from_the_future": {"a": [1, 2.5, null]}}""";
        var config = UNet2DConfig.FromJson(json);
        config.UnknownKeys.Keys.Should().Equal("_name_or_path", "from_the_future");
        var again = UNet2DConfig.FromJson(config.ToJson());
        again.UnknownKeys["from_the_future"].GetRawText().Should().Contain("2.5");
        again.Should().Be(config);
    }

    [Test]
    public void Words_that_only_Python_writes_are_kept()
    {
        const string json = """{"from_the_future": [NaN, -Infinity, "Infinity here"], "other": Infinity}""";
        var config = UNet2DConfig.FromJson(json);
        var text = config.ToJson();
        text.Should().Contain("    NaN,").And.Contain("    -Infinity,").And.Contain("\"Infinity here\"");
        text.Should().Contain("\"other\": Infinity,");
        UNet2DConfig.FromJson(text).Should().Be(config);
        FluentActions
            .Invoking(() => UNet2DConfig.FromJson("""{"dropout": NaN}"""))
            .Should()
            .Throw<InvalidDataException>()
            .WithMessage("dropout must be a finite number*");
    }

    [Test]
    public void Older_spellings_are_understood()
    {
        const string json = """
            {"_class_name": "UNet2DModel", "act_fn": "swish", "mid_block_type": "UNetMidBlock2D",
             "downsample_type": null, "block_out_channels": [32], "down_block_types": ["UNetResDownBlock2D"],
             "up_block_types": ["UNetResAttnUpBlock2D"]}
            """;
        var config = UNet2DConfig.FromJson(json);
        config.ActFn.Should().Be(ActivationFunction.Silu);
        config.DownBlockTypes.Should().Equal(DownBlockType.DownBlock2D);
        config.UpBlockTypes.Should().Equal(UpBlockType.AttnUpBlock2D);
    }

    [Test]
    public void A_network_may_be_without_a_middle()
    {
        var config = UNet2DConfig.FromJson("""{"mid_block_type": null}""");
        config.HasMidBlock.Should().BeFalse();
        config.UnknownKeys.Should().BeEmpty();
        config.ToJson().Should().Contain("\"mid_block_type\": null");
        UNet2DConfig.FromJson("{}").ToJson().Should().NotContain("mid_block_type");
        using var net = new UNet2D(Nets.Small with { HasMidBlock = false });
        net.state_dict().Keys.Should().NotContain(name => name.StartsWith("mid_block"));
        using var x = TorchSharp.torch.zeros(new long[] { 1, 1, 8, 8 });
        using var t = TorchSharp.torch.tensor(new long[] { 5 });
        using var output = net.forward(x, t);
        output.shape.Should().Equal(1, 1, 8, 8);
    }

    [TestCase("SiLU", ActivationFunction.Silu)]
    [TestCase("Swish", ActivationFunction.Silu)]
    [TestCase("MISH", ActivationFunction.Mish)]
    [TestCase("GELU", ActivationFunction.Gelu)]
    [TestCase("relu", ActivationFunction.Relu)]
    public void Activations_are_known_in_any_case(string name, ActivationFunction function) =>
        UNet2DConfig.FromJson($$"""{"act_fn": "{{name}}"}""").ActFn.Should().Be(function);

    [TestCase("""{"act_fn": "tanh"}""", "act_fn: \"tanh\" isn't supported*silu, gelu, relu, mish*")]
    [TestCase("""{"time_embedding_type": "wavelet"}""", "*\"wavelet\"*positional, fourier, learned*")]
    [TestCase("""{"down_block_types": ["DownEncoderBlock2D"]}""", "*DownEncoderBlock2D*DownBlock2D, AttnDownBlock2D*")]
    [TestCase("""{"up_block_types": ["CrossAttnUpBlock2D"]}""", "*CrossAttnUpBlock2D*UpBlock2D, AttnUpBlock2D*")]
    [TestCase("""{"class_embed_type": "projection"}""", "*\"projection\"*timestep, identity*")]
    [TestCase("""{"resnet_time_scale_shift": "spatial"}""", "*\"spatial\"*default, scale_shift*")]
    [TestCase("""{"mid_block_type": "UnCLIPUNetMidBlock2D"}""", "*UnCLIPUNetMidBlock2D*UNetMidBlock2D, null.")]
    [TestCase("""{"_class_name": "UNet2DConditionModel"}""", "*UNet2DConditionModel*UNet2DModel*")]
    [TestCase("""{"in_channels": "3"}""", "in_channels must be a whole number, got \"3\".")]
    [TestCase("""{"in_channels": 2.5}""", "in_channels must be a whole number, got 2.5.")]
    [TestCase("""{"in_channels": 0}""", "in_channels must be at least 1, got 0.")]
    [TestCase("""{"dropout": 1.5}""", "dropout must be in [0, 1], got 1.5.")]
    [TestCase("""{"norm_eps": -1e-9}""", "norm_eps must be at least 0, got -1E-09.")]
    [TestCase("""{"norm_num_groups": 48}""", "norm_num_groups must be a divisor*224*48.")]
    [TestCase("""{"norm_num_groups": null}""", "norm_num_groups must be a whole number for DownBlock2D*null*")]
    [TestCase("""{"attention_head_dim": 449}""", "attention_head_dim must be at most 448*449.")]
    [TestCase("""{"block_out_channels": [32, 64]}""", "*(4)*(4)*(2)*same number*")]
    [TestCase("""{"block_out_channels": []}""", "*at least one*")]
    [TestCase("""{"sample_size": 28}""", "*28x28*3 times*multiples of 8*")]
    [TestCase("""{"sample_size": [8]}""", "sample_size must be a whole number or two of them*")]
    [TestCase("""{"time_embedding_type": "learned"}""", "*num_train_timesteps*")]
    [TestCase("""{"downsample_padding": 2}""", "downsample_padding must be 0 or 1, got 2.")]
    [TestCase("""{"flip_sin_to_cos": 1}""", "flip_sin_to_cos must be true or false, got 1.")]
    [TestCase("""{"freq_shift": 112}""", "freq_shift must be other than*112*")]
    [TestCase("""{"dropout": 0.1, "dropout": 0.2}""", "*'dropout' twice*")]
    [TestCase("[]", "*JSON object*")]
    [TestCase("{", "*JSON*")]
    public void What_cannot_be_built_is_refused(string json, string message)
    {
        var read = () => UNet2DConfig.FromJson(json);
        read.Should()
            .Throw<InvalidDataException>()
            .WithMessage(message)
            .Which.Message.Should()
            .NotContain("(Parameter", "that is no word of a user's");
    }

    [Test]
    public void A_file_is_named_in_its_errors()
    {
        using var scratch = new TemporaryFolder();
        var path = scratch.File("config.json");
        File.WriteAllText(path, """{"in_channels": -1}""");
        var load = () => UNet2DConfig.Load(path);
        load.Should().Throw<InvalidDataException>().WithMessage($"{path}*in_channels*-1*");
        Nets.Course.Save(path);
        UNet2DConfig.Load(path).Should().Be(Nets.Course);
    }

    [Test]
    public void A_file_without_content_is_named_once()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("config.json");
        File.WriteAllText(file, "");
        FluentActions
            .Invoking(() => UNet2DConfig.Load(file))
            .Should()
            .Throw<InvalidDataException>()
            .Which.Message.Should()
            .StartWith($"'{file}' has 0 bytes");
    }
}
