"""The work of diffusers.sh: compare.py FOLDER [--quick] -- COMMAND..."""

import importlib
import importlib.util
import json
import logging
import os
import shutil
import struct
import subprocess
import sys
import warnings

import safetensors.torch  # noqa: F401  (before torch: some builds need that order)
import torch
import diffusers
from diffusers import DDIMScheduler, DDPMPipeline, UNet2DModel

# Rounding is well below, a wrong sampler far above: schedules there are 32-bit tables.
TOLERANCE = 2e-4
SIDE = 16
BATCH = 2
STEPS = 10

V = {"prediction_type": "v_prediction"}
LATENT = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}

# The first of each class is what --quick runs; "two" asks for a network that answers variances, "steps" for another N.
CASES = [
    ("DDPMScheduler", V),
    ("DDPMScheduler", {"variance_type": "fixed_large", "beta_schedule": "squaredcos_cap_v2"}),
    ("DDPMScheduler", {"variance_type": "fixed_small_log", "clip_sample_range": 2.0, "steps_offset": 1}),
    ("DDPMScheduler", {"variance_type": "learned_range", "two": True}),
    ("DDPMScheduler", {"beta_schedule": "sigmoid", "thresholding": True, "sample_max_value": 1.5, **V}),
    ("DDPMScheduler", {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True, **V}),
    ("DDIMScheduler", V),
    ("DDIMScheduler", {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True, **V}),
    ("DDIMScheduler", {"set_alpha_to_one": False, "steps_offset": 1, "clip_sample": False, **V, **LATENT}),
    ("DDIMScheduler", {"trained_betas": [0.01 + 0.002 * i for i in range(100)], "num_train_timesteps": 100, **V}),
    ("DPMSolverMultistepScheduler", V),
    ("DPMSolverMultistepScheduler", {"solver_order": 3, "steps": 20, "euler_at_final": True, **V}),
    ("DPMSolverMultistepScheduler", {"solver_type": "heun", "lower_order_final": False, "steps": 20, **V, **LATENT}),
    ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True, **V, **LATENT}),
    ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True, "final_sigmas_type": "sigma_min", **V}),
    ("DPMSolverMultistepScheduler", {"use_lu_lambdas": True, **V, **LATENT}),
    ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver++", **V}),
    ("DPMSolverMultistepScheduler", {"algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min", **V}),
    ("DPMSolverMultistepScheduler", {"algorithm_type": "sde-dpmsolver", "final_sigmas_type": "sigma_min", **V}),
    ("DPMSolverMultistepScheduler", {"beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1, **V}),
    ("DPMSolverMultistepScheduler", {"timestep_spacing": "leading", "steps_offset": 1, **V}),
    ("DPMSolverMultistepScheduler", {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True, **V}),
    ("DPMSolverMultistepScheduler", {"timestep_spacing": "trailing", "lambda_min_clipped": -3.0, **V}),
    ("DPMSolverMultistepScheduler", {"thresholding": True, "sample_max_value": 1.5, **V}),
    ("EulerDiscreteScheduler", {**V, **LATENT}),
    ("EulerDiscreteScheduler", {"use_karras_sigmas": True, "sigma_min": 0.1, "sigma_max": 50.0, **V}),
    ("EulerDiscreteScheduler", {"use_karras_sigmas": True, "interpolation_type": "log_linear", **V}),
    ("EulerDiscreteScheduler", {"timestep_spacing": "leading", "steps_offset": 1, **V, **LATENT}),
    ("EulerDiscreteScheduler", {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True, **V}),
    ("EulerDiscreteScheduler", {"prediction_type": "sample", **LATENT}),
    ("EulerAncestralDiscreteScheduler", {**V, **LATENT}),
    ("EulerAncestralDiscreteScheduler", {"timestep_spacing": "trailing", **V}),
    ("EulerAncestralDiscreteScheduler", {"timestep_spacing": "trailing", "rescale_betas_zero_snr": True, **V}),
    ("HeunDiscreteScheduler", {**V}),
    ("HeunDiscreteScheduler", {"use_karras_sigmas": True, **V, **LATENT}),
    ("HeunDiscreteScheduler", {"beta_schedule": "exp", **V}),
    ("HeunDiscreteScheduler", {"clip_sample": True, "clip_sample_range": 0.8, "timestep_spacing": "trailing", **V}),
    ("UniPCMultistepScheduler", V),
    ("UniPCMultistepScheduler", {"use_karras_sigmas": True, **V, **LATENT}),
    ("UniPCMultistepScheduler", {"solver_order": 3, "solver_type": "bh1", "lower_order_final": False, **V}),
    ("UniPCMultistepScheduler", {"predict_x0": False, "disable_corrector": [0, 1], **V}),
    ("UniPCMultistepScheduler", {"timestep_spacing": "trailing", "thresholding": True, **V}),
    ("PNDMScheduler", V),
    ("PNDMScheduler", {"skip_prk_steps": True, "steps_offset": 1, **V, **LATENT}),
    ("PNDMScheduler", {"skip_prk_steps": True, "set_alpha_to_one": True, **V}),
    ("LMSDiscreteScheduler", {**V, **LATENT}),
    ("LMSDiscreteScheduler", {"use_karras_sigmas": True, "timestep_spacing": "trailing", **V}),
]

# Pipelines that go from there to here and back: a scheduler, a network, and what training goes on with here. The first
# two are what --quick runs.
RETURNS = [
    ("DDPMScheduler", {"variance_type": "learned_range"}, {"channels_out": 2}, []),
    ("DDIMScheduler", V, {"classes": 3}, ["--label-dropout", "0.2"]),
    ("DDPMScheduler", V, {"classes": 3}, []),
    ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True, **V}, {}, []),
    ("EulerDiscreteScheduler", {**V, **LATENT}, {}, []),
    ("UniPCMultistepScheduler", {"solver_order": 3, **V}, {}, []),
    ("PNDMScheduler", {"skip_prk_steps": True, **V}, {}, []),
]

