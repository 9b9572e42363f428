#!/usr/bin/env bash
# Runs the kiosk's demo and checks the receipt as a stranger would: from the screenshot, with
# nothing but the operator's public key.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${CARGO_TARGET_DIR:-target}/debug
out=demo-out/${SCENARIO:-genuine}

mode=()
if [ -z "${DISPLAY:-}" ]; then
    echo "==> No display: the demo runs headless and saves its screens as pictures"
    mode=(--headless)
fi
"$bin/kiosk" demo --scenario "${SCENARIO:-genuine}" "${mode[@]}" --out "$out" ${DEMO_ARGS:-} \
    || { echo "The demo failed; the message above says why. Details are in $out/events.jsonl." >&2; exit 1; }

if [ -e "$out/receipt.txt" ]; then
    # The receipt's screen if it was saved as a picture, else its text.
    receipt=$(ls "$out"/*receipt*.png 2>/dev/null | head -n 1)
    echo; echo "==> Checking the receipt as a stranger would: receipt verify ${receipt:-$out/receipt.txt} --operator $out/operator.pub"
    "$bin/receipt" verify --operator "$out/operator.pub" "${receipt:-$out/receipt.txt}"
fi
echo; echo "==> Everything the demo left is in $out"
