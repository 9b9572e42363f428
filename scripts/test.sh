#!/usr/bin/env bash
# All tests: unit and property tests of every crate, the stories against the real programs, then the
# independent implementations of our formats.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! ${CARGO:-cargo} test --locked --workspace --features kiosk-app/demo,hal/sim; then
    echo "A test failed; its name and message are above. Run it alone with: cargo test -p CRATE NAME" >&2
    exit 1
fi
if ! scripts/peers.sh; then
    echo "An independent implementation disagrees with ours; what about is above." >&2
    exit 1
fi
