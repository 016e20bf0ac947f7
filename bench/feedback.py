#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What it is worth that an engine keeps programs for new ways in which calls fail: the same number of runs
with it and for code alone, from no seeds, so many times each; and how often the one is ahead of the other."""
import argparse
import concurrent.futures
import json
import os
import statistics
import subprocess
import tempfile

MEASURES = {"edges": ("edges_reached",),
            "answers": ("places_failed_once", "places_failed_for_good", "places_answered")}


def trial(binary, driver, runs, seed, feedback):
    with tempfile.TemporaryDirectory(prefix="poolproof-feedback-") as folder:
        command = [binary, "fuzz", "--driver", driver, "--runs", str(runs), "--seed", str(seed),
                   "--feedback", feedback, "--findings", f"{folder}/findings", f"{folder}/corpus"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    last = [line for line in done.stderr.splitlines() if line.startswith("status ")][-1]
    status = json.loads(last.removeprefix("status "))
    return {name: sum(status[key] for key in keys) for name, keys in MEASURES.items()}


def effect_size(ours, theirs):
    """Vargha and Delaney's A: how probable it is that ours is ahead of theirs; 0.5 is no effect."""
    ahead = sum(1 if our > their else 0.5 if our == their else 0 for our in ours for their in theirs)
    return ahead / (len(ours) * len(theirs))


def main():
    parser = argparse.ArgumentParser(prog="bench/feedback.py", description=__doc__)
    parser.add_argument("binary", nargs="?", default="build/asan/poolproof")
    parser.add_argument("--drivers", nargs="+", default=["echo", "relay", "tap", "twin"], metavar="NAME")
    parser.add_argument("--runs", type=int, default=20000)
    parser.add_argument("--trials", type=int, default=20)
    options = parser.parse_args()
    print(f"{options.runs} runs, {options.trials} times each; medians, for code alone and with faults\n")
    print(f"{'driver':12} {'measure':10} {'code':>8} {'faults':>8} {'ratio':>7} {'effect':>7}")
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for driver in options.drivers:
            found = {feedback: [pool.submit(trial, options.binary, driver, options.runs, seed, feedback)
                                for seed in range(1, options.trials + 1)] for feedback in ("code", "faults")}
            for name in MEASURES:
                code, faults = ([job.result()[name] for job in found[feedback]]
                                for feedback in ("code", "faults"))
                middle = statistics.median(code), statistics.median(faults)
                print(f"{driver:12} {name:10} {middle[0]:8.0f} {middle[1]:8.0f} {middle[1] / middle[0]:7.2f} "
                      f"{effect_size(faults, code):7.2f}", flush=True)


if __name__ == "__main__":
    main()
