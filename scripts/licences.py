#!/usr/bin/env python3
"""The licences of what is in the kiosk's programs: of each crate name, version, licence and its texts.

A text that several crates bring is printed once, under all of them.

usage: licences.py TARGET > FILE    (TARGET: x86_64-unknown-linux-gnu, aarch64-unknown-linux-gnu)
"""

import json
import re
import subprocess
import sys
from pathlib import Path

# As scripts/dist.sh builds them.
PROGRAMS = (
    ["-p", "kiosk-app", "--no-default-features", "--features", "device"],
    ["-p", "attestation"],
    ["-p", "hal"],
)
TEXT = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)
RULE = "=" * 100


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    crates = linked(sys.argv[1])
    print(f"The programs kiosk, receipt and kiosk-wlt are made of these {len(crates)} crates.\n")
    found = texts(crates)
    with_text = {name for names in found.values() for name in names}
    for crate in crates:
        without = "" if named(crate) in with_text else f" (brings no text of it; by {', '.join(crate['authors']) or '?'})"
        print(f"{named(crate)}: {crate['license'] or crate['license_file']}{without}")
    for text, names in found.items():
        print(f"\n{RULE}\n{', '.join(names)}\n{RULE}\n\n{text}")


def linked(target):
    """The crates of others that are linked into the programs, as cargo describes them."""
    wanted = set()
    for program in PROGRAMS:
        tree = ["tree", "--locked", "-e", "normal", "--target", target, "--prefix", "none", "--format", "{p}", *program]
        # NAME vVERSION, and behind that a folder or what is special about the crate
        wanted |= {tuple(line.split()[:2]) for line in cargo(tree).splitlines()}
    described = json.loads(cargo(["metadata", "--locked", "--format-version", "1"]))["packages"]
    return sorted(
        (p for p in described if p["source"] and (p["name"], f"v{p['version']}") in wanted),
        key=lambda p: (p["name"], p["version"]),
    )


def cargo(arguments):
    return subprocess.run(["cargo", *arguments], check=True, capture_output=True, text=True).stdout


def texts(crates):
    """Each text, and the crates that bring it."""
    found = {}
    for crate in crates:
        folder = Path(crate["manifest_path"]).parent
        files = [f for f in sorted(folder.iterdir()) if TEXT.search(f.name)]
        files += [f for d in files if d.is_dir() for f in sorted(d.iterdir())]
        for file in (f for f in files if f.is_file() and f.suffix not in (".rs", ".toml")):
            text = file.read_text(encoding="utf-8", errors="replace").strip()
            names = found.setdefault(text, [])
            if named(crate) not in names:
                names.append(named(crate))
    return found


def named(crate):
    return f"{crate['name']} {crate['version']}"


if __name__ == "__main__":
    main()
