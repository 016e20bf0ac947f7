#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Stands in for poolproof where a test wants what poolproof never does: to die, to hang, to say one thing
now and another then. An input is text; the first word of its last line says what is to happen."""
import json
import os
import pathlib
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent  # a copy in a folder of the test's own
LISTS = {
    "drivers": [{"name": name, "is_default": name == "left"} for name in ("left", "right")],
    "pools": [{"name": "arena", "is_default": True}],
    "rules": [{"id": rule, "severity": severity, "statement": "a < b & c", "source": source, "symptom": ""}
              for rule, severity, source in (("RULE-A", "stop", "D:ndis/nf-a.md"), ("RULE-B", "count", "-"))]}


def count(what):
    """How often this was called, of all processes together."""
    with open(HERE / what, "a", encoding="utf-8") as counted:
        counted.write("1\n")
    return os.path.getsize(HERE / what) // len("1\n")


def judge(path):
    """Rule and title of an input, None if it is clean."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    what, _, rest = (text.strip().splitlines() or [""])[-1].partition(" ")
    if what == "abort":
        print(f"SUMMARY: AddressSanitizer: heap-use-after-free a/{rest}.c:3:4 in {rest}", file=sys.stderr)
        os.abort()
    if what == "segv":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "hang":
        time.sleep(60)
    if what == "slow":
        time.sleep(0.2)
    if what == "refuse":
        print(f"error: {path}:1:11: {rest}", file=sys.stderr)
    is_needed_there = "write(f0)" not in text or "(fail: nbl.allocate 1)" in text
    is_found = is_needed_there and (what in ("a", "b") or (what == "flaky" and count("flips") % 2))
    return what == "refuse", (f"RULE-{'B' if what == 'b' else 'A'}", rest) if is_found else None


def run(words):
    refused, found = judge(words[-1])
    title = f"poolproof: {found[0]}: {found[1]} in Write" if found else None
    if "--json" in words:
        count("plays")
        verdict = "error" if refused else "finding" if found else "ok"
        print(json.dumps({"verdict": verdict, "title": title, "rule": found[0] if found else None, "ops": 3}))
    elif found:
        print(f"{title}\n\n  found    by op 2\n      Write x.c:5\n      Main x.c:9\n      Caller x.c:1\n"
              f"      Last x.c:2\n  made\n      Other x.c:6\n\nprogram:\n")
    return 2 if refused else 1 if found else 0


def main():
    verb, *words = sys.argv[1:]
    if verb == "--version":
        print("poolproof 0, program format 1")
    elif verb == "list":
        print(*map(json.dumps, LISTS[words[0]]), sep="\n")
    elif verb == "show":
        print("poolproof 1\nwrite(f0)      (fail: nbl.allocate 1) (outcome: send = failure) (at: 1 -> 0)")
        print(pathlib.Path(words[-1]).read_text(encoding="utf-8").strip())
    elif verb == "run":
        return run(words)
    return 0


if __name__ == "__main__":
    sys.exit(main())
