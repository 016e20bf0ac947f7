# SPDX-License-Identifier: MIT
"""What of poolproof's own tables the tests and the corpus come to: rules, fault points, ops, and steps of a
binding. Builds for coverage count them (src/base/exercise.h). How often a rule was judged and found in
order is read off the source: the code that reports it has a count, and so has what is around it."""
import collections
import json
import os
import re
import subprocess

from covered.sources import BUILD, PRESETS, ROOT, NoReport, text_of

ORIGINS = {name: BUILD / f"coverage/exercised-{name}.txt" for name in ("tests", "corpus")}
KINDS = {"rules": ("caught", "in order"), "fault points": ("once", "for good"), "outcomes": ("given",),
         "ops": ("played",), "steps of a binding": ("taken",)}
WHAT = re.compile(r"^    PP_EXERCISE_(\w+),", re.MULTILINE)
STATUS = re.compile(r'^STATUS\(\w+, "(\w+)"', re.MULTILINE)
NAME = re.compile(r"^    PP_(BINDING|STEP)_(\w+),?$", re.MULTILINE)
STATE = re.compile(r"\[PP_BINDING_(\w+)\] =\s*\{(.*?)\}", re.DOTALL)
STEP = re.compile(r"\[PP_STEP_(\w+)\] = TO\((\w+)\)")
SITE = re.compile(r"\bPP_RULE_(\w+)")
REPORTS = re.compile(r"\b(?:pp_)?report\w*\s*\([^;{}]*$")


def listed(what):
    """A table, in its order. That it is printed is not measured."""
    result = subprocess.run([BUILD / PRESETS[1] / "poolproof", "list", what, "--json"], cwd=ROOT, check=False,
                            capture_output=True, text=True,
                            env=os.environ | {"LLVM_PROFILE_FILE": os.devnull})
    if result.returncode != 0:
        raise NoReport(f"poolproof list {what} failed:\n{result.stderr}")
    return [json.loads(line) for line in result.stdout.splitlines()]


# === Counted ===

def read_counts(text, kinds):
    """By kind and two numbers, as pp_exercise_note gets them."""
    counts = collections.Counter()
    for line in text.splitlines():
        kind, first, second, count = map(int, line.split())
        counts[kinds[kind], first, second] += count
    return counts


def steps():
    """Of the table in src/ndis/state.c: numbers and names of state and step, and the next state."""
    names = collections.defaultdict(list)
    for kind, name in NAME.findall(text_of("src/ndis/state.h")):
        names[kind].append(name)
    for state, row in STATE.findall(text_of("src/ndis/state.c")):
        for step, after in STEP.findall(row):
            yield (names["BINDING"].index(state), names["STEP"].index(step)), (state, step, after)


# === Judged ===

def around(source, line, column):
    """How often what is around a place ran and the place did not; None if nothing is around it."""
    count = None
    for regions in source.regions:
        inside = [region for region in regions if tuple(region[:2]) <= (line, column) <= tuple(region[2:4])]
        inside.sort(key=lambda region: (region[0], region[1], -region[2], -region[3]))
        if len(inside) > 1:
            count = (count or 0) + max(0, inside[-2][4] - inside[-1][4])
    return count


def rule_sites(text):
    """Name of the rule, line and column of each call that reports one."""
    for match in SITE.finditer(text):
        if REPORTS.search(text, max(0, match.start() - 400), match.start()):
            begin = text.rfind("\n", 0, match.start())
            yield match[1].replace("_", "-"), text.count("\n", 0, match.start()) + 1, match.start() - begin


def judged(sources):
    """By rule, how often it was found in order; without those of which the source does not tell."""
    counts = {}
    for name, source in sources.items():
        for rule, line, column in rule_sites(text_of(name)) if name.startswith("src/") else ():
            count = around(source, line, column)
            if count is not None:
                counts[rule] = counts.get(rule, 0) + count
    return counts


# === Both ===

def words(name):
    return name.lower().replace("_", " ")


class Exercised:
    """Rows to show. What was counted has a pair: in tests, in the corpus."""

    def __init__(self, sources):
        kinds = WHAT.findall(text_of("src/base/exercise.h"))
        counts = [read_counts(path.read_text(encoding="utf-8") if path.exists() else "", kinds)
                  for path in ORIGINS.values()]

        def pair(kind, first, second=0):
            return [some[kind, first, second] for some in counts]
        in_order = judged(sources)
        self.rules = [{"id": rule["id"], "severity": rule["severity"], "caught": pair("RULE", number),
                       "in_order": in_order.get(rule["id"])} for number, rule in enumerate(listed("rules"))]
        points = listed("points")
        # The last one, "any", is no place of its own: what it makes fail is another.
        fails = [point["name"] for point in points if point["kind"] == "fail" and point["name"] != "any"]
        self.points = [{"name": name, "once": pair("FAIL", number), "for_good": pair("FAIL_ALWAYS", number)}
                       for number, name in enumerate(fails)]
        statuses = STATUS.findall(text_of("include/poolproof/status.def"))
        self.answers = [{"point": point["name"], "status": status,
                         "given": pair("ANSWER", number, statuses.index(status))}
                        for number, point in enumerate(point for point in points if point["kind"] != "fail")
                        for status in point["statuses"]]
        self.ops = []
        for number, (language, ops) in enumerate(self.by_language(listed("ops"))):
            self.ops += [{"language": language, "word": op["word"], "played": pair("OP", number, kind)}
                         for kind, op in enumerate(ops)]
        self.steps = [{"state": words(state), "step": words(step), "after": words(after),
                       "taken": pair("STEP", *numbers)} for numbers, (state, step, after) in steps()]

    @staticmethod
    def by_language(ops):
        languages = {}
        for op in ops:
            languages.setdefault(op["language"], []).append(op)
        return languages.items()

    def summary(self):
        """By name and kind: how many there are of how many."""
        def some(rows, key):
            return sum(bool(sum(row[key])) for row in rows), len(rows)
        known = [rule["in_order"] for rule in self.rules if rule["in_order"] is not None]
        pairs = ((some(self.rules, "caught"), (sum(map(bool, known)), len(known))),
                 (some(self.points, "once"), some(self.points, "for_good")),
                 (some(self.answers, "given"),), (some(self.ops, "played"),), (some(self.steps, "taken"),))
        return {name: dict(zip(kinds, row)) for (name, kinds), row in zip(KINDS.items(), pairs)}
