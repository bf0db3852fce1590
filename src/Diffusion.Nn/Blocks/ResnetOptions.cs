namespace Diffusion.Nn;

/// <summary>What all residual blocks of one network have in common.</summary>
/// <param name="TimeChannels">Width of the time embedding, at least 1.</param>
/// <param name="Groups">Groups of the group normalisations; must divide the channels. Null: each normalisation has a
/// quarter of its channels as groups, at most 32.</param>
/// <param name="Epsilon">Added to the variance by the normalisations; above 0.</param>
/// <param name="Activation">The non-linearity.</param>
/// <param name="Dropout">Dropout probability before the second convolution, in [0, 1].</param>
/// <param name="TimeShift">How the time embedding enters the block.</param>
/// <param name="OutputScale">The block's output (residual included) is divided by this; not 0.</param>
public sealed record ResnetOptions(
    int TimeChannels,
    int? Groups = 32,
    double Epsilon = 1e-5,
    ActivationFunction Activation = ActivationFunction.Silu,
    double Dropout = 0,
    TimeScaleShift TimeShift = TimeScaleShift.Default,
    double OutputScale = 1
)
{
    /// <summary>Groups of a normalisation where the config has no number.</summary>
    internal static int GroupsByDefault(int channels) => int.Min(channels / 4, 32);

    /// <summary>Groups of the normalisation of so many channels.</summary>
    internal int GroupsFor(int channels) => Groups ?? GroupsByDefault(channels);
}
