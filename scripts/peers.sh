#!/usr/bin/env bash
# Independent implementations (Python, pinned with hashes) check our receipts and wallet tokens, and
# ours check theirs. Makes their virtual environment in .setup/peers the first time.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=attestation/tests/peers/requirements.txt
peers=.setup/peers
if ! cmp -s "$wanted" "$peers/requirements.txt"; then
    rm -rf "$peers"
    python3 -m venv "$peers"
    "$peers/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$wanted" \
        || { echo "The independent verifiers could not be installed from PyPI; check the network and run the same command again." >&2; exit 1; }
    cp "$wanted" "$peers/requirements.txt"
fi
# With the same features as all tests, which are built by now.
${CARGO:-cargo} test --locked --workspace --features kiosk-app/demo,hal/sim --test peers -- --ignored
