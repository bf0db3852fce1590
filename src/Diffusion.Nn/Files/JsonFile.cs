using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Diffusion.Nn;

/// <summary>Reads JSON token by token from a part of a file, so that memory goes to what is there and never to what
/// a length claims.</summary>
internal ref struct JsonFile
{
    private const int FirstBuffer = 1 << 14;
    private const int MaxDepth = 8;

    private readonly SafeFileHandle _file;
    private readonly long _end;
    private long _position;
    private byte[] _buffer;
    private Utf8JsonReader _json;

    internal JsonFile(SafeFileHandle file, long start, long length)
    {
        _file = file;
        _position = start;
        _end = start + length;
        _buffer = new byte[long.Min(FirstBuffer, length)];
        Fill(0, new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
    }

    internal readonly JsonTokenType Token => _json.TokenType;

    /// <summary>What the present token is called in messages.</summary>
    internal readonly string Kind =>
        Token switch
        {
            JsonTokenType.StartObject => "an object",
            JsonTokenType.StartArray => "a list",
            JsonTokenType.String => "a text",
            JsonTokenType.Number => "a number",
            JsonTokenType.Null => "null",
            _ => "true or false",
        };

    /// <summary>The present token as it stands in the file, fit for a message.</summary>
    internal readonly string Raw => FileText.Shown(_json.ValueSpan);

    /// <summary>Goes to the next token; false at the end.</summary>
    /// <exception cref="JsonException">It isn't JSON.</exception>
    /// <exception cref="EndOfStreamException">The file became shorter.</exception>
    internal bool Next()
    {
        while (!_json.Read())
        {
            if (_json.IsFinalBlock)
                return false;
            Refill();
        }
        return true;
    }

    /// <summary>Goes to the next key of the object that was begun; false at its end.</summary>
    internal bool NextKey(out string key)
    {
        Next();
        key = Token == JsonTokenType.PropertyName ? Text() : "";
        return Token == JsonTokenType.PropertyName;
    }

    /// <summary>Goes past the value that begins here.</summary>
    internal void Skip()
    {
        var depth = 0;
        do
        {
            if (Token is JsonTokenType.StartObject or JsonTokenType.StartArray)
                depth++;
            else if (Token is JsonTokenType.EndObject or JsonTokenType.EndArray)
                depth--;
        } while (depth > 0 && Next());
    }

    /// <summary>The present text or key.</summary>
    /// <exception cref="InvalidOperationException">It isn't Unicode.</exception>
    internal readonly string Text() => _json.GetString()!;

    /// <summary>The present token as a whole number from 0; without a sign, point or exponent.</summary>
    internal readonly bool TryGetSize(out long number)
    {
        number = 0;
        return Token == JsonTokenType.Number && _json.ValueSpan[0] != (byte)'-' && _json.TryGetInt64(out number);
    }

    private void Refill()
    {
        var rest = _buffer.AsSpan((int)_json.BytesConsumed, _buffer.Length - (int)_json.BytesConsumed);
        // Nothing consumed: one token is longer than the buffer.
        var next =
            rest.Length < _buffer.Length
                ? _buffer
                : new byte[long.Min(2L * _buffer.Length, rest.Length + _end - _position)];
        rest.CopyTo(next);
        _buffer = next;
        Fill(rest.Length, _json.CurrentState);
    }

    private void Fill(int kept, JsonReaderState state)
    {
        var wanted = (int)long.Min(_buffer.Length - kept, _end - _position);
        if (!RegularFile.TryRead(_file, _position, _buffer.AsSpan(kept, wanted)))
            throw new EndOfStreamException();
        _position += wanted;
        // The reader needs every byte of the buffer to be text.
        if (kept + wanted < _buffer.Length)
            _buffer = _buffer[..(kept + wanted)];
        _json = new Utf8JsonReader(_buffer, isFinalBlock: _position == _end, state);
    }
}
