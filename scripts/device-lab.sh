#!/usr/bin/env bash
# The device lab: builds the kiosk as for the device, the machine's image and the simulators, and tells
# the stories that need real kernel devices. What it takes and how to debug: tests/device-lab/README.md
#   scripts/device-lab.sh [--smoke] [STORY…] [further arguments of device-lab]
set -euo pipefail
cd "$(dirname "$0")/.."
case "${ARCH:-x86_64}" in
    x86_64) ;;
    *) echo "the device lab runs ARCH=x86_64 only, not ${ARCH}" >&2; exit 1 ;;
esac
cache=${DEVICE_LAB_CACHE:-.setup/device-lab}
target=${CARGO_TARGET_DIR:-target}

packages=(qemu-system-x86 swtpm mmdebstrap squashfs-tools-ng cryptsetup-bin e2fsprogs
    libinput-dev libgbm-dev libdrm-dev libxkbcommon-dev)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "The device lab needs more packages. As root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi

echo "==> the machine's image"
tests/device-lab/image/build.sh "$cache"
echo "==> programs"
cargo build --locked -p kiosk-app --no-default-features --features device
# The demo's build has the same name.
install -D "$target/debug/kiosk" "$target/device-lab-kiosk"
cargo build --locked -p hal --features sim --bin hal-sim --bin kiosk-wlt
cargo build --locked -p face-pipeline --bin face
cargo build --locked -p device-lab

stories=()
for argument in "$@"; do
    case "$argument" in
        --smoke) stories+=(self-test genuine) ;;
        *) stories+=("$argument") ;;
    esac
done
exec "$target/debug/device-lab" --image "$cache" --kiosk "$target/device-lab-kiosk" \
    --wlt "$target/debug/kiosk-wlt" --simulators "$target/debug/hal-sim" --face "$target/debug/face" --work "$target/device-lab" "${stories[@]}"
