#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`faults --certificate` says what was tried; `faults --verify` does it again and sees each difference.

usage: test_certificate.py BINARY"""
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

BINARY = os.path.abspath(sys.argv[1])
PROGRAM = """poolproof 1
a0 = adapter(mtu: 9000)
b0 = bind(a0)
restart(b0)
f0 = create(a0)
write(f0, length: 1514)
complete(b0)
close(f0)
unbind(b0)
"""
LEAKY = "nbl_leaked_on_failure"


def faults(*args):
    return subprocess.run([BINARY, "faults", "--findings", "found", *map(str, args)], capture_output=True,
                          text=True, check=False, timeout=120)


def write(path, text):
    pathlib.Path(path).parent.mkdir(exist_ok=True)
    pathlib.Path(path).write_text(text, encoding="utf-8")
    return path


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


def is_refused(result, *words):
    return result.returncode == 2 and result.stderr.startswith("error: ") and \
        all(word in result.stderr for word in words)


def written_complaints():
    texts = {}
    for jobs in (1, 3):
        result = faults("--k", 2, "--jobs", jobs, "--certificate", f"out/{jobs}.json", "programs")
        texts[jobs] = read(f"out/{jobs}.json")
        if result.returncode != 0 or f"certificate out/{jobs}.json\n" not in result.stdout:
            yield f"not written: {result}"
    if texts[1] != texts[3]:
        yield f"jobs make a difference: {texts}"
    it = json.loads(texts[1])
    printed = faults("--k", 2, "--json", "programs").stdout
    if it["programs"] != [json.loads(line) for line in printed.splitlines()] or len(it["programs"]) != 2:
        yield f"other programs than --json prints: {it['programs']}, {printed}"
    if (it["certificate"], it["driver"], it["k"], it["pruned"], it["complete"], it["findings"]) != \
            (1, "echo", 2, True, True, 0):
        yield f"the head is wrong: {it}"
    one = it["programs"][0]
    if sum(one["fault_runs_by_k"]) != one["fault_runs"] or min(one["fault_runs_by_k"]) == 0:
        yield f"runs by k: {one}"
    pool = one["point"]["nbl_pool.allocate"]
    if pool != {"places": 1, "failed_once": 1, "failed_for_good": 1} or \
            sum(point["places"] for part in ("point", "outcome") for point in one[part].values()) \
            != one["places"]:
        yield f"points: {one}"
    for jobs in (1, 2):
        result = faults("--verify", "out/1.json", "--jobs", jobs)
        if result.returncode != 0 or result.stdout != \
                "ok out/1.json (2 programs, 0 with a finding, 0 differences)\n":
            yield f"not verified: {result}"
    write("out/wide.json", json.dumps(it, indent=1))
    if faults("--verify", "out/wide.json").returncode != 0:
        yield "white space makes a difference"


def finding_complaints():
    for more in ([], ["--all"], ["--no-prune"], ["--strict"]):
        result = faults("--driver", LEAKY, "--certificate", "out/leak.json", *more, "programs")
        it = json.loads(read("out/leak.json"))
        if result.returncode != 1 or it["complete"] or it["findings"] != 2 or \
                not it["programs"][0]["titles"] or \
                "no proof, but noted in out/leak.json" not in result.stdout:
            yield f"findings are no proof: {result}, {it}"
        result = faults("--verify", "out/leak.json")
        if result.returncode != 0 or "2 with a finding, 0 differences" not in result.stdout:
            yield f"findings are verified, too: {result}"


def difference_complaints():
    text = read("out/1.json")
    one = json.loads(text)["programs"][0]
    runs = one["fault_runs"]
    for wrong, line in (
            (text.replace(f'"fault_runs": {runs}', '"fault_runs": 1', 1),
             f"programs[0].fault_runs: certified 1, now {runs}\n"),
            (text.replace(one["runs_digest"], "0" * 16, 1),
             f"programs[0].runs_digest: certified {'0' * 16}, now {one['runs_digest']}\n"),
            (text.replace('"titles": []', '"titles": ["x"]', 1),
             "programs[0].titles[0]: certified x, now nothing\n"),
            (text.replace('"faults_dead": 0, ', "", 1),
             "programs[0].faults_dead: certified nothing, now 0\n"),
            (text.replace('"complete": true', '"complete": false'),
             "complete: certified false, now true\n"),
            (text.replace('"ops": 8', '"ops": "8"', 1), "programs[0].ops: certified 8, now 8\n")):
        write("out/wrong.json", wrong)
        result = faults("--verify", "out/wrong.json")
        if result.returncode != 1 or line not in result.stdout or "1 differences)\n" not in result.stdout:
            yield f"not seen: {line}{result}"
    write("out/wrong.json", text.replace('"k": 2', '"k": 1'))
    if faults("--verify", "out/wrong.json").returncode != 1:
        yield "a certificate for k = 2 is none for k = 1"


def refused_complaints():
    text = read("out/1.json")
    it = json.loads(text)
    for name, wrong, *words in (
            ("of another format", text.replace('"certificate": 1', '"certificate": 2'), "format 2"),
            ("of another build", text.replace(it["build"], "0" * 16), "0" * 16, it["build"]),
            ("without a build", text.replace('"build"', '"built"'), 'has no "build"'),
            ("of no driver", text.replace('"echo", "plan"', '"nobody", "plan"'), "no such driver"),
            ("with k = 4", text.replace('"k": 2', '"k": 4'), '"k"'),
            ("with a text as k", text.replace('"k": 2', '"k": "2"'), '"k"'),
            ("without programs", json.dumps(it | {"programs": []}), "speaks of no program"),
            ("that is a program", PROGRAM, "no value"),
            ("that is another JSON", "{}", "is no certificate"),
            ("cut short", text[:len(text) // 2], "out/bad.json:"),
            ("with something behind it", text + "1", "something behind the end"),
            ("of brackets", "[" * 100000, "too many brackets"),
            ("of a long name", '{"' + "x" * 1000 + '": 1}', "too long")):
        write("out/bad.json", wrong)
        result = faults("--verify", "out/bad.json")
        if not is_refused(result, *words) or read("out/bad.json") != wrong:
            yield f"a certificate {name}: {result}"
    for args in (["programs"], ["--k", 2], ["--driver", "echo"], ["--all"], ["--certificate", "out/2.json"]):
        result = faults("--verify", "out/1.json", *args)
        if not is_refused(result, "--verify"):
            yield f"--verify with {args}: {result}"
    write("programs/one.prog", PROGRAM + "\n")
    if not is_refused(faults("--verify", "out/1.json"), "programs/one.prog", "has changed"):
        yield "a changed program is not seen"
    os.remove("programs/one.prog")
    if not is_refused(faults("--verify", "out/1.json"), "programs/one.prog", "No such file"):
        yield "a missing program is not seen"
    write("programs/one.prog", PROGRAM)


def broken_complaints():
    """However a certificate is damaged: it is refused or differs, and nothing worse comes of it."""
    text = read("out/1.json")
    dice = random.Random(1)
    damaged = [text[:length] for length in range(1, len(text) - 1, 97)]
    for _ in range(200):
        at = dice.randrange(len(text))
        damaged.append(text[:at] + dice.choice('"\\{}[]:, 0-eu~\n') + text[at + 1:])
    for wrong in damaged:
        write("out/bad.json", wrong)
        result = faults("--verify", "out/bad.json")
        is_same = " ".join(wrong.split()) == " ".join(text.split())
        if result.returncode not in (1, 2) and not is_same or "Sanitizer" in result.stderr:
            yield f"not seen in {wrong}: {result}"


def unwritten_complaints():
    write("out/old.json", "old")
    result = faults("--certificate", "out/old.json", "programs", "programs/none.prog")
    if not is_refused(result, "programs/none.prog", "not written") or read("out/old.json") != "old":
        yield f"written without all programs: {result}"
    for path, words in (("out", "a directory"), ("programs/one.prog/x", "Not a directory")):
        result = faults("--certificate", path, "programs")
        if not is_refused(result, words) or result.stdout:
            yield f"{path} cannot be written: {result}"
    write("programs/é\t.prog", PROGRAM)
    faults("--certificate", "out/name.json", "programs")
    if faults("--verify", "out/name.json").returncode != 0 or "\\u0009" not in read("out/name.json"):
        yield "a name with other characters is lost"


def main():
    with tempfile.TemporaryDirectory(prefix="poolproof-certificate-") as folder:
        os.chdir(folder)
        write("programs/one.prog", PROGRAM)
        write("programs/two.prog", PROGRAM.replace("complete(b0)\n", ""))
        complaints = [text for part in (written_complaints, finding_complaints, difference_complaints,
                                        refused_complaints, broken_complaints, unwritten_complaints)
                      for text in part()]
        os.chdir("/")
    print("\n".join(complaints) or "certificates hold what they say")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
