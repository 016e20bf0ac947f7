# SPDX-License-Identifier: MIT
"""scripts/triage from outside: what it takes for a crash and plays on what, what it makes of bad input, how
it groups, and what it writes. With poolproof itself, and with a player that does what that never does."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "repository"))
from shared import tree  # noqa: E402  (the path comes first)

TITLE = "poolproof: POOL-FREE-LIVE-NBL: NBL pool freed with NBLs in flight in StopSending"
PLANTED = "corpus/regressions/planted/pool_freed_in_flight.prog"
CLEAN = "poolproof 1\na0 = adapter()\n"
ATTRIBUTES = 3  # of what the player shows; each is tried without once for each bug
HOSTILE = "a <script>alert(1)</script> & \"quoted\""


class Scene:
    """A folder with inputs, a player of its own, and an output folder."""

    def __init__(self, root, binary, folder):
        self.root, self.folder = root, folder
        self.binary = binary
        self.inputs, self.output = folder / "inputs", folder / "output"
        self.inputs.mkdir()
        self.player = folder / "player.py"
        shutil.copy(root / "tests/scripts/player.py", self.player)
        self.player.chmod(0o755)

    def put(self, name, content):
        path = self.inputs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def command(self, *words, player=True):
        binary = self.player if player else self.binary
        return [self.root / "scripts/triage", "--binary", binary, "--output", self.output, *words]

    def call(self, *words, player=True):
        command = self.command(*(words or [self.inputs]), player=player)
        return subprocess.run(command, capture_output=True, text=True, check=False, errors="replace",
                              stdin=subprocess.DEVNULL, timeout=300)

    def left(self, *words):
        """Played on the driver of that name."""
        return self.call("--driver", "left", *words, self.inputs)

    def plays(self):
        """How often the player played since the last time that this was asked."""
        path = self.folder / "plays"
        count = len(path.read_text(encoding="utf-8").split()) if path.exists() else 0
        path.unlink(missing_ok=True)
        return count

    def told(self):
        return json.loads((self.output / "triage.json").read_text(encoding="utf-8"))

    def page(self):
        return (self.output / "index.html").read_text(encoding="utf-8")


def exits(tally, name, result, status, *words):
    missing = [word for word in words if word not in result.stdout + result.stderr]
    tally.check(name, result.returncode == status and not missing, f"exit {result.returncode}", missing,
                result.stdout[-1500:], result.stderr[-1500:])


def test_usage(tally, scene):
    exits(tally, "help", scene.call("--help"), 0, "--driver", "--times", "Exit status")
    exits(tally, "no folder", subprocess.run(scene.command(), capture_output=True, text=True, check=False), 2)
    exits(tally, "unknown option", scene.call("--nope", scene.inputs), 2, "--nope")
    for option in ("--times", "--timeout", "--jobs"):
        exits(tally, f"{option} 0", scene.call(option, "0", scene.inputs), 2, "no whole number")
    scene.put("x", "a x")
    exits(tally, "unknown driver", scene.call("--driver", "nope", scene.inputs), 2, 'no driver "nope"',
          "left")
    exits(tally, "unknown pool", scene.call("--pool", "nope", scene.inputs), 2, 'no pool "nope"', "arena")
    exits(tally, "both", scene.call("--pool", "arena", "--driver", "left", scene.inputs), 2, "cannot go with")
    exits(tally, "no binary", scene.call("--binary", scene.folder / "gone", scene.inputs), 2, "gone",
          "No such file")
    exits(tally, "another program", scene.call("--binary", "/bin/true", scene.inputs), 2, "--version")
    tally.check("nothing was written", not scene.output.exists())


def test_nothing_to_do(tally, scene):
    exits(tally, "empty folder", scene.call(), 2, "nothing to play", str(scene.inputs))
    exits(tally, "no such folder", scene.call(scene.folder / "gone"), 2, "gone", "No such file")
    scene.put("x", "a x")
    exits(tally, "no driver is known", scene.call(), 2, "give --driver")
    scene.put("x", "refuse format version 2")
    exits(tally, "nothing plays", scene.left(), 2, "line 1:11", "version 2",
          "no input could be played")


def test_bad_inputs(tally, scene):
    scene.put("good", "a bug")
    names = ["with space", "quote'\"", "new\nline", "-dash", "<b>", "\udcff", "driver"]
    for name in names:
        scene.put(name, "a bug")
    huge = scene.put("huge", "a bug")
    os.truncate(huge, 1 << 30)
    os.mkfifo(scene.inputs / "pipe")
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(scene.inputs / "socket"))
    (scene.inputs / "dangling").symlink_to("gone")
    (scene.inputs / "circle").symlink_to(scene.inputs)
    scene.put(".hidden", "a other")
    scene.put("junk", b"\xff\xfe\x00\x01junk")
    scene.put("secret", "a bug").chmod(0)
    is_root = os.geteuid() == 0  # to whom nothing is unreadable
    result = scene.left("--times", "1")
    exits(tally, "bad inputs", result, 1, "huge: 1073741824 bytes", "pipe: not a regular file",
          "dangling: No such", "2 bugs in 14 inputs")
    told = scene.told()
    tally.check("all others are played", told["bugs"][0]["count"] == 1 + len(names) + is_root, told["bugs"])
    refused = {os.path.basename(row["file"]): row["reason"] for row in told["refused"]}
    expect = {"huge", "pipe", "socket", "dangling"} | (set() if is_root else {"secret"})
    tally.check("refused", set(refused) == expect, refused)
    tally.check("junk does not reproduce or dies", "junk" in json.dumps(told))
    names_told = {os.path.basename(name) for name in told["bugs"][0]["inputs"]}
    tally.check("names are kept", set(names) <= names_told, names_told)
    tally.check("names are shown", "new\\nline" in scene.page() and "&lt;b&gt;" in scene.page() and
                "<b>" not in scene.page())


def test_unreadable(tally, scene):
    """As a user who is not root, where that can be had."""
    scene.put("good", "a bug")
    scene.put("secret", "a bug").chmod(0)
    scene.put("locked/x", "a bug").parent.chmod(0)
    command = scene.command("--driver", "left", scene.inputs)
    if os.geteuid() == 0:
        for path in (scene.folder, scene.inputs):
            path.chmod(0o777)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    result = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    (scene.inputs / "locked").chmod(0o755)
    if "triage: " not in result.stderr:
        print("skipped: another user cannot reach this folder")
        return
    exits(tally, "unreadable", result, 1, "secret: Permission denied", "locked: Permission denied")
    tally.check("the good one is played", scene.told()["bugs"][0]["count"] == 1)


def test_groups(tally, scene):
    scene.put("1", "a bug one")
    scene.put("2", "a bug one\n")
    scene.put("3", "a bug one \n\n")
    scene.put("4", "b advice")
    scene.put("5", "clean")
    scene.put("6", "segv")
    scene.put("7", "abort Function")
    scene.put("8", HOSTILE)
    exits(tally, "groups", scene.left(), 1, "5 bugs in 8 inputs")
    told = scene.told()
    shown = {bug["title"]: (bug["count"], bug["severity"]) for bug in told["bugs"]}
    expect = {"poolproof: RULE-A: bug one in Write": (3, "stop"),
              "poolproof: RULE-B: advice in Write": (1, "advice"),
              "died: SIGSEGV": (1, "died"),
              "died: AddressSanitizer: heap-use-after-free in Function": (1, "died"),
              f"poolproof: RULE-A: {HOSTILE[2:]} in Write": (1, "stop")}
    tally.check("titles, counts and severities", shown == expect, shown)
    bug = told["bugs"][0]
    bug |= json.loads((scene.output / bug["folder"] / "bug.json").read_text(encoding="utf-8"))
    tally.check("the most frequent comes first, the smallest of it is kept",
                bug["count"] == 3 and bug["inputs"][0].endswith("/1"), bug)
    tally.check("rule", bug["rule"]["id"] == "RULE-A" and
                bug["rule"]["page"].endswith("docs/rules.md#rule-a") and
                bug["rule"]["source"].endswith("/ddi/ndis/nf-a"), bug["rule"])
    tally.check("the page of the rule is there",
                (scene.output / bug["rule"]["page"].split("#")[0]).resolve() == scene.root / "docs/rules.md")
    tally.check("faults and choices that the bug needs, and no others",
                bug["faults"] == ["nbl.allocate 1"] and bug["choices"] == 0 and
                bug["program"].count("(") == 2, bug)
    tally.check("frames", bug["frames"] == ["Write x.c:5", "Main x.c:9", "Caller x.c:1"], bug["frames"])
    folder = scene.output / bug["folder"]
    tally.check("files", bug["files"] == sorted(os.listdir(folder)) == ["bug.json", "input", "program.prog",
                                                                        "report.txt"], bug["files"])
    tally.check("input", (folder / "input").read_bytes() == b"a bug one")
    tally.check("program",
                (folder / "program.prog").read_text().startswith(f"# {bug['title']}\npoolproof 1\n"))
    tally.check("not reproduced",
                [row["file"] for row in told["not_reproduced"]] == [str(scene.inputs / "5")])
    page = scene.page()
    tally.check("titles are escaped", "<script>alert" not in page and "&lt;script&gt;alert(1)" in page and
                "a &lt; b &amp; c" in page)


def test_clean(tally, scene):
    scene.put("1", "clean")
    exits(tally, "none reproduces", scene.left(), 0, "0 bugs in 1 input")
    tally.check("the page says so", "No input breaks a rule" in scene.page())


def test_flaky(tally, scene):
    scene.put("flaky", "flaky bug")
    scene.put("sure", "clean")
    result = scene.left("--times", "9", "--jobs", "1")
    exits(tally, "flaky", result, 1, "1 of them not every time")
    row = scene.told()["flaky"][0]
    report = (scene.output / scene.told()["bugs"][0]["folder"] / "report.txt").read_text()
    tally.check("its report is one of those plays that find it", report.startswith("poolproof: RULE-A: bug"),
                report)
    tally.check("rate", row["times"] == 9 and 0 < row["hits"] < 9 and
                sum(row["titles"].values()) == row["hits"], row)
    tally.check("the page has it", f"{row['hits']} of 9" in scene.page() and "0 of 9" in scene.page())


def test_hang(tally, scene):
    scene.put("hang", "hang")
    scene.put("bug", "a bug")
    begin = time.monotonic()
    exits(tally, "hang", scene.left("--timeout", "1", "--times", "1"), 1, "hung:")
    tally.check("the limit is kept", time.monotonic() - begin < 20)
    tally.check("both", len(scene.told()["bugs"]) == 2)


def test_resume(tally, scene):
    for number in range(8):
        scene.put(f"{number}", f"slow {number}")
    words = ["--driver", "left", "--times", "1", "--jobs", "1", scene.inputs]
    with subprocess.Popen(scene.command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        while not (scene.folder / "plays").exists() or (scene.folder / "plays").stat().st_size < 8:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    tally.check("an interrupt is told", process.returncode == 2 and "goes on from here" in err, out, err)
    tally.check("the state is whole, and alone", os.listdir(scene.output) == ["state.json"],
                os.listdir(scene.output))
    kept = len(json.loads((scene.output / "state.json").read_text())["results"])
    scene.plays()
    exits(tally, "it goes on", scene.call(*words), 0, "0 bugs in 8 inputs")
    tally.check("what is known is not played again", 3 <= kept < 8 and scene.plays() == 8 - kept, kept)
    exits(tally, "once more", scene.call(*words), 0, "0 bugs in 8 inputs")
    tally.check("all is known", scene.plays() == 0)
    scene.put("new", "a bug")
    exits(tally, "a new input", scene.call(*words), 1, "1 bug in 9 inputs")
    tally.check("only the new one is played", scene.plays() == 1 + ATTRIBUTES)
    scene.call("--fresh", *words)
    tally.check("--fresh", scene.plays() == 9 + ATTRIBUTES)
    with open(scene.player, "a", encoding="utf-8") as player:
        player.write("# another build\n")
    exits(tally, "another binary", scene.call(*words), 1, "another binary")
    tally.check("nothing is known of another binary", scene.plays() == 9 + ATTRIBUTES)
    (scene.output / "state.json").write_text("{")
    exits(tally, "a broken state", scene.call(*words), 1, "no state of triage", "1 bug in 9 inputs")


def test_output(tally, scene):
    scene.put("x", "a bug")
    scene.output.mkdir()
    (scene.output / "mine").write_text("mine")
    exits(tally, "somebody's folder", scene.left(), 2, "no output of triage")
    tally.check("is left alone", os.listdir(scene.output) == ["mine"])
    (scene.output / "mine").unlink()
    scene.output.rmdir()
    scene.output.write_text("")
    exits(tally, "a file", scene.left(), 2, "cannot write there")
    scene.output.unlink()
    scene.output = scene.inputs / "out put's"  # below what is read, with a name that a shell takes apart
    for _ in range(2):
        exits(tally, "output among the inputs", scene.left(), 1, "1 bug in 1 input")
    replay = subprocess.run(scene.told()["bugs"][0]["replay"], shell=True, cwd=scene.root,
                            capture_output=True, text=True, check=False)
    tally.check("the replay command works", replay.returncode == 1 and "RULE-A" in replay.stdout,
                replay.stderr)


def test_subjects(tally, scene):
    """Where the driver of an input is known from, if --driver does not say it."""
    scene.put("clusterfuzz-testcase-minimized-right_fuzzer-5123456789012345", "a cluster")
    scene.put("clusterfuzz-testcase-protocol_fuzzer-51", "a default")
    scene.put("artifacts/right_fuzzer/address/crash-1", "a folder")
    scene.put("right/crash-2", "a named")
    scene.put("marked/.driver", "right\n")
    scene.put("marked/crash-3", "a marked")
    scene.put("kept/x/report.txt", "poolproof: ...\n\ndriver right, digest 0\n")
    scene.put("kept/x/program.prog", "a kept")
    scene.put("kept/x/input", "a twin")
    scene.put("afl/default/fuzzer_stats", "start_time : 1\nafl_banner        : right_afl\n")
    scene.put("afl/default/queue/id:000000,orig:x", "a queue")
    scene.put("afl/default/crashes/README.txt", "a readme")
    scene.put("afl/default/crashes/id:000000,sig:06,src:000001,time:5,op:havoc,rep:2", "a afl")
    scene.put("afl/default/crashes.2023-01-01-00:00:00/id:000000,sig:06", "a older")
    scene.put("afl/default/hangs/id:000000", "clean")
    scene.put("pool", "poolproof 1 pool\n")
    scene.put("pool_fuzzer/crash-4", "clean")
    scene.put("other/report.txt", "driver gone, digest 0\n")
    scene.put("other/program.prog", "a gone")
    scene.put("unknown", "a unknown")
    exits(tally, "subjects", scene.call(), 1, "unknown: nothing says which driver",
          "of gone, which the binary lacks")
    told = scene.told()
    subjects = {bug["title"].split(" ")[2]: bug["subject"] for bug in told["bugs"]}
    expect = dict.fromkeys(("cluster", "folder", "named", "marked", "kept", "afl", "older"), "right")
    tally.check("drivers", subjects == expect | {"default": "left"}, subjects)
    clean = {os.path.basename(row["file"]): row["subject"] for row in told["not_reproduced"]}
    tally.check("others", clean == {"id:000000": "right", "pool": "arena", "crash-4": "arena"}, clean)


def test_poolproof(tally, scene):
    """Crashes as engines leave them, played by the real one."""
    packed = scene.folder / "packed"
    subprocess.run([scene.binary, "pack", scene.root / PLANTED, "-o", packed], check=True)
    raw = (packed / "pool_freed_in_flight").read_bytes()
    folder = "pool_freed_in_flight_fuzzer/"
    scene.put(f"{folder}crash-raw", raw)
    scene.put(f"{folder}crash-longer", raw + b"\0" * 60000)
    scene.put(f"{folder}crash-text", (scene.root / PLANTED).read_bytes())
    scene.put(f"{folder}crash-clean", CLEAN)
    scene.put(f"{folder}crash-empty", b"")
    scene.put(f"{folder}crash-version", CLEAN.replace("1", "2", 1))
    scene.put(f"{folder}fuzz-0.log", "INFO: Running with entropic power schedule\nINFO: Seed: 1\n")
    exits(tally, "poolproof", scene.call(player=False), 1, "1 bug in 7 inputs", "format version 2",
          "crash-version: line 1:11")
    told = scene.told()
    bug = told["bugs"][0]
    tally.check("title", bug["title"] == TITLE and bug["count"] == 3 and bug["severity"] == "stop", bug)
    tally.check("rule", "nblapi" in bug["rule"]["source"] and bug["rule"]["id"] == "POOL-FREE-LIVE-NBL",
                bug["rule"])
    tally.check("frames", [frame.split(" ")[0] for frame in bug["frames"]] == ["StopSending", "NetPnPEvent"],
                bug["frames"])
    tally.check("not reproduced", {os.path.basename(row["file"]) for row in told["not_reproduced"]} ==
                {"crash-clean", "crash-empty"}, told["not_reproduced"])
    report = (scene.output / bug["folder"] / "report.txt").read_text()
    tally.check("report", report.startswith(TITLE) and f"replay: {bug['replay']}\n" in report, report)
    replay = subprocess.run(bug["replay"], shell=True, cwd=scene.root, capture_output=True, text=True,
                            check=False)
    tally.check("the replay command finds it", replay.returncode == 1 and replay.stdout.startswith(TITLE),
                replay.stdout)


TESTS = [value for name, value in sorted(globals().items()) if name.startswith("test_")]


def main():
    root, binary = tree.arguments()
    tally = tree.Tally()
    for test in TESTS:
        with contextlib.ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="poolproof triage-"))
            test(tally, Scene(root, binary, pathlib.Path(folder)))
    tally.finish()


if __name__ == "__main__":
    main()
