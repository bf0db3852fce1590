using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Diffusion.Numerics.Nn;

/// <summary>Damages files: bytes anywhere, and JSON token by token, so that much of what comes out still parses.</summary>
internal sealed partial class FileMutator(int seed)
{
    private static readonly (string Name, long Size)[] Types =
    [
        ("F64", 8),
        ("F32", 4),
        ("BF16", 2),
        ("I64", 8),
        ("I32", 4),
        ("U8", 1),
        ("BOOL", 1),
        ("U16", 2),
        ("F8_E4M3", 1),
    ];

    private static readonly string[] Numbers =
    [
        "0",
        "1",
        "2",
        "3",
        "4",
        "7",
        "8",
        "12",
        "16",
        "24",
        "255",
        "65536",
        "2147483647",
        "2147483648",
        "4294967296",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "-1",
        "-0",
        "-9223372036854775808",
        "0.5",
        "1.0",
        "1e3",
        "1E400",
        "99999999999999999999999999999999",
        "01",
        "NaN",
    ];

    private static readonly string[] Texts =
    [
        "F64",
        "F32",
        "F16",
        "BF16",
        "I64",
        "I32",
        "I16",
        "I8",
        "U8",
        "BOOL",
        "U16",
        "U32",
        "U64",
        "C64",
        "F8_E4M3",
        "F8_E5M2",
        "F4",
        "F6_E2M3",
        "F9",
        "f32",
        "dtype",
        "shape",
        "data_offsets",
        "__metadata__",
        "metadata",
        "weight_map",
        "total_size",
        "a",
        "b",
        "",
        "größe",
        "\\u0061",
        "\\ud800",
        "\\u0000",
        "\\x",
        "../a",
        "/a",
        "1.safetensors",
        "2.safetensors",
        "./1.safetensors",
        "3.safetensors",
        "index.json",
    ];

