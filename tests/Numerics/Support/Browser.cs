using System.Diagnostics;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Diffusion.Numerics;

/// <summary>A page in headless Chromium, driven through its DevTools protocol by mouse and keyboard.</summary>
internal sealed class Browser : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly TemporaryFolder _profile = new();
    private readonly ClientWebSocket _socket = new();
    private readonly Process _process;
    private string? _session;
    private int _calls;

    internal Browser(string program)
    {
        var info = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "--headless=new",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            // Nor does it ask anybody for anything on its own.
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-quic",
            "--disable-sync",
            "--no-first-run",
            "--remote-debugging-port=0",
            $"--user-data-dir={_profile.Path}",
            "about:blank",
        ];
        foreach (var argument in arguments)
            info.ArgumentList.Add(argument);
        // Chromium's sandbox refuses to run as root, as which containers do.
        if (Environment.IsPrivilegedProcess)
            info.ArgumentList.Insert(0, "--no-sandbox");
        _process = Process.Start(info)!;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(Patience);
        _socket.ConnectAsync(Door(), limit.Token).GetAwaiter().GetResult();
        var page = Call("Target.createTarget", new JsonObject { ["url"] = "about:blank" })["targetId"]!;
        var attach = new JsonObject { ["targetId"] = page.GetValue<string>(), ["flatten"] = true };
        _session = Call("Target.attachToTarget", attach)["sessionId"]!.GetValue<string>();
        foreach (var domain in new[] { "Page", "Log", "Runtime", "Network" })
            Call($"{domain}.enable");
    }

    /// <summary>What the browser told unasked.</summary>
    internal List<JsonObject> Events { get; } = [];

    /// <summary>The program of this machine; null where there is none.</summary>
    internal static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => new[] { "chromium", "google-chrome" }.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);

    /// <summary>Opens a file in a window of a size, in the light or the dark.</summary>
    internal void Open(string file, int width, int height, string scheme, bool scripts = true)
    {
        Call("Emulation.setScriptExecutionDisabled", new JsonObject { ["value"] = !scripts });
        Call(
            "Emulation.setDeviceMetricsOverride",
            new JsonObject
            {
                ["width"] = width,
                ["height"] = height,
                ["deviceScaleFactor"] = 1,
                ["mobile"] = width < 600,
            }
        );
        var feature = new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme };
        Call("Emulation.setEmulatedMedia", new JsonObject { ["features"] = new JsonArray(feature) });
        Events.Clear();
        Call("Page.navigate", new JsonObject { ["url"] = new Uri(file).AbsoluteUri });
        var clock = Stopwatch.StartNew();
        while (!Events.Any(e => Is(e, "Page.loadEventFired")))
        {
            if (clock.Elapsed > Patience)
                throw new TimeoutException($"{file} was not loaded.");
            Thread.Sleep(Pause);
            // Its answer brings the events along.
            Call("Page.getFrameTree");
        }
    }

    /// <summary>The value of an expression of the page, as text.</summary>
    internal string Ask(string expression)
    {
        var asked = new JsonObject { ["expression"] = $"String({expression})", ["returnByValue"] = true };
        var answer = Call("Runtime.evaluate", asked);
        return answer["exceptionDetails"] is { } refused
            ? throw new InvalidOperationException($"{expression}: {refused.ToJsonString()}")
            : answer["result"]!["value"]!.GetValue<string>();
    }

    /// <summary>Clicks at a share of an element's width, half way down.</summary>
    internal void Click(string id, double share) => ClickOn($"#{id}", share);

    /// <summary>Clicks the first element that a selector finds, at a share of its width.</summary>
    internal void ClickOn(string selector, double share)
    {
        Ask($"document.querySelector('{selector}').scrollIntoView({{ block: 'center', behavior: 'instant' }})");
        double Edge(string name) =>
            double.Parse(
                Ask($"document.querySelector('{selector}').getBoundingClientRect().{name}"),
                CultureInfo.InvariantCulture
            );
        var x = Edge("left") + share * Edge("width");
        var y = Edge("top") + Edge("height") / 2;
        foreach (var type in new[] { "mousePressed", "mouseReleased" })
            Call(
                "Input.dispatchMouseEvent",
                new JsonObject
                {
                    ["type"] = type,
                    ["x"] = x,
                    ["y"] = y,
                    ["button"] = "left",
                    ["clickCount"] = 1,
                }
            );
    }

    /// <summary>Presses a key, by its name and number.</summary>
    internal void Press(string key, int code)
    {
        foreach (var type in new[] { "keyDown", "keyUp" })
            Call(
                "Input.dispatchKeyEvent",
                new JsonObject
                {
                    ["type"] = type,
                    ["key"] = key,
                    ["code"] = key,
                    ["windowsVirtualKeyCode"] = code,
                }
            );
    }

    /// <summary>Whether an event is of a kind.</summary>
    internal static bool Is(JsonObject told, string method) => told["method"]?.GetValue<string>() == method;

    public void Dispose()
    {
        // Asked to, it leaves its profile alone before it ends.
        _session = null;
        Call("Browser.close");
        _socket.Dispose();
        if (!_process.WaitForExit(Patience))
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _profile.Dispose();
    }

    // The browser writes its port and path into its profile once it listens.
    private Uri Door()
    {
        var file = _profile.File("DevToolsActivePort");
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < Patience)
        {
            if (File.Exists(file) && File.ReadAllLines(file) is [var port, var path, ..])
                return new Uri($"ws://127.0.0.1:{port}{path}");
            Thread.Sleep(Pause);
        }
        throw new TimeoutException("Chromium didn't start.");
    }

    private JsonObject Call(string method, JsonObject? parameters = null)
    {
        var number = ++_calls;
        var message = new JsonObject
        {
            ["id"] = number,
            ["method"] = method,
            ["params"] = parameters ?? new JsonObject(),
        };
        if (_session is not null)
            message["sessionId"] = _session;
        using var limit = new CancellationTokenSource(Patience);
        var bytes = new ArraySegment<byte>(Encoding.UTF8.GetBytes(message.ToJsonString()));
        _socket.SendAsync(bytes, WebSocketMessageType.Text, true, limit.Token).GetAwaiter().GetResult();
        while (true)
        {
            var answer = Receive(limit.Token);
            if (answer["id"]?.GetValue<int>() != number)
            {
                Events.Add(answer);
                continue;
            }
            return answer["error"] is { } error
                ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}")
                : answer["result"]!.AsObject();
        }
    }

    private JsonObject Receive(CancellationToken limit)
    {
        using var message = new MemoryStream();
        var buffer = new byte[1 << 16];
        WebSocketReceiveResult part;
        do
        {
            part = _socket.ReceiveAsync(new ArraySegment<byte>(buffer), limit).GetAwaiter().GetResult();
            message.Write(buffer, 0, part.Count);
        } while (!part.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!.AsObject();
    }
}