# What convert does to a folder of theirs; the first is what --quick runs. Half precision is widened again by both.
CONVERSIONS = [["--dtype", "fp16"], ["--keys", "legacy"], []]


class Noise:
    """Stands in for diffusers' own source of noise: the draw of the loop's k-th round is the k-th of the pool."""

    def __init__(self, shape, rounds):
        generator = torch.Generator().manual_seed(1)
        self.start = torch.randn(shape, generator=generator)
        self.steps = torch.randn((rounds, *shape), generator=generator)
        self.round = 0

    def save(self, path):
        safetensors.torch.save_file({"noise": self.start, "steps": self.steps}, path)

    def __call__(self, *_, **__):
        return self.steps[self.round]

    def patch(self, scheduler):
        module = importlib.import_module(type(scheduler).__module__)
        if hasattr(module, "randn_tensor"):
            module.randn_tensor = self


def draw(unet, scheduler, noise, steps, label=None, **arguments):
    noise.patch(scheduler)
    scheduler.set_timesteps(steps)
    x = noise.start * scheduler.init_noise_sigma
    labels = None if label is None else torch.full((BATCH,), label)
    for noise.round, t in enumerate(scheduler.timesteps):
        with torch.no_grad():
            answer = unet(scheduler.scale_model_input(x, t), t, labels).sample
        x = scheduler.step(answer, t, x, **arguments).prev_sample
    return x


def network(channels_out=1, classes=None):
    torch.manual_seed(0)
    return UNet2DModel(
        sample_size=SIDE,
        in_channels=1,
        out_channels=channels_out,
        layers_per_block=1,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        num_class_embeds=classes,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    ).eval()


def classes_of(cases, quick):
    """The cases that can be run, without those whose class needs a package that isn't there."""
    without = set()
    seen = set()
    for case in cases:
        name = case[0]
        if name == "LMSDiscreteScheduler" and importlib.util.find_spec("scipy") is None:
            if name not in without:
                print(f"skipped           {name}: diffusers needs scipy for it, which isn't installed", flush=True)
            without.add(name)
        elif not quick or name not in seen:
            seen.add(name)
            yield case


