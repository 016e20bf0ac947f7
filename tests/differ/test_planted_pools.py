#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each pool of pools/planted has a program in corpus/regressions/pool that finds its bug, with the title in
its header, and finds nothing in the pools that are right."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def play(binary, pool, program):
    command = [binary, "run", "--pool", pool, program]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def place(title):
    """The op in which the difference shows: which of several is seen first depends on the build's guard."""
    return title.rpartition(" of ")[2]


def complaints(binary):
    pools = sorted((ROOT / "pools/planted").glob("*.c"))
    if len(pools) < 20:
        yield f"only {len(pools)} planted pools"
    for path in pools:
        title = re.search(r"^// Expected title: (poolproof: .*)$", path.read_text(encoding="utf-8"), re.M)
        program = ROOT / "corpus/regressions/pool" / f"{path.stem}.prog"
        if title is None or not program.exists():
            yield f"{path.stem}: no expected title, or no program"
            continue
        result = play(binary, path.stem, program)
        told = re.search(r"^poolproof: POOL-DIFFERS: .*$", result.stdout, re.M)
        if result.returncode != 1 or told is None or place(told[0]) != place(title[1]):
            yield f"{path.stem}: exit status {result.returncode}, {result.stdout}{result.stderr}"
        for right in ("arena", "naive"):
            result = play(binary, right, program)
            if result.returncode != 0:
                yield f"{path.stem} on {right}: {result.stdout}{result.stderr}"


found = list(complaints(sys.argv[1]))
print("\n".join(found) or "every planted pool is found")
sys.exit(1 if found else 0)
