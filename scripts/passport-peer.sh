#!/usr/bin/env bash
# Independent implementations judge our simulated travel document: the crate `emrtd` reads its chip
# through the real pcscd, OpenSSL checks its signatures. Builds the reader the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}/peer
${CARGO:-cargo} build --locked --quiet --manifest-path hal/peer/Cargo.toml --target-dir "$target" \
    || { echo "The independent reader could not be built; the first error above says why." >&2; exit 1; }
PASSPORT_PEER=$(realpath "$target")/debug/passport-peer \
    ${CARGO:-cargo} test --locked --workspace --features kiosk-app/demo,hal/sim --test passport_peer -- --ignored
