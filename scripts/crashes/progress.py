# SPDX-License-Identifier: MIT
"""Shows how far a long work is: a bar on a terminal, a line now and then elsewhere."""
import contextlib
import sys
import time

LINE_SECONDS = 5


class Progress:
    def __init__(self, total, what, say):
        self.total, self.what, self.say = total, what, say
        self.done = 0
        self.told = time.monotonic()
        self.bar = None
        if sys.stderr.isatty():
            with contextlib.suppress(ImportError):
                from rich import console, progress
                self.bar = progress.Progress(
                    progress.TextColumn("{task.description}"), progress.BarColumn(),
                    progress.MofNCompleteColumn(), progress.TimeRemainingColumn(),
                    console=console.Console(stderr=True), transient=True)
                self.task = self.bar.add_task(what, total=total)

    def __enter__(self):
        if self.bar:
            self.bar.start()
        return self

    def __exit__(self, *_):
        if self.bar:
            self.bar.stop()

    def add(self):
        self.done += 1
        if self.bar:
            self.bar.update(self.task, advance=1)
        elif time.monotonic() - self.told >= LINE_SECONDS and self.done < self.total:
            self.told = time.monotonic()
            self.say(f"{self.done} of {self.total} {self.what}")
