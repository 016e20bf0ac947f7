#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""--plan gives programs faults, what is found plays again without the plan, good drivers have nothing under
any plan that is here, and a bad plan is refused with its place.

usage: test_plans.py BINARY"""
import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDS = ROOT / "corpus/seeds/protocol"
CLEAN = "poolproof 1\na0 = adapter()\nb0 = bind(a0)\nfinish_open(b0, status: resources)\n"
LEAKY = "pool_leaked_on_open_failure"
PLAN = "# Opens pend.\nplan 1\nbind (outcome: open = pending)\n"


def play(*args):
    return subprocess.run([*map(str, args)], capture_output=True, text=True, check=False, timeout=120)


def title_of(driver):
    lines = (ROOT / f"drivers/planted/{driver}.c").read_text(encoding="utf-8").splitlines()
    return next(line.partition("Expected title: ")[2] for line in lines if "Expected title: " in line)


def verbs_of(binary, program, fuzz_operands):
    """The verbs that play programs, with what each is to play; not every build can fuzz."""
    can_fuzz = "has no libFuzzer" not in play(binary, "fuzz", "--runs", "1").stderr
    return [("run", [program]), ("faults", [program]), *([("fuzz", fuzz_operands)] if can_fuzz else [])]


def kept_in(found, title):
    return [path.parent for path in found.glob("*/report.txt")
            if path.read_text(encoding="utf-8").startswith(title + "\n")]


def verb_complaints(binary, folder, program, plan):
    title = title_of(LEAKY)
    common = (binary, "run", "--driver", LEAKY, "--findings", folder / "found")
    if play(*common, program).returncode != 0:
        yield "without a plan something is found"
    fuzzed = ("--runs", "300", "--seed", "1", folder / "corpus", folder)
    for verb, operands in verbs_of(binary, program, fuzzed):
        found = folder / f"found-{verb}"
        result = play(binary, verb, "--driver", LEAKY, "--findings", found, "--plan", plan, *operands)
        kept = kept_in(found, title)
        if result.returncode != 1 or len(kept) != 1:
            yield f"{verb}: {result}"
            continue
        for name in ("program.prog", "input"):
            again = play(*common, kept[0] / name)
            if again.returncode != 1 or not again.stdout.startswith(title + "\n"):
                yield f"{verb}: {name} does not play again: {again.stdout}"
    shown = play(binary, "show", "--plan", plan, program).stdout
    if "b0 = bind(a0)                  (outcome: open = pending)\n" not in shown or shown.count("(o") != 1:
        yield f"show: {shown}"


def certificate_complaints(binary, folder, program, plan):
    """A certificate speaks of its plan, and of no other."""
    path = folder / "certificate.json"
    play(binary, "faults", "--driver", "echo", "--findings", folder / "none", "--plan", plan, "--certificate",
         path, program)
    settings = json.loads(path.read_text(encoding="utf-8"))
    if settings["plan"] != str(plan) or not settings["complete"]:
        yield f"certificate: {settings}"
    if (result := play(binary, "faults", "--verify", path)).returncode != 0:
        yield f"not verified: {result}"
    plan.write_text(PLAN.replace("pending", "failure"), encoding="utf-8")
    result = play(binary, "faults", "--verify", path)
    if result.returncode != 2 or f"{plan}: has changed since {path} was written" not in result.stderr:
        yield f"verified with another plan: {result}"


def plan_complaints(binary, folder):
    plans = [json.loads(line) for line in play(binary, "list", "plans", "--json").stdout.splitlines()]
    drivers = [json.loads(line) for line in play(binary, "list", "drivers", "--json").stdout.splitlines()]
    files = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "faults/plans").glob("*.plan")}
    if not files or {plan["name"]: plan["text"] for plan in plans} != files:
        yield f"other plans than those of faults/plans: {plans}"
    in_words = play(binary, "list", "plans").stdout
    for plan in plans:
        if f"{plan['name']:20} {plan['about']}\n" not in in_words or \
                not plan["text"].startswith(f"# {plan['about']}\n"):
            yield f"{plan['name']} is listed as {in_words}"
        for driver in (row["name"] for row in drivers if not row["expected_title"]):
            result = play(binary, "run", "--json", "--driver", driver, "--findings", folder / "found",
                          "--plan", plan["name"], SEEDS)
            fired = sum(json.loads(line)["faults_fired"] for line in result.stdout.splitlines())
            if result.returncode != 0 or fired == 0:
                yield f"{driver} under {plan['name']}: {fired} fired, {result.stdout[-2000:]}"


def bad_input_complaints(binary, folder, program):
    wrong = folder / "wrong.plan"
    wrong.write_text("plan 1\nwrite (fail: any 0)\n", encoding="utf-8")
    for verb, operands in verbs_of(binary, program, ("--runs", "1")):
        for plan, words in (("low_resource", 'low_resource: no such plan; "list plans" shows'),
                            (wrong, f"{wrong}:2:18: the call 0 is out of range 1 to 255"),
                            (folder / "gone.plan", "gone.plan: No such file or directory"),
                            (folder, "a directory, where a file is meant")):
            result = play(binary, verb, "--plan", plan, *operands)
            if result.returncode != 2 or words not in result.stderr:
                yield f"{verb} {plan}: {result}"
    result = play(binary, "run", "--plan", "first_alloc", "--pool", "arena", program)
    if result.returncode != 2 or "is of programs for drivers" not in result.stderr:
        yield f"of a pool: {result}"


def main():
    with tempfile.TemporaryDirectory(prefix="poolproof-plans-") as folder:
        folder = pathlib.Path(folder)
        program, plan = folder / "clean.prog", folder / "open.plan"
        program.write_text(CLEAN, encoding="utf-8")
        plan.write_text(PLAN, encoding="utf-8")
        wrong = [*verb_complaints(sys.argv[1], folder, program, plan), *plan_complaints(sys.argv[1], folder),
                 *certificate_complaints(sys.argv[1], folder, program, plan),
                 *bad_input_complaints(sys.argv[1], folder, program)]
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
