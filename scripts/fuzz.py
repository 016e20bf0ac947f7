# SPDX-License-Identifier: MIT
"""Fuzzes a driver: builds, starts the jobs, shows how far they are, and sums up."""
import argparse
import collections
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time

from arguments import count_from

ROOT = pathlib.Path(__file__).resolve().parent.parent
BINARY = "build/asan/poolproof"  # below ROOT, where the jobs run: reports tell how to replay from there
SEEDS = "corpus/seeds/protocol"
CLEAN, FINDING, BAD = 0, 1, 2
LINE_SECONDS = 5  # between two lines where there is no terminal
SILENT_SECONDS_MAX = 120  # a job says something every second
LOG_TAIL_LINES = 30
LOG_COLUMNS = 160
ARTIFACTS = ("crash-", "leak-", "oom-", "timeout-")  # what libFuzzer keeps when a job dies


def give_up(message):
    print(f"fuzz: {message}", file=sys.stderr)
    sys.exit(BAD)


def parse_arguments():
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", allow_abbrev=False,
        description="Fuzzes a driver and keeps what it finds, one folder for each title, over all sessions.",
        epilog="Exit status: 0 clean, 1 findings, 2 bad usage or a job that died.")
    parser.add_argument("--seconds", metavar="N", type=count_from(1, 10 * 365 * 86400), default=60,
                        help="how long (default: 60)")
    parser.add_argument("--jobs", metavar="N", type=count_from(1, cores), default=1,
                        help=f"how many processes, at most {cores} here (default: 1)")
    parser.add_argument("--target", metavar="NAME", default="echo",
                        help='the driver (default: echo); "list" shows those there are')
    parser.add_argument("--plan", metavar="PLAN",
                        help="give each program the faults of that plan (docs/formats.md), or of a file")
    parser.add_argument("--findings", metavar="DIR", type=pathlib.Path,
                        help="where findings are kept (default: findings/NAME)")
    parser.add_argument("--corpus", metavar="DIR", type=pathlib.Path,
                        help="programs that reach new code are kept here for the next time "
                             "(default: out/corpus/NAME)")
    return parser.parse_args()


def build():
    if subprocess.run([ROOT / "scripts/build", "asan", "poolproof"], check=False).returncode != 0:
        give_up("the build failed; see above")


def drivers():
    text = subprocess.run([BINARY, "list", "drivers", "--json"], cwd=ROOT, check=True,
                          capture_output=True, text=True).stdout
    return {row["name"]: row["expected_title"] for row in map(json.loads, text.splitlines())}


def show_drivers():
    for name, title in drivers().items():
        print(f"{name:32} {'planted: ' + title if title else 'good'}")


def make_folder(path):
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as probe:
            probe.write(b"probe")
    except OSError as error:
        give_up(f"{path}: cannot write there: {error.strerror}")


def below_root(path):
    """As the jobs, which run in ROOT, name it: short where it lies below."""
    path = path.resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


class Job:
    """One process: its last status, its log, and what became of it."""

    def __init__(self, number, command, log, events):
        self.number, self.log = number, log
        self.status = {}
        self.heard = time.monotonic()
        self.is_killed = False
        self.last_title = None  # the one whose folder the next line tells
        # A session of its own: a Ctrl-C reaches it only through us, and once.
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        errors="replace", start_new_session=True)
        threading.Thread(target=self.read, args=(events,), daemon=True).start()

    def read(self, events):
        with open(self.log, "w", encoding="utf-8") as log:
            for line in self.process.stdout:
                if not line.startswith("status {"):
                    log.write(line)
                    log.flush()
                events.put((self, line.rstrip("\n")))
        self.process.wait()
        events.put((self, None))

    def died(self):
        return self.process.returncode not in (CLEAN, FINDING)

    def end(self):
        if self.process.returncode == BAD:
            return "exit status 2"
        if self.is_killed:
            return f"silent for {SILENT_SECONDS_MAX} s, so it was killed"
        code = self.process.returncode
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"


