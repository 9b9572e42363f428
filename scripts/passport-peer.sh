#!/usr/bin/env bash
# An independent reader of travel documents (crate `emrtd`, with OpenSSL) reads our simulated chip
# through the real pcscd. Builds the reader the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}/peer
# The system's OpenSSL; the crate would build its own.
OPENSSL_NO_VENDOR=1 ${CARGO:-cargo} build --locked --quiet --manifest-path hal/peer/Cargo.toml --target-dir "$target" \
    || { echo "The independent reader could not be built; the first error above says why." >&2; exit 1; }
PASSPORT_PEER=$(realpath "$target")/debug/passport-peer \
    ${CARGO:-cargo} test --locked -p hal --features sim --test passport_peer -- --ignored
