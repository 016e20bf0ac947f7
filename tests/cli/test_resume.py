#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`faults` tells how far it is, ends when it is interrupted, and goes on from there with --resume.

usage: test_resume.py BINARY"""
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import tempfile
import time

BINARY = os.path.abspath(sys.argv[1])
HASTY = os.path.join(os.path.dirname(BINARY), "tests/poolproof_hasty")  # see planted/hasty_clock.c
SEEDS = pathlib.Path(__file__).resolve().parents[2] / "corpus/seeds/protocol"
LEAKY = "nbl_leaked_on_failure"
PROGRESS = re.compile(r"faults: \d+ of \d+ programs, \d+ runs, \d+ a second, \d+ findings")


def command(*args):
    return [BINARY, "faults", "--findings", "found", *map(str, args)]


def faults(*args):
    return subprocess.run(command(*args), capture_output=True, text=True, check=False, timeout=200)


def interrupted(number, is_time, *args):
    """The command's result, with a signal as soon as `is_time()` is true."""
    process = subprocess.Popen(command(*args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not is_time() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def write(path, text):
    pathlib.Path(path).write_text(text, encoding="utf-8")


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


def line_count(path):
    return read(path).count("\n") if os.path.exists(path) else 0


def resumed_complaints():
    """Interrupted again and again, it comes to the same certificate as at once."""
    args = ("--k", 2, "--driver", "relay", SEEDS)
    whole = faults("--certificate", "whole.json", *args)
    if whole.returncode != 0:
        yield f"a good driver: {whole}"
    for number, jobs, lines in ((signal.SIGINT, 1, 2), (signal.SIGTERM, 2, 30), (signal.SIGINT, 2, 60)):
        result = interrupted(number, lambda lines=lines: line_count("journal") >= lines, "--certificate",
                             "part.json", "--resume", "journal", "--jobs", jobs, *args)
        done = re.search(r"interrupted after (\d+) of \d+ programs; the same command goes on", result.stderr)
        if result.returncode != 2 or "part.json: not written" not in result.stderr or not done or \
                line_count("journal") != int(done[1]) + 1 or os.path.exists("part.json"):
            yield f"{number}: {result}, {line_count('journal')} lines"
    result = faults("--certificate", "part.json", "--resume", "journal", *args)
    again = result.stdout.count("(finished before)")
    if result.returncode != 0 or again < 50 or read("part.json") != read("whole.json"):
        yield f"another certificate after an interrupt: {result}"
    journal = read("journal")
    result = faults("--json", "--resume", "journal", *args)
    if read("whole.json").splitlines()[1:-1] != \
            [line + "," for line in result.stdout.splitlines()[:-1]] + result.stdout.splitlines()[-1:] or \
            read("journal") != journal:
        yield f"what was finished is not told again: {result}"


def found_complaints():
    """What was found before an interrupt is kept; without a certificate that is no error."""
    result = interrupted(signal.SIGINT, lambda: bool(list(pathlib.Path("found").glob("*/report.txt"))),
                         "--driver", LEAKY, "--k", 3, "--all", "--no-prune", SEEDS)
    if result.returncode != 1 or "with --resume FILE" not in result.stderr:
        yield f"interrupted after a finding: {result.returncode}, {result.stderr}"
    result = interrupted(signal.SIGINT, lambda: line_count("clean") >= 3, "--k", 3, "--no-prune", "--resume",
                         "clean", SEEDS)
    if result.returncode != 0 or "interrupted after" not in result.stderr:
        yield f"interrupted before a finding: {result}"


def cut_complaints():
    """However a journal is cut short, what is whole in it is used."""
    for driver, status in (("echo", 0), (LEAKY, 1)):
        args = ("--driver", driver, "small")
        faults("--certificate", "whole.json", "--resume", f"{driver}.journal", *args)
        lines = read(f"{driver}.journal").splitlines(keepends=True)
        for count in range(1, len(lines)):
            write("cut", "".join(lines[:count]) + lines[count][:len(lines[count]) // (count + 1)])
            result = faults("--certificate", "part.json", "--resume", "cut", *args)
            if result.returncode != status or read("part.json") != read("whole.json") or \
                    result.stdout.count("(finished before)") != count - 1 or \
                    sorted(read("cut").splitlines()) != sorted("".join(lines).splitlines()):
                yield f"cut short in line {count + 1}: {result}"


def refused_complaints():
    args = ("--driver", "echo", "small")
    faults("--resume", "good", *args)
    good = read("good")
    lines = good.splitlines(keepends=True)
    program = read("small/a.prog")
    for name, text, words, *given in (
            ("of a program", program, "is no line of a journal"),
            ("without an end of line", "x", "not the first line"),
            ("with a changed line", good.replace('"ops": 8', '"ops": 9', 1), "is not as it was written"),
            ("with a lost line", "".join([lines[0], *lines[2:]]), "is not as it was written"),
            ("of another build", re.sub('"build": ".', '"build": "x', good), "is not as it was written"),
            ("with a line of something else", good + "x\n", "is no line of a journal"),
            ("of another k", good, '"k" is 1 there, and 2 now', "--k", 2, *args),
            ("of another driver", good, '"driver" is echo there', "--driver", "gauge", "small"),
            ("of other rules", good, '"strict" is false there', "--strict", *args),
            ("of other programs", good, "is of another command", "--driver", "echo", "small/a.prog")):
        write("bad", text)
        result = faults("--resume", "bad", *(given or args))
        if result.returncode != 2 or words not in result.stderr or result.stdout or read("bad") != text:
            yield f"a journal {name}: {result}"
    write("small/a.prog", program + "\n")
    result = faults("--resume", "good", *args)
    if result.returncode != 2 or "small/a.prog: has changed" not in result.stderr or read("good") != good:
        yield f"a changed program: {result}"
    write("small/a.prog", program)


def shared_complaints():
    """A journal has one writer: the second command ends at once and leaves it as it is."""
    args = ("--k", 2, "--driver", "relay", "--resume", "held", SEEDS)
    first = subprocess.Popen(command(*args), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while line_count("held") < 2 and first.poll() is None:
        time.sleep(0.01)
    first.send_signal(signal.SIGSTOP)
    if not os.WIFSTOPPED(os.waitpid(first.pid, os.WUNTRACED)[1]):
        yield "the first command is over before the second one begins"
        return
    journal = read("held")
    second = faults(*args)
    if second.returncode != 2 or second.stdout or read("held") != journal or \
            "held: another command is writing to it" not in second.stderr:
        yield f"a journal in use: {second}"
    first.send_signal(signal.SIGCONT)
    if first.communicate(timeout=200)[1].count("\n") > 1 or first.returncode != 0:
        yield f"the first command: {first.returncode}"
    lines = read("held").splitlines()
    result = faults(*args)
    if result.returncode != 0 or result.stdout.count("(finished before)") != len(lines) - 1 or \
            read("held").splitlines() != lines or lines[:1] != journal.splitlines()[:1]:
        yield f"after the first command: {result}"


def on_terminal(args):
    """What a command shows on a terminal that is its stderr."""
    leader, follower = pty.openpty()
    shown = b""
    with subprocess.Popen(args, stderr=follower, stdout=subprocess.DEVNULL):
        os.close(follower)
        try:
            while part := os.read(leader, 65536):
                shown += part
        except OSError:  # the end, as a terminal has it
            pass
    os.close(leader)
    return shown.decode()


def progress_complaints():
    """Where a second is over with each look at the clock, each is shown, and every tenth told."""
    quiet = faults("small")
    if quiet.stderr:
        yield f"a short command tells nothing: {quiet.stderr}"
    args = [HASTY, *command("--driver", LEAKY, "--k", 2, "--all", "small")[1:]]
    result = subprocess.run([*args, "--json"], capture_output=True, text=True, check=False, timeout=200)
    run_count = sum(1 + json.loads(line)["fault_runs"] for line in result.stdout.splitlines())
    told = result.stderr.splitlines()
    pieces = on_terminal(args).split("\r")
    shown = [piece.removesuffix("\x1b[K") for piece in pieces if piece not in ("", "\x1b[K")]
    if told != shown[9::10] or len(told) < 3 or not all(map(PROGRESS.fullmatch, shown)):
        yield f"told: {told}, on a terminal: {pieces}"
    last = f"2 of 3 programs, {run_count} runs, {run_count / len(shown):.0f} a second, 3 findings"
    if shown[-1] != f"faults: {last}":
        yield f"shown in the end, after {run_count} runs: {shown[-1]}"
    if pieces[-1] != "\x1b[K" or pieces.count("\x1b[K") != 3 or not all("\x1b[K" in it for it in pieces[1:]):
        yield f"not cleared away for each of 3 programs: {pieces}"


def main():
    with tempfile.TemporaryDirectory(prefix="poolproof-resume-") as folder:
        os.chdir(folder)
        os.mkdir("small")
        text = "poolproof 1\na0 = adapter(mtu: 9000)\nb0 = bind(a0)\nrestart(b0)\nf0 = create(a0)\n" \
               "write(f0, length: 1514)\nclose(f0)\nunbind(b0)\nunload()\n"
        for name in "abc":
            write(f"small/{name}.prog", text)
        parts = (resumed_complaints, found_complaints, cut_complaints, refused_complaints, shared_complaints,
                 progress_complaints)
        complaints = [text for part in parts for text in part()]
        os.chdir("/")
    print("\n".join(complaints) or "what is interrupted goes on")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
