#!/usr/bin/env bash
# Release binaries for the device, with what systemd needs, in dist/ARCH and dist/kiosk-ARCH.tar.gz.
#   ARCH=x86_64 | aarch64   PROFILE=release | dev
# x86_64 is built on this machine. aarch64 is cross-built in a Debian 13 of its own (made once under
# .setup/cross, about 3 GB), because Debian's cross packages bring compiler, Rust's library and every
# -dev package of the device in matching versions. Needs root (or sudo) and mmdebstrap.
set -euo pipefail
cd "$(dirname "$0")/.."
arch=${ARCH:-x86_64}
profile=${PROFILE:-release}
folder=$profile; [ "$profile" = dev ] && folder=debug
# One after the other: built together, the kiosk would get what only the command line needs.
kiosk=(-p kiosk-app --bin kiosk --no-default-features --features device)
receipt=(-p attestation --bin receipt)
# Locks a photo decoder in; it must lie beside the kiosk.
wlt=(-p hal --bin kiosk-wlt)

build_here() {
    cargo build --locked --profile "$profile" "${kiosk[@]}"
    cargo build --locked --profile "$profile" "${receipt[@]}"
    cargo build --locked --profile "$profile" "${wlt[@]}"
    built=${CARGO_TARGET_DIR:-target}/$folder
}

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

build_aarch64() {
    root=$(realpath -m "${CROSS_ROOT:-.setup/cross}")
    as_root=(); [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    make_cross_root
    # The registry is this machine's, and nothing else of the network is needed inside.
    cargo fetch --locked --target aarch64-unknown-linux-gnu
    target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/cross
    mkdir -p "$target"
    build_in_cross_root "${kiosk[@]}"
    build_in_cross_root "${receipt[@]}"
    build_in_cross_root "${wlt[@]}"
    built=$target/aarch64-unknown-linux-gnu/$folder
}

# cargo build of these arguments, in the Debian of `root`, into `target`.
build_in_cross_root() {
    "${as_root[@]}" unshare --mount sh -euc '
        root=$1 home=$2 cargo_home=$3 target=$4 profile=$5; shift 5
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
            sh -euc "cd /src && exec \"\$@\"" sh \
            /usr/bin/cargo build --offline --locked --profile "$profile" --target aarch64-unknown-linux-gnu "$@"
    ' sh "$root" "$PWD" "${CARGO_HOME:-$HOME/.cargo}" "$target" "$profile" "$@"
}

case $arch in
    x86_64) build_here ;;
    aarch64) build_aarch64 ;;
    *) echo "ARCH is x86_64 or aarch64, not $arch" >&2; exit 1 ;;
esac

out=dist/$arch
rm -rf "$out" && mkdir -p "$out"/usr/bin "$out"/usr/lib/systemd/system "$out"/usr/lib/systemd/system.conf.d \
    "$out"/usr/lib/sysusers.d "$out"/usr/lib/udev/rules.d "$out"/etc/kiosk "$out"/usr/share/kiosk/models
install -m 755 "$built/kiosk" "$built/receipt" "$built/kiosk-wlt" "$out/usr/bin"
install -m 644 kiosk-app/dist/kiosk.service "$out/usr/lib/systemd/system/"
install -m 644 kiosk-app/dist/watchdog.conf "$out/usr/lib/systemd/system.conf.d/"
install -m 644 kiosk-app/dist/kiosk.sysusers "$out/usr/lib/sysusers.d/kiosk.conf"
install -m 644 kiosk-app/dist/kiosk.rules "$out/usr/lib/udev/rules.d/60-kiosk.rules"
install -m 644 kiosk-app/kiosk.sample.toml "$out/etc/kiosk/"
cp -r kiosk-app/services "$out/etc/kiosk/services"
install -m 644 models/manifest.toml "$out/usr/share/kiosk/models/"
tar -C "$out" --owner=0 --group=0 --sort=name -czf "dist/kiosk-$arch.tar.gz" .
echo "$out and dist/kiosk-$arch.tar.gz:"
file "$out"/usr/bin/* 2>/dev/null | sed 's/^/    /' || ls -l "$out"/usr/bin
