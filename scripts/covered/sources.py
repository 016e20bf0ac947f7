# SPDX-License-Identifier: MIT
"""What llvm-cov knows of the source: of each file its lines, functions, branches and MC/DC conditions, and
which of them were reached."""
import collections
import itertools
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PRESETS = ("coverage-asan", "coverage")
BUILD = ROOT / "build"
MERGED = BUILD / "coverage/all.profdata"
LEFT_OUT = ("build/", "tests/", "drivers/", "bench/", "pools/planted/")  # not what is measured
KINDS = ("lines", "functions", "branches", "MC/DC")


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def percent(reached, there):
    """With one digit, rounded down: what is not everything is never 100.0."""
    return 1000 * reached // there / 10


class NoReport(Exception):
    """In words."""


class Source:
    """What one file has, and what of it was reached. The keys are places: line, column, ..."""

    def __init__(self):
        self.lines = {}
        self.functions = {}
        self.branches = collections.defaultdict(lambda: [False, False])  # true, false
        self.decisions = {}  # a list of conditions each
        self.names = {}
        self.regions = []  # a list for each function: first line and column, last line and column, count

    def counts(self):
        """Reached and all, for each of KINDS."""
        outcomes = list(itertools.chain.from_iterable(self.branches.values()))
        conditions = [is_shown for is_shown in itertools.chain.from_iterable(self.decisions.values())
                      if is_shown is not None]
        every = (self.lines.values(), self.functions.values(), outcomes, conditions)
        return [(sum(map(bool, some)), len(some)) for some in every]


def objects():
    found = []
    for preset in PRESETS:
        text = subprocess.run(["ctest", "--preset", preset, "--show-only=json-v1"], cwd=ROOT, check=True,
                              capture_output=True, text=True).stdout
        programs = [pathlib.Path(test["command"][0]) for test in json.loads(text)["tests"]]
        fuzzers = (BUILD / preset / "fuzz").glob("*_fuzzer")
        found += [BUILD / preset / "poolproof", *sorted(fuzzers),
                  *(path for path in programs if path.is_relative_to(BUILD / preset))]
    return found


def cov(verb, *options, sources=()):
    programs = objects()
    command = ["llvm-cov-19", verb, f"-instr-profile={MERGED}", *options, programs[0]]
    for program in programs[1:]:
        command += ["-object", program]
    command += ["-sources", *sources] if sources else []
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if result.returncode != 0:
        raise NoReport(f"llvm-cov-19 {verb} failed:\n{result.stderr}")
    return result.stdout


def name_of(path):
    """Below ROOT; None if it is not measured."""
    name = path.removeprefix(f"{ROOT}/")
    return None if name == path or name.startswith(LEFT_OUT) else name


def lines_of(segments):
    """Counts by line, from the places where counts change; as llvm-cov has them."""
    lines = {}
    at = 0
    wrapped = None  # the segment that reaches into the line from above
    for number in range(segments[0][0], segments[-1][0] + 1) if segments else ():
        first = at
        while at < len(segments) and segments[at][0] == number:
            at += 1
        here = segments[first:at]
        begun = [count for _, _, count, has_count, is_entry, is_gap in here
                 if has_count and is_entry and not is_gap]
        is_skipped = bool(here) and here[0][4] and not here[0][3]
        if begun or (not is_skipped and wrapped is not None and wrapped[3]):
            lines[number] = max([wrapped[2] if wrapped is not None else 0, *begun])
        if here:
            wrapped = here[-1]
    return lines


def call_places(function):
    """For each file id of a function, the place in its own file from which a macro leads there."""
    inner = {region[6]: region for region in function["regions"] if region[7] == 1}
    places = {}
    for file_id in inner:
        at = file_id
        while inner[at][5] in inner:
            at = inner[at][5]
        places[file_id] = tuple(inner[at][:2])
    return places


def place_of(function, calls, region, file_id):
    """Of something that may lie in a macro: where in its own file, and where exactly."""
    file = function["filenames"][file_id]
    if file_id in calls and file != function["filenames"][0]:
        return (*calls[file_id], file, *region[:4])
    return (*region[:2], file, *region[:4])


