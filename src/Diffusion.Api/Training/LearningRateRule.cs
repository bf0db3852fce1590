using System.Text.Json.Serialization;
using Diffusion.Math;

namespace Diffusion.Api;

/// <summary>How the learning rate goes over the steps of a run.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LearningRateRule>))]
public enum LearningRateRule
{
    /// <summary>Linear warm-up, then a half cosine to 0 (<see cref="LearningRateSchedule.WarmupCosine"/>).</summary>
    Cosine,

    /// <summary>Linear warm-up, then constant (<see cref="LearningRateSchedule.WarmupConstant"/>).</summary>
    Constant,

    /// <summary>Linear warm-up, then a line to 0 (<see cref="LearningRateSchedule.WarmupLinear"/>).</summary>
    Linear,

    /// <summary>One cycle, which is its own warm-up (<see cref="LearningRateSchedule.OneCycle"/>).</summary>
    OneCycle,
}
