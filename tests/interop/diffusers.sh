#!/usr/bin/env bash
# Compares with Python's diffusers, both ways: our folders, and theirs that were trained on or converted here, load there
# without a warning, theirs load here, and from the same noise both draw the same images. Where diffusers isn't installed it says so and ends well.
# Usage: diffusers.sh [--quick]   (one config for each scheduler class, two pipelines there and back, one conversion). PYTHON names the interpreter.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
root=$(dirname "$(dirname "$here")")
python=${PYTHON:-python3}

if ! reason=$("$python" -c 'import safetensors.torch, torch, diffusers' 2>&1); then
    echo "interop: skipped, since $python can't import torch, safetensors and diffusers (${reason##*$'\n'})"
    exit 0
fi

program=$root/artifacts/bin/Diffusion.Cli/release/diffusion.dll
command=("$root/diffusion")
[ -e "$program" ] && command=(dotnet "$program")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" "$here/compare.py" "$work" "$@" -- "${command[@]}"
