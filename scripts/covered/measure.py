# SPDX-License-Identifier: MIT
"""Builds, runs the tests and plays programs, so that what they reach is written down. Each process writes a
profile of its own: one that dies takes nothing with it but what it reached itself."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree

from covered.exercised import ORIGINS
from covered.sources import BUILD, MERGED, PRESETS, ROOT, NoReport

PROFILES = BUILD / "coverage/profiles"
DIED = 99  # what a sanitizer ends a process with here
# They run nothing that is measured.
NO_TESTS = ("--label-exclude", "repository|cmake|scripts", "--exclude-regex", "^wdk/headers$")
BATCH = 64  # programs that one process plays
SECONDS_MAX = 600  # for one batch
begin = time.monotonic()


def step(text):
    print(f"== {text} ({time.monotonic() - begin:.0f} s)", file=sys.stderr, flush=True)


def environment(origin=None):
    ending = f"exitcode={DIED}"
    counts = {"PP_EXERCISED": str(ORIGINS[origin])} if origin else {}
    return os.environ | counts | {"LLVM_PROFILE_FILE": f"{PROFILES}/%m-%p.profraw",
                                  "ASAN_OPTIONS": ending, "UBSAN_OPTIONS": ending}


def build(preset):
    step(f"build {preset}")
    if subprocess.run([ROOT / "scripts/build", preset], check=False).returncode != 0:
        raise NoReport(f"the build of {preset} failed; see above")


def run_tests(preset):
    """The names of those that failed."""
    step(f"tests of {preset}")
    report = BUILD / preset / "report.xml"
    report.unlink(missing_ok=True)
    with open(BUILD / preset / "tests.log", "w", encoding="utf-8") as log:
        subprocess.run(["ctest", "--preset", preset, "-j", str(len(os.sched_getaffinity(0))),
                        "--no-tests=error", *NO_TESTS, "--output-junit", report], cwd=ROOT,
                       env=environment("tests"), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                       check=False)
    if not report.exists():
        raise NoReport(f"ctest says nothing; see {report.with_name('tests.log')}")
    cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
    failed = [case.get("name") for case in cases if case.get("status") == "fail"]
    print(f"   {len(cases) - len(failed)} passed, {len(failed)} failed"
          f"{': ' if failed else ''}{', '.join(failed)}", file=sys.stderr)
    return failed


def drivers(preset):
    """Names, and whether the driver is a good one."""
    text = subprocess.run([BUILD / preset / "poolproof", "list", "drivers", "--json"], check=True,
                          capture_output=True, text=True, env=environment()).stdout
    return {row["name"]: row["expected_title"] is None for row in map(json.loads, text.splitlines())}


def check_driver(name):
    there = drivers(PRESETS[0])
    if name is not None and name not in there:
        raise NoReport(f"{name}: no such driver; there are {', '.join(sorted(there))}")


def programs_in(folder):
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]


def plays(preset, driver, more_folders):
    """What is to be played: pairs of a command and the programs that are its last arguments. Each player is
    offered all of them, and refuses those that are not in its language."""
    binary = BUILD / preset / "poolproof"
    chosen = [name for name, is_good in drivers(preset).items()
              if name == driver or (driver is None and is_good)]
    planted = ROOT / "corpus/regressions/planted"
    folders = [folder for folder in sorted((ROOT / "corpus").glob("*/*")) if folder != planted]
    programs = [program for folder in folders + more_folders for program in programs_in(folder)]
    for name in chosen:
        yield [binary, "run", "--driver", name], programs
    yield [binary, "run", "--pool", "arena"], programs
    for program in programs_in(planted):
        if driver in (None, program.stem):
            yield [binary, "run", "--driver", program.stem], [program]
    for target in sorted((BUILD / preset / "fuzz").glob("*_fuzzer")):
        yield [target, "-detect_leaks=0", f"-artifact_prefix={PROFILES}/"], programs


def survives(command, programs):
    try:
        done = subprocess.run([*command, *programs], cwd=ROOT, env=environment("corpus"),
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False, timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode in (0, 1, 2)  # a finding is none of our business, nor is a program that is refused


def play(command, programs):
    """The programs that brought their player down; the others are played all the same."""
    killers = []
    for at in range(0, len(programs), BATCH):
        batch = programs[at:at + BATCH]
        if not survives(command, batch):
            killers += [program for program in batch if not survives(command, [program])]
    for program in killers:
        print(f"   {program}: brings {' '.join(map(str, command))} down", file=sys.stderr)
    return killers


def merge():
    step("merge")
    profiles = BUILD / "coverage/profiles.txt"
    profiles.write_text("".join(f"{path}\n" for path in sorted(PROFILES.glob("*.profraw"))), encoding="utf-8")
    command = ["llvm-profdata-19", "merge", "--failure-mode=all", f"--input-files={profiles}", "-o", MERGED]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    if result.returncode != 0:
        raise NoReport(f"llvm-profdata-19 failed:\n{result.stderr}")


def measure(driver, more_folders):
    """True if no test failed, and no program brought its player down."""
    for preset in PRESETS:
        build(preset)
    check_driver(driver)
    shutil.rmtree(PROFILES, ignore_errors=True)
    PROFILES.mkdir(parents=True)
    for path in ORIGINS.values():
        path.unlink(missing_ok=True)
    is_good = True
    for preset in PRESETS:
        is_good &= not run_tests(preset)
        step(f"corpus of {preset}")
        for command, programs in plays(preset, driver, more_folders):
            is_good &= not play(command, programs)
    merge()
    return is_good
