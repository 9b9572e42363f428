#!/usr/bin/env bash
# All tests: unit and property tests of every crate, the stories against the real programs, the
# independent implementations of our formats and of travel documents, the verification page in a
# browser, and the short form of the chain lab.
set -euo pipefail
cd "$(dirname "$0")/.."
# Run by root, the kiosk starts the decoder of card photos as nobody, who must be able to get to it.
if [ "$(id -u)" = 0 ] && ! setpriv --reuid=65534 --regid=65534 --clear-groups test -r "$PWD/README.md"; then
    echo "Warning: nobody but root can enter $PWD; tests of the photo decoder will fail. Clone into another folder, such as /srv." >&2
fi
# Everything of the workspace that the tests start, in one build: `cargo test` alone leaves out programs
# and libraries that no test is linked with, and building those by themselves would choose other
# features and compile half of it again.
echo "==> Building (the first time takes about a quarter of an hour on two cores)"
everything="--locked --workspace --features kiosk-app/demo,hal/sim"
if ! ${CARGO:-cargo} build $everything --lib --bins --tests --examples; then
    echo "The build failed; the first error above says where. Run the same command again after correcting it." >&2
    exit 1
fi
export KIOSK_TESTS_BUILT=yes
# What hangs is ended and named with all that it has started, instead of taking everything after it along.
# At a terminal it stays in the foreground, so that Ctrl-C reaches it.
limited="timeout --kill-after=10"
if [ -t 0 ]; then limited+=" --foreground"; fi
runner=CARGO_TARGET_$(uname -m | tr a-z A-Z)_UNKNOWN_LINUX_GNU_RUNNER
if ! env "$runner=$limited 2400" ${CARGO:-cargo} test $everything --no-fail-fast; then
    echo "A test failed; its name and message are above. Run it alone with: cargo test -p CRATE NAME" >&2
    exit 1
fi
if ! $limited 3600 scripts/peers.sh; then
    echo "An independent implementation disagrees with ours, or did not come to its end within an hour; what about is above." >&2
    exit 1
fi
if ! $limited 3600 scripts/passport-peer.sh; then
    echo "An independent reader of travel documents disagrees with the simulated one, or did not come to its end within an hour; what about is above." >&2
    exit 1
fi
if ! $limited 3600 scripts/test-page.sh; then
    echo "A test of the verification page failed; it is named above. Run them alone with: scripts/test-page.sh" >&2
    exit 1
fi
$limited 3600 scripts/chain-lab.sh --smoke
