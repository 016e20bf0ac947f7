#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No good driver breaks a rule in any fault, or any two of them, that the seeds can have, and whatever call
stack can be refused something is, once and for good. Each driver gets a certificate that says so; one is
verified.

usage: test_pairs.py BINARY"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERIFIED = "echo"


def play(*args):
    begin = time.monotonic()
    result = subprocess.run([*map(str, args)], cwd=ROOT, capture_output=True, text=True, check=False,
                            timeout=300)
    return result, time.monotonic() - begin


def driver_complaints(binary, name, folder):
    path = folder / f"{name}.json"
    result, seconds = play(binary, "faults", "--driver", name, "--k", 2, "--jobs", 2, "--findings",
                           folder / "found", "--certificate", path, "corpus/seeds/protocol")
    if result.returncode != 0:
        yield f"{name}: {result.stdout[:2000]}{result.stderr}"
        return
    coverage = re.search(r"call stack at it: (\d+) reached, (\d+) failed once, (\d+) for good;\n"
                         r"outcomes: (\d+) reached, (\d+) answered otherwise\n", result.stdout)
    if not coverage or len(set(coverage.groups()[:3])) != 1 or coverage[4] != coverage[5]:
        yield f"{name}: not all that can fail did: {coverage and coverage[0]}"
    certificate = json.loads(path.read_text(encoding="utf-8"))
    programs = certificate["programs"]
    left_out = [it["file"] for it in programs if it["sites_left_out"]]
    dead = [it["file"] for it in programs if it["faults_dead"]]
    if left_out or dead or not certificate["complete"]:
        yield f"{name}: left out: {left_out}, dead: {dead}, complete: {certificate['complete']}"
    print(f"{name}: {sum(it['fault_runs'] for it in programs)} runs with one or two faults of "
          f"{len(programs)} programs in {seconds:.1f} s")


def verify_complaints(binary, folder):
    result, seconds = play(binary, "faults", "--jobs", 2, "--verify", folder / f"{VERIFIED}.json")
    if result.returncode != 0:
        yield f"not verified: {result}"
    print(f"{VERIFIED}: verified in {seconds:.1f} s")


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    drivers = map(json.loads, play(binary, "list", "drivers", "--json")[0].stdout.splitlines())
    good = [driver["name"] for driver in drivers if not driver["expected_title"]]
    with tempfile.TemporaryDirectory(prefix="poolproof-pairs-") as folder:
        complaints = [text for name in good for text in driver_complaints(binary, name, pathlib.Path(folder))]
        complaints += verify_complaints(binary, pathlib.Path(folder))
    print("\n".join(complaints) or "no good driver has a finding in any pair of faults")
    return 1 if complaints or VERIFIED not in good else 0


if __name__ == "__main__":
    sys.exit(main())
