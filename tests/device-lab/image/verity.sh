#!/bin/sh
# Appends the dm-verity tree to an image and prints "ROOT_HASH OFFSET": where the tree begins and
# the one value that vouches for every block before it.
set -eu
image=$1
PATH=$PATH:/usr/sbin
size=$(stat -c %s "$image")
offset=$(( (size + 4095) / 4096 * 4096 ))
truncate -s "$offset" "$image"
# The same image gives the same hash.
hash=$(veritysetup format "$image" "$image" --hash-offset="$offset" --data-blocks=$((offset / 4096)) \
    --salt=6b696f736b --uuid=6b696f73-6b00-4000-8000-000000000000 | sed -n 's/^Root hash:[[:space:]]*//p')
echo "$hash $offset"
