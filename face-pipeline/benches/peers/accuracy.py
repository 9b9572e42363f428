#!/usr/bin/env python3
"""How accurate the peers are on a list of pairs: one table, the same pairs as `face eval match --pairs`.

Prints per stack: failure to acquire, area under the ROC, EER, FNMR at FMR 1e-2 and 1e-3.

usage: accuracy.py --root DIR --pairs CSV [--limit N] [STACK...]
"""

import argparse
import csv
import sys
from pathlib import Path

import cv2
import numpy as np
from stacks import STACKS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="every so many pairs only, about N in all")
    parser.add_argument("stacks", nargs="*", choices=[[], *STACKS], default=[])
    args = parser.parse_args()
    with open(args.pairs) as file:
        pairs = list(csv.DictReader(file))
    if args.limit:
        pairs = pairs[:: max(1, len(pairs) // args.limit)]
    print(f"{len(pairs)} pairs\n{'':42}{'FTA':>8}{'AUC':>10}{'EER':>8}{'1e-2':>8}{'1e-3':>8}")
    for name in args.stacks or STACKS:
        row(STACKS[name](1), pairs, args.root)


def row(stack, pairs, root):
    templates = {}
    names = sorted({pair[side] for pair in pairs for side in "ab"})
    for number, name in enumerate(names, 1):
        templates[name] = stack.template(cv2.imread(str(root / name)))
        print(f"\r{stack.name}: {number} of {len(names)} images", end="", file=sys.stderr)
    print(file=sys.stderr)
    scores, mated = [], []
    for pair in pairs:
        a, b = templates[pair["a"]], templates[pair["b"]]
        if a is not None and b is not None:
            scores.append(float(a @ b))
            mated.append(pair["mated"] == "1")
    scores, mated = np.array(scores), np.array(mated)
    positive, negative = scores[mated], np.sort(scores[~mated])[::-1]
    lost = sum(t is None for t in templates.values()) / len(templates)
    below = np.searchsorted(negative[::-1], positive).mean() / len(negative)
    fnmr = [np.mean(positive <= negative[int(len(negative) * fmr)]) for fmr in (1e-2, 1e-3)]
    values = "".join(f"{v:8.2%}" for v in [equal_error(positive, negative), *fnmr])
    print(f"{stack.name:42}{lost:8.2%}{below:10.5f}{values}", flush=True)


def equal_error(positive, negative):
    thresholds = np.sort(positive)
    refused = np.arange(len(thresholds)) / len(thresholds)
    accepted = np.array([np.mean(negative >= t) for t in thresholds])
    at = int(np.argmax(refused >= accepted))
    return (refused[at] + accepted[at]) / 2


if __name__ == "__main__":
    main()
