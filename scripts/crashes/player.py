# SPDX-License-Identifier: MIT
"""Plays inputs, each in a process of its own with a limit of time, and says what came of it."""
import collections
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading

PROGRAM_BYTES_MAX = 32768  # of one in its binary form
OUTPUT_BYTES_MAX = 16 * 1024 * 1024  # a player that prints without end is ended by the system
PROBE_SECONDS = 10

# kind: finding, clean, refused, died, hung
Result = collections.namedtuple("Result", "kind title rule ops")
Output = collections.namedtuple("Output", "status out err")  # status None: the time was up

SUMMARY = re.compile(r"^SUMMARY: (\w+Sanitizer: \S+)(?: .*? in (\S+)| \S*?([^/\s]+:\d+)\S*)?", re.MULTILINE)


class NoPlayer(Exception):
    """In words."""


class Interrupted(Exception):
    pass


def reason(output):
    """The last "error: PLACE: ..." without the place, which is a copy of the input."""
    lines = [line for line in output.err.splitlines() if line.startswith("error: ")]
    line = lines[-1] if lines else output.err.strip()[-200:] or f"exit status {output.status}"
    return re.sub(r"^error: \S*?(\d+:\d+)?: ", lambda match: f"line {match[1]}: " if match[1] else "", line)


def death(output):
    """A short title for a process that ended as none should: equal for equal causes."""
    if match := SUMMARY.search(output.err):
        place = f" in {match[2]}" if match[2] else f" at {match[3]}" if match[3] else ""
        return f"died: {match[1]}{place}"
    if output.status < 0:
        return f"died: {signal.Signals(-output.status).name}"
    return f"died: exit status {output.status}"


class Player:
    """The command line of a build, as a user would call it from the folder `root`."""

    def __init__(self, binary, root, seconds, is_strict):
        self.binary, self.root, self.seconds, self.is_strict = binary, root, seconds, is_strict
        self.prefix = []
        if shutil.which("prlimit"):
            self.prefix = ["prlimit", f"--fsize={OUTPUT_BYTES_MAX}", "--core=0", "--"]
        self.lock = threading.Lock()
        self.running = set()
        self.is_over = False
        self.check()

    # Processes

    def call(self, *words, seconds=None):
        """Both streams go to files, which a process that hangs cannot keep open to us."""
        with tempfile.TemporaryDirectory(prefix="poolproof-triage-") as folder:
            out, err = (pathlib.Path(folder, name) for name in ("out", "err"))
            with open(out, "wb") as out_file, open(err, "wb") as err_file, self.lock:
                if self.is_over:
                    raise Interrupted
                process = subprocess.Popen([*self.prefix, self.binary, *map(str, words)], cwd=self.root,
                                           stdin=subprocess.DEVNULL, stdout=out_file, stderr=err_file,
                                           start_new_session=True)
                self.running.add(process)
            status = self.wait(process, seconds or self.seconds)
            if self.is_over:
                raise Interrupted
            return Output(status, *(path.read_text(encoding="utf-8", errors="replace")
                                    for path in (out, err)))

    def wait(self, process, seconds):
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with self.lock:
                self.running.discard(process)
            self.kill(process)
            process.wait()

    def kill(self, process):
        try:
            os.killpg(process.pid, signal.SIGKILL)  # with whatever it has started
        except ProcessLookupError:
            pass

    def stop(self):
        """Ends what runs; nothing more is begun."""
        with self.lock:
            self.is_over = True
            for process in self.running:
                self.kill(process)

    # What the binary is

    def probe(self):
        """What it answers to --version. A fuzz target begins to fuzz, and writes where it is called."""
        with tempfile.TemporaryDirectory(prefix="poolproof-triage-") as folder:
            try:
                return subprocess.run([self.root / self.binary, "--version"], cwd=folder, check=False,
                                      timeout=PROBE_SECONDS, stdin=subprocess.DEVNULL,
                                      capture_output=True).stdout.decode(errors="replace")
            except subprocess.TimeoutExpired:
                return ""

    def check(self):
        try:
            with open(self.root / self.binary, "rb") as file:
                self.digest = hashlib.file_digest(file, "sha256").hexdigest()
            version = self.probe()
        except OSError as error:
            raise NoPlayer(f"{self.binary}: {error.strerror}") from error
        if not version.startswith("poolproof "):
            raise NoPlayer(f"{self.binary}: does not answer --version as the command line of poolproof, or "
                           "of a driver that was built with it, does; a fuzz target is not one")
        self.version = version.strip()
        self.format = self.version.split(" ")[-1]

    def listed(self, what):
        output = self.call("list", what, "--json", seconds=PROBE_SECONDS)
        if output.status != 0:
            raise NoPlayer(f"{self.binary}: cannot list its {what}: {reason(output)}")
        return [json.loads(line) for line in output.out.splitlines()]

    # Playing

    def named(self, path):
        """As it is called from the folder `root`: short where it lies below."""
        path = pathlib.Path(path).resolve()
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def as_played(self, subject, content):
        """As targets see the bytes: what lies beyond a program is cut, and none at all are the empty
        program. Text is never cut."""
        is_binary = any(byte < 32 and byte not in b"\t\n\r" for byte in content[:PROGRAM_BYTES_MAX])
        if not content:
            return f"poolproof {self.format} {subject.kind.replace('driver', 'protocol')}\n".encode()
        return content[:PROGRAM_BYTES_MAX] if is_binary else content

    def options(self, subject):
        strict = ["--strict"] if self.is_strict and subject.kind == "driver" else []
        return [f"--{subject.kind}", subject.name, *strict]

    def play(self, subject, path):
        output = self.call("run", *self.options(subject), "--json", path)
        if output.status is None:
            return Result("hung", f"hung: no end within {self.seconds} s", None, 0)
        try:
            said = json.loads(output.out)
            kind = {"ok": "clean", "finding": "finding", "error": "refused"}[said["verdict"]]
        except (ValueError, KeyError, TypeError):
            kind = "refused" if output.status == 2 else "died"
        if kind == "died":
            return Result(kind, death(output), None, 0)
        if kind == "refused":
            return Result(kind, reason(output), None, 0)
        return Result(kind, said["title"], said["rule"], said["ops"])

    def play_file(self, subject, name, content, times):
        """Results and how often each came. A copy is played: the name is nobody's business."""
        counts = collections.Counter()
        with tempfile.TemporaryDirectory(prefix="poolproof-triage-") as folder:
            copy = pathlib.Path(folder, "program.prog" if name.endswith(".prog") else "input")
            copy.write_bytes(self.as_played(subject, content))
            for _ in range(times):
                result = self.play(subject, copy)
                counts[result] += 1
                if result.kind == "refused":
                    break
        return counts.most_common()

    def show(self, subject, path):
        """The program as text, None if there is none."""
        pool = ["--pool", subject.name] if subject.kind == "pool" else []
        output = self.call("show", *pool, path)
        return output.out if output.status == 0 else None

    def report(self, subject, path):
        """What a user sees of it: the report, or the last words of a player that died."""
        output = self.call("run", *self.options(subject), path)
        return output.out + output.err
