#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line from outside: what it prints, where, and with which exit status.

usage: test_cli.py BINARY [NAME...]     NAME: run only the checks of these functions
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback

BINARY = os.path.abspath(sys.argv[1])
GOOD = """# one write, completed
poolproof 1
a0 = adapter(mtu: 9000)
b0 = bind(a0)
restart(b0)
f0 = create(a0)
write(f0, length: 1514)
complete(b0)
close(f0)
unbind(b0)
"""
CANONICAL = GOOD.split("\n", 1)[1]
passed, failed, skipped = [], [], []


def check(name, condition, detail=""):
    (passed if condition else failed).append(name)
    if not condition:
        print(f"FAILED {name}\n{detail}")


class Result:
    def __init__(self, status, out, err, seconds):
        self.status, self.out, self.err, self.seconds = status, out, err, seconds

    def __str__(self):
        return f"exit {self.status}\n-- stdout\n{self.out[-3000:]}\n-- stderr\n{self.err[-3000:]}"


def call(*args, stdin=None, stdout=subprocess.PIPE, timeout=120):
    begin = time.monotonic()
    done = subprocess.run([BINARY, *map(str, args)], input=stdin, stdout=stdout,
                          stderr=subprocess.PIPE, timeout=timeout)
    text = [(part or b"").decode("utf-8", "replace") for part in (done.stdout, done.stderr)]
    return Result(done.returncode, *text, time.monotonic() - begin)


def write(path, content):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return path


def read(path):
    with open(path, "rb") as file:
        return file.read()


def drivers():
    return [json.loads(line) for line in call("list", "drivers", "--json").out.splitlines()]


def pools():
    return [json.loads(line)["name"] for line in call("list", "pools", "--json").out.splitlines()]


def pool_program():
    """One of each op that needs no object: nothing that a pool may not be asked for."""
    lines, counts = ["poolproof 1 pool"], {}
    for op in map(json.loads, call("list", "ops", "--json").out.splitlines()):
        if op["language"] == "pool" and all(arg["kind"] != "handle" for arg in op["args"]):
            letter = op["result"]
            number = counts.get(letter, 0)
            counts[letter] = number + 1
            lines.append((f"{letter}{number} = " if letter else "") + op["word"] + "()")
    return "\n".join(lines) + "\n"


def is_bad(name, result, place, reason):
    """Exit 2, and a line on stderr that says where and why and cannot be taken for a finding."""
    line = next((l for l in result.err.splitlines() if l.startswith(f"error: {place}")), "")
    check(name, result.status == 2 and re.search(reason, line) and
          not line.startswith("poolproof: "), f"wanted: {place}: {reason}\n{result}")


def test_help():
    result = call("--help")
    check("help", result.status == 0 and not result.err, result)
    for verb in ("fuzz", "run", "show", "pack", "list"):
        check(f"help names {verb}", re.search(rf"^  {verb} ", result.out, re.M), result)
        own = call(verb, "--help")
        check(f"help of {verb}", own.status == 0 and f" {verb} " in own.out.splitlines()[0], own)
    for option in ("--driver", "--pool", "--strict", "--seconds", "--runs", "--seed", "--findings",
                   "--values"):
        check(f"help of fuzz has {option}", option in call("fuzz", "--help").out)
    version = call("--version")
    check("version", version.status == 0 and re.match(r"poolproof \S+, program format 1$", version.out),
          version)


def test_bad_usage():
    is_bad("no verb", call(), "", "a verb is missing")
    is_bad("unknown verb", call("fizz"), "fizz", "unknown verb")
    is_bad("unknown option", call("run", "--nope", "x"), "--nope", "unknown option")
    for option in ("--json=1", "--coverage=1"):
        is_bad(f"{option}, which takes no value", call("run", option, "x"), option, "unknown option")
    is_bad("unknown letter", call("run", "-q", "x"), "-q", "unknown option")
    is_bad("option of another verb", call("show", "--json", "x"), "--json", "not an option of show")
    is_bad("option of another verb, with a value", call("show", "--runs", "5"), "--runs",
           "not an option of show")
    is_bad("option without value", call("run", "--driver"), "--driver", "needs a value")
    for value in ("0", "-1", "x", "", "1x", " 1", "99999999999999999999999"):
        is_bad(f"--seconds {value!r}", call("fuzz", "--seconds", value), "--seconds", "no whole number")
    is_bad("--seed too large", call("fuzz", "--seed", 2**32), "--seed", "no whole number")
    is_bad("unknown driver", call("run", "--driver", "nope", "x"), "nope", "no such driver")
    players = ("run", "fuzz") if has_fuzz() else ("run",)
    for verb in (*players, "show", "pack"):
        is_bad(f"{verb}: unknown pool", call(verb, "--pool", "nope", "x"), "nope", "no such pool")
    for verb in players:
        is_bad(f"{verb}: two things to play on", call(verb, "--pool", "arena", "--driver", "echo", "x"),
               "--pool", "cannot go with --driver")
        is_bad(f"{verb}: a strict pool", call(verb, "--pool", "arena", "--strict", "x"),
               "--strict", "cannot go with --pool")
    is_bad("run nothing", call("run"), "run", "which programs")
    is_bad("show nothing", call("show"), "show", "which files")
    is_bad("pack nothing", call("pack", "-o", "out"), "pack", "which files")
    is_bad("pack nowhere", call("pack", "x"), "pack", "where to")
    is_bad("list nothing", call("list"), "list", "takes one of")
    is_bad("list two", call("list", "ops", "rules"), "list", "takes one of")
    is_bad("unknown list", call("list", "bugs"), "bugs", "no such list")


