# SPDX-License-Identifier: MIT
"""Says what of the source tests and corpus reach: builds, runs all of them, and prints lines, functions,
branches and MC/DC by folder and file. Two builds, because some code is only there with a sanitizer and
some only without; what either reaches counts."""
import argparse
import collections
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRESETS = ("coverage-asan", "coverage")
BUILD = ROOT / "build"
PROFILES = BUILD / "coverage/profiles"
MERGED = BUILD / "coverage/all.profdata"
TOOLS = ("clang-19", "llvm-profdata-19", "llvm-cov-19")
GOOD, FAILED, BAD = 0, 1, 2
DIED = 99  # what a sanitizer ends a process with here
NO_TESTS = ("--label-exclude", "repository", "--exclude-regex", "^wdk/headers$")  # run nothing of the source
BATCH = 64  # programs that one process plays
SECONDS_MAX = 600  # for one batch
LEFT_OUT = ("build/", "tests/", "drivers/", "bench/", "pools/planted/")  # not what is measured
BY_FILE = ("src/pool", "faults", "src/check")  # folders whose files the table has too
COMPLETE = ROOT / "scripts/coverage-complete.txt"  # what is to be reached whole
KINDS = ("lines", "functions", "branches", "MC/DC")
begin = time.monotonic()


def give_up(message):
    print(f"coverage: {message}", file=sys.stderr)
    sys.exit(BAD)


def step(text):
    print(f"== {text} ({time.monotonic() - begin:.0f} s)", file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/coverage", allow_abbrev=False,
        description="Says what of the source the tests and the corpus reach: builds the presets coverage and "
                    "coverage-asan, runs their tests, plays corpus/, and prints a table.",
        epilog="Exit status: 0 all tests passed, 1 a test failed or a program brought its player down (the "
               "rest is counted all the same), or --check found something, 2 there is no report.")
    parser.add_argument("--driver", metavar="NAME",
                        help="play programs against this driver only (default: each good one)")
    parser.add_argument("--corpus", metavar="DIR", type=pathlib.Path, action="append", default=[],
                        help="play these programs too, below corpus/ or not; may be given several times")
    parser.add_argument("--html", metavar="DIR", type=pathlib.Path,
                        help="write the source here as pages, with counts")
    parser.add_argument("--uncovered", metavar="PATH", type=pathlib.Path, nargs="+", default=[],
                        help="list what these files, or all of these folders, have that is not reached: each "
                             "line, outcome of a branch and MC/DC condition")
    parser.add_argument("--check", action="store_true",
                        help="fail if anything of what scripts/coverage-complete.txt names is not reached")
    parser.add_argument("--last", action="store_true",
                        help="build and run nothing: show again what was measured last")
    arguments = parser.parse_args()
    for path in arguments.corpus:
        if not path.is_dir():
            give_up(f"{path}: no such directory")
    arguments.corpus = [path.resolve() for path in arguments.corpus]
    for path in arguments.uncovered:
        if not path.exists():
            give_up(f"{path}: no such file or directory")
    if arguments.last and not MERGED.exists():
        give_up("nothing has been measured yet; leave out --last")
    return arguments


def check_tools():
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        give_up(f"{', '.join(missing)}: not found; MC/DC needs clang 19 and its tools (clang-19, llvm-19)")


# === Running ===

def environment():
    """Each process writes a profile of its own, so that one that dies takes nothing with it."""
    ending = f"exitcode={DIED}"
    return os.environ | {"LLVM_PROFILE_FILE": f"{PROFILES}/%m-%p.profraw",
                         "ASAN_OPTIONS": ending, "UBSAN_OPTIONS": ending}


def build(preset):
    step(f"build {preset}")
    if subprocess.run([ROOT / "scripts/build", preset], check=False).returncode != 0:
        give_up(f"the build of {preset} failed; see above")