class Session:
    """All jobs together: what is shown while they run and when they are done."""

    def __init__(self, options):
        self.target, self.seconds = options.target, options.seconds
        self.corpus, self.findings = options.corpus, options.findings
        self.titles = {}  # to the folder of each
        self.events = queue.SimpleQueue()
        self.interrupts = 0
        self.begin_wall = time.time()
        self.begin = time.monotonic()
        self.end = None
        logs = ROOT / "out" / "logs" / self.target
        make_folder(logs)
        command = [BINARY, "fuzz", "--driver", self.target, "--seconds", str(self.seconds),
                   "--findings", below_root(self.findings), below_root(self.corpus), SEEDS]
        command += ["--plan", options.plan] if options.plan else []
        self.jobs = [Job(i, command, logs / f"{i}.log", self.events) for i in range(options.jobs)]
        self.running = set(self.jobs)

    # What the jobs say

    def take(self, job, line):
        job.heard = time.monotonic()
        if line is None:
            self.running.discard(job)
            if not self.running:
                self.end = time.monotonic()
            elif job.died():
                self.signal_jobs(signal.SIGINT)
        elif line.startswith("status {"):
            job.status = json.loads(line[len("status "):])
        elif line.startswith("poolproof: "):
            self.titles.setdefault(line, None)
            job.last_title = line
        elif line.startswith("  ") and job.last_title:
            self.titles[job.last_title] = self.titles[job.last_title] or line.strip().split(" (")[0]
            job.last_title = None

    def pump(self, seconds):
        """Takes what is said within so many seconds."""
        until = time.monotonic() + seconds
        while self.running:
            try:
                self.take(*self.events.get(timeout=max(0, until - time.monotonic())))
            except queue.Empty:
                break
        for job in self.running:
            if time.monotonic() - job.heard > SILENT_SECONDS_MAX:
                job.is_killed = True
                job.process.kill()

    def interrupt(self, *_):
        """The first time, the jobs are asked to sum up; the second time they are ended."""
        self.interrupts += 1
        self.signal_jobs(signal.SIGINT if self.interrupts == 1 else signal.SIGKILL)

    def signal_jobs(self, number):
        for job in self.running:
            job.process.send_signal(number)

    # Figures of all jobs

    def time(self):
        return (self.end or time.monotonic()) - self.begin

    def sum(self, key):
        return sum(job.status.get(key, 0) for job in self.jobs)

    def max(self, key):
        return max(job.status.get(key, 0) for job in self.jobs)

    def points(self):
        """Of each fault point: how often reached, how often made to fail."""
        points = {}
        for job in self.jobs:
            for name, (reached, failed) in job.status.get("point", {}).items():
                old = points.get(name, (0, 0))
                points[name] = (old[0] + reached, old[1] + failed)
        return points

    def entries(self):
        """Of each entry of the driver: blocks reached and blocks there, from the job that reached most."""
        entries = {}
        for job in self.jobs:
            for name, depth in job.status.get("entry", {}).items():
                entries[name] = max(entries.get(name, [0, 0]), depth)
        return entries

    def corpus_size(self):
        try:
            return len(os.listdir(self.corpus))
        except OSError:
            return 0

    def dead(self):
        return [job for job in self.jobs if job not in self.running and job.died()]

    def artifacts(self):
        return [path for path in sorted(self.findings.iterdir()) if path.name.startswith(ARTIFACTS)
                and path.stat().st_mtime >= self.begin_wall - 1]

    def exit_status(self):
        return BAD if self.dead() else FINDING if self.titles else CLEAN


def number(value):
    return f"{value:,}".replace(",", " ")


def clock(seconds):
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def rows(session):
    """What is known by now: a name and a value for each row."""
    points = session.points()
    reached = sum(1 for reached, _ in points.values() if reached)
    failed = sum(1 for _, failed in points.values() if failed)
    jobs = f", {len(session.jobs)} jobs" if len(session.jobs) > 1 else ""
    yield "speed", f"{number(session.sum('exec_per_second'))} runs/s{jobs}"
    yield "runs", f"{number(session.sum('runs'))} programs played, {number(session.sum('ops_played'))} ops"
    yield "coverage", f"{session.max('edges_reached')} of {session.max('edges')} edges of the driver"
    yield "corpus", f"{number(session.corpus_size())} programs in {below_root(session.corpus)}"
    yield "rules", f"{number(session.sum('rules_checked'))} events judged"
    yield "faults", f"{number(session.sum('faults_fired'))} fired"
    yield "fault places", (f"{session.max('places')} call stacks, "
                           f"{session.max('places_failed_once')} failed once, "
                           f"{session.max('places_failed_for_good')} for good, "
                           f"{session.max('places_answered')} otherwise")
    yield "fault points", f"{reached} reached, {failed} made to fail, of {len(points)}"


