#!/usr/bin/env bash
# Makes the recordings behind the README's figures of presentation attacks: synthetic attacks of NUAA's
# people, and the simulated camera's living heads and prints of the demonstration portraits. One folder
# per person, files called OCCASION_n.
#
# usage: face-pipeline/benches/recordings.sh NUAA OUT   (in the project's root; needs `make setup`)
set -euo pipefail

if [ $# -ne 2 ]; then
    sed -n 's/^# usage/usage/p' "$0" >&2
    exit 2
fi
nuaa=$1
out=$2
programs=${CARGO_TARGET_DIR:-target}/debug
${CARGO:-cargo} build --locked -p face-pipeline --features tools
${CARGO:-cargo} build --locked -p hal --features sim --bin hal-sim

# The simulated camera's pictures become files of one person's occasion.
simulate() {
    local scene=$1 backdrop=$2 portrait=$3
    local person=$portrait shown
    case $portrait in person_*) person=${portrait%_*} ;; esac # the same person, years apart
    shown=$(mktemp -d "$out/XXXXXX")
    "$programs/hal-sim" camera --portrait ".setup/portraits/$portrait.jpg" --landmarks "$out/$portrait.mesh" \
        --script "$scene" --backdrop "$backdrop" --out "$shown" --frames 120 --from 1.5 --fps 30 --seed 3
    mkdir -p "$out/sim-$scene/$person"
    local picture
    for picture in "$shown"/*.png; do
        mv "$picture" "$out/sim-$scene/$person/$portrait-${backdrop}_$(basename "$picture")"
    done
    rmdir "$shown"
}

mkdir -p "$out"
for attack in moved-still screen held-screen; do
    "$programs/face" synthesise "$attack" --root "$nuaa/bona-fide" --every 24 --frames 60 --rate 20 --out "$out/$attack"
done
for portrait in person_a_1 person_a_2 person_b_1 person_b_2 impostor_1 impostor_2; do
    "$programs/face" mesh ".setup/portraits/$portrait.jpg" >"$out/$portrait.mesh"
    for scene in live print; do
        for backdrop in hall portrait; do
            simulate "$scene" "$backdrop" "$portrait"
        done
    done
done
# A film of each living head, on a screen in a hand.
"$programs/face" synthesise held-screen --root "$out/sim-live" --every 240 --frames 40 --rate 20 --film 30 --out "$out/held-film"
