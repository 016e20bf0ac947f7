# SPDX-License-Identifier: MIT
"""scripts/coverage-thresholds.txt: what must be reached whole, and what may not fall."""
import re

from covered import exercised
from covered.sources import KINDS, ROOT, below, gaps, percent, text_of

FILE = ROOT / "scripts/coverage-thresholds.txt"
FLOOR = re.compile(r"\s*(\S.*?)\s+(\d+(?:\.\d)?)\s*")


class BadLine(Exception):
    """In words, with the place."""


class Thresholds:
    """The paths that must be reached whole, the exceptions (file, piece of a line, reason), and the floors by
    name and kind."""

    def __init__(self, text):
        self.whole, self.exceptions, self.floors = [], [], {}
        for number, line in enumerate(text.splitlines(), 1):
            try:
                self.add(line.strip())
            except BadLine as error:
                raise BadLine(f"{FILE.relative_to(ROOT)}:{number}: {error}") from None

    def add(self, line):
        if not line or line.startswith("#"):
            return
        if ">=" in line:
            name, _, floors = (part.strip() for part in line.partition(">="))
            self.add_floors(name, floors)
        elif "::" in line:
            words = tuple(word.strip() for word in line.split("::"))
            if len(words) != 3 or not all(words):
                raise BadLine("an exception is FILE :: PIECE OF A LINE :: REASON")
            self.exceptions.append(words)
        elif " " in line or not (ROOT / line).exists():
            raise BadLine(f"{line}: no such file or folder, and neither an exception nor a floor")
        else:
            self.whole.append(line)

    def add_floors(self, name, floors):
        kinds = exercised.KINDS.get(name, KINDS)
        if kinds is KINDS and name != "all" and not (ROOT / name).is_dir():
            raise BadLine(f"{name}: no such folder; there are also all, {', '.join(exercised.KINDS)}")
        if name in self.floors:
            raise BadLine(f"{name}: has its floors already")
        self.floors[name] = {}
        for floor in floors.split(","):
            match = FLOOR.fullmatch(floor)
            if not match or match[1] not in kinds:
                raise BadLine(f"'{floor.strip()}' is no floor: write KIND PERCENT, KIND one of "
                              f"{', '.join(kinds)}")
            self.floors[name][match[1]] = float(match[2])


def incomplete(sources, paths, exceptions, text_of=text_of):
    """What is wrong, a line each."""
    unused = set(exceptions)
    yield from (f"{path}: nothing of it is measured" for path in paths if not below(sources, path))
    for name in sorted({name for path in paths for name in below(sources, path)}):
        text = text_of(name).splitlines()
        for line, column, what in sorted(gaps(sources[name])):
            allowed = {rule for rule in exceptions if rule[0] == name and rule[1] in text[line - 1]}
            unused -= allowed
            if not allowed:
                yield f"{name}:{line}{f':{column}' if column else ''}: {what}"
    yield from (f"{rule[0]}: the exception '{rule[1]}' is not needed" for rule in sorted(unused))


def figures(rows, summary):
    """What floors are held against, percent by name and kind: of folders, and of what is exercised."""
    pairs = {row.name: dict(zip(KINDS, row.counts)) for row in rows if not row.is_file} | summary
    return {name: {kind: percent(*pair) for kind, pair in kinds.items() if pair[1]}
            for name, kinds in pairs.items()}


def fallen(floors, told):
    """What is below its floor and by how much, a line each."""
    for name, kinds in floors.items():
        for kind, least in kinds.items():
            there = told.get(name, {}).get(kind)
            if there is None:
                yield f"{name}: {kind} not measured, must be {least:g} or more"
            elif there < least:
                yield f"{name}: {kind} {there:g}, must be {least:g} or more: fell by {least - there:.3g}"