def test_list():
    keys = {
        "rules": {"id", "severity", "statement", "source", "symptom"},
        "ops": {"language", "word", "result", "about", "args"},
        "points": {"name", "kind", "function", "duty", "statuses"},
        "drivers": {"name", "is_default", "expected_title"},
        "actions": {"driver", "number", "name", "irql", "first", "second", "length"},
        "pools": {"name", "is_default"},
    }
    for name, expected in keys.items():
        text, objects = call("list", name), call("list", name, "--json")
        check(f"list {name}", text.status == 0 and objects.status == 0, text)
        rows = [json.loads(line) for line in objects.out.splitlines()]
        check(f"list {name} --json", rows and all(set(row) == expected for row in rows), objects)
        for row in rows:
            word = row.get("word") or row.get("name") or row.get("id")
            check(f"list {name} has {word}", word in text.out)
    actions = [json.loads(line) for line in call("list", "actions", "--json").out.splitlines()]
    check("an action's range", {"min": 1, "max": 9014} in [row["length"] for row in actions], actions)
    check("one driver is the default at most", sum(d["is_default"] for d in drivers()) <= 1)
    check("the default pool comes first", call("list", "pools").out.startswith("arena (default)\n"))
    languages = [json.loads(line)["language"] for line in call("list", "ops", "--json").out.splitlines()]
    check("ops of both languages", sorted(set(languages)) == ["pool", "protocol"], languages)
    titles = [d["expected_title"] for d in drivers() if d["expected_title"]]
    check("planted titles are titles", all(t.startswith("poolproof: ") for t in titles), titles)


def test_show_and_pack():
    write("good.prog", GOOD)
    check("show", call("show", "good.prog").out == CANONICAL)
    result = call("pack", "good.prog", "-o", "deep/packed")
    check("pack", result.status == 0 and os.listdir("deep/packed") == ["good"], result)
    check("show of packed", call("show", "deep/packed/good").out == CANONICAL)
    write("spaced.prog", GOOD.replace(", ", " ,  ").replace("\n", "\r\n"))
    result = call("show", "good.prog", "spaced.prog")
    check("show several", result.out == f"# good.prog\n{CANONICAL}\n# spaced.prog\n{CANONICAL}", result)
    result = call("pack", "--digest", "good.prog", "spaced.prog", "--output=digests")
    names = os.listdir("digests")
    check("pack by digest", result.status == 0 and len(names) == 1 and
          re.fullmatch("[0-9a-f]{16}", names[0]), (names, result))
    write("other/good.prog", "poolproof 1\nload()\n")
    result = call("pack", "good.prog", "other/good.prog", "-o", "twice")
    is_bad("pack of namesakes", result, "other/good.prog", "would overwrite")
    check("pack keeps the first namesake", read("twice/good") == read("deep/packed/good"))
    write("none.prog", "poolproof 1\n")
    is_bad("pack of nothing", call("pack", "none.prog", "-o", "none"), "none.prog", "no ops")
    write("file", "x")
    is_bad("pack into a file", call("pack", "good.prog", "-o", "file"), "file", "Not a directory")
    is_bad("pack below a file", call("pack", "good.prog", "-o", "file/x"), "file/x", "Not a directory")


