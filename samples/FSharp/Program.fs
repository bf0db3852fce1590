open System
open Diffusion.Math

let schedule = Schedule.Linear(1e-4, 0.02, 1000)
let data = GaussianMixture.Of [ struct (0.3, Gaussian(-1.0, 0.0625)); struct (0.7, Gaussian(0.6, 0.16)) ]

let samplers: (LevelGrid -> SamplingPlan) list =
    [ fun grid -> Samplers.Ddpm grid
      fun grid -> Samplers.Ddim grid
      fun grid -> Samplers.DpmSolverMultistep(grid, order = 2)
      fun grid -> Samplers.UniPc(grid, order = 3) ]

// Bad input is refused by an exception; as a Result it is one more case to match.
let grid steps =
    try
        LevelGrid.Of(schedule, TimeGrid.Trailing(schedule, steps)) |> Ok
    with :? ArgumentException as refused ->
        Error refused.ParamName

let random = Random 1
let normal () = sqrt (-2.0 * log (1.0 - random.NextDouble())) * cos (2.0 * Math.PI * random.NextDouble())
let draw _ = Array.init 5000 (fun _ -> normal ())

// The best possible denoiser of a mixture is known: E[x0 | x_t].
let variance (plan: SamplingPlan) =
    let samples = plan.Run(draw 0, Prediction.X0, data.Denoiser Prediction.X0, draw)
    let mean = Array.average samples
    samples |> Array.averageBy (fun x -> (x - mean) ** 2.0)

printfn "Each sampler's chain should end with the variance of the data, %.3f." data.Variance[0]

for steps in [ 10; 50; 2000 ] do
    match grid steps with
    | Ok levels ->
        for plan in samplers |> List.map (fun sampler -> sampler levels) do
            printfn "%-28s %3d network calls: variance %.3f" plan.Name plan.NetworkCalls (variance plan)
    | Error argument -> printfn "%d steps of a schedule with %d: %s refused" steps schedule.Steps argument
