# SPDX-License-Identifier: MIT
"""The files of the repository, and how its checks count and report."""
import pathlib
import sys

LEFT_OUT = {".git", "build", "findings", "out", "__pycache__"}  # as .gitignore has them


def arguments():
    """The root and the binary: a directory or an executable file on the command line, in any order."""
    root = pathlib.Path(__file__).resolve().parents[3]
    binary = None
    for argument in map(pathlib.Path, sys.argv[1:]):
        if argument.is_dir():
            root = argument.resolve()
        else:
            binary = argument.resolve()
    builds = [root / "build" / preset / "poolproof" for preset in ("asan", "dev", "release")]
    return root, binary or next((path for path in builds if path.exists()), None)


def files(root):
    """Every file of the source tree, sorted, as paths below the root."""
    paths = []
    for path in sorted(root.rglob("*")):
        below = path.relative_to(root)
        if path.is_file() and not LEFT_OUT & set(below.parts) and below.suffix != ".profraw":
            paths.append(below)
    return paths


def read(path):
    return path.read_text(encoding="utf-8")


class Tally:
    """Counts checks, and tells of those that fail."""

    def __init__(self):
        self.passed, self.failed = 0, 0

    def check(self, name, is_good, *reasons):
        if is_good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {name}")
            for reason in reasons:
                print(f"    {reason}")

    def check_none(self, name, problems):
        self.check(name, not problems, *problems)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)
