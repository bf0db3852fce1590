using Diffusion.Math;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

/// <summary>Plans as JSON beyond what <see cref="SamplerCatalogueTests"/> shows for every sampler.</summary>
public sealed class PlanJsonTests
{
    private static readonly LevelGrid Grid = LevelGrid.Of(Schedule.Cosine(20), TimeGrid.Trailing(20, 3));

    private static readonly SamplingPlan[] Plans =
    [
        Samplers.Ddpm(Grid, ReverseVariance.Learned, X0Rule.Clip(1.5)),
        Samplers.Ddpm(Grid, ReverseVariance.LearnedRange, X0Rule.DynamicThreshold(0.9, 3)),
        Samplers.Ddim(Grid, 0.1, X0Rule.Clip(), keepNoise: true),
        Samplers.FlowHeun(LevelGrid.AtTimes(NoiseCurve.RectifiedFlow, 1, 0.5)),
        Samplers.Ddim(Grid).StartingWith(0.75),
    ];

    [TestCaseSource(nameof(Plans))]
    public void Every_hook_is_read_back(SamplingPlan plan)
    {
        SamplingPlan read = SamplingPlan.FromJson(plan.ToJson());
        read.Steps.Should().Equal(plan.Steps);
        (read.Name, read.Quantity, read.X0Rule, read.KeepsMarginals, read.StartDeviation)
            .Should()
            .Be((plan.Name, plan.Quantity, plan.X0Rule, plan.KeepsMarginals, plan.StartDeviation));
        read.ToJson().Should().Be(plan.ToJson());
    }

    [TestCase("", "*JSON*")]
    [TestCase("null", "*not null*")]
    [TestCase("[1]", "*")]
    [TestCase("{}", "*lacks*")]
    [TestCase("\"format\": 1", "\"format\": 1, \"format\": 1", "*format*")]
    [TestCase("\"noise\": 1", "\"noise\": 1, \"noise\": 0", "*noise*")]
    [TestCase("\"format\": 1", "\"format\": 2", "*format must be 1, but is 2*")]
    [TestCase("\"rule\": \"clip\"", "\"rule\": \"wrap\"", "*none, clip or dynamic threshold, but is \"wrap\"*")]
    [TestCase("\"learned_variance\": \"learned\"", "\"learned_variance\": \"guessed\"", "*but is \"guessed\"*")]
    [TestCase("\"keeps_marginals\": false", "\"keeps_marginals\": 3", "*keeps_marginals must be a Boolean, but is 3*")]
    [TestCase("\"noise\": 1", "\"noise\": \"one\"", "*noise must be a Double, but is \"one\"*")]
    public void What_is_no_plan_is_refused(params string[] how)
    {
        string json = how.Length == 2 ? how[0] : Plans[0].ToJson().Replace(how[0], how[1]);
        FluentActions
            .Invoking(() => SamplingPlan.FromJson(json))
            .Should()
            .ThrowExactly<FormatException>()
            .WithMessage(how[^1]);
    }

    [Test]
    public void A_plan_that_the_constructor_refuses_is_refused()
    {
        string json = Samplers.Ddim(Grid).ToJson();
        FluentActions
            .Invoking(() => SamplingPlan.FromJson(json.Replace("\"quantity\": \"x0\"", "\"quantity\": \"epsilon\"")))
            .Should()
            .ThrowExactly<ArgumentException>()
            .WithMessage("*not marginally consistent*");
        FluentActions
            .Invoking(() => SamplingPlan.FromJson(json.Replace("\"quantity\": \"x0\"", "\"quantity\": \"y\"")))
            .Should()
            .ThrowExactly<ArgumentException>()
            .WithMessage("*\"y\"*");
        FluentActions.Invoking(() => SamplingPlan.FromJson(null!)).Should().ThrowExactly<ArgumentNullException>();
    }
}