def test_run():
    write("p/good.prog", GOOD)
    call("pack", "p/good.prog", "-o", "p/below")
    write("p/.hidden", "poolproof 2\n")
    write("p/notes.txt", "no program\n")
    text, packed = call("run", "p/good.prog"), call("run", "p/below/good")
    line = r"ok p/good\.prog \(8 ops, (\d+) events, digest ([0-9a-f]{16})\)\n"
    match = re.fullmatch(line, text.out)
    check("run", text.status == 0 and match, text)
    check("run of packed has the same digest", match and match.group(2) in packed.out, packed)
    result = call("run", "p")
    check("run of a directory", result.status == 0 and
          [l.split()[:2] for l in result.out.splitlines()[:-1]] ==
          [["ok", "p/below/good"], ["ok", "p/good.prog"]] and
          result.out.splitlines()[-1] == "2 programs, 0 with a finding, 0 bad inputs", result)
    keys = {"file", "driver", "pool", "verdict", "title", "rule", "op", "digest", "ops", "ops_played",
            "events", "schedules", "rules_checked", "faults_armed", "faults_fired", "points", "advice"}
    result = call("run", "--json", "p")
    rows = [json.loads(line) for line in result.out.splitlines()]
    check("run --json", len(rows) == 2 and all(set(row) == keys for row in rows) and
          rows[0]["digest"] == rows[1]["digest"] and rows[0]["verdict"] == "ok", result)
    again = call("run", "--json", "p")
    check("run is deterministic", again.out == result.out, again)
    os.makedirs("void")
    is_bad("run of an empty directory", call("run", "void"), "void", "no programs")
    write("odd\n\"\\\xe9\x01.prog", GOOD)
    odd = os.fsencode("odd2\n\"") + b"\xff\x01.prog"
    with open(odd, "wb") as file:
        file.write(GOOD.encode())
    result = subprocess.run([BINARY.encode(), b"run", b"--json", odd], capture_output=True, check=False)
    check("odd file names are JSON still", json.loads(result.stdout)["file"] == "odd2\n\"\ufffd\x01.prog")


def test_schedules():
    race = GOOD.replace("complete(b0)\nclose(f0)\nunbind(b0)\n", "pause(b0)\n")
    write("s/race.prog", race)
    command = ["run", "--driver", "state_checked_outside_lock", "--findings", "found"]
    result = call(*command, "s/race.prog", "--schedules", "2000", "--strategy", "delay:1")
    line = r"replay: .* found/(.*)/program.prog\nfound by schedule \d+ of s/race.prog\n"
    match = re.search(line, result.out)
    check("run --schedules", result.status == 1 and match and
          result.out.startswith("poolproof: PAUSED-SEND: "), result)
    again = call("run", "--driver", "state_checked_outside_lock", f"found/{match.group(1)}/program.prog")
    check("what a schedule found plays again", again.status == 1 and again.out.splitlines()[0] ==
          result.out.splitlines()[0], again)
    kept = read(f"found/{match.group(1)}/program.prog").decode()
    check("only the choice that is needed is kept", kept.count("(at: ") == 1, kept)
    same = call(*command, "s/race.prog", "--schedules", "2000", "--strategy", "delay:1", "--seed", "9")
    check("another seed finds it, too", same.status == 1, same)
    for strategy in ("pct:3", "random", "robin"):
        result = call(*command, "s/race.prog", "--schedules", "5000", "--strategy", strategy)
        check(f"--strategy {strategy}", result.status == 1, result)
    write("s/good.prog", GOOD)
    result = call("run", "s/good.prog", "--schedules", "20", "--findings", "none")
    check("a good driver in 20 schedules", result.status == 0 and "   nor in 20 schedules\n" in result.out and
          not os.path.exists("none"), result)
    for strategy in ("pct", "pct:0", "random:1", "worst"):
        is_bad(f"--strategy {strategy}", call("run", "s/good.prog", "--strategy", strategy), "--strategy",
               '"')
    is_bad("--schedules with a pool", call("run", "--pool", "arena", "s/good.prog", "--schedules", "2"),
           "--schedules", "pool programs have none")