class Comparison:
    def __init__(self, folder, command):
        self.folder, self.command, self.worst, self.failed = folder, command, {}, []

    def run(self, *arguments):
        done = subprocess.run([*self.command, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"interop: diffusion {arguments[0]} failed: {done.stderr.strip()}")
        return done

    def sample(self, folder, noise, *arguments):
        noise.save(f"{self.folder}/noise.safetensors")
        images = f"{self.folder}/images.safetensors"
        self.run(
            "sample", folder, "--noise", f"{self.folder}/noise.safetensors",
            "--out-tensor", images, "--out", f"{self.folder}/images.png", *arguments,
        )
        return safetensors.torch.load_file(images)["images"]

    def load(self, folder, what):
        """Loads a folder in diffusers, where it mustn't say a word."""
        said = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: said.append(record.getMessage())
        logger = logging.getLogger("diffusers")
        logger.addHandler(handler)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            pipeline = DDPMPipeline.from_pretrained(folder, low_cpu_mem_usage=False)
        logger.removeHandler(handler)
        said += [str(warning.message) for warning in caught if "diffusers" in str(warning.filename)]
        print(f"{'ok' if not said else 'FAILED':7}{'':9}  {what} loads in diffusers without a warning {said or ''}", flush=True)
        if said:
            self.failed.append(f"{what}: warnings")
        return pipeline

    def both(self, kind, what, folder, pipeline, label=None):
        """Draws from one folder by both, with its own sampler."""
        noise = Noise((BATCH, 1, SIDE, SIDE), 2 * STEPS + 10)
        chosen = [] if label is None else ["--class", label]
        ours = self.sample(folder, noise, "--steps", STEPS, *chosen)
        self.check(kind, what, ours, draw(pipeline.unet, pipeline.scheduler, noise, STEPS, label))

    def check(self, kind, what, ours, theirs):
        size = max(1.0, theirs.abs().max().item())
        difference = (ours - theirs).abs().max().item() / size
        self.worst[kind] = max(self.worst.get(kind, 0.0), difference)
        good = difference <= TOLERANCE
        print(f"{'ok' if good else 'FAILED':7}{difference:9.1e}  {what}", flush=True)
        if not good:
            self.failed.append(what)


def theirs_here(comparison, quick):
    """Pipelines that diffusers saves, drawn from by both."""
    for name, keys in classes_of(CASES, quick):
        keys = dict(keys)
        steps = keys.pop("steps", STEPS)
        unet = network(2 if keys.pop("two", False) else 1)
        scheduler = getattr(diffusers, name)(**keys)
        folder = f"{comparison.folder}/{name}{len(comparison.worst)}"
        DDPMPipeline(unet, scheduler).save_pretrained(folder, safe_serialization=True)
        noise = Noise((BATCH, 1, SIDE, SIDE), 2 * steps + 10)
        ours = comparison.sample(folder, noise, "--steps", steps)
        shown = {key: value for key, value in keys.items() if key != "trained_betas"}
        comparison.check(name, f"{name} {json.dumps(shown)}", ours, draw(unet, scheduler, noise, steps))


def ours_there(comparison):
    """A folder that is trained and saved here, loaded by diffusers."""
    data = f"{comparison.folder}/images.idx"
    count = 16
    with open(data, "wb") as file:
        file.write(struct.pack(">IIII", 0x803, count, SIDE, SIDE))
        file.write(bytes((7 * i + i // SIDE * 11) % 256 for i in range(count * SIDE * SIDE)))
    folder = f"{comparison.folder}/trained"
    comparison.run("train", "--data", data, "--out", folder, "--steps", 2, "--batch-size", 2)
    pipeline = comparison.load(folder, "our folder")
    size = pipeline.unet.config.sample_size
    noise = Noise((BATCH, pipeline.unet.config.in_channels, size, size), STEPS)
    ours = comparison.sample(folder, noise, "--steps", STEPS)
    comparison.check("ours", "our folder, its own sampler", ours, draw(pipeline.unet, pipeline.scheduler, noise, STEPS))
    ddim = DDIMScheduler.from_config(pipeline.scheduler.config)
    theirs = draw(pipeline.unet, ddim, noise, STEPS, use_clipped_model_output=True)
    comparison.check("ours", "our folder, DDIM", comparison.sample(folder, noise, "--steps", STEPS, "--sampler", "ddim"), theirs)
    for name in ("DDIMScheduler", "DPMSolverMultistepScheduler"):
        scheduler = getattr(diffusers, name).from_config(pipeline.scheduler.config)
        ours = comparison.sample(folder, noise, "--steps", STEPS, "--sampler", name)
        comparison.check("from_config", f"our folder, {name}.from_config", ours, draw(pipeline.unet, scheduler, noise, STEPS))


def there_and_back(comparison, quick):
    """Pipelines that diffusers saves, which are loaded, trained on and saved here, and loaded there again."""
    data = f"{comparison.folder}/data.safetensors"
    images = torch.arange(12 * SIDE * SIDE).remainder(251).to(torch.uint8).reshape(12, 1, SIDE, SIDE)
    safetensors.torch.save_file({"images": images, "labels": torch.arange(12).remainder(3)}, data)
    for i, (name, keys, shape, arguments) in enumerate(RETURNS[:2] if quick else RETURNS):
        theirs, ours = f"{comparison.folder}/from{i}", f"{comparison.folder}/back{i}"
        DDPMPipeline(network(**shape), getattr(diffusers, name)(**keys)).save_pretrained(theirs, safe_serialization=True)
        comparison.run(
            "train", "--from", theirs, "--data", data, "--out", ours, "--steps", 1, "--batch-size", 4, *arguments
        )
        what = f"{name} {json.dumps({**keys, **shape})}, trained on here{' ' if arguments else ''}{' '.join(arguments)}"
        pipeline = comparison.load(ours, what)
        if type(pipeline.scheduler).__name__ != name:
            comparison.failed.append(f"{what}: it came back as {type(pipeline.scheduler).__name__}")
        comparison.both("there and back", what, ours, pipeline, 1 if "classes" in shape else None)


def converted(comparison, quick):
    """Folders of theirs that are converted here, or laid out flat."""
    theirs = f"{comparison.folder}/plain"
    DDPMPipeline(network(), diffusers.DDPMScheduler(**V)).save_pretrained(theirs, safe_serialization=True)
    for i, arguments in enumerate(CONVERSIONS[:1] if quick else CONVERSIONS):
        folder = f"{comparison.folder}/converted{i}"
        comparison.run("convert", theirs, folder, *arguments)
        what = f"convert {' '.join(arguments)}".strip()
        comparison.both("converted", what, folder, comparison.load(folder, what))
    flat = f"{comparison.folder}/flat"
    os.mkdir(flat)
    for part in (".", "unet", "scheduler"):
        for entry in os.scandir(f"{theirs}/{part}"):
            if entry.is_file():
                shutil.copy(entry.path, flat)
    comparison.both("flat", "a folder without folders for its parts", flat, comparison.load(flat, "a flat folder"))


def main():
    split = sys.argv.index("--")
    folder, *options = sys.argv[1:split]
    comparison = Comparison(folder, sys.argv[split + 1 :])
    torch.set_num_threads(1)
    diffusers.utils.logging.disable_progress_bar()
    warnings.simplefilter("ignore")
    ours_there(comparison)
    quick = "--quick" in options
    there_and_back(comparison, quick)
    converted(comparison, quick)
    theirs_here(comparison, quick)
    print(f"diffusers {diffusers.__version__}, torch {torch.__version__}; greatest differences, of the images' size:")
    for kind, worst in comparison.worst.items():
        print(f"  {kind:34}{worst:9.1e}")
    if comparison.failed:
        raise SystemExit(f"interop: {len(comparison.failed)} FAILED: {'; '.join(comparison.failed)}")
    print("interop: passed")


main()
