#!/usr/bin/env bash
# Times our training and sampling step and a peer's in one session, in turn:
#   benchmarks/compare.sh [-n ROUNDS] [-b BLOCKS] -- PEER COMMAND…
# BLOCKS of six steps are timed in each of our rounds (4 by default).
# PEER is a command that prints the same JSON figures (train_step_s, sample_step_s, …, each with a "median").
# Prints every round's medians and, in the end, the median of the ratios ours / peer. Needs python3 for the JSON.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
rounds=3
blocks=4
while getopts n:b: option; do
    case $option in
        n) rounds=$OPTARG ;;
        b) blocks=$OPTARG ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { echo "usage: benchmarks/compare.sh [-n ROUNDS] [-b BLOCKS] -- PEER COMMAND…" >&2; exit 2; }

project=$root/benchmarks/Diffusion.Benchmarks/Diffusion.Benchmarks.csproj
dotnet build "$project" -c Release -nologo -v quiet >&2
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
for round in $(seq "$rounds"); do
    dotnet "$root/artifacts/bin/Diffusion.Benchmarks/release/Diffusion.Benchmarks.dll" steps --blocks "$blocks" >"$results/ours.$round"
    "$@" >"$results/peer.$round"
done
python3 - "$results" "$rounds" <<'PY'
import json, statistics, sys
folder, rounds = sys.argv[1], int(sys.argv[2])
read = lambda who, r: json.load(open(f"{folder}/{who}.{r}"))
pairs = [(read("ours", r), read("peer", r)) for r in range(1, rounds + 1)]
for name in [n for n in pairs[0][0] if n.endswith("_s") and n in pairs[0][1]]:
    ratios = []
    for r, (ours, peer) in enumerate(pairs, 1):
        a, b = ours[name]["median"], peer[name]["median"]
        ratios.append(a / b)
        busy = peer[name].get("other_cpus_busy", "?")
        print(f"round {r}  {name:20}  ours {a:.3f} s  peer {b:.3f} s  ratio {a / b:.3f}  (other CPUs busy: {busy})")
    print(f"{name:29}  median ratio {statistics.median(ratios):.3f}")
PY