def test_faults():
    write("k/good.prog", GOOD)
    result = call("faults", "--driver", "nbl_leaked_on_failure", "k/good.prog", "--findings", "found")
    match = re.search(r"replay: .* found/(.*)/program.prog\n+found by run \d+ with faults of k/good.prog\n",
                      result.out)
    check("faults finds a bug on an error path", result.status == 1 and match and
          result.seconds < 2, result)
    again = call("run", "--driver", "nbl_leaked_on_failure", f"found/{match.group(1)}/program.prog")
    check("what a fault found plays again", again.status == 1 and again.out.splitlines()[0] ==
          result.out.splitlines()[0], again)
    kept = read(f"found/{match.group(1)}/program.prog").decode()
    check("one fault is enough", kept.count("(fail: ") + kept.count("(outcome: ") == 1, kept)
    runs = []
    for k in "12":
        result = call("faults", "k/good.prog", "--k", k, "--findings", "none", "--json")
        line = json.loads(result.out)
        runs.append(line["fault_runs"])
        check(f"a good driver with {k} faults", result.status == 0 and line["verdict"] == "ok" and
              line["sites_left_out"] == 0 and not os.path.exists("none"), result)
    check("pairs are more than single faults", runs[0] > 10 and runs[1] > runs[0], runs)
    for k in ("0", "4", "x"):
        is_bad(f"--k {k}", call("faults", "k/good.prog", "--k", k), "--k", "whole number from 1 to 3")
    kept = {}
    for jobs in "123":
        result = call("faults", "--driver", "nbl_leaked_on_failure", "k/good.prog", "--k", "2", "--all",
                      "--json", "--jobs", jobs, "--findings", f"jobs{jobs}")
        line = json.loads(result.out)
        kept[jobs] = result.out, sorted(os.listdir(f"jobs{jobs}"))
        check(f"--jobs {jobs}", result.status == 1 and line["titles"] and line["faults_dead"] == 0, result)
        result = call("faults", "k/good.prog", "--k", "3", "--no-prune", "--json", "--jobs", jobs)
        kept[jobs] += (result.out,)
        line = json.loads(result.out)
        failed = line["places_failed_once"]
        check(f"places with {jobs} jobs", line["places"] == failed + line["places_answered"] and
              line["places_failed_for_good"] == failed > 3, result)
    check("the number of jobs makes no difference", kept["1"] == kept["2"] == kept["3"], kept)
    is_bad("--jobs 0", call("faults", "k/good.prog", "--jobs", "0"), "--jobs", "whole number from 1 to 256")
    is_bad("--k of run", call("run", "k/good.prog", "--k", "1"), "--k", "not an option of run")
    write("k/pool.prog", pool_program())
    is_bad("faults of a pool program", call("faults", "k/pool.prog"), "k/pool.prog", "is a pool program")


def test_pool_programs():
    text = pool_program()
    write("p/pool.prog", text)
    write("p/good.prog", GOOD)
    check("show of a pool program", call("show", "p/pool.prog").out == text)
    result = call("pack", "p/pool.prog", "-o", "packed")
    packed = call("show", "--pool", "arena", "packed/pool")
    check("pack of a pool program", result.status == 0 and packed.out == text, (result, packed))
    call("pack", "--pool", "arena", "packed/pool", "-o", "again")
    check("pack of packed", read("again/pool") == read("packed/pool"))
    result = call("run", "p/pool.prog")
    match = re.match(r"ok p/pool\.prog \((\d+) ops, \d+ events, digest ([0-9a-f]{16})\)\n", result.out)
    check("run of a pool program", result.status == 0 and match and
          int(match.group(1)) == text.count("\n") - 1, result)
    packed = call("run", "--pool", "arena", "packed/pool")
    check("run of a packed one has the same digest", match and match.group(2) in packed.out, packed)
    rows = [json.loads(line) for line in call("run", "--json", "p").out.splitlines()]
    check("run of both languages", [(row["verdict"], row["pool"], bool(row["driver"])) for row in rows] ==
          [("ok", None, True), ("ok", "arena", False)], rows)
    check("rules that were broken have their own member", "advice" in rows[0] and "broken" in rows[1] and
          not {"broken"} & set(rows[0]) and not {"advice"} & set(rows[1]), rows)
    strict = call("run", "--strict", "p")
    check("strict runs take pool programs as they are", "ok p/pool.prog" in strict.out, strict)
    is_bad("a pool program on a driver", call("run", "--driver", "echo", "p/pool.prog"), "p/pool.prog",
           "a pool program, and no driver")
    result = call("run", "--pool", "arena", "p")
    is_bad("a protocol program on a pool", result, "p/good.prog", "a protocol program, and no pool")
    check("the others are played still", "ok p/pool.prog" in result.out, result)
    rows = [json.loads(line) for line in call("run", "--json", "--pool", "arena", "p").out.splitlines()]
    check("JSON tells of it", [(row["verdict"], row["pool"]) for row in rows] ==
          [("error", "arena"), ("ok", "arena")], rows)
    write("mixed.prog", text + "restart(b0)\n")
    is_bad("an op of the other language", call("run", "mixed.prog"),
           f"mixed.prog:{len(text.splitlines()) + 1}:1", "restart is an op of protocol programs")
    write("unknown.prog", "poolproof 1 poll\n")
    is_bad("an unknown language", call("run", "unknown.prog"), "unknown.prog:1:13", 'did you mean "pool"')
    for pool in pools():
        result = call("run", "--pool", pool, "p/pool.prog")
        check(f"run on {pool}", result.status == 0 or result.out.startswith("poolproof: POOL-"), result)


