#!/bin/sh
# The last touches on the root filesystem, given as first argument: modules known, initramfs made, the
# kiosk's user and rules (from the folder given as second), nothing that makes one boot differ from the
# next.
set -eu
root=$1 dist=$2
release=$(ls "$root/lib/modules" | head -1)
chroot "$root" depmod "$release"
chroot "$root" update-initramfs -c -k "$release" 2>/dev/null || chroot "$root" update-initramfs -u -k "$release"
cp "$root/boot/initrd.img-$release" "$root/boot/initrd.img"
cp "$root/boot/vmlinuz-$release" "$root/boot/vmlinuz"
echo kiosk-lab >"$root/etc/hostname"
: >"$root/etc/machine-id"
chroot "$root" passwd -d root >/dev/null
# Timers and services that do nothing for a kiosk but cost an emulated machine its start.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \
    systemd-timesyncd.service e2scrub_reap.service systemd-pstore.service keyboard-setup.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
install -D -m 644 "$dist/kiosk.sysusers" "$root/usr/lib/sysusers.d/kiosk.conf"
install -D -m 644 "$dist/kiosk.rules" "$root/usr/lib/udev/rules.d/60-kiosk.rules"
install -D -m 644 "$dist/polkit.rules" "$root/usr/share/polkit-1/rules.d/60-kiosk.rules"
install -D -m 644 "$dist/watchdog.conf" "$root/usr/lib/systemd/system.conf.d/watchdog.conf"
chroot "$root" systemd-sysusers
mkdir -p "$root/opt/kiosk" "$root/var/lib/kiosk"
ln -sf /opt/kiosk/bin/kiosk "$root/usr/bin/kiosk"
ln -sf /opt/kiosk/systemd/kiosk.service "$root/etc/systemd/system/kiosk.service"
ln -sf /opt/kiosk/etc "$root/etc/kiosk"
mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
ln -sf /etc/systemd/system/lab-shell.service "$root/etc/systemd/system/multi-user.target.wants/lab-shell.service"
# Everything is as new: nothing to bring up to date at the first start, which is every start.
touch "$root/etc/.updated" "$root/var/.updated"
