using System.Text.Json.Nodes;
using Diffusion.Api;
using Diffusion.Nn;
using FluentAssertions;
using NUnit.Framework;
using static TorchSharp.torch;

namespace Diffusion.Numerics.Api;

/// <summary>Folders that are refused, each with what is wrong, and with nothing left behind.</summary>
public class PipelineBadInputTests : FolderFixture
{
    private const string Scheduler = "scheduler/scheduler_config.json";
    private const string Index = "model_index.json";

    [SetUp]
    public void SaveModel() => TinySetup.SaveModel(_folder.File("model"));

    [TestCase(
        "_class_name",
        "\"StableDiffusionPipeline\"",
        "*StableDiffusionPipeline*DDPMPipeline, DDIMPipeline, PNDM*"
    )]
    [TestCase("_class_name", "3", "*_class_name must be a text*")]
    [TestCase(
        "unet",
        "[\"diffusers\", \"UNet2DConditionModel\"]",
        "*'UNet2DConditionModel' is another architecture*UNet2DModel*"
    )]
    [TestCase("unet", "[null, null]", "*unet: there is none*")]
    [TestCase("unet", "\"UNet2DModel\"", "*unet must be a list*")]
    [TestCase("unet", "[\"../evil\", \"UNet2DModel\"]", "*'../evil'*no Python is run*")]
    [TestCase("scheduler", "[\"diffusers\", \"LCMScheduler\"]", "*'LCMScheduler'*DDPMScheduler*LMSDiscreteScheduler*")]
    [TestCase("scheduler", "[\"diffusers\"]", "*a list of a library and a class*")]
    [TestCase("vae", "[\"diffusers\", \"AutoencoderKL\"]", "*'vae' (AutoencoderKL)*a unet and a scheduler*")]
    [TestCase("../unet", "[\"diffusers\", \"UNet2DModel\"]", "*'../unet'*a unet and a scheduler*")]
    public void An_index_that_is_no_pipeline_of_ours_is_refused(string key, string value, string message) =>
        Refused(Index, key, value, message);

    [TestCase("beta_schedule", "\"exp\"", "*'exp'*linear, scaled_linear, squaredcos_cap_v2, sigmoid.")]
    [TestCase("prediction_type", "\"noise\"", "*'noise'*epsilon, sample, v_prediction*")]
    [TestCase("timestep_spacing", "\"even\"", "*'even'*linspace, leading, trailing*")]
    [TestCase("variance_type", "\"huge\"", "*'huge'*fixed_small*learned_range*")]
    [TestCase("variance_type", "\"learned\"", "*answers 1*'learned'*must answer 2*")]
    [TestCase("trained_betas", "[0.1, 0.2]", "*trained_betas holds 2 numbers*100*")]
    [TestCase("trained_betas", "[0.1, \"x\"]", "*trained_betas must be a finite number*")]
    [TestCase("num_train_timesteps", "2000000000", "*num_train_timesteps must be in 1*1000000, got 2000000000*")]
    [TestCase("num_train_timesteps", "0", "*num_train_timesteps must be in 1*got 0*")]
    [TestCase("steps_offset", "-1", "*steps_offset*-1*")]
    [TestCase("clip_sample_range", "-2", "*range*-2*")]
    [TestCase("clip_sample_range", "NaN", "*clip_sample_range must be a finite number*NaN*")]
    [TestCase("thresholding", "\"yes\"", "*thresholding must be true or false*")]
    public void A_config_that_is_not_supported_is_refused(string key, string value, string message) =>
        Refused(Scheduler, key, value, message);

    [TestCase("DPMSolverMultistepScheduler", "\"solver_order\": 4", "*solver_order must be in 1 … 3, got 4*")]
    [TestCase(
        "DPMSolverMultistepScheduler",
        "\"solver_order\": 3, \"algorithm_type\": \"sde-dpmsolver++\"",
        "*solver_order must be in 1 … 2, got 3*no third order*"
    )]
    [TestCase("DPMSolverMultistepScheduler", "\"algorithm_type\": \"magic\"", "*'magic'*dpmsolver++, dpmsolver*")]
    [TestCase("DPMSolverMultistepScheduler", "\"solver_type\": \"magic\"", "*'magic'*midpoint, heun*")]
    [TestCase("DPMSolverMultistepScheduler", "\"final_sigmas_type\": \"one\"", "*'one'*zero, sigma_min*")]
    [TestCase("UniPCMultistepScheduler", "\"final_sigmas_type\": \"one\"", "*'one'*zero, sigma_min*")]
    [TestCase("DPMSolverMultistepScheduler", "\"lambda_min_clipped\": 99", "*lambda_min_clipped*99*greatest is*")]
    [TestCase("DPMSolverMultistepScheduler", "\"lambda_min_clipped\": Infinity", "*lambda_min_clipped*finite*")]
    [TestCase("EulerDiscreteScheduler", "\"interpolation_type\": \"cubic\"", "*cubic*linear*log_linear*")]
    [TestCase(
        "EulerDiscreteScheduler",
        "\"sigma_min\": 2, \"sigma_max\": 1",
        "*0 < sigma_min < sigma_max, got 2 and 1*"
    )]
    [TestCase(
        "EulerDiscreteScheduler",
        "\"prediction_type\": \"v_prediction\", \"timestep_type\": \"continuous\"",
        "*timestep_type: 'continuous'*discrete*"
    )]
    [TestCase("UniPCMultistepScheduler", "\"solver_p\": {\"a\": 1}", "*solver_p must be null*")]
    [TestCase("UniPCMultistepScheduler", "\"disable_corrector\": [-1]", "*disable_corrector*-1*")]
    [TestCase("UniPCMultistepScheduler", "\"beta_schedule\": \"sigmoid\"", "*'sigmoid'*squaredcos_cap_v2.")]
    [TestCase("FlowMatchEulerDiscreteScheduler", "\"shift\": 1", "*'FlowMatchEulerDiscreteScheduler'*DDPMScheduler*")]
    [TestCase("EulerDiscreteScheduler", "\"use_beta_sigmas\": true", "use_beta_sigmas: true isn't supported*false*")]
    [TestCase("LMSDiscreteScheduler", "\"use_exponential_sigmas\": true", "use_exponential_sigmas: true*false*")]
    [TestCase("UniPCMultistepScheduler", "\"use_flow_sigmas\": true", "use_flow_sigmas: true*false*")]
    [TestCase("UniPCMultistepScheduler", "\"rescale_betas_zero_snr\": true", "rescale_betas_zero_snr: true*false*")]
    [TestCase("EulerDiscreteScheduler", "\"final_sigmas_type\": \"sigma_min\"", "final_sigmas_type: 'sigma_min'*zero*")]
    [TestCase("HeunDiscreteScheduler", "\"use_karras_sigmas\": true, \"sigma_min\": 0.1", "sigma_min: 0.1*null*")]
    public void Every_class_says_what_it_supports(string @class, string keys, string message) =>
        FluentActions
            .Invoking(() => SchedulerConfig.FromJson($"{{\"_class_name\": \"{@class}\", {keys}}}", out _))
            .Should()
            .ThrowExactly<InvalidDataException>()
            .WithMessage(message)
            .Which.Message.Should()
            .NotContain("(Parameter");

