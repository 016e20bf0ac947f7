# SPDX-License-Identifier: MIT
"""scripts/coverage, but for what takes minutes: how it takes its arguments, reads what llvm-cov writes, and
goes on when a program brings its player down."""
import importlib.util
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


def load(root):
    spec = importlib.util.spec_from_file_location("coverage", root / "scripts/coverage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


def check_play(tally, coverage):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "player.py").write_text(PLAYER, encoding="utf-8")
        names = [f"good{number}" for number in range(70)]
        names.insert(40, "bad")
        programs = [folder / name for name in names]
        killers = coverage.play([sys.executable, folder / "player.py", folder / "log"], programs)
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


def check_reading(tally, coverage):
    segments = [[1, 14, 7, True, True, False], [2, 17, 0, True, True, False], [4, 6, 7, True, False, False],
                [6, 2, 0, False, False, False]]
    tally.check("lines", coverage.lines_of(segments) == {1: 7, 2: 7, 3: 0, 4: 0, 5: 7, 6: 7},
                coverage.lines_of(segments))
    tally.check("no lines", coverage.lines_of([]) == {})
    source = coverage.Source()
    coverage.add_function(source, FUNCTION, folded=set())
    tally.check("counts", source.counts() == [(0, 0), (1, 1), (4, 6), (0, 2)], source.counts())
    told = [f"{line}: {what}" for line, _, what in sorted(coverage.gaps(source))]
    expect = ["2: MC/DC: condition 1 of 2 is never shown to decide",
              "2: MC/DC: condition 2 of 2 is never shown to decide", "2: never true",
              "5: never false (in the macro at /macro.h:9)"]
    tally.check("gaps", told == expect, *told)
    # The other build reaches more, and what is constant does not count.
    more = FUNCTION | {"branches": [[2, 14, 2, 15, 1, 0, 0, 0, 6]],
                       "mcdc_records": [[2, 9, 2, 15, 0, 5, [False, True]]]}
    coverage.add_function(source, more, folded={("/x.c", 2, 9, 1)})
    tally.check("both builds", source.counts() == [(0, 0), (1, 1), (5, 6), (1, 1)], source.counts())
    folded = coverage.Source()
    coverage.add_function(folded, FUNCTION, folded={("/macro.h", 9, 8)})
    tally.check("constants", folded.counts()[2] == (3, 4), folded.counts())


COMPLETE = """# a comment

src/a
src/b.c
src/a/x.c :: gap one :: why
src/a/x.c :: gap two :: why
"""


def check_complete(tally, coverage):
    paths, exceptions = coverage.read_complete(COMPLETE)
    tally.check("paths", paths == ["src/a", "src/b.c"], paths)
    tally.check("exceptions", [rule[1] for rule in exceptions] == ["gap one", "gap two"], exceptions)
    sources = {name: coverage.Source() for name in ("src/a/x.c", "src/b.c", "src/c.c")}
    sources["src/a/x.c"].lines = {1: 0, 2: 1, 3: 0}
    sources["src/c.c"].lines = {1: 0}
    told = list(coverage.incomplete(sources, paths, exceptions, lambda name: "gap one;\ntwo;\nthree;\n"))
    tally.check("what is wrong", told == ["src/a/x.c:3: never reached",
                                          "src/a/x.c: the exception 'gap two' is not needed"], *told)
    told = list(coverage.incomplete({}, ["src/gone"], [], None))
    tally.check("what is gone", told == ["src/gone: nothing of it is measured"], *told)
    there = coverage.read_complete(coverage.COMPLETE.read_text(encoding="utf-8"))
    for path in there[0] + [rule[0] for rule in there[1]]:
        tally.check(path, (coverage.ROOT / path).exists())
    for rule in there[1]:
        tally.check(f"{rule}", len(rule) == 3 and all(rule), rule)


def check_figures(tally, coverage):
    for pair, text in (((0, 0), "-"), ((1, 1), "1/1 100.0 %"), ((9999, 10000), "9999/10000  99.9 %")):
        tally.check(f"{pair}", coverage.figure(*pair) == text, coverage.figure(*pair))


def main():
    root, _ = tree.arguments()
    tally = tree.Tally()
    coverage = load(root)
    check_arguments(tally, root)
    check_play(tally, coverage)
    check_reading(tally, coverage)
    check_complete(tally, coverage)
    check_figures(tally, coverage)
    tally.finish()


if __name__ == "__main__":
    main()
