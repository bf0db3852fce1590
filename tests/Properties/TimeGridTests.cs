using Diffusion.Math;
using Diffusion.Properties.Support;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Properties;

public sealed class TimeGridTests
{
    [ForAll]
    public void Trailing_starts_at_the_end_and_is_even(ushort trainingSteps, ushort part)
    {
        int total = trainingSteps + 1;
        int steps = 1 + (part % total);
        TimeGrid grid = TimeGrid.Trailing(total, steps);
        grid.Count.Should().Be(steps);
        (grid.Start, grid.Times[^1]).Should().Be((total, 0));
        double stride = (double)total / steps;
        grid.Should().OnlyContain(pair => pair.From > pair.To && double.Abs(pair.From - pair.To - stride) <= 1);
    }

    [Test]
    public void Trailing_rounds_and_takes_halves_to_even()
    {
        TimeGrid.Trailing(1000, 7).Times.Should().Equal(1000, 857, 714, 571, 429, 286, 143, 0);
        TimeGrid.Trailing(5, 2).Times.Should().Equal(5, 2, 0);
        TimeGrid.Trailing(3, 2).Times.Should().Equal(3, 2, 0);
    }

    [Test]
    public void Full_visits_every_time() => TimeGrid.Full(4).Times.Should().Equal(4, 3, 2, 1, 0);

    [Test]
    public void A_schedule_stands_for_its_number_of_steps()
    {
        Schedule schedule = Schedule.Cosine(40);
        TimeGrid.Trailing(schedule, 8).Times.Should().Equal(TimeGrid.Trailing(40, 8).Times);
        TimeGrid.Full(schedule).Times.Should().Equal(TimeGrid.Full(40).Times);
    }

    [Test]
    public void It_enumerates_its_steps()
    {
        TimeGrid grid = TimeGrid.Explicit(9, 4, 1, 0);
        grid.Should().Equal((9, 4), (4, 1), (1, 0));
        (grid.Count, grid.Start, grid[1]).Should().Be((3, 9, (4, 1)));
        grid.ToString().Should().Be("TimeGrid(3 steps from 9 to 0)");
    }

    [Test]
    public void Leading_and_linspace_are_those_of_the_field()
    {
        TimeGrid.Leading(1000, 4).Times.Should().Equal(751, 501, 251, 1, 0);
        TimeGrid.Leading(1000, 3, 1).Times.Should().Equal(668, 335, 2, 0);
        TimeGrid.Leading(7, 7).Times.Should().Equal(TimeGrid.Full(7).Times);
        TimeGrid.Linspace(1000, 4).Times.Should().Equal(1000, 667, 334, 1, 0);
        TimeGrid.Linspace(1000, 1).Times.Should().Equal(1000, 0);
        TimeGrid.Linspace(7, 7).Times.Should().Equal(TimeGrid.Full(7).Times);
        // 0, 2.5, 5 as times from 0: the half is rounded to the even 2.
        TimeGrid.Linspace(6, 3).Times.Should().Equal(6, 3, 1, 0);
    }

    [ForAll]
    public void Every_rule_visits_as_many_times_as_asked_and_ends_at_clean_data(ushort trainingSteps, ushort part)
    {
        int total = trainingSteps + 1;
        int steps = 1 + (part % total);
        foreach (
            TimeGrid grid in new[]
            {
                TimeGrid.Trailing(total, steps),
                TimeGrid.Leading(total, steps),
                TimeGrid.Linspace(total, steps),
            }
        )
        {
            (grid.Count, grid.Times[^1]).Should().Be((steps, 0));
            grid.Should().OnlyContain(pair => pair.From > pair.To);
            grid.Start.Should().BeLessThanOrEqualTo(total);
        }
    }
}
