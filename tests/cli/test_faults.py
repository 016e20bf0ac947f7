#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`faults` finds each planted bug that needs one, from its program with the faults taken out; what it leaves
out as alike finds nothing else; good drivers have none in any single fault of the seeds.

usage: test_faults.py BINARY"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAULT = re.compile(r" *\((?:fail|outcome): [^)]*\)")


def play(*args):
    begin = time.monotonic()
    result = subprocess.run([*map(str, args)], capture_output=True, text=True, check=False, timeout=60)
    return result, time.monotonic() - begin


def clean_programs(folder):
    """Each planted bug that needs a fault, with its program as it is and without the faults."""
    for path in sorted((ROOT / "corpus/regressions/planted").glob("*.prog")):
        text = path.read_text(encoding="utf-8")
        if FAULT.search(text):
            clean = folder / path.name
            clean.write_text(FAULT.sub("", text), encoding="utf-8")
            yield path, clean


def strictness(binary, title):
    """What makes a finding of a rule that is only counted."""
    rules = map(json.loads, play(binary, "list", "rules", "--json")[0].stdout.splitlines())
    severities = {rule["id"]: rule["severity"] for rule in rules}
    return [] if severities[title.split(": ")[1]] == "stop" else ["--strict"]


def planted_complaints(binary, folder):
    drivers = map(json.loads, play(binary, "list", "drivers", "--json")[0].stdout.splitlines())
    expected = {driver["name"]: driver["expected_title"] for driver in drivers}
    times = {}
    for path, clean in clean_programs(folder):
        strict = strictness(binary, expected[path.stem])
        result, _ = play(binary, "run", *strict, "--driver", path.stem, clean)
        if result.returncode != 0:
            yield f"{path.stem} finds something without faults: {result.stdout}"
        title = play(binary, "run", *strict, "--driver", path.stem, path)[0].stdout.partition("\n")[0]
        result, seconds = play(binary, "faults", *strict, "--driver", path.stem,
                               "--findings", folder / "found", clean)
        times[path.stem] = seconds
        print(f"{path.stem}: {seconds:.2f} s")
        if result.returncode != 1 or result.stdout.partition("\n")[0] != title or seconds > 2:
            yield f"{path.stem}: {title} not found, or not in 2 s: {result.stdout}{result.stderr}"
    slowest = max(times, key=times.get)
    print(f"the longest of {len(times)}: {slowest}, {times[slowest]:.2f} s")
    if len(times) < 20:
        yield f"only {len(times)} planted bugs need a fault"


def titles(binary, folder, driver, programs, *options):
    result, _ = play(binary, "faults", "--json", "--all", "--driver", driver, "--findings", folder / "found",
                     *options, programs)
    played = [json.loads(line) for line in result.stdout.splitlines()]
    return ({title for program in played for title in program["titles"]},
            sum(program["fault_runs"] for program in played))


def pruning_complaints(binary, folder):
    """Everything that is found without pruning is found with it, in fewer runs."""
    all_runs, pruned_runs = 0, 0
    for path, clean in clean_programs(folder):
        for programs, depth in ((clean, 2), (ROOT / "corpus/seeds/protocol", 1)):
            wanted, runs = titles(binary, folder, path.stem, programs, "--k", depth, "--no-prune")
            found, fewer = titles(binary, folder, path.stem, programs, "--k", depth)
            all_runs, pruned_runs = all_runs + runs, pruned_runs + fewer
            if found != wanted:
                yield f"{path.stem}, {programs}: pruned away: {wanted - found}, {found - wanted}"
    if not 0 < pruned_runs < all_runs:
        yield f"pruning leaves {pruned_runs} of {all_runs} runs"


def good_complaints(binary, folder):
    names = [json.loads(line) for line in play(binary, "list", "drivers", "--json")[0].stdout.splitlines()]
    for driver in names:
        if driver["expected_title"]:
            continue
        result, _ = play(binary, "faults", "--json", "--driver", driver["name"],
                         "--findings", folder / "none", ROOT / "corpus/seeds/protocol")
        played = [json.loads(line) for line in result.stdout.splitlines()]
        if result.returncode != 0 or any(program["sites_left_out"] for program in played):
            yield f"{driver['name']}: {[p for p in played if p['verdict'] != 'ok']}{result.stderr}"
        retried, failed = (sum(program[key] for program in played) for key in ("retries", "retries_failed"))
        if retried < 100 or failed:
            yield f"{driver['name']}: {failed} of {retried} retries failed"
        if sum(program["fault_runs"] for program in played) < 1000:
            yield f"{driver['name']}: too few faults were tried"


def main():
    with tempfile.TemporaryDirectory(prefix="poolproof-faults-") as folder:
        parts = (planted_complaints, pruning_complaints, good_complaints)
        complaints = [text for of in parts for text in of(sys.argv[1], pathlib.Path(folder))]
    print("\n".join(complaints) or "each planted fault is found, no good driver has one")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
