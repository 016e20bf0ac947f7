# SPDX-License-Identifier: MIT
"""scripts/coverage, but for what takes minutes: how it takes its arguments, reads what llvm-cov writes, and
goes on when a program brings its player down."""
import importlib
import pathlib
import subprocess
import sys
import tempfile

from shared import tree

# Dies of a file called bad, and writes down the others.
PLAYER = """
import os, sys
log, *files = sys.argv[1:]
for file in files:
    if os.path.basename(file) == "bad":
        os.abort()
    with open(log, "a") as out:
        print(os.path.basename(file), file=out)
"""


def check_arguments(tally, root):
    def call(*words, path=None):
        return subprocess.run([sys.executable, root / "scripts/coverage.py", *words], capture_output=True,
                              text=True, check=False, env={"PATH": path} if path else None,
                              stdin=subprocess.DEVNULL)
    for words in (["--help"], ["-h", "--last"]):
        result = call(*words)
        tally.check(f"{words}", result.returncode == 0 and "--uncovered" in result.stdout, result.stderr)
    for words, message in ((["--frob"], "--frob"), (["word"], "word"), (["--driv", "echo"], "--driv"),
                           (["--driver"], "--driver"), (["--uncovered"], "--uncovered"),
                           (["--corpus", "no/such"], "no/such: no such directory"),
                           (["--uncovered", "src", "no/such"], "no/such: no such file or directory")):
        result = call(*words)
        tally.check(f"{words}", result.returncode == 2 and message in result.stderr and not result.stdout,
                    result.stdout, result.stderr)
    with tempfile.TemporaryDirectory() as empty:
        result = call(path=empty)
        tally.check("without clang 19", result.returncode == 2 and "clang-19" in result.stderr, result.stderr)


def check_play(tally, measure):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "player.py").write_text(PLAYER, encoding="utf-8")
        names = [f"good{number}" for number in range(70)]
        names.insert(40, "bad")
        programs = [folder / name for name in names]
        killers = measure.play([sys.executable, folder / "player.py", folder / "log"], programs)
        tally.check("the one that kills is named", killers == [folder / "bad"], killers)
        played = set((folder / "log").read_text(encoding="utf-8").split())
        tally.check("all others are played", played == set(names) - {"bad"}, set(names) - played)


# if (a && b) {     // line 2; b is never true
#     g();          // line 3
# }
# MACRO(a);         // line 5, of another file: it has a branch
FUNCTION = {
    "name": "x.c:f", "count": 7, "filenames": ["/x.c", "/macro.h"],
    "regions": [[1, 14, 6, 2, 7, 0, 0, 0], [5, 5, 5, 10, 7, 0, 1, 1], [9, 1, 9, 20, 7, 1, 0, 0]],
    "branches": [[2, 9, 2, 10, 7, 3, 0, 0, 6], [2, 14, 2, 15, 0, 4, 0, 0, 6], [9, 8, 9, 9, 7, 0, 1, 0, 4]],
    "mcdc_records": [[2, 9, 2, 15, 0, 5, [False, False]]],
}


def check_reading(tally, reading):
    segments = [[1, 14, 7, True, True, False], [2, 17, 0, True, True, False], [4, 6, 7, True, False, False],
                [6, 2, 0, False, False, False]]
    tally.check("lines", reading.lines_of(segments) == {1: 7, 2: 7, 3: 0, 4: 0, 5: 7, 6: 7},
                reading.lines_of(segments))
    tally.check("no lines", reading.lines_of([]) == {})
    source = reading.Source()
    reading.add_function(source, FUNCTION, folded=set())
    tally.check("counts", source.counts() == [(0, 0), (1, 1), (4, 6), (0, 2)], source.counts())
    told = [f"{line}: {what}" for line, _, what in sorted(reading.gaps(source))]
    expect = ["2: MC/DC: condition 1 of 2 is never shown to decide",
              "2: MC/DC: condition 2 of 2 is never shown to decide", "2: never true",
              "5: never false (in the macro at /macro.h:9)"]
    tally.check("gaps", told == expect, *told)
    # The other build reaches more, and what is constant does not count.
    more = FUNCTION | {"branches": [[2, 14, 2, 15, 1, 0, 0, 0, 6]],
                       "mcdc_records": [[2, 9, 2, 15, 0, 5, [False, True]]]}
    reading.add_function(source, more, folded={("/x.c", 2, 9, 1)})
    tally.check("both builds", source.counts() == [(0, 0), (1, 1), (5, 6), (1, 1)], source.counts())
    folded = reading.Source()
    reading.add_function(folded, FUNCTION, folded={("/macro.h", 9, 8)})
    tally.check("constants", folded.counts()[2] == (3, 4), folded.counts())


HELD = """# a comment

src/base
faults/injector.c
src/base/x.c :: gap one :: why
src/base/x.c :: gap two :: why
src/base >= lines 90, MC/DC 50.5
rules >= caught 3
"""
TOLD = {"src/base": {"lines": 89.5, "branches": 1.0, "MC/DC": 50.5}, "rules": {"caught": 2, "in order": 4}}


NO_FLOOR = "is no floor: write KIND PERCENT, KIND one of caught, in order"
BAD_LINES = {
    "src/gone": "src/gone: no such file or folder",
    "src/base lines 3": "src/base lines 3: no such file",
    "src/gone >= lines 3": "src/gone: no such folder; there are also all, rules, fault points",
    "src/base >= caught 3": "'caught 3' is no floor: write KIND PERCENT, KIND one of lines, functions",
    "rules >= lines 3": f"'lines 3' {NO_FLOOR}",
    "rules >= caught": f"'caught' {NO_FLOOR}",
    "rules >= caught x": f"'caught x' {NO_FLOOR}",
    "rules >=": f"'' {NO_FLOOR}",
    "a :: b": "an exception is FILE :: PIECE",
    "a :: b ::": "an exception is FILE :: PIECE",
    "rules >= caught 3\nrules >= caught 3": "rules: has its floors already"}