    [Test]
    public void A_name_of_the_hub_is_no_folder() =>
        FluentActions
            .Invoking(() => Pipeline.Load("somebody/some-model"))
            .Should()
            .Throw<FileNotFoundException>()
            .WithMessage("There is no folder 'somebody/some-model'. Nothing is downloaded here*");

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("{\"beta_start\": 1e-4, \"beta_start\": 1e-4}")]
    [TestCase("{\"a\": -Infinit}")]
    [TestCase("{\"a\": \"\\")]
    public void What_is_no_config_is_refused(string text)
    {
        FluentActions
            .Invoking(() => SchedulerConfig.FromJson(text, out _))
            .Should()
            .ThrowExactly<InvalidDataException>();
        File.WriteAllText(_folder.File("model/" + Index), text);
        Refused("*model_index.json*");
    }

    [TestCase(Index)]
    [TestCase(Scheduler)]
    [TestCase("unet/config.json")]
    [TestCase("unet/diffusion_pytorch_model.safetensors")]
    [TestCase("unet")]
    public void A_symbolic_link_out_of_the_folder_is_refused(string name)
    {
        var path = _folder.File("model/" + name);
        Directory.Move(path, _folder.File("elsewhere"));
        File.CreateSymbolicLink(path, name.Contains('/') ? "../../elsewhere" : _folder.File("elsewhere"));
        Refused("*' is a symbolic link that leaves the folder, to '*elsewhere*cp -rL*");
    }

    [Test]
    public void Links_within_the_folder_and_to_it_are_followed()
    {
        Directory.Move(_folder.File("model/unet"), _folder.File("model/network"));
        Directory.CreateSymbolicLink(_folder.File("model/unet"), "./network/../network");
        Directory.CreateSymbolicLink(_folder.File("link"), _folder.File("model"));
        Pipeline.Load(_folder.File("link")).Dispose();
        File.Delete(_folder.File("model/unet"));
        File.CreateSymbolicLink(_folder.File("model/unet"), "unet");
        Refused("*symbolic links*");
    }

    [Test]
    public void Pickled_weights_are_not_read()
    {
        File.Move(
            _folder.File("model/unet/diffusion_pytorch_model.safetensors"),
            _folder.File("model/unet/diffusion_pytorch_model.bin")
        );
        FluentActions
            .Invoking(() => Pipeline.Load(_folder.File("model")))
            .Should()
            .Throw<FileNotFoundException>()
            .WithMessage("*diffusion_pytorch_model.bin, a pickle*never read*safe_serialization=True*");
    }

    [Test]
    public void A_config_as_large_as_weights_is_refused_unread()
    {
        using (var file = File.OpenWrite(_folder.File("model/" + Scheduler)))
            file.SetLength(1L << 32);
        Refused("*4294967296 bytes*");
    }

    // Each would take from gigabytes to all the memory there is, if the network were made before its weights are looked at.
    [TestCase("block_out_channels", "[800000, 800000]", "*holds*, the config's network*")]
    [TestCase("num_class_embeds", "2000000000", "*holds*the config's network 64*")]
    [TestCase("layers_per_block", "1000", "*holds*the config's network*")]
    [TestCase("layers_per_block", "2000000000", "*layers_per_block must be in 0 … 1000, got 2000000000*")]
    public void A_network_far_larger_than_its_weights_is_not_made(string key, string value, string message) =>
        Refused("unet/config.json", key, value, message);

    private void Refused(string file, string key, string value, string message)
    {
        var path = _folder.File("model/" + file);
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json[key] = "@";
        File.WriteAllText(path, json.ToJsonString().Replace("\"@\"", value));
        Refused(message);
    }

    private void Refused(string message)
    {
        var before = LiveTensors.Count();
        FluentActions
            .Invoking(() => Pipeline.Load(_folder.File("model")))
            .Should()
            .ThrowExactly<InvalidDataException>()
            .WithMessage(message);
        Tensor.TotalCount.Should().Be(before);
    }
}
