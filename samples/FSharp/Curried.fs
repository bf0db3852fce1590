/// The core as F# likes it: functions that take the grid last, refusals as results, information in units.
module Diffusion.Curried

open System
open Diffusion.Math

[<Measure>]
type nat

[<Measure>]
type bit

let bits (information: float<nat>) : float<bit> = information / (log 2.0 * 1.0<nat/bit>)

/// A call that may refuse its arguments, as a result that says why.
let attempt call =
    try
        Ok(call ())
    with :? ArgumentException as refused ->
        Error refused.Message

module Grid =
    let trailing steps (schedule: Schedule) =
        attempt (fun () -> LevelGrid.Of(schedule, TimeGrid.Trailing(schedule, steps)))

module Sampler =
    let ddpm (grid: LevelGrid) = Samplers.Ddpm grid
    let ddim eta (grid: LevelGrid) = Samplers.Ddim(grid, eta = eta)
    let dpmSolver order grid = Samplers.DpmSolverMultistep(grid, order = order)
    let uniPc order grid = Samplers.UniPc(grid, order = order)

module Plan =
    let run prediction network noise (start: float array) (plan: SamplingPlan) =
        plan.Run(start, prediction, network, noise)

module Mixture =
    /// −ln p(x): what it costs to say x.
    let surprise (x: float) (mixture: GaussianMixture) : float<nat> =
        -1.0<nat> * mixture.LogDensity(ReadOnlySpan [| x |])