def file_of_decision(function, decision):
    """A decision does not say in which file it lies, but its conditions do."""
    inside = [branch[6] for branch in function["branches"]
              if decision[:2] <= branch[:2] and branch[2:4] <= decision[2:4]]
    return min(inside, default=0)


def add_function(source, function, folded):
    calls = call_places(function)
    place = tuple(function["regions"][0][:2])
    source.functions[place] = source.functions.get(place, 0) + function["count"]
    source.names[place] = function["name"].split(":")[-1]
    source.regions.append([region[:5] for region in function["regions"] if region[5:8] == [0, 0, 0]])
    for branch in function["branches"]:
        if (function["filenames"][branch[6]], *branch[:2]) not in folded:
            outcomes = source.branches[place_of(function, calls, branch, branch[6])]
            outcomes[0] |= branch[4] > 0
            outcomes[1] |= branch[5] > 0
    for decision in function["mcdc_records"]:
        key = place_of(function, calls, decision, file_of_decision(function, decision))
        known = source.decisions.get(key, [False] * len(decision[-1]))
        source.decisions[key] = [
            None if (key[2], *key[3:5], number) in folded else a or b
            for number, (a, b) in enumerate(zip(known, decision[-1]), 1)]


FILE = re.compile(r"^(/.*):$")
FOLDED_BRANCH = re.compile(r"Branch \((\d+):(\d+)\): \[Folded")
DECISION = re.compile(r"MC/DC Decision Region \((\d+):(\d+)\)")
FOLDED_CONDITION = re.compile(r"C(\d+)-Pair: constant folded")


def read_folded():
    """The places of what is constant, and so is none: branches, and conditions by their number. Only the
    text says that."""
    folded = set()
    file = decision = None
    for line in cov("show", "-show-branches=count", "-show-mcdc", "-show-expansions").splitlines():
        if match := FILE.match(line):
            file = match[1]
        elif match := FOLDED_BRANCH.search(line):
            folded.add((file, int(match[1]), int(match[2])))
        elif match := DECISION.search(line):
            decision = (int(match[1]), int(match[2]))
        elif match := FOLDED_CONDITION.search(line):
            folded.add((file, *decision, int(match[1])))
    return folded


def read_sources():
    data = json.loads(cov("export", "-format=text"))["data"][0]
    folded = read_folded()
    sources = collections.defaultdict(Source)
    for file in data["files"]:
        if name := name_of(file["filename"]):
            sources[name].lines = lines_of(file["segments"])
    for function in data["functions"]:
        if name := name_of(function["filenames"][0]):
            add_function(sources[name], function, folded)
    return {name: source for name, source in sorted(sources.items()) if source.functions}


def where(place):
    """What to say of a place in a macro."""
    _, _, file, line, *_ = place
    return f" (in the macro at {name_of(file) or file}:{line})" if place[:2] != place[3:5] else ""


def gaps(source):
    """Line, column and what was not reached there."""
    for (line, column), count in source.functions.items():
        if not count:
            yield line, column, f"{source.names[line, column]} is never called"
    for line, count in source.lines.items():
        if not count:
            yield line, 0, "never reached"
    for place, outcomes in source.branches.items():
        for outcome, is_reached in zip(("true", "false"), outcomes):
            if not is_reached:
                yield place[0], place[1], f"never {outcome}{where(place)}"
    for place, conditions in source.decisions.items():
        for number, is_shown in enumerate(conditions, 1):
            if is_shown is False:
                what = f"MC/DC: condition {number} of {len(conditions)} is never shown to decide"
                yield place[0], place[1], what + where(place)


def below(sources, name):
    return [other for other in sources if other == name or other.startswith(f"{name.rstrip('/')}/")]


Row = collections.namedtuple("Row", "name is_file counts")


def rows(sources):
    """Each file, behind its files each folder, and behind them "all"."""
    total = [(0, 0)] * len(KINDS)
    for folder, names in itertools.groupby(sources, key=os.path.dirname):
        files = [Row(name, True, sources[name].counts()) for name in names]
        summed = [tuple(map(sum, zip(*kind))) for kind in zip(*(row.counts for row in files))]
        total = [tuple(map(sum, zip(*pair))) for pair in zip(total, summed)]
        yield from [*files, Row(folder, False, summed)]
    yield Row("all", False, total)
