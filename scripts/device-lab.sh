#!/usr/bin/env bash
# The device lab: builds the kiosk as for the device, the machine's image and the simulators, and tells
# the stories that need real kernel devices. What it takes and how to debug: tests/device-lab/README.md
#   scripts/device-lab.sh [--smoke] [STORY…] [further arguments of device-lab]
#   ARCH=x86_64 | aarch64
set -euo pipefail
cd "$(dirname "$0")/.."
arch=${ARCH:-x86_64}
cache=${DEVICE_LAB_CACHE:-.setup/device-lab}
target=${CARGO_TARGET_DIR:-target}
work=$target/device-lab

packages=(qemu-system-x86 swtpm mmdebstrap squashfs-tools-ng cryptsetup-bin e2fsprogs
    libinput-dev libgbm-dev libdrm-dev libxkbcommon-dev)
case $arch in
    x86_64) ;;
    aarch64)
        cache=$cache-$arch work=$work-$arch
        packages+=(qemu-system-arm qemu-user-static binfmt-support arch-test binutils-aarch64-linux-gnu)
        ;;
    *) echo "ARCH is x86_64 or aarch64, not $arch" >&2; exit 1 ;;
esac
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
    echo "The device lab needs more packages. As root: apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi

echo "==> the machine's image"
tests/device-lab/image/build.sh "$cache" "$arch"
echo "==> programs"
# Drivers' own tests run in the machine, too: where cargo says that it has put them.
driver_tests=()
for test in panel_gpio_sim mrz_scanner_keyboard camera_vivid camera_stream; do driver_tests+=(--test "$test"); done
executables() { sed -n 's/.*Executable.*(\(.*\))$/\1/p'; }
cargo build --locked -p kiosk-app --no-default-features --features device
# The demo's build has the same name.
install -D "$target/debug/kiosk" "$target/device-lab-kiosk"
cargo build --locked -p hal --features sim --bin hal-sim --bin kiosk-wlt
cargo build --locked -p face-pipeline --bin face
cargo build --locked -p device-lab
if [ "$arch" = x86_64 ]; then
    built_tests=$(cargo test --locked -p hal --features sim "${driver_tests[@]}" --no-run 2>&1 | tee /dev/stderr | executables)
    machine=(--kiosk "$target/device-lab-kiosk" --wlt "$target/debug/kiosk-wlt")
else
    # The operator's programs and the simulators at the machine's other end are this computer's.
    export PROFILE=dev
    built=$target/cross/aarch64-unknown-linux-gnu/debug
    scripts/cross-cargo.sh build -p kiosk-app --bin kiosk --no-default-features --features device
    scripts/cross-cargo.sh build -p hal --features sim --bin hal-sim --bin kiosk-wlt
    # Their paths are those of the Debian in which they were built.
    built_tests=$(scripts/cross-cargo.sh test -p hal --features sim "${driver_tests[@]}" --no-run 2>&1 | tee /dev/stderr \
        | executables | sed "s|.*/|$built/deps/|")
    python3 models/fetch.py --out "$cache" --only lib --machine "$arch"
    machine=(--kiosk "$built/kiosk" --wlt "$built/kiosk-wlt"
        --operator "$target/device-lab-kiosk" --lens "$built/hal-sim" --runtime "$cache/lib")
fi

stories=()
for argument in "$@"; do
    case "$argument" in
        --smoke) stories+=(self-test genuine) ;;
        *) stories+=("$argument") ;;
    esac
done
driver_arguments=()
while read -r program; do driver_arguments+=(--driver-tests "$program"); done <<<"$built_tests"
exec "$target/debug/device-lab" --arch "$arch" --image "$cache" "${machine[@]}" \
    "${driver_arguments[@]}" \
    --simulators "$target/debug/hal-sim" --face "$target/debug/face" --work "$work" "${stories[@]}"
