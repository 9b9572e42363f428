#!/usr/bin/env bash
# Makes the recordings behind the README's figures of presentation attacks: synthetic attacks of NUAA's
# people, and the simulated camera's living heads and prints of the demonstration portraits. One folder
# per person, files called OCCASION_n. OUT/people-odd and OUT/people-even are links to NUAA's live people,
# in halves as `face eval captures --people` takes them.
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

# By the sum of the bytes of a person's name.
half_of() {
    local byte sum=0
    for byte in $(printf %s "$1" | od -An -v -tu1); do
        sum=$((sum + byte))
    done
    if [ $((sum % 2)) -eq 0 ]; then echo even; else echo odd; fi
}

mkdir -p "$out"
for attack in moved-still screen; do
    "$programs/face" synthesise "$attack" --root "$nuaa/bona-fide" --every 24 --frames 60 --rate 20 --out "$out/$attack"
done
# Stills on a small screen: of everybody, and of each half on its own, because chance goes by a picture's
# number in its folder.
for person in "$nuaa"/bona-fide/*/; do
    name=$(basename "$person")
    half=$out/people-$(half_of "$name")
    mkdir -p "$half"
    ln -sfn "$(realpath "$person")" "$half/$name"
done
"$programs/face" synthesise held-screen --root "$nuaa/bona-fide" --every 24 --frames 60 --rate 20 --out "$out/held-screen"
"$programs/face" synthesise held-screen --root "$out/people-odd" --every 24 --frames 40 --rate 20 --out "$out/held-screen-odd"
"$programs/face" synthesise held-screen --root "$out/people-even" --seed 7 --every 24 --frames 30 --rate 10 --out "$out/held-screen-even"
for portrait in person_a_1 person_a_2 person_b_1 person_b_2 impostor_1 impostor_2; do
    "$programs/face" mesh ".setup/portraits/$portrait.jpg" >"$out/$portrait.mesh"
    for scene in live print; do
        for backdrop in hall portrait; do
            simulate "$scene" "$backdrop" "$portrait"
        done
    done
done
# A film of each living head, on a screen in a hand; then three more screens in other rooms and hands.
"$programs/face" synthesise held-screen --root "$out/sim-live" --every 240 --frames 40 --rate 20 --film 30 --out "$out/held-film"
for seed in 7 11 13; do
    "$programs/face" synthesise held-screen --root "$out/sim-live" --seed "$seed" --every 240 --frames 20 --rate 10 --film 30 --out "$out/held-film-$seed"
done
