namespace Diffusion.Nn;

/// <summary>What the kinds of blocks have in common.</summary>
internal static class BlockKinds
{
    internal static bool Attends(this DownBlockType type) =>
        type
            is DownBlockType.AttnDownBlock2D
                or DownBlockType.AttnSkipDownBlock2D
                or DownBlockType.KCrossAttnDownBlock2D;

    internal static bool Attends(this UpBlockType type) =>
        type is UpBlockType.AttnUpBlock2D or UpBlockType.AttnSkipUpBlock2D or UpBlockType.KCrossAttnUpBlock2D;

    internal static bool IsSkip(this DownBlockType type) =>
        type is DownBlockType.SkipDownBlock2D or DownBlockType.AttnSkipDownBlock2D;

    internal static bool IsSkip(this UpBlockType type) =>
        type is UpBlockType.SkipUpBlock2D or UpBlockType.AttnSkipUpBlock2D;

    internal static bool IsK(this DownBlockType type) =>
        type is DownBlockType.KDownBlock2D or DownBlockType.KCrossAttnDownBlock2D;

    internal static bool IsK(this UpBlockType type) =>
        type is UpBlockType.KUpBlock2D or UpBlockType.KCrossAttnUpBlock2D;
}
