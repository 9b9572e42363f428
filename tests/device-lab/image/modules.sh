#!/bin/sh
# Inside a Debian with kernel headers and sources: builds v4l2loopback, and gpio-sim with irq_sim,
# which Debian's kernel leaves out, and packs them as /root/modules.tar.
set -eu
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
