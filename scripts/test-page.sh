#!/usr/bin/env bash
# The verification page in headless Chromium, with receipts that the real crate makes.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export RECEIPTS=$target/page-receipts VERIFY_PAGE=$target/verify-page-test

attestation/page/build.sh --out "$VERIFY_PAGE"
if [ -z "${KIOSK_TESTS_BUILT:-}" ]; then # `make test` has built it
    ${CARGO:-cargo} build --locked --quiet -p verify-page --example receipts
fi
"$target/debug/examples/receipts" "$RECEIPTS"
cd attestation/page
npm ci --ignore-scripts --no-audit --no-fund --silent
npm test --silent