def panel(session):
    from rich.console import Group
    from rich.panel import Panel
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("time", f"{clock(session.time())} of {clock(session.seconds)}")
    for name, value in rows(session):
        table.add_row(name, value)
    found = Text("none so far", style="green") if not session.titles else \
        Text(f"{len(session.titles)}", style="bold red")
    table.add_row("findings", found)
    for title in list(session.titles)[-10:]:
        table.add_row("", Text(title.removeprefix("poolproof: "), style="red"))
    bar = ProgressBar(total=session.seconds, completed=min(session.time(), session.seconds))
    return Panel(Group(table, bar), title=f"poolproof: {session.target}", title_align="left",
                 subtitle="Ctrl-C ends it", subtitle_align="right")


def watch_on_terminal(session):
    from rich.console import Console
    from rich.live import Live
    with Live(panel(session), console=Console(), refresh_per_second=4, transient=True) as live:
        while session.running:
            session.pump(0.25)
            live.update(panel(session))


def line(session):
    points = session.points()
    return (f"{clock(session.time())} runs/s {session.sum('exec_per_second')}  "
            f"coverage {session.max('edges_reached')}/{session.max('edges')}  "
            f"corpus {session.corpus_size()}  judged {session.sum('rules_checked')}  "
            f"fault points {sum(1 for r, _ in points.values() if r)} reached "
            f"{sum(1 for _, f in points.values() if f)} failed of {len(points)}  "
            f"findings {len(session.titles)}")


def watch_in_lines(session):
    told = 0
    while session.running:
        session.pump(LINE_SECONDS - session.time() % LINE_SECONDS)
        for title in list(session.titles)[told:]:
            print(title, flush=True)
        told = len(session.titles)
        if session.running and session.time() < session.seconds:
            print(line(session), flush=True)


def report_deaths(session):
    for job in session.dead():
        print(f"\njob {job.number} died: {job.end()}; the end of {below_root(job.log)}:")
        with open(job.log, encoding="utf-8", errors="replace") as log:
            for text in collections.deque(log, LOG_TAIL_LINES):
                print(f"  {text.rstrip()[:LOG_COLUMNS]}")
    if session.dead():
        for path in session.artifacts():
            print(f"kept: {below_root(path)}")


def summarize(session):
    seconds = max(session.time(), 0.1)
    print(f"\n{session.target}: {clock(session.time())}" +
          (", interrupted" if session.interrupts and not session.dead() else ""))
    for name, value in rows(session):
        if name == "speed":
            value = f"{number(int(session.sum('runs') / seconds))} runs/s"
        print(f"  {name:12}  {value}")
    points = session.points()
    for what, names in (("never reached", [n for n, p in points.items() if not p[0]]),
                        ("never failed", [n for n, p in points.items() if p[0] and not p[1]])):
        if names:
            print(f"  {'':12}  {what}: {', '.join(names)}")
    for name, (reached, there) in session.entries().items():
        print(f"  {'':12}  {name}: {reached} of {there} blocks of what it runs")
    print(f"  {'findings':12}  {len(session.titles) or 'none'}")
    for title, folder in session.titles.items():
        print(f"\n{title}\n  {folder or 'not kept, see the log'}")
        if folder and not folder.startswith("not kept"):
            print(f"  read {folder}/report.txt\n"
                  f"  play {BINARY} run --driver {session.target} {folder}/program.prog")
    report_deaths(session)


def main():
    options = parse_arguments()
    options.corpus = options.corpus or ROOT / "out" / "corpus" / options.target
    options.findings = options.findings or ROOT / "findings" / options.target
    options.corpus, options.findings = options.corpus.absolute(), options.findings.absolute()
    build()
    if options.target == "list":
        show_drivers()
        return CLEAN
    if options.target not in drivers():
        give_up(f'no driver "{options.target}"; --target list shows those there are')
    make_folder(options.corpus)
    make_folder(options.findings)
    # To scripts/triage: crashes that libFuzzer keeps there say nothing of the driver.
    (options.findings / ".driver").write_text(f"{options.target}\n", encoding="utf-8")
    session = Session(options)
    signal.signal(signal.SIGINT, session.interrupt)
    signal.signal(signal.SIGTERM, session.interrupt)
    if sys.stdout.isatty():
        watch_on_terminal(session)
    else:
        watch_in_lines(session)
    summarize(session)
    return session.exit_status()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
