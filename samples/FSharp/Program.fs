open System
open Diffusion.Curried
open Diffusion.Math

let schedule = Schedule.Linear(1e-4, 0.02, 1000)
let data = GaussianMixture.Of [ struct (0.3, Gaussian(-1.0, 0.0625)); struct (0.7, Gaussian(0.6, 0.16)) ]
let samplers = [ Sampler.ddpm; Sampler.ddim 0.0; Sampler.dpmSolver 2; Sampler.uniPc 3 ]

let random = Random 1
let normal () = sqrt (-2.0 * log (1.0 - random.NextDouble())) * cos (2.0 * Math.PI * random.NextDouble())
let draw _ = Array.init 5000 (fun _ -> normal ())

// The best possible denoiser of a mixture is known: E[x0 | x_t].
let sample = Plan.run Prediction.X0 (data.Denoiser Prediction.X0) draw (draw 0)

let variance samples =
    let mean = Array.average samples
    samples |> Array.averageBy (fun x -> (x - mean) ** 2.0)

// Bits to say a number: for the data, its entropy.
let cost x = data |> Mixture.surprise x |> bits
let density x = exp (-Mixture.surprise x data / 1.0<nat>)
let entropy = [ -4.0 .. 0.01 .. 4.0 ] |> List.sumBy (fun x -> 0.01 * density x * cost x)

printfn "Samples should have the variance of the data, %.3f, and cost as much, %.3f bits." data.Variance[0] entropy

for steps in [ 10; 50; 2000 ] do
    match schedule |> Grid.trailing steps with
    | Ok grid ->
        for plan in samplers |> List.map (fun sampler -> sampler grid) do
            let samples = sample plan
            let bits = samples |> Array.averageBy cost
            printfn "%-28s %3d calls: variance %.3f, %.3f bits" plan.Name plan.NetworkCalls (variance samples) bits
    | Error refusal -> printfn "%s" refusal
