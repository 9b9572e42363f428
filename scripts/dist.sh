#!/usr/bin/env bash
# Release binaries for the device, with what systemd needs, in dist/ARCH and dist/kiosk-ARCH.tar.gz.
#   ARCH=x86_64 | aarch64   PROFILE=release | dev
# x86_64 is built on this machine, aarch64 by cross-cargo.sh beside this file.
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

build_aarch64() {
    export PROFILE=$profile
    scripts/cross-cargo.sh build "${kiosk[@]}"
    scripts/cross-cargo.sh build "${receipt[@]}"
    scripts/cross-cargo.sh build "${wlt[@]}"
    built=${CARGO_TARGET_DIR:-target}/cross/aarch64-unknown-linux-gnu/$folder
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
