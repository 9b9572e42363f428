#!/usr/bin/env bash
# What CI checks beside the tests: formatting, lints, licences, and that a production build has
# no simulator in it.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '\033[1m==> %s\033[0m\n' "$*"; }

say "rustfmt"
cargo fmt --all --check

say "clippy"
cargo clippy --locked --workspace --all-targets --features kiosk-app/demo,hal/sim -- -D warnings

say "Production build: no simulator in it"
cargo check --locked -p kiosk-app
if cargo tree --locked -p kiosk-app -e features,no-dev | grep -E 'hal feature "sim"|attestation feature "sim"'; then
    echo "a production build of the kiosk pulls in a simulator: remove the feature above from its dependencies" >&2
    exit 1
fi

say "attestation for relying parties: no database, no network, no foreign code"
# Crates that only the issuing side or the chain may bring; -sys crates link C.
if cargo tree --locked -p attestation --no-default-features -e normal --prefix none \
    | grep -E '^(rusqlite|tokio|mio|socket2|reqwest|hyper|ureq|rustls|native-tls|alloy[a-z-]*|k256|image|clap|[a-z0-9-]+-sys) '; then
    echo "attestation with default-features = false pulls in the crates above: move them behind a feature" >&2
    exit 1
fi
grep -q '^#!\[forbid(unsafe_code)\]' attestation/src/lib.rs || { echo "attestation/src/lib.rs must forbid unsafe code" >&2; exit 1; }
attestation/page/build.sh --out "${CARGO_TARGET_DIR:-$PWD/target}/verify-page-check" >/dev/null

say "Contracts: the committed artefacts are what the sources give"
node attestation/contracts/build.mjs --check

say "cargo deny: licences, sources, duplicate and wildcard versions"
deny=.setup/tools/bin/cargo-deny
if ! "$deny" --version 2>/dev/null | grep -qx 'cargo-deny 0.20.2'; then
    CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target} \
        cargo install cargo-deny --version 0.20.2 --locked --debug --no-default-features --root .setup/tools
fi
"$deny" --log-level error check licenses bans sources

say "cargo deny: advisories"
# The advisory database is a git repository; where it cannot be reached the check says so and
# is left to a machine where it can.
if git ls-remote --exit-code https://github.com/rustsec/advisory-db HEAD >/dev/null 2>&1; then
    "$deny" --log-level error check advisories
else
    echo "    skipped: the RustSec advisory database cannot be reached from here"
fi
