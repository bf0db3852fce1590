open System
open Diffusion.Math

let schedule = Schedule.Linear(1e-4, 0.02, 1000)
let data = Gaussian(0.0, 0.25)

// The exact denoiser of Gaussian data is Bayes' rule: E[x0 | x_t].
let denoise (x: float[]) (at: Evaluation) =
    x |> Array.map (fun xt -> at.Level.Marginal.Given(data, xt).Mean)

let samplers =
    [ for steps in [ 10; 50; 250 ] do
          let grid = TimeGrid.Trailing(schedule, steps)
          Samplers.Ddpm(schedule, grid)
          Samplers.Ddim(schedule, grid) ]

let random = Random 1
let normal () = sqrt (-2.0 * log (1.0 - random.NextDouble())) * cos (2.0 * Math.PI * random.NextDouble())
let draw _ = Array.init 20000 (fun _ -> normal ())

// Each sampler's chain should end with the variance of the data, 0.25.
for plan in samplers do
    let samples = plan.Run(draw 0, Prediction.X0, denoise, draw)
    printfn "%-28s %4d network calls: variance %.3f" plan.Name plan.NetworkCalls (samples |> Array.averageBy (fun x -> x * x))
