using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Diffusion.Api;
using FluentAssertions;
using NUnit.Framework;

namespace Diffusion.Numerics.Api;

public class TrainingLogTests : ImagesFixture
{
    [Test]
    public void A_line_is_the_mean_of_its_interval_even_where_that_was_broken()
    {
        Train("each", 1);
        Train("thirds", 3);
        Train("broken", 3, breakAfter: 4);
        var each = Lines("each").Select(line => line.GetProperty("loss").GetDouble()).ToArray();
        var thirds = Lines("thirds");
        thirds.Select(line => line.GetProperty("step").GetInt64()).Should().Equal(3, 6, 8);
        thirds[1].GetProperty("loss").GetDouble().Should().BeApproximately(each[3..6].Average(), 1e-12);
        thirds[2].GetProperty("loss").GetDouble().Should().BeApproximately(each[6..8].Average(), 1e-12);
        Losses("broken").Should().Equal(Losses("thirds"));
        foreach (var name in new[] { "learning_rate", "seconds", "gradient_norm", "images_per_second", "resident_mb" })
            thirds[0].GetProperty(name).GetDouble().Should().BePositive(name);

        IEnumerable<double> Losses(string run) => Lines(run).Select(line => line.GetProperty("loss").GetDouble());
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_line_is_the_mean_of_its_interval_where_that_was_changed_on_resuming(bool isCounted)
    {
        Train("each", 1);
        var each = Lines("each").Select(line => line.GetProperty("loss").GetDouble()).ToArray();
        var setup = TinySetup.For(_data, steps: 8);
        using (
            var run = TrainingRun.Create(
                _folder.File("run"),
                setup with
                {
                    Options = setup.Options with { LogEvery = 5 },
                }
            )
        )
            run.TrainUntil(4);
        var file = _folder.File("run/training.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"LogEvery\": 5", "\"LogEvery\": 2"));
        if (!isCounted)
            ForgetTheCount(_folder.File("run/checkpoints/step-000000004/position.json"));
        using (var run = TrainingRun.Resume(_folder.File("run")))
            run.Train().Should().BeTrue();
        Lines("run").Select(line => line.GetProperty("step").GetInt64()).Should().Equal(6, 8);
        Lines("run")[0].GetProperty("loss").GetDouble().Should().BeApproximately(each[..6].Average(), 1e-9);
        Lines("run")[1].GetProperty("loss").GetDouble().Should().BeApproximately(each[6..].Average(), 1e-9);

        // As checkpoints of before it was kept have it.
        static void ForgetTheCount(string position)
        {
            var json = JsonNode.Parse(File.ReadAllText(position))!.AsObject();
            json.Remove("LossSteps");
            File.WriteAllText(position, json.ToJsonString());
        }
    }

    [TestCase("{}")]
    [TestCase("[1]")]
    [TestCase("7")]
    [TestCase("{\"step\":\"two\"}")]
    [TestCase("{\"step\":1e40}")]
    [TestCase("{\"step\":5,\"lo")]
    public void A_line_that_is_none_of_the_log_is_dropped_on_resuming_and_no_other(string line)
    {
        var setup = TinySetup.For(_data, steps: 8);
        using (var run = TrainingRun.Create(_folder.File("run"), setup))
            run.TrainUntil(4);
        var file = _folder.File("run/metrics.jsonl");
        var lines = File.ReadAllLines(file);
        File.WriteAllLines(file, [.. lines[..2], line, .. lines[2..], line]);
        using (var run = TrainingRun.Resume(_folder.File("run")))
            run.Train().Should().BeTrue();
        Lines("run").Select(one => one.GetProperty("step").GetInt64()).Should().Equal(1, 2, 3, 4, 5, 6, 7, 8);
    }

