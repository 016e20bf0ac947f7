# SPDX-License-Identifier: MIT
"""The folder of a bug, and what is to be said of it."""
import concurrent.futures
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
ATTRIBUTE = re.compile(r" *\((?:fail|outcome|at): [^)]*\)")
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


def without_needless(player, group, text, path):
    """The program without those faults and scheduling choices that the bug does not need."""
    if group.result.kind != "finding" or group.first.is_flaky:
        return text
    for match in reversed(list(ATTRIBUTE.finditer(text))):
        shorter = text[:match.start()] + text[match.end():]
        path.write_text(shorter, encoding="utf-8")
        if player.play(group.subject, path).title == group.title:
            text = shorter
    return text


def write_program(player, group, folder):
    """The smallest input as it was, and as text. Returns what is to be played, and the text if there is."""
    content = inputs.read(group.first.item.path)
    raw, played, program = (folder / name for name in ("input", "played", "program.prog"))
    raw.write_bytes(content)
    played.write_bytes(player.as_played(group.subject, content))
    text = player.show(group.subject, played)
    played.unlink()
    if text is None:
        return raw, ""
    text = without_needless(player, group, text, program)
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


def write(player, group, rule, output, name):
    """Writes the folder; returns what there is to say of the bug."""
    folder = output / name
    folder.mkdir(parents=True)
    played, text = write_program(player, group, folder)
    report = play_again(player, group, player.named(played))
    (folder / "report.txt").write_text(report, encoding="utf-8")
    command = [player.binary, "run", *player.options(group.subject), player.named(played)]
    bug = {"title": group.title, "what": group.title.removeprefix(f"poolproof: {group.result.rule}: "),
           "rule": describe_rule(rule, player.root, output) if rule else None,
           "severity": severity(group, rule), "subject": group.subject.name, "count": len(group.outcomes),
           "flaky_count": sum(outcome.is_flaky for outcome in group.outcomes), "ops": group.result.ops,
           "faults": faults(text), "choices": len(CHOICE.findall(text)), "frames": frames(report),
           "replay": shlex.join(command), "inputs": [outcome.item.path for outcome in group.outcomes],
           "folder": name, "files": sorted([*os.listdir(folder), "bug.json"]),
           "program": text, "report": report}
    write_whole(folder / "bug.json", json.dumps(bug, indent=1) + "\n")
    return bug


def write_all(player, groups, output, jobs, shown):
    """All folders anew. Returns what there is to say of each bug, in the order of the groups."""
    shutil.rmtree(output / "bugs", ignore_errors=True)
    rules = {row["id"]: row for row in player.listed("rules")}
    taken = set()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        futures = [pool.submit(write, player, group, rules.get(group.result.rule), output,
                               own(f"bugs/{group.subject.name}/{slug(group.title)}", taken))
                   for group in groups]
        try:
            for _ in concurrent.futures.as_completed(futures):
                shown.add()
        except BaseException:
            player.stop()
            pool.shutdown(cancel_futures=True)
            raise
        return [future.result() for future in futures]
