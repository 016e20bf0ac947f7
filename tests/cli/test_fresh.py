#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A program does the same in a process of its own as behind others: what fuzzing finds is found again.

usage: test_fresh.py BINARY"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDS = sorted((ROOT / "corpus/seeds/protocol").glob("*.prog"))


def digests(binary, driver, programs):
    result = subprocess.run([binary, "run", "--json", "--driver", driver, *map(str, programs)],
                            capture_output=True, text=True, check=False, timeout=120)
    return [json.loads(line)["digest"] for line in result.stdout.splitlines()]


def complaints(binary):
    listed = subprocess.run([binary, "list", "drivers", "--json"], capture_output=True, text=True, check=True)
    rows = map(json.loads, listed.stdout.splitlines())
    drivers = [row["name"] for row in rows if not row["expected_title"]]
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for driver in drivers:
            behind_others = digests(binary, driver, reversed(SEEDS))[::-1]
            alone = pool.map(lambda seed: digests(binary, driver, [seed]), SEEDS)
            for seed, first, later in zip(SEEDS, alone, behind_others, strict=True):
                if first != [later]:
                    yield f"{driver} {seed.stem}: {first} alone, {later} behind others"


found = list(complaints(sys.argv[1]))
print("\n".join(found) or "the same alone and behind others")
sys.exit(1 if found else 0)