def test_bad_input():
    write("good.prog", GOOD)
    bad = {
        "missing.prog": (None, "No such file"),
        "empty.prog": ("", "empty file"),
        "op.prog": ("poolproof 1\n  lod()\n", 'unknown op "lod"; did you mean "load"'),
        "version.prog": ("poolproof 2\n", "format version 2, this build reads 1"),
        "headless": ("# no version\nload()\n", "missing version line"),
        "prose.txt": ("Dear reader,\nthis is no program.\n", "missing version line"),
        "cut.prog": (GOOD[:-5], "cut off"),
        "nul.prog": (GOOD.replace("restart", "rest\0art"), "NUL byte"),
        "ops.prog": ("poolproof 1\n" + "load()\n" * 257, "more than 256 ops"),
        "binary": (b"\x03\xff\x80" * 11000, "neither text nor a binary program"),
        "long.prog": ("poolproof 1\n" + "#" * 2**20 + "\n", "longer than 1048576 bytes"),
    }
    for name, (content, reason) in bad.items():
        if content is not None:
            write(name, content)
        for verb in ("run", "show"):
            is_bad(f"{verb} of {name}", call(verb, name), name, reason)
    is_bad("place of the error", call("run", "op.prog"), "op.prog:2:3", "unknown op")
    os.makedirs("folder")
    is_bad("show of a directory", call("show", "folder"), "folder", "a directory, where a file is meant")
    is_bad("pack of a directory", call("pack", "folder", "-o", "o"), "folder", "a directory")
    with open("huge.prog", "wb") as file:
        file.truncate(2**30)
    result = call("run", "huge.prog")
    is_bad("a file of 1 GiB", result, "huge.prog", "longer than")
    check("a file of 1 GiB is not read", result.seconds < 5, result)
    is_bad("an endless file", call("show", "/dev/zero"), "/dev/zero", "longer than")
    result = call("run", "op.prog", "good.prog", "missing.prog")
    check("the other files are played still", result.status == 2 and "ok good.prog" in result.out and
          result.err.count("error: ") == 2 and "1 programs" not in result.out, result)
    rows = [json.loads(l) for l in call("run", "--json", "op.prog", "good.prog").out.splitlines()]
    check("JSON tells bad inputs", [row["verdict"] for row in rows] == ["error", "ok"], rows)
    check("a pipe will do", call("show", "/dev/stdin", stdin=GOOD.encode()).out == CANONICAL)


def test_full_output():
    write("good.prog", GOOD)
    for args in (["run", "good.prog"], ["list", "ops"], ["--help"], ["show", "good.prog"]):
        with open("/dev/full", "wb") as full:
            is_bad(f"{args[0]} to a full disk", call(*args, stdout=full), "stdout", "No space left")


def small_disk(size):
    """A folder on a file system of that size, or None where mounting is not allowed."""
    folder = tempfile.mkdtemp(dir=".")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder],
                          capture_output=True, check=False)
    return os.path.abspath(folder) if done.returncode == 0 else None


