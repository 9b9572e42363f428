#!/usr/bin/env bash
# Runs the kiosk's demo and checks the receipt as a stranger would: from the screenshot, with
# nothing but the operator's public key.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${CARGO_TARGET_DIR:-target}/debug
out=demo-out/${SCENARIO:-genuine}

mode=()
if [ -z "${DISPLAY:-}" ]; then
    case " ${DEMO_ARGS:-} " in *" --hands-on "*)
        echo "There is no display, so there is no window to touch. Set DISPLAY, or leave --hands-on away." >&2
        exit 1 ;;
    esac
    echo "==> No display: the demo runs headless and saves its screens as pictures"
    mode=(--headless)
fi
"$bin/kiosk" demo --scenario "${SCENARIO:-genuine}" "${mode[@]}" --out "$out" ${DEMO_ARGS:-} \
    || { echo "The demo failed; the message above says why." >&2; exit 1; }

if [ -e "$out/receipt.txt" ]; then
    # The receipt's screen if it was saved as a picture (headless), else its text.
    receipt=$out/receipt.txt
    for picture in "$out"/*receipt*.png; do
        if [ -e "$picture" ]; then receipt=$picture; fi
    done
    echo; echo "==> Checking the receipt as a stranger would: receipt verify $receipt --operator $out/operator.pub"
    "$bin/receipt" verify --operator "$out/operator.pub" "$receipt"
fi
echo; echo "==> Everything the demo left is in $out"
