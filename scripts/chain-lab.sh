#!/usr/bin/env bash
# Runs the chain lab: real EVM nodes, the real client, and everything that can go wrong between them.
# Arguments go to the lab: --smoke (anvil alone, less of everything), --node, --fault, --seed.
set -euo pipefail
cd "$(dirname "$0")/.."

lab=attestation/chain-lab
case " $* " in
    *" --smoke "* | *" --node anvil "*) ;; # these need no hardhat
    *)
        if [ ! "$lab/node_modules/.package-lock.json" -nt "$lab/package-lock.json" ]; then
            echo "==> Fetching hardhat (334 MB on the disk)"
            npm --prefix "$lab" ci --ignore-scripts --no-audit --no-fund --loglevel=error \
                || { echo "npm could not install the packages of $lab; its lines above say why." >&2; exit 1; }
        fi ;;
esac
if [ -z "${KIOSK_TESTS_BUILT:-}" ]; then # `make test` has built it
    echo "==> Building"
    ${CARGO:-cargo} build --locked -q -p chain-lab
fi
echo "==> Running (all of it: about five minutes; --smoke: half a minute)"
exec "${CARGO_TARGET_DIR:-target}/debug/chain-lab" "$@"
