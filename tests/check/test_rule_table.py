#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""No rule without its proof: each rule of src/check/rule.def has a case in a table of tests/check, with a
driver that must be caught and one that must not, and each title of the rules' code is expected by a case."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULE = re.compile(r'^RULE\((\w+), "([A-Z-]+)", (STOP|COUNT_ONLY),', re.M)
CASE = re.compile(r'\{\.rule = "([A-Z-]+)",(.*?)\n?\}[,;]?\n(?=    (?:\{\.rule|//)|\n|\};)', re.S)


def cases():
    for path in sorted((ROOT / "tests/check").glob("test_*.c")):
        for rule, body in CASE.findall(path.read_text()):
            yield path.name, rule, body


def complaints():
    rules = {rule: severity for _, rule, severity in RULE.findall((ROOT / "src/check/rule.def").read_text())}
    if len(rules) < 40:
        yield f"only {len(rules)} rules found in rule.def: this script reads it wrongly"
    seen = set()
    for name, rule, body in cases():
        where = f"{name}: {rule}"
        if rule not in rules:
            yield f"{where}: there is no such rule"
        elif ".catches" not in body or ".silent" not in body:
            yield f"{where}: a case needs .catches and .silent"
        elif rules[rule] == "STOP" and f'"poolproof: {rule}: ' not in body:
            yield f"{where}: a case needs the title that it expects"
        elif rules[rule] == "COUNT_ONLY" and not re.search(r"\.advice_count = [1-9]", body):
            yield f"{where}: a case of a rule that only counts needs .advice_count"
        else:
            seen.add(rule)
    for rule in rules:
        if rule not in seen:
            yield f"{rule}: no case in tests/check/test_*.c catches it and shows its silent neighbour"


found = list(complaints())
print("\n".join(found) or "every rule has its cases")
sys.exit(1 if found else 0)