def check_thresholds(tally, reading, thresholds):
    held = thresholds.Thresholds(HELD)
    tally.check("paths", held.whole == ["src/base", "faults/injector.c"], held.whole)
    pieces = [piece for _, piece, _ in held.exceptions]
    tally.check("exceptions", pieces == ["gap one", "gap two"], pieces)
    tally.check("floors", held.floors == {"src/base": {"lines": 90, "MC/DC": 50.5}, "rules": {"caught": 3}},
                held.floors)
    sources = {name: reading.Source() for name in ("src/base/x.c", "faults/injector.c", "src/c.c")}
    sources["src/base/x.c"].lines = {1: 0, 2: 1, 3: 0}
    sources["src/c.c"].lines = {1: 0}
    told = list(thresholds.incomplete(sources, held.whole, held.exceptions,
                                      lambda name: "gap one;\ntwo;\nthree;\n"))
    tally.check("what is wrong", told == ["src/base/x.c:3: never reached",
                                          "src/base/x.c: the exception 'gap two' is not needed"], *told)
    told = list(thresholds.incomplete({}, ["src/gone"], [], None))
    tally.check("what is gone", told == ["src/gone: nothing of it is measured"], *told)
    told = list(thresholds.fallen(held.floors, TOLD))
    tally.check("what has fallen", told == ["src/base: lines 89.5, must be 90 or more: fell by 0.5",
                                            "rules: caught 2, must be 3 or more: fell by 1"], *told)
    told = list(thresholds.fallen({"src/base": {"lines": 9}}, {}))
    tally.check("what is not there", told == ["src/base: lines not measured, must be 9 or more"], *told)
    check_bad_lines(tally, thresholds)
    check_real(tally, reading, thresholds)


def check_bad_lines(tally, thresholds):
    for line, message in BAD_LINES.items():
        said = ""
        try:
            thresholds.Thresholds(f"# a comment\n{line}")
        except thresholds.BadLine as error:
            said = str(error)
        place = f"scripts/coverage-thresholds.txt:{2 + line.count(chr(10))}: "
        tally.check(f"bad line: {line}", said.startswith(place + message), said)


def check_real(tally, reading, thresholds):
    real = thresholds.FILE.read_text(encoding="utf-8")
    held = thresholds.Thresholds(real)
    names = {*thresholds.exercised.KINDS, "src/kernel", "src/ndis", "src/check"}
    tally.check("floors are held", names <= set(held.floors), held.floors)
    for name, piece, _ in held.exceptions:
        tally.check(f"{name}: {piece}", piece in reading.text_of(name))


CHECKER = """void f() {
    if (a) {
        pp_report(PP_RULE_SOME_RULE, event,
                  "x");
    }
}
table[] = {PP_RULE_OTHER};
"""


def check_exercised(tally, exercised):
    counts = exercised.read_counts("0 7 0 3\n1 2 5 1\n0 7 0 4\n", ["RULE", "FAIL"])
    tally.check("counts add up", counts == {("RULE", 7, 0): 7, ("FAIL", 2, 5): 1}, counts)
    there = list(exercised.steps())
    tally.check("steps of a binding", len(there) >= 10 and
                ((2, 3), ("PAUSED", "RESTART", "RESTARTING")) in there, there)
    sites = list(exercised.rule_sites(CHECKER))
    tally.check("where a rule is reported", sites == [("SOME-RULE", 3, 19)], sites)


def check_site(tally, reading, site):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        said = []
        for made in (None, "strange", "source/x.html"):
            if made is not None:
                (folder / made).parent.mkdir(exist_ok=True)
                (folder / made).touch()
            try:
                site.check_folder(folder)
                said.append("taken")
            except reading.NoReport as error:
                said.append("refused" if "give another --output" in str(error) else str(error))
        tally.check("nobody's files are overwritten", said == ["taken", "refused", "taken"], said)
    source = reading.Source()
    source.lines = {1: 0, 3: 5}
    source.branches[3, 7, "x.c", 3, 7, 3, 9] = [True, False]
    lines = list(site.lines_of("faults/injector.h", source))[:3]
    tally.check("lines of a page", [(line["count"], line["missed"]) for line in lines] ==
                [(0, ["never reached"]), (None, []), (5, ["column 7: never false"])], lines)


def check_figures(tally, text):
    for pair, expect in (((0, 0), "-"), ((1, 1), "1/1 100.0 %"), ((9999, 10000), "9999/10000  99.9 %")):
        tally.check(f"{pair}", text.figure(*pair) == expect, text.figure(*pair))


def main():
    root, _ = tree.arguments()
    tally = tree.Tally()
    sys.path.insert(0, str(root / "scripts"))
    exercised, measure, site, reading, text, thresholds = (
        importlib.import_module(f"covered.{name}")
        for name in ("exercised", "measure", "site", "sources", "text", "thresholds"))
    check_arguments(tally, root)
    check_play(tally, measure)
    check_reading(tally, reading)
    check_exercised(tally, exercised)
    check_thresholds(tally, reading, thresholds)
    check_figures(tally, text)
    check_site(tally, reading, site)
    tally.finish()


if __name__ == "__main__":
    main()