    [Test]
    public void TensorBoard_s_events_hold_what_the_log_holds_and_a_session_s_first_step()
    {
        Train("run", 2, breakAfter: 3, tensorBoard: true);
        var files = Directory.GetFiles(_folder.File("run/tensorboard")).Order(StringComparer.Ordinal).ToList();
        files.Should().HaveCount(2, "one a session");
        var (first, second) = (Events(files[0]), Events(files[1]));
        foreach (var events in new[] { first, second })
            events[0].Version.Should().Be("brain.Event:2");
        (first[1].SessionStatus, first[1].Step).Should().Be((1L, 1L));
        (second[1].SessionStatus, second[1].Step).Should().Be((1L, 4L));
        var logged = first.Concat(second).Where(e => e.Scalars.Count > 0).ToList();
        logged.Select(e => e.Step).Should().Equal(2, 4, 6, 8);
        foreach (var (entry, line) in logged.Zip(Lines("run")))
        foreach (var (tag, value) in entry.Scalars)
            // The log rounds this one to a decimal.
            value
                .Should()
                .BeApproximately((float)line.GetProperty(tag).GetDouble(), tag == "images_per_second" ? 0.06F : 0, tag);
        logged.Should().OnlyContain(e => e.Scalars.ContainsKey("loss") && e.Scalars.ContainsKey("learning_rate"));
    }

    // RFC 3720, appendix B.4: CRC-32C of 32 bytes of 0, of 32 of 255, and of 0 … 31.
    [TestCase(0, 0, 0x8a9136aau)]
    [TestCase(255, 0, 0x62a8ab43u)]
    [TestCase(0, 1, 0x46dd794eu)]
    public void Sums_are_those_of_the_published_examples(int first, int stride, uint crc)
    {
        byte[] data = [.. Enumerable.Range(0, 32).Select(i => (byte)(first + stride * i))];
        EventFile.MaskedCrc(data).Should().Be(unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8u));
    }

    private void Train(string name, long every, long? breakAfter = null, bool tensorBoard = false)
    {
        var setup = TinySetup.For(_data, steps: 8);
        setup = setup with { Options = setup.Options with { LogEvery = every, TensorBoard = tensorBoard } };
        using (var run = TrainingRun.Create(_folder.File(name), setup))
            if (run.TrainUntil(breakAfter ?? setup.Options.Steps))
                return;
        using var resumed = TrainingRun.Resume(_folder.File(name));
        resumed.Train().Should().BeTrue();
    }

    private List<JsonElement> Lines(string run) =>
        [
            .. File.ReadLines(_folder.File($"{run}/metrics.jsonl"))
                .Select(line => JsonDocument.Parse(line).RootElement.Clone()),
        ];

    private sealed record Event(long Step, string Version, long SessionStatus, Dictionary<string, float> Scalars);

    // A reader of its own: records, their sums bit by bit, and the few fields of the messages.
    private static List<Event> Events(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var events = new List<Event>();
        for (var at = 0; at < bytes.Length; )
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Sum(bytes.AsSpan(at, 8)).Should().Be(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            var data = bytes.AsSpan(at + 12, length).ToArray();
            Sum(data).Should().Be(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            events.Add(Read(data));
            at += 16 + length;
        }
        return events;
    }

    private static Event Read(byte[] message)
    {
        var result = new Event(0, "", 0, []);
        foreach (var (field, number, content) in Fields(message))
            result = field switch
            {
                2 => result with { Step = (long)number },
                3 => result with { Version = Encoding.UTF8.GetString(content) },
                7 => result with { SessionStatus = (long)Fields(content).Single(f => f.Field == 1).Number },
                _ => result,
            };
        foreach (var summary in Fields(message).Where(f => f.Field == 5))
        foreach (var value in Fields(summary.Content).Where(f => f.Field == 1))
        {
            var parts = Fields(value.Content).ToDictionary(f => f.Field);
            result.Scalars.Add(
                Encoding.UTF8.GetString(parts[1].Content),
                BitConverter.UInt32BitsToSingle((uint)parts[2].Number)
            );
        }
        return result;
    }

    private static List<(int Field, ulong Number, byte[] Content)> Fields(byte[] message)
    {
        var fields = new List<(int, ulong, byte[])>();
        var at = 0;
        while (at < message.Length)
        {
            var key = Varint();
            var field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    fields.Add((field, Varint(), []));
                    break;
                case 1:
                    fields.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at)), []));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint();
                    fields.Add((field, 0, message[at..(at + length)]));
                    at += length;
                    break;
                default:
                    fields.Add((field, BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at)), []));
                    at += 4;
                    break;
            }
        }
        return fields;

        ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var next = message[at++];
                value |= (ulong)(next & 127) << shift;
                if (next < 128)
                    return value;
            }
        }
    }

    private static uint Sum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
        }
        crc = ~crc;
        return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8);
    }
}
