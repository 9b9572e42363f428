#!/usr/bin/env python3
"""Puts the verification page together: copies site/, adds the WebAssembly and the operator's files,
writes each file's digest to where the browser checks it, and lists all in SHA256SUMS.
Called by build.sh. Needs only Python's standard library."""

import argparse
import base64
import hashlib
import json
import re
import shutil
import sys
import tomllib
from pathlib import Path

SITE = Path(__file__).parent / "site"
MODULES = ["words.js", "words-zh.js", "words-en.js", "engine.js", "dom.js", "times.js", "trust.js", "picture.js", "camera.js", "result.js"]
PLAIN = ["style.css", "app.js", "icon.svg", "manifest.webmanifest", *MODULES]
MAX_KEY_BYTES = 4096


def main() -> None:
    options = arguments()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    for name in PLAIN:
        shutil.copyfile(SITE / name, out / name)
    shutil.copyfile(options.wasm, out / "verify.wasm")
    (out / "config.json").write_text(json.dumps(config(options), ensure_ascii=False, indent=1) + "\n")
    (out / "trust.list").unlink(missing_ok=True)
    if options.trust:
        shutil.copyfile(options.trust, out / "trust.list")
    for path in options.status:
        shutil.copyfile(path, out / path.name)
    write_index(out)
    lists = (["trust.list"] if options.trust else []) + [path.name for path in options.status]
    write_worker(out, lists)
    write_sums(out, lists)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wasm", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--operator", type=Path, help="the operator's public key, operator.pub")
    parser.add_argument("--trust", type=Path, help="the operator's trust list; replace the published file when there is a newer one")
    parser.add_argument("--status", type=Path, action="append", default=[], help="the operator's status list for a kiosk; may be repeated; replace it as the trust list")
    parser.add_argument("--name-zh", help="the operator's name in Chinese")
    parser.add_argument("--name-en", help="the operator's name in English")
    parser.add_argument("--services", type=Path, help="a folder with the kiosks' services (TOML), for their names")
    parser.add_argument("--require-fresh", action="store_true", help="refuse to check with a trust list past its next update")
    return parser.parse_args()


def config(options: argparse.Namespace) -> dict:
    operator = None
    if options.operator:
        operator = {"key": public_key(options.operator), "name": None}
        if options.name_zh or options.name_en:
            zh, en = options.name_zh or options.name_en, options.name_en or options.name_zh
            operator["name"] = {"zh": zh, "en": en}
    elif options.trust or options.status:
        sys.exit("build.sh: --trust and --status need --operator: a list belongs to an operator's key")
    taken = {"index.html", "config.json", "verify.wasm", "sw.js", "SHA256SUMS", "trust.list", *PLAIN}
    for path in options.status:
        if path.name in taken or not re.fullmatch(r"[A-Za-z0-9._-]+", path.name):
            sys.exit(f"build.sh: {path.name} cannot be the name of a status list here; rename the file")
        taken.add(path.name)
    if options.require_fresh and not options.trust:
        sys.exit("build.sh: --require-fresh needs --trust")
    return {
        "operator": operator,
        "trust": options.trust is not None,
        "statuses": [path.name for path in options.status],
        "require_fresh": options.require_fresh,
        "services": services(options.services) if options.services else {},
    }


def public_key(path: Path) -> str:
    text = path.read_text()
    # The secret half lies beside it in an operator's folder, and must never be published.
    if "PRIVATE" in text or len(text) > MAX_KEY_BYTES:
        sys.exit(f"build.sh: {path} is not a public key; give operator.pub, never operator.key")
    return text.strip()


def services(folder: Path) -> dict:
    names = {}
    for path in sorted(folder.glob("*.toml")):
        service = tomllib.loads(path.read_text())
        names[service["id"]] = {tongue: words["name"] for tongue, words in service["text"].items()}
    return names


def write_index(out: Path) -> None:
    page = (SITE / "index.html").read_text()
    links = [f'<link rel="modulepreload" href="{name}" {integrity(out / name)}>' for name in MODULES]
    page = page.replace("{{modules}}", "\n".join(links))
    for name in ("style.css", "app.js", "verify.wasm"):
        page = page.replace("{{integrity " + name + "}}", integrity(out / name))
    (out / "index.html").write_text(page)


def write_worker(out: Path, lists: list[str]) -> None:
    names = ["index.html", "config.json", "verify.wasm", *PLAIN]
    files = {name: f"sha256-{digest(out / name)}" for name in names}
    listed = json.dumps(files, indent=2)
    build = hashlib.sha256(listed.encode()).hexdigest()[:16]
    worker = (SITE / "sw.js").read_text().replace("{{build}}", build).replace("{{files}}", listed).replace("{{lists}}", json.dumps(lists))
    (out / "sw.js").write_text(worker)


def write_sums(out: Path, lists: list[str]) -> None:
    # Lists change without a new build.
    names = sorted(path.name for path in out.iterdir() if path.name not in ("SHA256SUMS", *lists))
    sums = [f"{hashlib.sha256((out / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (out / "SHA256SUMS").write_text("".join(sums))


def integrity(path: Path) -> str:
    return f'integrity="sha256-{digest(path)}" crossorigin="anonymous"'


def digest(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


if __name__ == "__main__":
    main()
