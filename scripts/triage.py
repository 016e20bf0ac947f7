# SPDX-License-Identifier: MIT
"""Turns folders of crashes into a list of bugs: plays each input again, groups by title, keeps the smallest
of each group, and writes a folder for each bug, a page and JSON."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from arguments import count_from
from crashes import bugs, inputs, outcomes, player, progress
from pages import render

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = "build/asan/poolproof"  # below ROOT, where replays run
CLEAN, FINDING, BAD = 0, 1, 2
SAVE_SECONDS = 3  # between two writes of the state
NAMES_SHOWN_MAX = 100  # inputs of one bug on the page
REPORT_SHOWN_MAX = 20000  # characters of one report on the page
MADE = ("bugs", "index.html", "triage.json", inputs.STATE)  # in the output folder


def say(message):
    print(f"triage: {render.printable(message)}", file=sys.stderr, flush=True)


def give_up(message):
    say(message)
    sys.exit(BAD)


def parse_arguments():
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(
        prog="scripts/triage", allow_abbrev=False,
        description="Turns crashes of libFuzzer, AFL++ or OSS-Fuzz into a list of bugs: plays each input "
                    "in a process of its own, groups them by title and writes a page, JSON, and for each bug "
                    "a folder with its smallest program. What it knows already is not played again.",
        epilog="Exit status: 0 none reproduces, 1 bugs, 2 nothing could be done, or it was interrupted; the "
               "same command then goes on.")
    parser.add_argument("paths", metavar="DIR", nargs="+",
                        help="a folder with inputs in it or below, whatever they are called, or one input")
    parser.add_argument("--driver", metavar="NAME",
                        help="play on this driver (default: what the folder or the name of the input says)")
    parser.add_argument("--pool", metavar="NAME", help="play on this pool")
    parser.add_argument("--binary", metavar="FILE", type=pathlib.Path,
                        help=f"the command line to play with (default: {BINARY}, built first)")
    parser.add_argument("--output", metavar="DIR", type=pathlib.Path, default=ROOT / "out/triage",
                        help="where the page is written (default: out/triage)")
    parser.add_argument("--times", metavar="N", type=count_from(1, 1000), default=3,
                        help="play each input so often (default: 3)")
    parser.add_argument("--timeout", metavar="SECONDS", type=count_from(1, 86400), default=30,
                        help="longest play (default: 30)")
    parser.add_argument("--jobs", metavar="N", type=count_from(1, 4 * cores), default=cores,
                        help=f"processes at the same time (default: {cores})")
    parser.add_argument("--strict", action="store_true", help="rules that are only counted are findings, too")
    parser.add_argument("--fresh", action="store_true", help="play what is known already, too")
    options = parser.parse_args()
    if options.driver and options.pool:
        parser.error("--pool cannot go with --driver")
    return options


# === What to play, and on what ===

def make_player(options):
    if options.binary is None:
        if subprocess.run([ROOT / "scripts/build", "asan", "poolproof"], check=False).returncode != 0:
            give_up("the build failed; see above")
        binary = BINARY
    else:
        path = options.binary.resolve()
        binary = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
    return player.Player(binary, ROOT, options.timeout, options.strict)


def read_subjects(options, play):
    drivers, pools = play.listed("drivers"), play.listed("pools")
    names = [row["name"] for row in drivers]
    default = next((row["name"] for row in drivers if row["is_default"]), None)
    pool_names = [row["name"] for row in pools]
    for what, name, there in (("driver", options.driver, names), ("pool", options.pool, pool_names)):
        if name is not None and name not in there:
            give_up(f'{play.binary} has no {what} "{name}"; there are: {", ".join(there) or "none"}')
    return inputs.Subjects(names, default, pool_names)


def assign(options, subjects, found, refusals):
    """Gives each input its subject; those that have none are refused."""
    known = []
    for item in found:
        if options.driver or options.pool:
            kind = "driver" if options.driver else "pool"
            item.subject = inputs.Subject(kind, options.driver or options.pool)
        else:
            item.subject = subjects.find(item)
        if item.subject is None:
            refusals.append(inputs.Refusal(item.path, "nothing says which driver; give --driver"))
        elif item.subject.name not in (subjects.pools if item.subject.kind == "pool" else subjects.drivers):
            refusals.append(inputs.Refusal(item.path, f"of {item.subject.name}, which the binary lacks"))
        else:
            known.append(item)
    return known


def prepare_output(folder):
    """A folder of ours, a new one or an empty one; nobody's files are overwritten."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strange = sorted(set(os.listdir(folder)) - set(MADE)) if not (folder / inputs.STATE).exists() else []
        if strange:
            give_up(f"{folder}: is no output of triage, and has files; give another --output")
        probe = folder / f".probe.{os.getpid()}"
        probe.write_text("probe\n", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        give_up(f"{folder}: cannot write there: {error.strerror}")


# === Playing ===

def play_one(play, item, times):
    try:
        return play.play_file(item.subject, item.path, inputs.read(item.path), times)
    except OSError as error:  # gone since it was found
        return [(player.Result("refused", error.strerror, None, 0), 1)]


def play_all(play, found, state, options):
    """Plays what the state does not know. An interrupt loses at most what is under way."""
    todo = list({item.key: item for item in found if item.key not in state.results}.values())
    if len(todo) < len({item.key for item in found}):
        say(f"{len(found)} inputs; {len(todo)} of them, different ones, are not known yet")
    saved = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool, \
            progress.Progress(len(todo), "inputs played", say) as shown:
        futures = {pool.submit(play_one, play, item, options.times): item for item in todo}
        try:
            for future in concurrent.futures.as_completed(futures):
                state.add(futures[future].key, future.result())
                shown.add()
                if time.monotonic() - saved >= SAVE_SECONDS:
                    state.write()
                    saved = time.monotonic()
        except BaseException:
            play.stop()
            pool.shutdown(cancel_futures=True)
            raise
        finally:
            state.write()


# === Telling ===

def tell_terminal(told, summary, output):
    for bug in told:
        print(f"{bug['count']:5}  {bug['title']}" + (f"  ({bug['subject']})" if summary["is_mixed"] else ""))
    counts = summary["counts"]
    print(f"{render.count(len(told), 'bug')} in {render.count(counts['inputs'], 'input')}: "
          f"{counts['reproduced']} found something, {counts['flaky']} of them not every time; "
          f"{counts['not_reproduced']} did not; {counts['refused']} could not be played")
    print(output / "index.html")


def tell(options, play, played, refusals):
    """Writes everything; returns the bugs."""
    output = options.output
    for name in ("index.html", "triage.json"):
        (output / name).unlink(missing_ok=True)
    groups = outcomes.group(played)
    with progress.Progress(len(groups), "bugs written", say) as shown:
        told = bugs.write_all(play, groups, output, options.jobs, shown)
    flaky = [outcome for outcome in played if outcome.is_flaky]
    clean = [outcome for outcome in played if not outcome.titles]
    summary = {
        "binary": play.binary, "version": play.version, "times": options.times,
        "is_mixed": len({outcome.item.subject for outcome in played}) > 1,
        "counts": {"inputs": len(played) + len(refusals), "reproduced": len(played) - len(clean),
                   "flaky": len(flaky), "not_reproduced": len(clean), "refused": len(refusals)},
        "flaky": [{"file": outcome.item.path, "hits": outcome.hits, "times": outcome.times,
                   "titles": dict(outcome.titles)} for outcome in flaky],
        "not_reproduced": [{"file": outcome.item.path, "hits": 0, "times": outcome.times,
                            "subject": outcome.item.subject.name} for outcome in clean],
        "refused": [{"file": refusal.path, "reason": refusal.reason} for refusal in refusals]}
    page = render.page("triage.html", bugs=told, names_max=NAMES_SHOWN_MAX, report_max=REPORT_SHOWN_MAX,
                       **summary)
    kept = [{key: value for key, value in bug.items() if key not in ("program", "report")} for bug in told]
    outcomes.write_whole(output / "triage.json",
                         json.dumps({"format": 1, **summary, "bugs": kept}, indent=1) + "\n")
    outcomes.write_whole(output / "index.html", page)
    tell_terminal(told, summary, output)
    return told


def triage(options, play):
    subjects = read_subjects(options, play)
    found, refusals = inputs.find(options.paths)
    items = assign(options, subjects, found, refusals)
    for refusal in refusals:
        say(f"{refusal.path}: {refusal.reason}")
    if not items:
        give_up("there is nothing to play" + ("" if refusals else ": no file in " + " ".join(options.paths)))
    prepare_output(options.output)
    state = outcomes.State(options.output / inputs.STATE, {
        "digest": play.digest, "strict": options.strict, "times": options.times, "timeout": options.timeout})
    if not options.fresh and (why := state.read()):
        say(f"{state.path}: {why}; everything is played anew")
    play_all(play, items, state, options)
    played = [outcomes.Outcome(item, state.results[item.key]) for item in items]
    for outcome in [outcome for outcome in played if outcome.result.kind == "refused"]:
        refusals.append(inputs.Refusal(outcome.item.path, outcome.result.title))
        say(f"{outcome.item.path}: {outcome.result.title}")
        played.remove(outcome)
    if not played:
        give_up("no input could be played")
    return FINDING if tell(options, play, played, refusals) else CLEAN


def main():
    options = parse_arguments()
    options.output = options.output.resolve()
    play = None
    try:
        play = make_player(options)
        return triage(options, play)
    except player.NoPlayer as error:
        give_up(str(error))
    except (KeyboardInterrupt, player.Interrupted):
        if play:
            play.stop()
        give_up("interrupted; the same command goes on from here")
    except OSError as error:
        give_up(f"{error.filename}: {error.strerror}")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
