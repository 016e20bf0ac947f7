#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`run --coverage` and the status of `fuzz` tell of each entry of the driver how much of it ran.

usage: test_depth.py BINARY"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDS = ROOT / "corpus/seeds/protocol"


def play(*args):
    return subprocess.run([*map(str, args)], capture_output=True, text=True, check=False, timeout=120)


def entries_of(binary, *files):
    result = play(binary, "run", "--driver", "echo", "--json", "--coverage", *files)
    return json.loads(result.stdout.splitlines()[-1])


def complaints(binary, folder):
    program = folder / "load.prog"
    program.write_text("poolproof 1\nload()\nunload()\n", encoding="utf-8")
    few = entries_of(binary, program)
    if set(few) != {"driver", "edges", "edges_reached", "entry"} or few["driver"] != "echo":
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
