# SPDX-License-Identifier: MIT
"""The folder of a bug, and what is to be said of it."""
import json
import os
import re
import shlex
import shutil

from crashes import inputs
from crashes.outcomes import write_whole
from pages import sources

FRAMES_MAX = 3
PLAYS_MAX = 20  # to see a flaky bug once more
SLUG_MAX = 96

FRAMES = re.compile(r"(?:^ {6}\S.*(?:\n|\Z))+", re.MULTILINE)  # one stack
# A stack of a sanitizer, without the sanitizer's own functions.
SANITIZER_FRAMES = re.compile(r"^ +#\d+ 0x[0-9a-f]+ in (?!_*(?:asan|ubsan|msan|interceptor|sanitizer))(\S+)"
                              r"(?: (?:\S*/)?([^/\s]+))?", re.MULTILINE)
FAULT = re.compile(r"\((?:fail|outcome): ([^)]*)\)")
CHOICE = re.compile(r"\(at: [^)]*\)")


def slug(title):
    text = re.sub(r"[^a-z0-9]+", "-", title.removeprefix("poolproof: ").lower()).strip("-")
    return text[:SLUG_MAX].strip("-") or "bug"


def own(name, taken):
    """A name that nobody has yet: titles may differ in what a slug leaves out."""
    number = 1
    own_name = name
    while own_name in taken:
        number += 1
        own_name = f"{name}-{number}"
    taken.add(own_name)
    return own_name


def frames(report):
    """The innermost functions of the driver where it was found; if it was not in the driver, those of what
    the report tells first, such as where a lost NBL was made."""
    if stack := FRAMES.search(report.partition("\nprogram")[0]):
        return [line.strip() for line in stack[0].splitlines()][:FRAMES_MAX]
    return [" ".join(filter(None, frame)) for frame in SANITIZER_FRAMES.findall(report)][:FRAMES_MAX]


def faults(program):
    return list(dict.fromkeys(FAULT.findall(program)))


def play_again(player, group, path):
    """The report of the file, if its title is still the one of the group."""
    report = ""
    for _ in range(PLAYS_MAX if group.first.is_flaky else 1):
        report = player.report(group.subject, path)
        if report.startswith(group.title) or group.result.kind != "finding":
            return report
    return f"This did not come again; what was played last said:\n\n{report}"


def write_program(player, group, folder):
    """The smallest input as it was and as text. Returns what is to be played, and the text if there is."""
    content = inputs.read(group.first.item.path)
    raw, played, program = (folder / name for name in ("input", "played", "program.prog"))
    raw.write_bytes(content)
    played.write_bytes(player.as_played(group.subject, content))
    text = player.show(group.subject, played)
    played.unlink()
    if text is None:
        return raw, ""
    program.write_text(f"# {group.title}\n{text}", encoding="utf-8")
    return program, text


def describe_rule(rule, root, output):
    page = f"{os.path.relpath(root / 'docs/rules.md', output)}#{rule['id'].lower()}"
    name, address = sources.page(rule["source"]) or (None, None)
    return {"id": rule["id"], "statement": rule["statement"], "symptom": rule["symptom"], "page": page,
            "source_name": name, "source": address}


def severity(group, rule):
    if group.result.kind != "finding":
        return group.result.kind
    return "advice" if rule and rule["severity"] == "count" else "stop"


def write(player, group, rule, folder):
    """Writes the folder but for its bug.json; returns what there is to say of the bug."""
    folder.mkdir(parents=True)
    played, text = write_program(player, group, folder)
    report = play_again(player, group, player.named(played))
    (folder / "report.txt").write_text(report, encoding="utf-8")
    command = [player.binary, "run", *player.options(group.subject), player.named(played)]
    flaky_count = sum(outcome.is_flaky for outcome in group.outcomes)
    return {"title": group.title, "what": group.title.removeprefix(f"poolproof: {group.result.rule}: "),
            "severity": severity(group, rule), "subject": group.subject.name, "count": len(group.outcomes),
            "flaky_count": flaky_count, "ops": group.result.ops, "faults": faults(text),
            "failed": list(group.result.failed), "choices": len(CHOICE.findall(text)),
            "frames": frames(report), "replay": shlex.join(command),
            "inputs": [outcome.item.path for outcome in group.outcomes], "program": text, "report": report}


def write_all(player, groups, root, output):
    """All folders anew. Returns what there is to say of each bug."""
    shutil.rmtree(output / "bugs", ignore_errors=True)
    rules = {row["id"]: row for row in player.listed("rules")}
    taken, told = set(), []
    for group in groups:
        name = own(f"bugs/{group.subject.name}/{slug(group.title)}", taken)
        rule = rules.get(group.result.rule)
        bug = write(player, group, rule, output / name)
        bug["rule"] = describe_rule(rule, root, output) if rule else None
        bug["folder"] = name
        bug["files"] = sorted([*os.listdir(output / name), "bug.json"])
        write_whole(output / name / "bug.json", json.dumps(bug, indent=1) + "\n")
        told.append(bug)
    return told
