using System.Diagnostics;
using Diffusion.Api;
using Diffusion.Math;
using Diffusion.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace Diffusion.Benchmarks;

/// <summary>
/// The steps that are timed, as a user of the API writes them: training and sampling of the course UNet (1,707,009
/// parameters at 28×28), and training of BasicUNet.
/// </summary>
internal sealed class CourseSteps : IDisposable
{
    internal const int UsualSide = 28;
    internal const int UsualWidth = 32;

    private readonly GaussianDiffusion _process = new(Schedule.Cosine(1000));
    private readonly UNet2D _unet;
    private readonly BasicUNet _basic = new();
    private readonly Tensor _x0;

    /// <summary>Fixes the sizes.</summary>
    /// <param name="batch">Images in a batch.</param>
    /// <param name="side">Height and width of an image, a multiple of 4.</param>
    /// <param name="width">Channels of the first level; the two below have twice as many. A multiple of 16.</param>
    internal CourseSteps(int batch, int side = UsualSide, int width = UsualWidth)
    {
        _unet = new UNet2D(
            new UNet2DConfig
            {
                SampleSize = side,
                InChannels = 1,
                OutChannels = 1,
                LayersPerBlock = 2,
                BlockOutChannels = [width, 2 * width, 2 * width],
                DownBlockTypes =
                [
                    DownBlockType.DownBlock2D,
                    DownBlockType.AttnDownBlock2D,
                    DownBlockType.AttnDownBlock2D,
                ],
                UpBlockTypes = [UpBlockType.AttnUpBlock2D, UpBlockType.AttnUpBlock2D, UpBlockType.UpBlock2D],
                NormNumGroups = int.Min(width, UsualWidth),
            }
        );
        _x0 = randn(batch, 1, side, side).clamp_(-1, 1);
    }

    internal long Parameters => _unet.parameters().Sum(p => p.numel());

    internal Action Training() => Training(_unet.parameters(), _unet.call);

    internal Action BasicTraining() => Training(_basic.parameters(), (x, _) => _basic.call(x));

    internal Action Sampling()
    {
        _unet.eval();
        var (x, t) = (_x0.clone(), _process.Schedule.Steps);
        return () =>
        {
            var next = _process.ReverseStep(_unet.call, x, t);
            x.Dispose();
            (x, t) = (next, t > 1 ? t - 1 : _process.Schedule.Steps);
        };
    }

    /// <summary>One call of the network, without gradients.</summary>
    internal Action Forward()
    {
        _unet.eval();
        return () =>
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            _unet.call(_x0, NetworkTime.Of(6, _x0.shape[0], CPU));
        };
    }

    /// <summary>What share of a sampling run isn't the network: DPM-Solver++ 2M, noise and conversions included.</summary>
    internal double ShareBesideNetwork(int steps)
    {
        _unet.eval();
        var plan = Samplers.DpmSolverMultistep(
            LevelGrid.Of(_process.Schedule, TimeGrid.Trailing(_process.Schedule, steps))
        );
        var inside = 0.0;
        var whole = Timing.Seconds(() =>
        {
            using var images = _process.Sample(Network, plan, (int)_x0.shape[0], _x0.shape.AsSpan(1), seed: 1);
        });
        return 1 - inside / whole;

        Tensor Network(Tensor x, Tensor time)
        {
            var clock = Stopwatch.StartNew();
            var answer = _unet.call(x, time);
            inside += clock.Elapsed.TotalSeconds;
            return answer;
        }
    }

    public void Dispose()
    {
        _x0.Dispose();
        _basic.Dispose();
        _unet.Dispose();
        _process.Dispose();
    }

    private Action Training(IEnumerable<TorchSharp.Modules.Parameter> parameters, Func<Tensor, Tensor, Tensor> network)
    {
        _unet.train();
        var optimizer = optim.AdamW(parameters, 4e-4);
        return () =>
        {
            using var scope = NewDisposeScope();
            var loss = _process.Loss(network, _x0, _process.UniformTimes(_x0.shape[0]), randn_like(_x0));
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            loss.item<float>();
        };
    }
}
