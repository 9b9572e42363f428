#!/usr/bin/env python3
"""One peer, timed frame by frame for `face bench --peer NAME`.

Reads frame numbers, one per line; answers each with one line of JSON: what verifying that frame
against the reference took (CPU and wall, milliseconds) and the similarity.

usage: peer.py opencv|dlib|insightface --reference PHOTO [--threads N] FRAME...
"""

import argparse
import json
import os
import sys
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stack", choices=["opencv", "dlib", "insightface"])
    parser.add_argument("--reference", required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("frames", nargs="+")
    args = parser.parse_args()

    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(args.threads)  # before the libraries are loaded
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what the packages print goes to standard error
    import cv2
    from stacks import STACKS

    stack = STACKS[args.stack](args.threads)
    cv2.setNumThreads(args.threads)
    reference = stack.template(cv2.imread(args.reference))
    if reference is None:
        sys.exit(f"{args.stack}: no face in {args.reference}")
    frames = [cv2.imread(path) for path in args.frames]
    print(json.dumps({"stack": stack.name}), file=out)
    for line in sys.stdin:
        print(json.dumps(verify(stack, reference, frames[int(line)])), file=out)


def verify(stack, reference, frame):
    cpu, wall = time.process_time(), time.perf_counter()
    template = stack.template(frame)
    similarity = None if template is None else stack.similarities(reference[None], template[None]).item()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"cpu_ms": cpu * 1e3, "wall_ms": wall * 1e3, "similarity": similarity}


if __name__ == "__main__":
    main()
