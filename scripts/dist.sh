#!/usr/bin/env bash
# Release binaries for the device with all that they read (networks, ONNX Runtime, systemd's files, a
# sample of the settings), laid out as on the device, in dist/ARCH and dist/kiosk-ARCH.tar.gz.
#   ARCH=x86_64 | aarch64   PROFILE=release | dev
# x86_64 is built on this machine, aarch64 by cross-cargo.sh beside this file. Needs what `make setup`
# fetched. How it gets onto a device: kiosk-app/dist/README.md
set -euo pipefail
umask 022
cd "$(dirname "$0")/.."
arch=${ARCH:-x86_64}
profile=${PROFILE:-release}
folder=$profile; [ "$profile" = dev ] && folder=debug
# One after the other: built together, the kiosk would get what only the command line needs.
kiosk=(-p kiosk-app --bin kiosk --no-default-features --features device)
receipt=(-p attestation --bin receipt)
# Locks a photo decoder in; it must lie beside the kiosk.
wlt=(-p hal --bin kiosk-wlt)
target=${CARGO_TARGET_DIR:-target}

build_here() {
    local missing=()
    for package in libinput-dev libgbm-dev libdrm-dev libxkbcommon-dev; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        echo "A kiosk for the device needs more packages. As root: apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    cargo build --locked --profile "$profile" "${kiosk[@]}"
    cargo build --locked --profile "$profile" "${receipt[@]}"
    cargo build --locked --profile "$profile" "${wlt[@]}"
    built=$target/$folder runtime=.setup/lib
}

build_aarch64() {
    export PROFILE=$profile
    scripts/cross-cargo.sh build "${kiosk[@]}"
    scripts/cross-cargo.sh build "${receipt[@]}"
    scripts/cross-cargo.sh build "${wlt[@]}"
    built=$target/cross/aarch64-unknown-linux-gnu/$folder runtime=$target/dist-aarch64/lib
    python3 models/fetch.py --out "${runtime%/lib}" --only lib --machine aarch64
}

case $arch in
    x86_64) build_here ;;
    aarch64) build_aarch64 ;;
    *) echo "ARCH is x86_64 or aarch64, not $arch" >&2; exit 1 ;;
esac

out=dist/$arch
rm -rf "$out" && mkdir -p "$out"/usr/bin "$out"/etc/kiosk/csca
put() { install -D -m 644 "$1" "$out/$2"; }
install -m 755 "$built/kiosk" "$built/receipt" "$built/kiosk-wlt" "$out/usr/bin"
put kiosk-app/dist/kiosk.service usr/lib/systemd/system/kiosk.service
put kiosk-app/dist/watchdog.conf usr/lib/systemd/system.conf.d/watchdog.conf
put kiosk-app/dist/kiosk.sysusers usr/lib/sysusers.d/kiosk.conf
put kiosk-app/dist/kiosk.rules usr/lib/udev/rules.d/60-kiosk.rules
put kiosk-app/dist/polkit.rules usr/share/polkit-1/rules.d/60-kiosk.rules
put kiosk-app/dist/README.md usr/share/doc/kiosk/README.md
put docs/technician.md usr/share/doc/kiosk/technician.md
put hal/wlt-plugin/wlt.h usr/share/doc/kiosk/wlt.h
put kiosk-app/kiosk.sample.toml etc/kiosk/kiosk.sample.toml
cp -r kiosk-app/services "$out/etc/kiosk/services"
put models/manifest.toml usr/share/kiosk/models/manifest.toml
# Those of the manifest only: a profile's have a licence of their own.
sed -n 's|^path = "models/\(.*\.onnx\)"$|\1|p' models/manifest.toml | while read -r network; do
    put ".setup/models/$network" "usr/share/kiosk/models/weights/$network"
done
# What the licences of others ask for: their texts beside what they wrote.
put LICENSE usr/share/doc/kiosk/LICENSE
scripts/licences.py "$arch-unknown-linux-gnu" > "$out/usr/share/doc/kiosk/crates-licences.txt"
for text in LICENSE ThirdPartyNotices.txt; do put "$runtime/onnxruntime-$text" "usr/share/doc/kiosk/onnxruntime-$text"; done
for card in models/cards/*.md; do put "$card" "usr/share/doc/kiosk/networks/${card##*/}"; done
put "$runtime/$(sed -n 's/^file = "\(libonnxruntime[^"]*\)"$/\1/p' models/manifest.toml | head -1)" usr/lib/libonnxruntime.so
tar -C "$out" --owner=0 --group=0 --mode=u+rwX,go=rX --sort=name -czf "dist/kiosk-$arch.tar.gz" .
echo "$out and dist/kiosk-$arch.tar.gz ($(du -h "dist/kiosk-$arch.tar.gz" | cut -f1)):"
file "$out"/usr/bin/* 2>/dev/null | sed 's/^/    /' || ls -l "$out"/usr/bin
