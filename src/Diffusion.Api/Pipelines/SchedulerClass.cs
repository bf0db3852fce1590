namespace Diffusion.Api;

/// <summary>The scheduler classes of diffusers whose configs are understood (<c>_class_name</c>).</summary>
public enum SchedulerClass
{
    /// <summary><c>DDPMScheduler</c>: ancestral sampling (Ho et al. 2020).</summary>
    Ddpm,

    /// <summary><c>DDIMScheduler</c>: DDIM (Song et al. 2021).</summary>
    Ddim,

    /// <summary><c>DPMSolverMultistepScheduler</c>: DPM-Solver and DPM-Solver++, multi-step (Lu et al. 2022).</summary>
    DpmSolverMultistep,

    /// <summary><c>EulerDiscreteScheduler</c>: Euler's method in σ/α (Karras et al. 2022).</summary>
    EulerDiscrete,

    /// <summary><c>EulerAncestralDiscreteScheduler</c>: Euler's method, then noise.</summary>
    EulerAncestralDiscrete,

    /// <summary><c>HeunDiscreteScheduler</c>: Heun's method in σ/α (Karras et al. 2022).</summary>
    HeunDiscrete,

    /// <summary><c>UniPCMultistepScheduler</c>: UniPC (Zhao et al. 2023).</summary>
    UniPcMultistep,

    /// <summary><c>PNDMScheduler</c>: PNDM and PLMS (Liu et al. 2022).</summary>
    Pndm,

    /// <summary><c>LMSDiscreteScheduler</c>: Adams–Bashforth in σ/α (k-diffusion's LMS).</summary>
    LmsDiscrete,
}