def test_full_disk():
    write("good.prog", GOOD)
    disk = small_disk("8k")
    if not disk:
        skipped.append("full disk: cannot mount a tmpfs here")
        return
    try:
        os.makedirs(f"{disk}/out")
        write(f"{disk}/out/good", "precious")
        with open(f"{disk}/filler", "wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(b"x" * 512)
            except OSError:
                pass
        is_bad("pack to a full disk", call("pack", "good.prog", "-o", f"{disk}/out"), disk, "No space")
        check("a full disk loses nothing", read(f"{disk}/out/good") == b"precious" and
              os.listdir(f"{disk}/out") == ["good"], os.listdir(f"{disk}/out"))
        if has_fuzz():
            result = call("fuzz", "--runs", 9, "--findings", f"{disk}/out")
            is_bad("fuzz to a full disk", result, disk, "No space")
    finally:
        subprocess.run(["umount", disk], check=True)


def has_fuzz():
    result = call("fuzz", "--runs", 1)
    if result.status == 2 and "has no libFuzzer" in result.err:
        skipped.append("fuzz: this build has no libFuzzer")
        return False
    return True


def statuses(result):
    return [json.loads(l[7:]) for l in result.err.splitlines() if l.startswith("status {")]


def test_fuzz_clean():
    if not has_fuzz():
        return
    result = call("fuzz", "--runs", 3000, "--seed", 7)
    check("fuzz --runs", result.status == 0 and re.search(r": 3000 runs in .* seed 7$", result.out, re.M),
          result)
    check("no finding, no folder", not os.path.exists("findings"))
    last = statuses(result)[-1]
    check("status", last["runs"] == 3000 and last["findings"] == 0 and last["ops_played"] > 0 and
          {"seconds", "exec_per_second", "rules_checked", "points_reached", "points_failed"} <= set(last),
          last)
    timeless = [{k: v for k, v in statuses(call("fuzz", "--runs", 3000, "--seed", 7))[-1].items()
                 if "second" not in k} for _ in range(2)]
    check("the same seed does the same", timeless[0] == timeless[1] and
          timeless[0]["ops_played"] == last["ops_played"], (timeless, last))
    result = call("fuzz", "--seconds", 3)
    check("fuzz --seconds", result.status == 0 and 2 < result.seconds < 20, result)
    check("a status line each second", 3 <= len(statuses(result)) <= 6, result)
    os.makedirs("findings")
    call("fuzz", "--runs", 10)
    check("a folder that was there stays", os.path.isdir("findings"))


def test_fuzz_corpus():
    if not has_fuzz():
        return
    result = call("fuzz", "--runs", 2000, "new/corpus")
    check("corpus is made and filled", result.status == 0 and len(os.listdir("new/corpus")) > 3, result)
    result = call("run", "new/corpus")
    check("corpus entries are programs", result.status == 0, result)
    kept = {}
    for feedback in ("code", "faults"):
        call("fuzz", "--driver", "relay", "--runs", 3000, "--seed", 1, "--feedback", feedback,
             f"kept/{feedback}")
        kept[feedback] = len(os.listdir(f"kept/{feedback}"))
    check("more is kept for faults than for code alone", 3 < kept["code"] < kept["faults"], kept)
    is_bad("no such feedback", call("fuzz", "--feedback", "luck"), "--feedback", "none of code and faults")
    write("seeds/good.prog", GOOD)
    before = read("seeds/good.prog")
    result = call("fuzz", "--runs", 1, "grown", "seeds")
    check("seeds may be text", statuses(result)[-1]["ops_played"] == 0 or result.status == 0, result)
    result = call("fuzz", "--runs", 300, "grown", "seeds")
    check("seeds are only read", os.listdir("seeds") == ["good.prog"] and
          read("seeds/good.prog") == before, result)
    write("file", "x")
    is_bad("corpus is a file", call("fuzz", "--runs", 9, "file"), "file", "Not a directory")
    is_bad("corpus cannot be made", call("fuzz", "--runs", 9, "file/x"), "file/x", "Not a directory")
    is_bad("corpus cannot be written", call("fuzz", "--runs", 9, "/proc/self"), "/proc/self", "cannot write")
    is_bad("seeds are not there", call("fuzz", "--runs", 9, "grown", "nope"), "nope", "No such file")
    is_bad("seeds are a file", call("fuzz", "--runs", 9, "grown", "file"), "file", "Not a directory")
    is_bad("findings is a file", call("fuzz", "--runs", 9, "--findings", "file"), "file", "Not a directory")
    is_bad("findings cannot be made", call("fuzz", "--findings", "/proc/x/y"), "/proc/x/y", "No such file")


def test_fuzz_pool():
    if not has_fuzz():
        return
    result = call("fuzz", "--pool", "arena", "--runs", 2000, "--seed", 7, "corpus")
    last = statuses(result)[-1]
    # Whether the pool is right is the business of other tests.
    check("fuzz --pool", result.status in (0, 1) and re.search(r"^arena: 2000 runs in", result.out, re.M),
          result)
    check("status of a pool", last["runs"] == 2000 and last["ops_played"] > 0 and "advice" not in last and
          last["points"] == len(last["point"]) < len(call("list", "points").out.split("write: (fail")), last)
    told = dict(re.findall(r"^broken (\S+), (\d+) times: ", result.out, re.M))
    check("rules that were broken are told", told and
          told == {rule: str(times) for rule, times in last["broken"].items()}, last)
    result = call("run", "--pool", "arena", "corpus")
    check("the corpus is of pool programs", result.status in (0, 1) and len(os.listdir("corpus")) > 3, result)
    write("corpus/seeds/pool/one.prog", pool_program())
    played = statuses(call("fuzz", "--pool", "arena", "--runs", 4, "--seed", 1))[-1]["ops_played"]
    check("without directories the seeds are read", played >= pool_program().count("\n") - 1, played)
    check("and only read", os.listdir("corpus/seeds/pool") == ["one.prog"])


def test_fuzz_finding_in_pool():
    if not has_fuzz():
        return
    title = None
    for pool in pools()[1:]:
        result = call("fuzz", "--pool", pool, "--seconds", 5)
        out = result.out.splitlines()
        title = next((line for line in out if line.startswith("poolproof: POOL-")), None)
        if title:
            break
    if not title:
        check("a planted pool is found", len(pools()) < 3)
        return
    check("a finding is exit status 1", result.status == 1, result)
    folder = out[out.index(title) + 1].split(" (")[0].strip()
    program = read(f"{folder}/program.prog").decode().splitlines()
    check("the program says that it is for pools", program[:2] == [f"# {title}", "poolproof 1 pool"], program)
    for file in ("program.prog", "input"):
        again = call("run", "--pool", pool, f"{folder}/{file}")
        check(f"{file} finds it again", again.status == 1 and again.out.startswith(title + "\n"), again)
    report = read(f"{folder}/report.txt").decode()
    replay = re.search(rf"replay: (\S*{os.path.basename(BINARY)} run --pool {pool} .*)", report)
    again = replay and subprocess.run(replay.group(1), shell=True, capture_output=True, check=False)
    check("the report says on which pool to replay", again and again.returncode == 1, report)


def test_strict():
    if not has_fuzz():
        return
    for driver in drivers():
        lax = call("fuzz", "--driver", driver["name"], "--runs", 3000, "--seed", 3)
        advice = statuses(lax)[-1]["advice"]
        if advice:
            break
    else:
        check("a driver breaks a rule that is only counted", False)
        return
    told = dict(re.findall(r"^advice (\S+), (\d+) times: ", lax.out, re.M))
    check("advice is told at the end", told == {rule: str(times) for rule, times in advice.items()}, lax)
    result = call("fuzz", "--driver", driver["name"], "--runs", 3000, "--seed", 3, "--strict")
    title = next((line for line in result.out.splitlines()
                  if line.startswith("poolproof: ") and line.split(": ")[1] in advice), "")
    check("with --strict advice is a finding", result.status == 1 and title and
          not statuses(result)[-1]["advice"], result)
    folder = result.out.splitlines()[result.out.splitlines().index(title) + 1].split(" (")[0].strip()
    row = json.loads(call("run", "--driver", driver["name"], "--json", f"{folder}/program.prog").out)
    check("without it, it is advice", title.split(": ")[1] in row["advice"], row)
    replay = re.search(r"replay: (.* --strict .*)", read(f"{folder}/report.txt").decode())
    again = replay and subprocess.run(replay.group(1), shell=True, capture_output=True, check=False)
    check("the report replays it strictly", again and again.returncode == 1 and
          again.stdout.decode().startswith(title + "\n"), (replay, again))


def find_planted():
    """Fuzzes planted drivers until one of them is found; returns it and the session."""
    for driver in drivers():
        if driver["expected_title"]:
            result = call("fuzz", "--seconds", 5, "--driver", driver["name"], "corpus")
            if result.status == 1:
                return driver, result
    return None, None


def test_fuzz_finding():
    if not has_fuzz():
        return
    driver, result = find_planted()
    if not driver:
        check("a planted driver is found", not any(d["expected_title"] for d in drivers()))
        return
    out, name = result.out.splitlines(), driver["name"]
    # That each planted driver gets the very title it expects is the business of other tests.
    title = next((line for line in out if line.startswith("poolproof: ")), "")
    check("the summary has the title", title, result)
    check("the title is told when it is found", title in result.err.splitlines(), result)
    check("all runs are used, not only those up to the finding", result.seconds >= 4, result)
    folder = out[out.index(title) + 1].split(" (")[0].strip()
    check("a folder of three files", sorted(os.listdir(folder)) == ["input", "program.prog", "report.txt"])
    check("the program has its title as a comment",
          read(f"{folder}/program.prog").decode().splitlines()[:2] == [f"# {title}", "poolproof 1"])
    check("the report begins with the title", read(f"{folder}/report.txt").decode().startswith(title + "\n"))
    for file in ("program.prog", "input"):
        again = call("run", "--driver", name, f"{folder}/{file}")
        check(f"{file} finds it again", again.status == 1 and again.out.startswith(title + "\n"), again)
    row = json.loads(call("run", "--driver", name, "--json", f"{folder}/program.prog").out)
    check("finding as JSON", row["verdict"] == "finding" and row["title"] == title and row["rule"], row)
    replay = re.search(rf"(\S*{os.path.basename(BINARY)} run .*)", read(f"{folder}/report.txt").decode())
    check("the report says how to replay", replay and
          subprocess.run(replay.group(1), shell=True, capture_output=True, check=False).returncode == 1)
    bad = call("run", "--driver", name, f"{folder}/program.prog", "nope")
    check("bad input outranks a finding, which is told still",
          bad.status == 2 and bad.out.startswith(title), bad)
    smallest_wins(driver, folder, title)
    full_on_the_way(name, title)
    corpus_is_clean(name)


def smallest_wins(driver, folder, title):
    kept = read(f"{folder}/program.prog")
    bloated = kept.decode().rstrip("\n") + "\nadvance(ms: 77)\n"
    write("bloated.prog", bloated)
    result = call("run", "--driver", driver["name"], "--findings", "findings", "bloated.prog")
    check("a larger program does not replace a smaller one", read(f"{folder}/program.prog") == kept, result)
    write(f"{folder}/program.prog", bloated)
    call("run", "--driver", driver["name"], "--findings", "findings", f"{folder}/input")
    check("a smaller program replaces a larger one", read(f"{folder}/program.prog") == kept)
    write(f"{folder}/program.prog", "# poolproof: another title\npoolproof 1\n")
    call("run", "--driver", driver["name"], "--findings", "findings", f"{folder}/input")
    others = [f for f in os.listdir("findings") if f.startswith(os.path.basename(folder) + "-")]
    check("a title whose folder is taken gets another", len(others) == 1 and
          read(f"findings/{others[0]}/program.prog").decode().startswith(f"# {title}\n"), others)


def full_on_the_way(name, title):
    disk = small_disk("1m,nr_inodes=3")  # room for the folder itself and one file, but not for three
    if not disk:
        skipped.append("full disk on the way: cannot mount a tmpfs here")
        return
    try:
        result = call("fuzz", "--seconds", 4, "--driver", name, "--findings", f"{disk}/f", "corpus")
        is_bad("a disk that fills up on the way", result, f"{disk}/f/", "No space")
        check("what cannot be kept is told, with its report", title in result.out.splitlines() and
              result.err.splitlines().count(title) >= 2, result)
    finally:
        subprocess.run(["umount", disk], check=True)


def corpus_is_clean(name):
    result = call("run", "--driver", name, "--json", "corpus")
    found = sum(json.loads(line)["verdict"] == "finding" for line in result.out.splitlines())
    check("findings do not enter the corpus", found <= 1, result)


def test_fuzz_values():
    """What the driver compares with is tried, and what a file says."""
    if not has_fuzz():
        return
    result = call("fuzz", "--driver", "answer_behind_code", "--runs", 100000, "--seed", 2,
                  "--findings", "behind")
    check("a bug behind a code that nobody guesses is found", result.status == 1 and
          "poolproof: IRP-INFORMATION: more answered than there is room for in Control" in result.out, result)
    write("values", "# codes\n4660\n  0x88B5  # a type\n\nCTL_CODE(0x12, 0x801, 0, 3)\n")
    result = call("fuzz", "--driver", "echo", "--runs", 9, "--values", "values")
    check("a file of values is read", result.status == 0, result)
    for text, line in (("1\nx\n", 2), ("0x1g\n", 1), ("\n\n4294967296\n", 3), ("CTL_CODE(1, 2, 3)\n", 1),
                       ("CTL_CODE(1, 2, 4, 0)\n", 1), ("1 2\n", 1), ("-1\n", 1), ("0x\n", 1)):
        write("values", text)
        is_bad(f"values: {text!r}", call("fuzz", "--runs", 9, "--values", "values"), f"values:{line}",
               "expected a number")
    is_bad("no values", call("fuzz", "--runs", 9, "--values", "none"), "none", "No such file")


def test_fuzz_interrupted():
    if not has_fuzz():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen([BINARY, "fuzz", "--seconds", "60"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            time.sleep(1.5)
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
            check(f"{number.name} ends a session with its summary", process.returncode == 0 and
                  re.search(rb": \d+ runs in [12]\.\d s", out), (process.returncode, out, err))


def main():
    wanted = sys.argv[2:]
    tests = [f for n, f in sorted(globals().items()) if n.startswith("test_") and (not wanted or n in wanted)]
    home = os.getcwd()
    for test in tests:
        with tempfile.TemporaryDirectory(prefix="poolproof-cli-") as folder:
            os.chdir(folder)
            try:
                test()
            except Exception:  # pylint: disable=broad-exception-caught
                check(test.__name__, False, traceback.format_exc())
            os.chdir(home)
    for reason in skipped:
        print(f"skipped: {reason}")
    print(f"{len(passed)} passed, {len(failed)} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
