#!/usr/bin/env bash
# Builds the verification page into a folder of static files.
#   attestation/page/build.sh [--out DIR] [--operator operator.pub] [--trust trust.list]
#       [--status LIST]… [--name-zh NAME] [--name-en NAME] [--services DIR] [--require-fresh]
# The standard library for WebAssembly comes from rustup; where rustup cannot bring it, it is built
# from Debian's package of the same version's source, which is downloaded, not installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
say()  { printf '\033[1m==> %s\033[0m\n' "$*"; }
fail() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

wasm=wasm32-unknown-unknown
target=${CARGO_TARGET_DIR:-$PWD/target}
out=$target/verify-page
case $target in /*) ;; *) target=$PWD/$target ;; esac

# Paths as the caller gave them; this script works in the project's folder.
arguments=()
while [ $# -gt 0 ]; do
    case $1 in
        --out) out=$(cd "$OLDPWD" && realpath -m "$2"); shift 2 ;;
        --operator|--trust|--status|--services) arguments+=("$1" "$(cd "$OLDPWD" && realpath -m "$2")"); shift 2 ;;
        --name-zh|--name-en) arguments+=("$1" "$2"); shift 2 ;;
        --require-fresh) arguments+=("$1"); shift ;;
        *) sed -nE '2,/^set/s/^# ?//p' "$0" >&2; fail "what is $1?" ;;
    esac
done

have_std() { [ -e "$(rustc --print sysroot)/lib/rustlib/$wasm/lib" ]; }

# Debian's source package of each Rust version that we built with: version, file, SHA-256.
rust_source() {
    case $1 in
        1.95.0) echo "rust-src_1.95.0+dfsg1-2~bpo13+1_all.deb 7b76db5b880a77f9e52975d2baa6209d2f76d2c9c2789515c3088cb960e2c83b" ;;
        *) return 1 ;;
    esac
}

# Fetches the source of this compiler's library, once.
fetch_source() {
    local file sum
    [ -e "$library/Cargo.lock" ] && return
    read -r file sum < <(rust_source "$version") || fail "rustup cannot bring $wasm here, and there is no known source of Rust $version's library. On a machine with access run: rustup target add $wasm"
    command -v dpkg-deb >/dev/null || fail "dpkg-deb is needed to open $file (or run: rustup target add $wasm)"
    mkdir -p "$folder"
    curl -fsSL --retry 3 --connect-timeout 30 --speed-limit 1000 --speed-time 60 -o "$folder/$file" "http://deb.debian.org/debian/pool/main/r/rustc/$file" \
        || fail "cannot download $file from deb.debian.org; check the network and run this again"
    echo "$sum  $folder/$file" | sha256sum --check --quiet \
        || fail "$file is not the file that it should be (SHA-256); delete $folder and run this again"
    dpkg-deb --fsys-tarfile "$folder/$file" | tar -x -C "$folder" "./usr/src/rustc-$version/library"
    rm "$folder/$file"
}

say "The checking program as WebAssembly"
version=$(rustc --version | cut -d' ' -f2)
folder=$target/rust-src/$version
library=$folder/usr/src/rustc-$version/library
if ! have_std && [ ! -e "$library/Cargo.lock" ]; then
    echo "    asking rustup for $wasm"
    timeout 600 rustup target add $wasm >/dev/null 2>&1 || true
fi
build=(cargo build --locked --package verify-page --lib --profile web --target $wasm)
# So that the same source gives the same bytes in any folder.
flags="--remap-path-prefix=$PWD=/source --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
if have_std; then
    RUSTFLAGS="$flags" CARGO_TARGET_DIR=$target "${build[@]}"
else
    echo "    rustup has no $wasm here: building the standard library from source"
    fetch_source
    # Flags of the compiler's own build, which stable hides; nothing of ours is unstable.
    RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT=$library CARGO_TARGET_DIR=$target \
        RUSTFLAGS="$flags --remap-path-prefix=$library=/library" \
        "${build[@]}" -Zbuild-std=std,panic_abort
fi

say "The page"
python3 attestation/page/assemble.py --wasm "$target/$wasm/web/verify_page.wasm" --out "$out" "${arguments[@]}"
echo "    $out: $(find "$out" -type f | wc -l) files, $(du -sb "$out" | cut -f1) bytes, of which verify.wasm $(stat -c %s "$out/verify.wasm")"
