#!/usr/bin/env python3
"""How accurate the peers are, in one table: on the pairs of `face eval match --pairs`, or each image with every other.

Prints per stack: failure to acquire, area under the ROC, EER, FNMR at FMR 1e-2, 1e-3 and 1e-4. With
`--acquired FILE`, what `face eval match --all-pairs --json` printed, only those images are compared of
which it made a reference, so that both are counted on the same.

usage: accuracy.py --root DIR (--pairs CSV [--limit N] | --all-pairs [--acquired FILE]) [STACK...]
"""

import argparse
import csv
import json
import sys
from pathlib import Path

import cv2
import numpy as np
from stacks import STACKS

FMRS = (1e-2, 1e-3, 1e-4)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--pairs", type=Path)
    which.add_argument("--all-pairs", action="store_true")
    parser.add_argument("--limit", type=int, help="of a list every so many pairs only, about N in all")
    parser.add_argument("--acquired", type=Path, help="what `face eval match --all-pairs --json` printed")
    parser.add_argument("stacks", nargs="*", choices=[[], *STACKS], default=[])
    args = parser.parse_args()
    selection = Listed(args) if args.pairs else AllPairs(args)
    print(f"{selection}\n{'':42}{'FTA':>8}{'AUC':>10}{'EER':>8}" + "".join(f"{f:>8.0e}" for f in FMRS))
    for name in args.stacks or STACKS:
        row(STACKS[name](1), selection, args.root)


class Listed:
    """The pairs of a file with the columns `a,b,mated`."""

    def __init__(self, args):
        with open(args.pairs) as file:
            self.pairs = list(csv.DictReader(file))
        if args.limit:
            self.pairs = self.pairs[:: max(1, len(self.pairs) // args.limit)]
        self.names = sorted({pair[side] for pair in self.pairs for side in "ab"})

    def __str__(self):
        return f"{len(self.pairs)} pairs"

    def scores(self, stack, templates):
        """Similarities of mated and of non-mated pairs."""
        scores = ([], [])
        for pair in self.pairs:
            a, b = templates[pair["a"]], templates[pair["b"]]
            if a is not None and b is not None:
                scores[pair["mated"] != "1"].append(stack.similarities(a[None], b[None]).item())
        return np.array(scores[0]), np.array(scores[1])


class AllPairs:
    """Each image below the root, as reference with every other; those of a person lie in one folder."""

    def __init__(self, args):
        files = sorted(f for f in args.root.glob("*/*") if f.suffix.lower() in (".jpg", ".jpeg", ".png"))
        self.names = [str(f.relative_to(args.root)) for f in files]
        self.lost = set(json.loads(args.acquired.read_text())["not_enrolled"]) if args.acquired else set()

    def __str__(self):
        return f"{len(self.names)} images, {len(self.lost)} of them no references"

    def scores(self, stack, templates):
        """Similarities of mated and of non-mated pairs."""
        names = [name for name in self.names if templates[name] is not None]
        vectors = np.array([templates[name] for name in names])
        people = np.array([name.split("/")[0] for name in names])
        references = np.array([name not in self.lost for name in names])
        similarities = stack.similarities(vectors[references], vectors)
        same = people[references][:, None] == people
        itself = np.flatnonzero(references)[:, None] == np.arange(len(names))
        return similarities[same & ~itself], similarities[~same]


def row(stack, selection, root):
    templates = {}
    for number, name in enumerate(selection.names, 1):
        templates[name] = stack.template(cv2.imread(str(root / name)))
        print(f"\r{stack.name}: {number} of {len(selection.names)} images", end="", file=sys.stderr)
    print(file=sys.stderr)
    mated, others = map(np.sort, selection.scores(stack, templates))
    lost = sum(t is None for t in templates.values()) / len(templates)
    area = np.searchsorted(others, mated).mean() / len(others)
    fnmr = [np.mean(mated <= others[::-1][int(len(others) * fmr)]) for fmr in FMRS]
    values = "".join(f"{v:8.2%}" for v in [equal_error(mated, others), *fnmr])
    print(f"{stack.name:42}{lost:8.2%}{area:10.5f}{values}", flush=True)


def equal_error(mated, others):
    """The rate at the threshold at which as many mated pairs are refused as others are accepted."""
    refused = np.arange(len(mated)) / len(mated)
    accepted = 1 - np.searchsorted(others, mated) / len(others)
    at = int(np.argmax(refused >= accepted))
    return (refused[at] + accepted[at]) / 2


if __name__ == "__main__":
    main()
