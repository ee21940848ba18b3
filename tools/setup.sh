#!/usr/bin/env bash
# Brings what Bellhop needs beside Rust: `setup.sh run` for building and running, `setup.sh test` for the tests as well.
# Each step says what it does, and does nothing when that is already there.
set -euo pipefail
cd "$(dirname "$0")/.."

VOSK_VERSION=0.3.45
VOSK_SHA256_x86_64=85c4654de3acdeb99abab86eeb2a6e603927d37089597c0fcc33d8638dc2ccaf
VOSK_SHA256_aarch64=0e9df29f060a93cf3df3263a4d3635e1b75688a5fd84e86ade1599372e3c9597

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

# The recogniser's shared library, from its Python wheel; nothing of Python is used at run time.
fetch_vosk() {
  local into=.tools/vosk wanted
  case "$(uname -m)" in
    x86_64) wanted=$VOSK_SHA256_x86_64 ;;
    aarch64) wanted=$VOSK_SHA256_aarch64 ;;
    *) fail "no libvosk is known for $(uname -m): build one and name its folder in BELLHOP_VOSK" ;;
  esac
  if [ -n "${BELLHOP_VOSK:-}" ] && [ -f "$BELLHOP_VOSK/libvosk.so" ]; then return 0; fi
  if [ -f $into/libvosk.so ] && [ "$(sha256_of $into/libvosk.so)" = "$wanted" ]; then return 0; fi
  say "fetching libvosk $VOSK_VERSION into $into"
  mkdir -p $into
  # Not local: the trap runs when the script ends.
  wheel=$(mktemp -d)
  trap 'rm -rf "$wheel"' EXIT
  python3 -m pip download --quiet --no-input --disable-pip-version-check --no-deps --only-binary=:all: \
    --dest "$wheel" "vosk==$VOSK_VERSION" </dev/null >&2 \
    || fail "the wheel vosk $VOSK_VERSION could not be fetched; with a libvosk.so of your own, name its folder in BELLHOP_VOSK"
  python3 - "$wheel" <<'PYTHON'
import glob, sys, zipfile
folder = sys.argv[1]
with zipfile.ZipFile(glob.glob(folder + "/*.whl")[0]) as wheel, open(folder + "/libvosk.so", "wb") as out:
    out.write(wheel.read("vosk/libvosk.so"))
PYTHON
  [ "$(sha256_of "$wheel/libvosk.so")" = "$wanted" ] || fail "libvosk.so is not the one expected (sha256 differs); nothing was installed"
  mv "$wheel/libvosk.so" $into/libvosk.so
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
if [ "$purpose" = test ]; then fetch_browser_driver; fi
