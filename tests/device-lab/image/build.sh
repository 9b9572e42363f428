#!/usr/bin/env bash
# The lab's machine, built once: a Debian 12 root filesystem (squashfs with its dm-verity tree), its
# kernel with an initramfs that checks both disks, and the modules Debian has no binaries of.
#
#   build.sh FOLDER [ARCH]      leaves vmlinuz, initrd.img, root.img and root.hash in FOLDER
#
# ARCH is x86_64 or aarch64. For aarch64 the system is Debian 13, as the cross-built kiosk's libraries
# are, on the kernel of Debian 12, as the modules are. Needs mmdebstrap, squashfs-tools-ng and
# cryptsetup-bin; for another machine's ARCH also qemu-user-static and binfmt-support. What is there
# and was made by these same scripts is not built again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dist=$here/../../../kiosk-app/dist
out=${1:?a folder for the image}
arch=${2:-x86_64}
mirror=${DEVICE_LAB_MIRROR:-http://deb.debian.org/debian}

# What `kiosk` as built for the device needs at run time, and what a machine needs to run it.
packages=(
    systemd systemd-sysv udev kmod initramfs-tools busybox cryptsetup-bin e2fsprogs
    libfontconfig1 libinput10 libgbm1 libdrm2 libxkbcommon0 xkb-data libudev1 libpcsclite1 libstdc++6
    fonts-noto-cjk
)
case $arch in
    x86_64)
        debian=amd64 suite=bookworm sources=("$mirror")
        builders=amd64 builder=(linux-headers-amd64 gcc libc6-dev)
        packages+=(linux-image-amd64 libopencv-core406 libopencv-imgproc406 libtss2-esys-3.0.2-0
            libtss2-tctildr0 libtss2-tcti-device0 libasound2)
        ;;
    aarch64)
        debian=arm64 suite=trixie sources=("deb $mirror trixie main" "deb $mirror bookworm main")
        builders=amd64,arm64 builder=(linux-kbuild-6.1 gcc-aarch64-linux-gnu)
        packages+=(linux-image-arm64/bookworm libopencv-core410 libopencv-imgproc410
            libtss2-esys-3.0.2-0t64 libtss2-tctildr0t64 libtss2-tcti-device0t64 libasound2t64)
        ;;
    *) echo "ARCH is x86_64 or aarch64, not $arch" >&2; exit 1 ;;
esac

recipe() { find "$here" "$dist" -type f ! -name README.md -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-64; }
made="$(recipe) $arch"
if [ -e "$out/recipe" ] && [ "$(cat "$out/recipe")" = "$made" ]; then
    echo "    the machine's image is there: $out"
    exit 0
fi

for tool in mmdebstrap tar2sqfs veritysetup; do
    PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || {
        echo "$tool is missing: apt-get install mmdebstrap squashfs-tools-ng cryptsetup-bin" >&2
        exit 1
    }
done
mkdir -p "$out"
rm -f "$out/recipe"

modules="$(sha256sum "$here/modules.sh" | cut -c1-64) $arch"
if [ "$(cat "$out/modules.recipe" 2>/dev/null)" != "$modules" ]; then
    echo "    kernel modules: v4l2loopback, gpio-sim"
    # On this computer's processor, for the machine's: emulated, a compiler takes an hour.
    mmdebstrap --quiet --variant=apt --architectures="$builders" --aptopt='APT::Install-Recommends "false"' \
        --include="linux-source-6.1,v4l2loopback-source,make,xz-utils,bzip2,$(IFS=,; echo "${builder[*]}")" \
        --customize-hook="copy-in '$here/modules.sh' /root" \
        --customize-hook="chroot \"\$1\" sh /root/modules.sh $arch" \
        --customize-hook="copy-out /root/modules.tar '$out'" \
        bookworm /dev/null "$mirror"
    echo "$modules" >"$out/modules.recipe"
fi

echo "    root filesystem"
# sync-in keeps modes; the overlay's owner becomes root.
mmdebstrap --quiet --variant=apt --architectures="$debian" --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/fonts/opentype/noto/*Serif*' \
    --essential-hook="tar -C '$here/root' --owner=0 --group=0 -c . | tar -C \"\$1\" -x --keep-directory-symlink" \
    --include="$(IFS=,; echo "${packages[*]}")" \
    --customize-hook="tar -C \"\$1\" -x --keep-directory-symlink -f '$out/modules.tar'" \
    --customize-hook="sh '$here/finish.sh' \"\$1\" '$dist'" \
    --customize-hook="copy-out /boot/vmlinuz /boot/initrd.img '$out'" \
    --customize-hook='rm -rf "$1"/boot/* "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/*' \
    "$suite" - "${sources[@]}" | tar2sqfs --quiet --force --compressor lz4 "$out/root.img"

"$here/verity.sh" "$out/root.img" >"$out/root.hash"
echo "$made" >"$out/recipe"
