#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`run --coverage` and the status of `fuzz` tell of each entry of the driver how much of it ran, and of each
place where a call can fail whether it did.

usage: test_depth.py BINARY"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDS = ROOT / "corpus/seeds/protocol"
PLACES = ("places", "places_failed_once", "places_failed_for_good", "places_answered")


def play(*args):
    return subprocess.run([*map(str, args)], capture_output=True, text=True, check=False, timeout=120)


def entries_of(binary, *files):
    result = play(binary, "run", "--driver", "echo", "--json", "--coverage", *files)
    return json.loads(result.stdout.splitlines()[-1])


def places_of(binary, program, write):
    program.write_text("poolproof 1\na0 = adapter()\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n"
                       f"write(f0) {write}\n", encoding="utf-8")
    result = entries_of(binary, program)
    return [result[key] for key in PLACES]


def place_complaints(binary, folder):
    program = folder / "write.prog"
    there, *none = places_of(binary, program, "")
    if there < 5 or none != [0, 0, 0]:
        yield f"{there} places in a program without faults, {none}"
    for write, expected in (("(fail: nbl.allocate 1)", [1, 0, 0]), ("(fail: nbl.allocate 1..)", [0, 1, 0]),
                            ("(outcome: send = failure)", [0, 0, 1])):
        if (found := places_of(binary, program, write)[1:]) != expected:
            yield f"write {write}: {found}, not {expected}"
    text = play(binary, "run", "--driver", "echo", "--coverage", program).stdout
    never = r"^  never failed: nbl\.allocate in \w+ echo\.c:\d+, called by \w+$"
    if not re.search(r"call stack at it: \d+ reached, 0 failed once, 0 for good;\n"
                     r"outcomes: \d+ reached, 1 answered otherwise\n", text) or \
            not re.search(never, text, re.M) or \
            "never answered otherwise: send in" in text:
        yield f"places in words: {text}"
    result = play(binary, "fuzz", "--driver", "echo", "--runs", 3000, "--seed", 1, folder / "places", SEEDS)
    status = json.loads([line for line in result.stderr.splitlines() if line.startswith("status")][-1][7:])
    if not 0 < status["places_failed_for_good"] <= status["places"] or not status["places_answered"]:
        yield f"fuzz: {status}"


def complaints(binary, folder):
    yield from place_complaints(binary, folder)
    program = folder / "load.prog"
    program.write_text("poolproof 1\nload()\nunload()\n", encoding="utf-8")
    few = entries_of(binary, program)
    if set(few) != {"driver", "edges", "edges_reached", "entry", *PLACES} or few["driver"] != "echo":
        yield f"other keys: {few}"
    if set(few["entry"]) != {"DriverEntry", "DriverUnload"}:
        yield f"a program that loads and unloads calls {few['entry']}"
    program.write_text("poolproof 1\na0 = adapter()\nb0 = bind(a0)\nf0 = create(a0)\nwrite(f0)\n",
                       encoding="utf-8")
    refused = entries_of(binary, program)["entry"]["IRP_MJ_WRITE"]
    all_seeds = entries_of(binary, SEEDS)
    written = all_seeds["entry"]["IRP_MJ_WRITE"]
    if not refused[0] < refused[1] < written[1] or not refused[0] < written[0]:
        yield f"a write that is refused has {refused}, all seeds {written}"
    if not few["edges_reached"] < all_seeds["edges_reached"] <= all_seeds["edges"] == few["edges"]:
        yield f"edges: {few} and {all_seeds}"
    if any(not 0 < reached <= there for reached, there in all_seeds["entry"].values()):
        yield f"more is reached than is there: {all_seeds}"
    text = play(binary, "run", "--driver", "echo", "--coverage", program).stdout
    if not re.search(rf"^  IRP_MJ_WRITE +{refused[0]} of {refused[1]} ", text, re.M) or \
            "functions that never ran: " not in text or "EchoSendNetBufferListsComplete" not in text:
        yield f"in words: {text}"
    fuzz = play(binary, "fuzz", "--driver", "echo", "--runs", 2000, "--seed", 1, folder / "corpus", SEEDS)
    status = [line for line in fuzz.stderr.splitlines() if line.startswith("status")]
    if json.loads(status[-1][7:])["entry"]["IRP_MJ_WRITE"] < written:
        yield f"fuzz from the seeds: {status[-1]}"
    result = play(binary, "run", "--pool", "arena", "--coverage", program)
    if result.returncode != 2 or "is of drivers" not in result.stderr:
        yield f"of a pool: {result}"


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="poolproof-depth-") as folder:
        program = pathlib.Path(folder) / "empty.prog"
        program.write_text("poolproof 1\n", encoding="utf-8")
        result = play(binary, "run", "--coverage", program)
        if result.returncode == 2:
            print(f"skipped: {result.stderr}")
            return 0 if "does not count edges" in result.stderr else 1
        found = list(complaints(binary, pathlib.Path(folder)))
    print("\n".join(found) or "each entry has its depth")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
