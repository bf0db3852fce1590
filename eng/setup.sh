#!/usr/bin/env bash
# Sets up everything that the `diffusion` command and the tests need: Debian packages, the tensor engine, the build.
# Safe to run any number of times; says what it installs and chooses, and nothing else. Works as root or through sudo.
#
#   eng/setup.sh [--tests]     --tests builds the tests, samples and benchmarks too, and on Debian installs chromium
#   TorchEngine=system|TorchSharp-cpu|TorchSharp-cuda-linux eng/setup.sh     an explicit choice always wins
set -euo pipefail
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

log=artifacts/setup.log
props=eng/engine.local.props
if ! mkdir -p artifacts 2>/dev/null || ! : 2>/dev/null >"$log" || [ ! -w eng ]; then
    say "this folder can't be written by $(id -un); make it yours first: sudo chown -R $(id -un) '$PWD'"
    exit 2
fi

fail() {
    say "$1"
    [ -s "$log" ] && tail -n 15 "$log" >&2
    [ $# -gt 1 ] && say "$2"
    exit 2
}

# Installs the Debian packages named; $1 says what they are for.
install_packages() {
    local purpose=$1
    shift
    local by_hand="install by hand, as root: apt-get install $*"
    command -v apt-get >/dev/null || fail "missing for $purpose: $*; this system has no apt-get" "$by_hand (or your system's own names for them)"
    local sudo=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "missing for $purpose: $*; not root and no sudo here" "$by_hand"
        sudo=(sudo)
    fi
    say "installing $* ($purpose)"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update >>"$log" 2>&1 || say "apt-get update failed; trying with the lists that are here"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" >>"$log" 2>&1 ||
        fail "apt-get could not install $* ($log)" "$by_hand"
}

command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing" "install it from https://dotnet.microsoft.com/download and put dotnet on PATH"
dotnet --version >>"$log" 2>&1 || fail "the .NET SDK here does not fit global.json" "install a .NET 10 SDK"

# Asks the package feed for $1 and tries it, which leaves the packages where the build will look for them:
# 0 it runs here, 1 it isn't served, 2 the feed could not be asked, 3 it is served but doesn't run here.
try_package() {
    local probe=artifacts/probe answer=0 package
    rm -rf "$probe"
    mkdir -p "$probe"
    # Of its own: nothing of the repository's properties.
    for file in Directory.Build.props Directory.Build.targets Directory.Packages.props; do
        echo '<Project />' >"$probe/$file"
    done
    cat >"$probe/Program.cs" <<'EOF'
try
{
    return TorchSharp.torch.ones(2).sum().item<float>() == 2 ? 0 : 1;
}
catch (System.Exception e)
{
    System.Console.Error.WriteLine(e);
    return 1;
}
EOF
    # First without libtorch, which is more than a gigabyte, and useless where TorchSharp's own native part needs a newer
    # runtime than is here.
    for package in TorchSharp "$1"; do
        cat >"$probe/probe.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <UseAppHost>false</UseAppHost>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="$package" Version="0.106.0" /></ItemGroup>
</Project>
EOF
        if ! dotnet restore "$probe/probe.csproj" >"$probe/answer" 2>&1; then
            answer=2
            ! grep -qE 'NU110[123]' "$probe/answer" || answer=1
        elif ! dotnet build "$probe/probe.csproj" --no-restore -nologo -o "$probe/out" >>"$probe/answer" 2>&1; then
            answer=3
        elif [ "$package" != TorchSharp ]; then
            dotnet "$probe/out/probe.dll" >>"$probe/answer" 2>&1 || answer=3
        elif { find "$probe/out" -name 'libLibTorchSharp.so' -exec ldd {} + 2>&1 || true; } |
            grep "version .* not found" >>"$probe/answer"; then
            answer=3
        fi
        cat "$probe/answer" >>"$log"
        [ $answer = 0 ] || break
    done
    rm -rf "$probe"
    return $answer
}

# The engine that an earlier set-up chose, if any.
chosen() {
    if [ -e "$props" ]; then
        sed -n 's:.*<TorchEngine>\(.*\)</TorchEngine>.*:\1:p' "$props"
    fi
}

write_choice() {
    cat >"$props.new" <<EOF
<Project>
  <!-- Written by eng/setup.sh; delete this file to choose again. -->
  <PropertyGroup>
    <TorchEngine>$1</TorchEngine>
  </PropertyGroup>
</Project>
EOF
    mv "$props.new" "$props"
}

engine=${TorchEngine:-}
before=$(chosen)
keep=yes
if [ -n "$engine" ]; then
    case "$engine" in
        system | TorchSharp-cpu | TorchSharp-cuda-linux) ;;
        *) fail "TorchEngine is '$engine'; allowed are system, TorchSharp-cpu and TorchSharp-cuda-linux" ;;
    esac
    [ "$before" = "$engine" ] || say "tensor engine: $engine (asked for)"
else
    engine=$before
    if [ -z "$engine" ]; then
        package=TorchSharp-cpu
        ! command -v nvidia-smi >/dev/null || package=TorchSharp-cuda-linux
        say "asking the package feed for $package, and trying it"
        answer=0
        try_package "$package" || answer=$?
        case $answer in
            0)
                engine=$package
                say "tensor engine: $engine (the feed serves it, and it runs here)"
                ;;
            1)
                engine=system
                say "tensor engine: system, this machine's own libtorch (the feed does not serve $package)"
                ;;
            3)
                engine=system
                why=$(grep -o "version .* not found" "$log" | head -n 1 || true)
                say "tensor engine: system, this machine's own libtorch ($package is served but doesn't run here: ${why:-see $log})"
                ;;
            *)
                engine=system
                keep=no
                say "tensor engine: system for now (the feed could not be asked; see $log)"
                ;;
        esac
    fi
fi

if [ "$engine" = system ]; then
    missing=()
    [ -e /usr/include/torch/csrc/api/include/torch/version.h ] || missing+=(libtorch-dev)
    # Without OpenBLAS libtorch falls back to the reference BLAS, a hundred times slower.
    [ -n "$(find /usr/lib -maxdepth 3 -name 'libopenblas*.so.0' -print -quit 2>/dev/null)" ] || missing+=(libopenblas0-pthread)
    command -v g++ >/dev/null || missing+=(g++)
    [ ${#missing[@]} = 0 ] || install_packages "the tensor engine" "${missing[@]}"
fi
if [ ! -e /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ] && [ -z "${DIFFUSION_DATA:-}" ]; then
    # The demo needs it and says so; everything else works without.
    (install_packages "the demo's training images" dataset-fashion-mnist) || say "going on without the demo's images"
fi
# One test opens the report in a browser, and is skipped where there is none. Ubuntu's package of the name is a snap.
if [ "${1:-}" = --tests ] && [ -e /etc/debian_version ] && ! grep -qi ubuntu /etc/os-release &&
    ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then
    (install_packages "the report's browser test" chromium) || say "going on without a browser"
fi

project=src/Diffusion.Cli/Diffusion.Cli.csproj
[ "${1:-}" != --tests ] || project=Diffusion.sln
say "building $project"
started=$(mktemp artifacts/setup.XXXXXX)
if ! TorchEngine=$engine dotnet build "$project" -c Release -nologo -v quiet >>"$log" 2>&1; then
    rm -f "$started"
    fail "the build failed ($log)"
fi
# Only what has worked is kept, and what was edited meanwhile counts as newer.
if [ "$keep" = yes ]; then
    write_choice "$engine"
fi
mv "$started" artifacts/setup.stamp