    private static readonly string[] Others =
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "{}",
        "[]",
        "null",
        "true",
        "[[[[[[[[[[0]]]]]]]]]]",
        "{\"a\":{\"a\":{}}}",
        " ",
        "\n",
        "\0",
        "\u00ff",
        "/*x*/",
        "\"",
    ];

    private readonly System.Random _random = new(seed);

    /// <summary>One damaged safetensors file made from a good one.</summary>
    internal byte[] Safetensors(byte[] good)
    {
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(good);
        var data = good[(8 + length)..];
        var header = good.AsSpan(8, length).ToArray();
        if (Chance(0.7))
            header = Json(header);
        if (Chance(0.2))
            data = Anything(data);
        byte[] bytes = [.. new byte[8], .. header, .. data];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
        if (Chance(0.05))
            BinaryPrimitives.WriteInt64LittleEndian(bytes, Length(header.Length));
        return Chance(0.3) ? Anything(bytes) : bytes;
    }

    /// <summary>A safetensors file of random tensors in a random order, most often with one flaw of layout.</summary>
    internal byte[] Layout()
    {
        var entries = new List<string>();
        long begin = 0;
        for (var i = _random.Next(6); i >= 0; i--)
        {
            var (type, size) = Types[_random.Next(Types.Length)];
            var shape = Enumerable.Range(0, _random.Next(4)).Select(_ => _random.NextInt64(4)).ToArray();
            var end = begin + shape.Aggregate(size, (product, length) => product * length);
            var (first, last) = (begin, end);
            if (Chance(0.1))
                (first, last) = Chance(0.5) ? (first + 4, last + 4) : (first - 4, last - 4);
            if (Chance(0.03))
                type = Types[_random.Next(Types.Length)].Name;
            var name = Chance(0.03) ? "t0" : $"t{i}";
            entries.Add(SafetensorsFiles.Entry(name, type, $"[{string.Join(',', shape)}]", first, last));
            // Half of the time the rest follows, so that the overlap or gap is all that is wrong.
            begin = Chance(0.5) ? last : end;
        }
        if (Chance(0.5))
            _random.Shuffle(CollectionsMarshal.AsSpan(entries));
        var data = new byte[long.Max(begin, 0) + (Chance(0.1) ? _random.Next(-1, 2) * long.Clamp(begin, 0, 4) : 0)];
        _random.NextBytes(data);
        return SafetensorsFiles.Bytes("{" + string.Join(',', entries) + "}", data);
    }

    /// <summary>Damaged JSON.</summary>
    internal byte[] Json(byte[] good)
    {
        var tokens = Token().Matches(Encoding.Latin1.GetString(good)).Select(match => match.Value).ToList();
        for (var change = _random.Next(1, 4); change > 0 && tokens.Count > 0; change--)
            ChangeToken(tokens);
        var bytes = Encoding.Latin1.GetBytes(string.Concat(tokens));
        return Chance(0.1) ? Anything(bytes) : bytes;
    }

    /// <summary>Bytes with bits flipped, cut out, put in, moved or cut off.</summary>
    internal byte[] Anything(byte[] good)
    {
        var bytes = good.ToList();
        for (var change = _random.Next(1, 4); change > 0; change--)
        {
            var at = _random.Next(bytes.Count + 1);
            var count = int.Min(_random.Next(1, 9), bytes.Count - at);
            switch (_random.Next(6))
            {
                case 0 when count > 0:
                    bytes[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1 when count > 0:
                    bytes[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, count);
                    break;
                case 3:
                    bytes.InsertRange(at, Enumerable.Range(0, _random.Next(1, 9)).Select(_ => (byte)_random.Next(256)));
                    break;
                case 4:
                    bytes.InsertRange(_random.Next(bytes.Count + 1), bytes.GetRange(at, count));
                    break;
                case 5 when Chance(0.3):
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }

    private void ChangeToken(List<string> tokens)
    {
        var at = _random.Next(tokens.Count);
        if (Chance(0.2) && tokens.FindIndex(at, token => char.IsDigit(token[0])) is >= 0 and var number)
        {
            tokens[number] = Alike(tokens[number]);
            return;
        }
        switch (_random.Next(-6, 9))
        {
            case < 3:
                tokens[at] = Alike(tokens[at]);
                break;
            case 3:
                tokens[at] =
                    Chance(0.5) ? Pick(Numbers)
                    : Chance(0.5) ? $"\"{Pick(Texts)}\""
                    : Pick(Others);
                break;
            case 4:
                tokens.RemoveAt(at);
                break;
            case 5:
                tokens.Insert(at, Pick(Others));
                break;
            case 6:
                tokens.Insert(at, tokens[_random.Next(tokens.Count)]);
                break;
            case 7:
                var other = _random.Next(tokens.Count);
                (tokens[at], tokens[other]) = (tokens[other], tokens[at]);
                break;
            case 8:
                var end = EndOfValue(tokens, at);
                var value = tokens.GetRange(at, end - at);
                if (Chance(0.3))
                    tokens.RemoveRange(at, end - at);
                tokens.InsertRange(_random.Next(tokens.Count + 1), value);
                break;
        }
    }

    // Another token of the same kind: what gets past the grammar.
    private string Alike(string token)
    {
        if (token.StartsWith('"'))
            return $"\"{Pick(Texts)}\"";
        if (!long.TryParse(token, CultureInfo.InvariantCulture, out var number))
            return Chance(0.5) ? token + " " : Pick(Others);
        return _random.Next(4) switch
        {
            0 => Pick(Numbers),
            1 => (number + _random.Next(-8, 9)).ToString(CultureInfo.InvariantCulture),
            2 => (number * _random.Next(0, 5)).ToString(CultureInfo.InvariantCulture),
            _ => (number / _random.Next(1, 5)).ToString(CultureInfo.InvariantCulture),
        };
    }

    private long Length(int good) =>
        _random.Next(5) switch
        {
            0 => good + _random.Next(-9, 10),
            1 => _random.NextInt64(long.MinValue, long.MaxValue),
            2 => 1L << _random.Next(64),
            3 => -_random.Next(100),
            _ => 100_000_000 + _random.Next(-1, 2),
        };

    private static int EndOfValue(List<string> tokens, int start)
    {
        var depth = 0;
        var end = start;
        do
        {
            depth +=
                tokens[end] is "{" or "[" ? 1
                : tokens[end] is "}" or "]" ? -1
                : 0;
            end++;
        } while (depth > 0 && end < tokens.Count);
        // A key takes its value along.
        return end < tokens.Count - 1 && tokens[end] == ":" ? EndOfValue(tokens, end + 1) : end;
    }

    private bool Chance(double probability) => _random.NextDouble() < probability;

    private string Pick(string[] values) => values[_random.Next(values.Length)];

    [GeneratedRegex(
        """
            "(?:[^"\\]|\\.)*"|[-+.\w]+|\s+|.
            """,
        RegexOptions.Singleline
    )]
    private static partial Regex Token();
}
