# SPDX-License-Identifier: MIT
"""What came of each input, kept from one call to the next, and the bugs that this makes."""
import collections
import json
import os

from crashes.player import Result

FORMAT = 1
FOUND = ("finding", "died", "hung")


def write_whole(path, text):
    """The old file or the new one, whenever it is looked at."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(text, encoding="utf-8", errors="replace")
    os.replace(temporary, path)


class State:
    """Results by key of the input. They hold for one player: another binary may say something else."""

    def __init__(self, path, player):
        self.path, self.player = path, player
        self.results = {}
        self.is_changed = False

    def read(self):
        """Returns why no results are taken over, None if they are or there are none."""
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            if kept["format"] != FORMAT or kept["player"] != self.player:
                return "another binary or other options"
            self.results = {key: [(Result(*row), count) for row, count in rows]
                            for key, rows in kept["results"].items()}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError):
            return "it is no state of triage"
        return None

    def add(self, key, results):
        self.results[key] = results
        self.is_changed = True

    def write(self):
        if self.is_changed:
            kept = {"format": FORMAT, "player": self.player, "results": self.results}
            write_whole(self.path, json.dumps(kept) + "\n")
            self.is_changed = False


class Outcome:
    """An input and its plays."""

    def __init__(self, item, results):
        self.item = item
        self.times = sum(count for _, count in results)
        self.titles = collections.Counter()  # of what was found
        for result, count in results:
            if result.kind in FOUND:
                self.titles[result.title] += count
        self.result = next((result for result, _ in results if result.title in self.top()), results[0][0])

    def top(self):
        return [title for title, _ in self.titles.most_common(1)]

    @property
    def hits(self):
        """How often the title came that came most often."""
        return self.titles[self.result.title] if self.titles else 0

    @property
    def is_flaky(self):
        return 0 < self.hits < self.times

    @property
    def order(self):
        """The one to look at comes first: it is found each time, and has little to read."""
        return (self.is_flaky, self.result.ops, self.item.size, os.path.basename(self.item.path))


class Group:
    """The inputs of one title on one subject: one bug, as far as titles tell."""

    def __init__(self, outcomes):
        self.outcomes = sorted(outcomes, key=lambda outcome: outcome.order)
        self.first = self.outcomes[0]
        self.subject, self.result = self.first.item.subject, self.first.result
        self.title = self.result.title


def group(outcomes):
    """Groups, those with most inputs first."""
    found = collections.defaultdict(list)
    for outcome in outcomes:
        if outcome.titles:
            found[outcome.item.subject, outcome.result.title].append(outcome)
    return sorted(map(Group, found.values()), key=lambda g: (-len(g.outcomes), g.subject, g.title))
