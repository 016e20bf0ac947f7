# SPDX-License-Identifier: MIT
"""Shows how far the plays are."""
import contextlib
import sys
import time

from crashes.outcomes import FOUND

LINE_SECONDS = 5  # between two lines where there is no terminal


class Progress:
    """A bar on a terminal, a line now and then elsewhere."""

    def __init__(self, total, say):
        self.total, self.say = total, say
        self.done, self.titles = 0, set()
        self.told = time.monotonic()
        self.bar = None
        if sys.stderr.isatty():
            with contextlib.suppress(ImportError):
                from rich import console, progress
                self.bar = progress.Progress(
                    progress.TextColumn("{task.description}"), progress.BarColumn(),
                    progress.MofNCompleteColumn(), progress.TimeRemainingColumn(),
                    console=console.Console(stderr=True), transient=True)
                self.task = self.bar.add_task("", total=total)

    def __enter__(self):
        if self.bar:
            self.bar.start()
        return self

    def __exit__(self, *_):
        if self.bar:
            self.bar.stop()

    def add(self, results):
        self.done += 1
        self.titles |= {result.title for result, _ in results if result.kind in FOUND}
        if self.bar:
            self.bar.update(self.task, advance=1, description=f"{len(self.titles)} titles")
        elif time.monotonic() - self.told >= LINE_SECONDS and self.done < self.total:
            self.told = time.monotonic()
            self.say(f"{self.done} of {self.total} inputs played, {len(self.titles)} titles")
