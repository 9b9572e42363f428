#!/bin/sh
# Inside a Debian with kernel headers and sources: builds v4l2loopback, and gpio-sim with irq_sim,
# which Debian's kernel leaves out, for the processor that the argument names (x86_64 or aarch64), and
# packs them as /root/modules.tar.
set -eu

# The headers for another processor cannot be installed, because they want a compiler that runs on it.
if [ "$1" = aarch64 ]; then
    export ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
    headers=$(apt-cache depends linux-headers-arm64:arm64 | sed -n 's/.*Depends: \(.*\):arm64$/\1/p')
    apt-get install -y -qq --no-install-recommends "${headers%-arm64}-common"
    cd /tmp
    apt-get download -qq "$headers:arm64"
    dpkg-deb --fsys-tarfile "$headers"_*.deb | tar -C / -x --keep-directory-symlink
fi
release=$(ls /lib/modules | head -1)
headers=/lib/modules/$release/build
work=/tmp/modules
mkdir -p $work && cd $work

tar -xf /usr/src/v4l2loopback.tar.bz2
make -s -C "$headers" M="$(dirname "$(find $work -name v4l2loopback.c)")" modules

mkdir gpio && cd gpio
source=linux-source-6.1
tar -xf /usr/src/$source.tar.xz --strip-components=3 --wildcards \
    $source/drivers/gpio/gpio-sim.c "$source/drivers/gpio/gpiolib*.h" $source/kernel/irq/irq_sim.c
# irq_to_desc() is not there for modules; this is what it is used for.
sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' irq_sim.c
grep -q generic_handle_irq irq_sim.c
grep -q MODULE_LICENSE irq_sim.c || echo '#include <linux/module.h>
MODULE_LICENSE("GPL");' >>irq_sim.c
printf 'obj-m := gpio-sim.o irq_sim.o\n' >Makefile
make -s -C "$headers" M=$PWD modules

target=$work/root/lib/modules/$release/extra
mkdir -p "$target"
find $work/modules $work/gpio -name '*.ko' -exec cp {} "$target" \;
ls "$target"
tar -C $work/root -cf /root/modules.tar lib
