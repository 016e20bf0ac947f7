# SPDX-License-Identifier: MIT
"""Finds what engines leave behind of a crash, whatever it is called, and on what it is to be played."""
import collections
import hashlib
import os
import re
import stat

BYTES_MAX = 1024 * 1024  # no program has more, and no engine makes more
STATE = "state.json"  # what an output folder of triage has

Subject = collections.namedtuple("Subject", "kind name")  # "driver" or "pool"
Refusal = collections.namedtuple("Refusal", "path reason")

CLUSTERFUZZ = re.compile(r"clusterfuzz-testcase-(?:minimized-)?(.+)-\d+$")
AFL_BANNER = re.compile(r"^afl_banner *: *(\S+)", re.MULTILINE)
REPORTED = re.compile(r"^(driver|pool) (\S+), digest ", re.MULTILINE)


class Input:
    """A file that may be a crash. Equal bytes on the same subject are played once; `key` says so."""

    def __init__(self, path, content):
        self.path = path
        self.size = len(content)
        self.digest = hashlib.sha256(content).hexdigest()
        self.is_pool_text = re.match(rb"\s*(#.*\n\s*)*poolproof \d+ pool\b", content) is not None
        self.subject = None

    @property
    def key(self):
        return f"{self.subject.kind} {self.subject.name} {self.digest}"


def read_small(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(BYTES_MAX)


def contents(folder, names):
    """The entries of a folder that are worth a look: of folders that tools have made, their crashes."""
    if STATE in names:
        return []
    if {"fuzzer_stats", "fuzzer_setup"} & set(names):  # AFL++; its queue does not crash
        return [name for name in names if name.startswith(("crashes", "hangs"))]
    if {"program.prog", "report.txt"} <= set(names):  # a finding; its input is another form of the program
        return ["program.prog"]
    if os.path.basename(folder).startswith("crashes"):
        names = [name for name in names if name != "README.txt"]
    return [name for name in names if not name.startswith(".")]


def walk(path, refusals):
    """All files of a path, in order of names. A link to a folder is not followed, so that no circle is."""
    if not os.path.isdir(path):
        yield path
        return
    try:
        names = sorted(os.listdir(path))
    except OSError as error:
        refusals.append(Refusal(path, error.strerror))
        return
    for name in contents(path, names):
        below = os.path.join(path, name)
        if not (os.path.islink(below) and os.path.isdir(below)):
            yield from walk(below, refusals)


def read(path):
    """The bytes of a file; raises OSError with words if it cannot be an input."""
    info = os.stat(path)  # first of all: to open a pipe is to wait for it
    if not stat.S_ISREG(info.st_mode):
        raise OSError(0, "not a regular file")
    if info.st_size > BYTES_MAX:
        raise OSError(0, f"{info.st_size} bytes; no program has more than {BYTES_MAX}")
    with open(path, "rb") as file:
        return file.read(BYTES_MAX)


def find(operands):
    """All inputs below the operands, and what could not be read."""
    inputs, refusals, seen = [], [], set()
    for operand in operands:
        for path in walk(operand, refusals):
            if os.path.realpath(path) in seen:
                continue
            seen.add(os.path.realpath(path))
            try:
                inputs.append(Input(path, read(path)))
            except OSError as error:
                refusals.append(Refusal(path, error.strerror))
    return inputs, refusals


class Subjects:
    """What a binary can play inputs on, and which of it a place speaks of."""

    def __init__(self, drivers, default, pools):
        self.drivers, self.default, self.pools = drivers, default, pools
        self.known = {}  # by folder

    def of_target(self, target):
        """NAME_fuzzer and NAME_afl are targets of the driver NAME; two targets have names of their own."""
        name = re.sub(r"_(fuzzer|afl)$", "", target)
        if target == "pool_fuzzer":
            return Subject("pool", "arena")
        if target == "protocol_fuzzer" and self.default:
            return Subject("driver", self.default)
        return Subject("driver", name) if name in self.drivers else None

    def of_folder(self, folder):
        """What the folder says, or the nearest one above it that says anything."""
        if folder not in self.known:
            self.known[folder] = self.said_by(folder)
            above = os.path.dirname(folder)
            if self.known[folder] is None and above != folder:
                self.known[folder] = self.of_folder(above)
        return self.known[folder]

    def said_by(self, folder):
        for name, pattern in (("report.txt", REPORTED), ("fuzzer_stats", AFL_BANNER), (".driver", None)):
            try:
                text = read_small(os.path.join(folder, name))
            except OSError:
                continue
            if pattern is REPORTED and (match := REPORTED.search(text)):
                return Subject(match[1], match[2])
            if pattern is AFL_BANNER and (match := AFL_BANNER.search(text)):
                return self.of_target(os.path.basename(match[1]))
            if pattern is None and text.strip() in self.drivers:
                return Subject("driver", text.strip())
        return self.of_target(os.path.basename(folder))

    def find(self, item):
        """The subject of an input, None if nothing tells."""
        name = os.path.basename(item.path)
        if (match := CLUSTERFUZZ.match(name)) and (subject := self.of_target(match[1])):
            return subject
        if item.is_pool_text and "arena" in self.pools:
            return Subject("pool", "arena")
        if subject := self.of_folder(os.path.dirname(os.path.realpath(item.path))):
            return subject
        return Subject("driver", self.drivers[0]) if len(self.drivers) == 1 else None
