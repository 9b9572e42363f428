#!/usr/bin/env bash
# All tests: unit and property tests of every crate, the stories against the real programs, the
# independent implementations of our formats and of travel documents, the verification page in a browser, and the short form
# of the chain lab.
set -euo pipefail
cd "$(dirname "$0")/.."
# Run by root, the kiosk starts the decoder of card photos as nobody, who must be able to get to it.
if [ "$(id -u)" = 0 ] && ! setpriv --reuid=65534 --regid=65534 --clear-groups test -r "$PWD/README.md"; then
    echo "Warning: nobody but root can enter $PWD; tests of the photo decoder will fail. Clone into another folder, such as /srv." >&2
fi
# The stand-in for an integrator's photo decoder is a shared library, which no test is linked with.
${CARGO:-cargo} build --locked -p wlt-test-decoder
if ! ${CARGO:-cargo} test --locked --workspace --features kiosk-app/demo,hal/sim; then
    echo "A test failed; its name and message are above. Run it alone with: cargo test -p CRATE NAME" >&2
    exit 1
fi
if ! scripts/peers.sh; then
    echo "An independent implementation disagrees with ours; what about is above." >&2
    exit 1
fi
if ! scripts/passport-peer.sh; then
    echo "An independent reader of travel documents disagrees with the simulated one; what about is above." >&2
    exit 1
fi
if ! scripts/test-page.sh; then
    echo "A test of the verification page failed; it is named above. Run them alone with: scripts/test-page.sh" >&2
    exit 1
fi
scripts/chain-lab.sh --smoke