def run_tests(preset):
    """The names of those that failed."""
    step(f"tests of {preset}")
    report = BUILD / preset / "report.xml"
    report.unlink(missing_ok=True)
    with open(BUILD / preset / "tests.log", "w", encoding="utf-8") as log:
        subprocess.run(["ctest", "--preset", preset, "-j", str(len(os.sched_getaffinity(0))),
                        "--no-tests=error", *NO_TESTS, "--output-junit", report], cwd=ROOT, env=environment(),
                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
    if not report.exists():
        give_up(f"ctest says nothing; see {report.with_name('tests.log')}")
    cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
    failed = [case.get("name") for case in cases if case.get("status") == "fail"]
    print(f"   {len(cases) - len(failed)} passed, {len(failed)} failed"
          f"{': ' if failed else ''}{', '.join(failed)}", file=sys.stderr)
    return failed


def drivers(preset):
    """Names, and whether the driver is a good one."""
    text = subprocess.run([BUILD / preset / "poolproof", "list", "drivers", "--json"], check=True,
                          capture_output=True, text=True, env=environment()).stdout
    return {row["name"]: row["expected_title"] is None for row in map(json.loads, text.splitlines())}


def check_driver(name):
    there = drivers(PRESETS[0])
    if name is not None and name not in there:
        give_up(f"{name}: no such driver; there are {', '.join(sorted(there))}")


def programs_in(folder):
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]


def plays(preset, arguments):
    """What is to be played: pairs of a command and the programs that are its last arguments. Each player is
    offered all of them, and refuses those that are not in its language."""
    binary = BUILD / preset / "poolproof"
    chosen = [name for name, is_good in drivers(preset).items()
              if name == arguments.driver or (arguments.driver is None and is_good)]
    planted = ROOT / "corpus/regressions/planted"
    folders = [folder for folder in sorted((ROOT / "corpus").glob("*/*")) if folder != planted]
    programs = [program for folder in folders + arguments.corpus for program in programs_in(folder)]
    for name in chosen:
        yield [binary, "run", "--driver", name], programs
    yield [binary, "run", "--pool", "arena"], programs
    for program in programs_in(planted):
        if arguments.driver in (None, program.stem):
            yield [binary, "run", "--driver", program.stem], [program]
    for target in sorted((BUILD / preset / "fuzz").glob("*_fuzzer")):
        yield [target, "-detect_leaks=0", f"-artifact_prefix={PROFILES}/"], programs


