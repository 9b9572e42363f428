#!/usr/bin/env bash
# cargo for aarch64, in a Debian 13 of its own (made once under .setup/cross, about 4 GB), because
# Debian's cross packages bring compiler, Rust's library and every -dev package of the device in
# matching versions. Needs root (or sudo) and mmdebstrap.
#   scripts/cross-cargo.sh build -p hal --bin kiosk-wlt      PROFILE=release | dev
# Leaves what it built in TARGET/cross/aarch64-unknown-linux-gnu, TARGET being cargo's target folder.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$(realpath -m "${CROSS_ROOT:-.setup/cross}")
profile=${PROFILE:-release}
as_root=(); [ "$(id -u)" -eq 0 ] || as_root=(sudo)

make_cross_root() {
    [ -e "$root/made" ] && return
    command -v mmdebstrap >/dev/null || { echo "mmdebstrap is missing: apt-get install mmdebstrap" >&2; exit 1; }
    local mirror=${DEVICE_LAB_MIRROR:-http://deb.debian.org/debian}
    local dev=(libopencv-dev libudev-dev libfontconfig-dev libtss2-dev libinput-dev libgbm-dev libdrm-dev
        libxkbcommon-dev libpcsclite-dev libasound2-dev libstdc++-14-dev)
    "${as_root[@]}" mmdebstrap --variant=apt --architectures=amd64,arm64 \
        --aptopt='APT::Install-Recommends "false"' \
        --include="build-essential,crossbuild-essential-arm64,pkg-config,clang,libclang-dev,ca-certificates,$(printf '%s:arm64,' "${dev[@]}" | sed 's/,$//')" \
        --customize-hook='chroot "$1" apt-get install -y --no-install-recommends -t trixie-backports rustc cargo libstd-rust-dev:arm64' \
        trixie "$root" "deb $mirror trixie main" "deb $mirror trixie-backports main"
    "${as_root[@]}" touch "$root/made"
}

make_cross_root
# The registry is this machine's, and nothing else of the network is needed inside.
cargo fetch --locked --target aarch64-unknown-linux-gnu
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/cross
mkdir -p "$target"
command=$1; shift
exec "${as_root[@]}" unshare --mount sh -euc '
    root=$1 home=$2 cargo_home=$3 target=$4; shift 4
    mkdir -p "$root/src" "$root/cargo" "$root/target"
    mount --bind "$home" "$root/src"
    mount --bind "$cargo_home" "$root/cargo"
    mount --bind "$target" "$root/target"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 \
        CARGO_HOME=/cargo CARGO_TARGET_DIR=/target PKG_CONFIG_ALLOW_CROSS=1 \
        PKG_CONFIG=aarch64-linux-gnu-pkg-config \
        CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc CXX_aarch64_unknown_linux_gnu=aarch64-linux-gnu-g++ \
        CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
        sh -euc "cd /src && exec /usr/bin/cargo \"\$@\"" sh "$@"
' sh "$root" "$PWD" "${CARGO_HOME:-$HOME/.cargo}" "$target" \
    "$command" --offline --locked --profile "$profile" --target aarch64-unknown-linux-gnu "$@"
