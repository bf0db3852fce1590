namespace Diffusion.Api;

/// <summary>What the tensors of attention are called.</summary>
public enum AttentionNaming
{
    /// <summary>to_q, to_k, to_v, to_out.0: diffusers from release 0.14 on.</summary>
    Current,

    /// <summary>query, key, value, proj_attn: earlier releases, and checkpoints that come from them.</summary>
    Legacy,
}
