#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The injector is alive, and who finds nothing has looked: a fault point that is dead is noticed, whether
nobody asks it or nobody minds its answer; a fault that never came is told; and a driver that goes wrong in
about one run in a hundred is found, kept, played again and listed by scripts/triage.

usage: test_alive.py BINARY"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import test_faults

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDS = ROOT / "corpus/seeds/protocol"
DEAD_POINT = "nb.allocate"  # see planted/dead_injector.c
# Points and outcomes that the good drivers have no use for; others test these.
UNUSED = {"context.allocate", "mdl.allocate", "fragment.allocate", "reassemble.allocate", "object.allocate",
          "lookaside.create", "timer.allocate", "work.queue", "thread.create", "key.open", "value.read",
          "value.write", "configuration.open", "callback.create", "event.create", "rw_lock.allocate",
          "irp.allocate", "any", "options", "unbind_adapter", "reenumerate", "cancel", "context"}


def play(*args, dead=None):
    environment = os.environ | ({"DEAD": dead} if dead else {})
    return subprocess.run([*map(str, args)], capture_output=True, text=True, check=False, timeout=200,
                          env=environment)


def lines(*args, dead=None):
    return [json.loads(line) for line in play(*args, dead=dead).stdout.splitlines()]


def silent_points(binary, folder, dead=None):
    """Those that were to be made to fail in some run of a good driver, and were not."""
    names = [it["name"] for it in lines(binary, "list", "drivers", "--json") if not it["expected_title"]]
    failed, dead_count = set(), 0
    for name in names:
        for it in lines(binary, "faults", "--json", "--driver", name, "--findings", folder / "none", SEEDS,
                        dead=dead):
            dead_count += it["faults_dead"]
            failed |= {name for name, point in it["point"].items() if point["failed_once"]}
            failed |= {name for name, outcome in it["outcome"].items() if outcome["answered"]}
    all_points = {it["name"] for it in lines(binary, "list", "points", "--json")}
    return all_points - failed - UNUSED, dead_count


def unfound_bugs(binary, folder, dead=None):
    """Planted bugs that need this point to fail, and are not found when it does."""
    for path in sorted((ROOT / "corpus/regressions/planted").glob("*.prog")):
        text = path.read_text(encoding="utf-8")
        if re.search(rf"\(fail: {re.escape(DEAD_POINT)} ", text):
            clean = folder / path.name
            clean.write_text(test_faults.FAULT.sub("", text), encoding="utf-8")
            if play(binary, "faults", "--driver", path.stem, "--findings", folder / "found", clean,
                    dead=dead).returncode != 1:
                yield path.stem


def injector_complaints(binary, folder):
    planted = binary.parent / "tests/poolproof_dead"
    silent, dead_count = silent_points(binary, folder)
    if silent or dead_count or list(unfound_bugs(binary, folder)):
        yield f"dead: {silent}, {dead_count}, {list(unfound_bugs(binary, folder))}"
    if silent_points(planted, folder)[0]:
        yield "what is planted is dead without being told to"
    silent, _ = silent_points(planted, folder, dead="unasked")
    if silent != {DEAD_POINT}:
        yield f"a point that nobody asks is not noticed: {silent}"
    if "nbl_leaked_on_failure" not in list(unfound_bugs(planted, folder, dead="unheard")):
        yield "a point that nobody minds is not noticed"


def never_complaints(binary, folder):
    program = folder / "never.prog"
    program.write_text("poolproof 1\na0 = adapter()\nb0 = bind(a0) (fail: nbl_pool.allocate 7)\n",
                       encoding="utf-8")
    if "   1 of 1 faults never came\n" not in play(binary, "run", program).stdout:
        yield "a fault that never came is not told"
    program.write_text(program.read_text(encoding="utf-8").replace("allocate 7", "allocate 1"),
                       encoding="utf-8")
    if "never came" in play(binary, "run", program).stdout:
        yield "a fault that came is told as if it had not"


def canary_complaints(binary, folder):
    canary = binary.parent / "tests/poolproof_canary"
    kept = folder / "canary"
    status = play(canary, "fuzz", "--runs", 20000, "--seed", 1, "--findings", kept, folder / "corpus", SEEDS)
    if "this build has no libFuzzer" in status.stderr:
        print("skipped: the canary, for there is no libFuzzer")
        return
    last = [line for line in status.stderr.splitlines() if line.startswith("status ")][-1]
    last = json.loads(last.removeprefix("status "))
    titles = re.findall(r"^poolproof: .*$", status.stdout, re.M)
    if status.returncode != 1 or not titles or not 20 <= last["runs"] / last["finding_runs"] <= 500:
        yield f"the canary is not heard: {status.stdout}{last}"
        return
    print(f"the canary: {last['finding_runs']} of {last['runs']} runs")
    for program in kept.glob("*/program.prog"):
        result = play(canary, "run", program)
        if result.returncode != 1 or result.stdout.partition("\n")[0] not in titles:
            yield f"{program} does not play again: {result}"
    result = play(ROOT / "scripts/triage", "--driver", "canary", "--binary", canary, "--output",
                  folder / "triage", kept)
    if result.returncode != 1 or any(title.removeprefix("poolproof: ") not in result.stdout
                                     for title in titles):
        yield f"triage does not list {titles}: {result}"


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="poolproof-alive-") as folder:
        complaints = [text for part in (injector_complaints, never_complaints, canary_complaints)
                      for text in part(binary, pathlib.Path(folder))]
    print("\n".join(complaints) or "dead points and the canary are noticed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
