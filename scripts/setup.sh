#!/usr/bin/env bash
# Everything this project needs beyond `make` and Rust, on Debian 12: system packages by apt,
# then ONNX Runtime, networks and demo portraits from packages with pinned SHA-256, and the compiler
# and test node for the contracts.
# Safe to repeat; does nothing where there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."

say()  { printf '\033[1m==> %s\033[0m\n' "$*"; }
fail() { printf '\nSet-up stopped: %s\n' "$*" >&2; exit 1; }

rust_version() { cargo --version 2>/dev/null | sed -E 's/^cargo ([0-9]+)\.([0-9]+).*/\1 \2/'; }

say "[1/4] Rust"
read -r major minor < <(rust_version) || fail "cargo was not found. Install Rust (https://rustup.rs) and run the same command again."
wanted=$(sed -nE 's/^rust-version = "1\.([0-9]+)".*/\1/p' Cargo.toml)
if [ "$major" -lt 2 ] && [ "$minor" -lt "$wanted" ]; then
    fail "Rust 1.$wanted or newer is needed, this is $major.$minor. Run: rustup update stable"
fi
echo "    cargo $major.$minor"

say "[2/4] System packages"
# What builds and runs the kiosk on a desktop; fonts for Chinese text; for tests, Xvfb for its
# window, swtpm for its keys, pcscd with a
# virtual reader for travel documents, openssl, which checks those independently, and age, with which
# auditors open their packages.
packages=(
    build-essential pkg-config clang libclang-dev libopencv-dev libudev-dev libasound2-dev libpcsclite-dev libfontconfig-dev libtss2-dev
    libx11-xcb1 libxkbcommon-x11-0 libxcursor1 libxi6 libxrandr2 fonts-noto-cjk python3-venv ca-certificates
    xvfb swtpm age pcscd vsmartcard-vpcd openssl
    chromium curl # the verification page's tests, and the source of Rust's library for WebAssembly
)
# Any Node.js from 18 on drives the browser; Debian's if there is none.
node_major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/' || true)
if [ "${node_major:-0}" -lt 18 ] || ! command -v npm >/dev/null; then packages+=(nodejs npm); fi
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "    all ${#packages[@]} are there"
else
    echo "    installing: ${missing[*]}"
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "these packages are missing and there is no sudo. As root, run: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -q)
    "${apt[@]}" update || fail "apt-get update failed. Check the network and /etc/apt/sources.list, then run the same command again."
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" \
        || fail "apt-get could not install: ${missing[*]}. Its last lines above say why; run the same command again afterwards."
fi

say "[3/4] ONNX Runtime, networks, demo portraits"
python3 models/fetch.py || fail "the models could not be prepared; the message above says what to do."

say "[4/4] Compiler and test node for the contracts"
# npm keeps what it installed beside the lock file it installed from.
if [ attestation/contracts/node_modules/.package-lock.json -nt attestation/contracts/package-lock.json ]; then
    echo "    there"
else
    npm --prefix attestation/contracts ci --ignore-scripts --no-audit --no-fund --loglevel=error \
        || fail "npm could not install the packages of attestation/contracts; its lines above say why."
fi
