# SPDX-License-Identifier: MIT
"""Says what of the source, and of the project's own tables, tests and corpus reach: builds, runs all of them,
prints tables and writes pages. Two builds, because some code is only there with a sanitizer and some only
without; what either reaches counts."""
import argparse
import pathlib
import shutil
import sys

from covered import exercised, measure, site, text, thresholds
from covered.sources import MERGED, ROOT, NoReport, below, read_sources, rows

TOOLS = ("clang-19", "llvm-profdata-19", "llvm-cov-19")
GOOD, FAILED, BAD = 0, 1, 2


def give_up(message):
    print(f"coverage: {message}", file=sys.stderr)
    sys.exit(BAD)


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="scripts/coverage", allow_abbrev=False,
        description="Says what of the source the tests and the corpus reach, and which rules, fault points, "
                    "ops and steps of a binding: builds the presets coverage and coverage-asan, runs their "
                    "tests, plays corpus/, prints tables and writes pages.",
        epilog="Exit status: 0 all tests passed, 1 a test failed or a program brought its player down (the "
               "rest is counted all the same), or --check found something, 2 there is no report.")
    parser.add_argument("--driver", metavar="NAME",
                        help="play programs against this driver only (default: each good one)")
    parser.add_argument("--corpus", metavar="DIR", type=pathlib.Path, action="append", default=[],
                        help="play these programs too, below corpus/ or not; may be given several times")
    parser.add_argument("--output", metavar="DIR", type=pathlib.Path, default=ROOT / "out/coverage",
                        help="where the pages are written (default: out/coverage)")
    parser.add_argument("--uncovered", metavar="PATH", type=pathlib.Path, nargs="+", default=[],
                        help="list what these files, or all of these folders, have that is not reached: each "
                             "line, outcome of a branch and MC/DC condition")
    parser.add_argument("--check", action="store_true",
                        help="fail if less is reached than scripts/coverage-thresholds.txt holds")
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


def print_gaps(sources, path):
    path = path.resolve()
    chosen = below(sources, str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path))
    if not chosen:
        give_up(f"{path}: nothing of it is measured")
    for name in chosen:
        text.print_gaps(name, sources[name])


def check(held, sources, told):
    """True if nothing is below its threshold."""
    found = [*thresholds.incomplete(sources, held.whole, held.exceptions),
             *thresholds.fallen(held.floors, told)]
    print(f"\n{thresholds.FILE.relative_to(ROOT)}: {len(found) or 'nothing'} to mend", *found, sep="\n  ")
    return not found


def main():
    arguments = parse_arguments()
    check_tools()
    site.check_folder(arguments.output)
    held = thresholds.Thresholds(thresholds.FILE.read_text(encoding="utf-8")) if arguments.check else None
    is_good = arguments.last or measure.measure(arguments.driver, arguments.corpus)
    measure.step("report")
    sources = read_sources()
    table, exercise = list(rows(sources)), exercised.Exercised(sources)
    text.print_table(table)
    text.print_summary(exercise.summary())
    for path in arguments.uncovered:
        print_gaps(sources, path)
    print(f"\n{site.write(arguments.output, table, sources, exercise)}")
    if held is not None:
        is_good &= check(held, sources, thresholds.figures(table, exercise.summary()))
    sys.exit(GOOD if is_good else FAILED)


if __name__ == "__main__":
    try:
        main()
    except (NoReport, thresholds.BadLine) as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        give_up("interrupted")