def survives(command, programs):
    try:
        done = subprocess.run([*command, *programs], cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                              timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode in (0, 1, 2)  # a finding is none of our business, nor is a program that is refused


def play(command, programs):
    """The programs that brought their player down; the others are played all the same."""
    killers = []
    for at in range(0, len(programs), BATCH):
        batch = programs[at:at + BATCH]
        if not survives(command, batch):
            killers += [program for program in batch if not survives(command, [program])]
    for program in killers:
        print(f"   {program}: brings {' '.join(map(str, command))} down", file=sys.stderr)
    return killers


def measure(arguments):
    """True if all went well."""
    for preset in PRESETS:
        build(preset)
    check_driver(arguments.driver)
    shutil.rmtree(PROFILES, ignore_errors=True)
    PROFILES.mkdir(parents=True)
    is_good = True
    for preset in PRESETS:
        is_good &= not run_tests(preset)
        step(f"corpus of {preset}")
        for command, programs in plays(preset, arguments):
            is_good &= not play(command, programs)
    step("merge")
    profiles = BUILD / "coverage/profiles.txt"
    profiles.write_text("".join(f"{path}\n" for path in sorted(PROFILES.glob("*.profraw"))), encoding="utf-8")
    merge = ["llvm-profdata-19", "merge", "--failure-mode=all", f"--input-files={profiles}", "-o", MERGED]
    result = subprocess.run(merge, check=False, capture_output=True, text=True)
    if result.returncode != 0:
        give_up(f"llvm-profdata-19 failed:\n{result.stderr}")
    return is_good


# === Reading ===

class Source:
    """What one file has, and what of it was reached. The keys are places: line, column, ..."""

    def __init__(self):
        self.lines = {}
        self.functions = {}
        self.branches = collections.defaultdict(lambda: [False, False])  # true, false
        self.decisions = {}  # a list of conditions each
        self.names = {}

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
        give_up(f"llvm-cov-19 {verb} failed:\n{result.stderr}")
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
    step("report")
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


# === Showing ===

def rows(sources):
    """Name and counts of each line of the table: folders, their files below them if asked for, all."""
    total = [(0, 0)] * len(KINDS)
    for folder, names in itertools.groupby(sources, key=os.path.dirname):
        counts = {name: sources[name].counts() for name in names}
        summed = [tuple(map(sum, zip(*kind))) for kind in zip(*counts.values())]
        total = [tuple(map(sum, zip(*pair))) for pair in zip(total, summed)]
        yield folder, summed
        if folder in BY_FILE:
            yield from ((f"  {os.path.basename(name)}", kinds) for name, kinds in counts.items())
    yield "all", total


def figure(reached, there):
    if there == 0:
        return "-"
    # What is not everything is never shown as 100.0.
    return f"{reached}/{there} {int(1000 * reached / there) / 10:5.1f} %"


def print_table(sources):
    table = [(name, [figure(*pair) for pair in kinds]) for name, kinds in rows(sources)]
    if sys.stdout.isatty():
        try:
            print_rich(table)
            return
        except ImportError:
            pass
    print(f"{'':24}" + "".join(f"{kind:>20}" for kind in KINDS))
    for name, figures in table:
        print(f"{name:24}" + "".join(f"{text:>20}" for text in figures))


def print_rich(table):
    from rich.console import Console
    from rich.table import Table
    shown = Table(box=None)
    shown.add_column("")
    for kind in KINDS:
        shown.add_column(kind, justify="right", no_wrap=True)
    for name, figures in table:
        colours = ["green" if text.endswith("100.0 %") else "yellow" if text != "-" else "dim"
                   for text in figures]
        shown.add_row(name, *(f"[{colour}]{text}[/]" for colour, text in zip(colours, figures)),
                      style="" if name.startswith(" ") else "bold")
    Console().print(shown)


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


def read_complete(text):
    """The paths, and the exceptions: file, piece of a line, reason."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return ([line for line in lines if "::" not in line],
            [tuple(word.strip() for word in line.split("::")) for line in lines if "::" in line])


def incomplete(sources, paths, exceptions, text_of):
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


def check_complete(sources):
    """True if all is reached that must be."""
    found = list(incomplete(sources, *read_complete(COMPLETE.read_text(encoding="utf-8")),
                            lambda name: (ROOT / name).read_text(encoding="utf-8")))
    print(f"\n{COMPLETE.relative_to(ROOT)}: {len(found) or 'nothing'} to mend", *found, sep="\n  ")
    return not found


def print_gaps(sources, path):
    name = str(path.resolve().relative_to(ROOT)) if path.resolve().is_relative_to(ROOT) else str(path)
    chosen = below(sources, name)
    if not chosen:
        give_up(f"{path}: nothing of it is measured")
    for other in chosen:
        found = sorted(gaps(sources[other]))
        print(f"\n{other}: {len(found) or 'nothing'} to reach")
        text = (ROOT / other).read_text(encoding="utf-8").splitlines()
        for line, same in itertools.groupby(found, key=lambda gap: gap[0]):
            print(f"  {line:5}  {text[line - 1].rstrip()}")
            for _, column, what in same:
                print(f"         {other}:{line}{f':{column}' if column else ''}: {what}")


def write_html(folder, sources):
    cov("show", "-format=html", f"-output-dir={folder.resolve()}", "-show-branches=count", "-show-mcdc",
        sources=[ROOT / name for name in sources])
    print(f"\n{folder / 'index.html'}")


def main():
    arguments = parse_arguments()
    check_tools()
    is_good = arguments.last or measure(arguments)
    sources = read_sources()
    print_table(sources)
    for path in arguments.uncovered:
        print_gaps(sources, path)
    if arguments.check:
        is_good &= check_complete(sources)
    if arguments.html is not None:
        write_html(arguments.html, sources)
    sys.exit(GOOD if is_good else FAILED)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        give_up("interrupted")
