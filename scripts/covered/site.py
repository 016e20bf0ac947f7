# SPDX-License-Identifier: MIT
"""The report as pages: one with the tables, and one for each file with its lines."""
import collections
import shutil

from covered.sources import KINDS, NoReport, gaps, percent, text_of
from pages import render

INDEX, SOURCES = "index.html", "source"


def lines_of(name, source):
    """Number, text, count and what was not reached there, of each line of a file."""
    missed = collections.defaultdict(list)
    for line, column, what in sorted(gaps(source)):
        missed[line].append(f"column {column}: {what}" if column else what)
    for number, line in enumerate(text_of(name).splitlines(), 1):
        yield {"number": number, "text": line, "count": source.lines.get(number), "missed": missed[number]}


def check_folder(folder):
    """A folder of ours, a new one or an empty one; nobody's files are overwritten."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / SOURCES).is_dir():
        raise NoReport(f"{folder}: is no output of coverage, and has files; give another --output")


def write(folder, rows, sources, exercise):
    """Where the pages begin."""
    shutil.rmtree(folder / SOURCES, ignore_errors=True)
    for row in rows:
        if row.is_file:
            page = folder / SOURCES / f"{row.name}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(render.page("coverage_source.html", name=row.name, counts=row.counts, kinds=KINDS,
                                        percent=percent, lines=list(lines_of(row.name, sources[row.name])),
                                        top="../" * (row.name.count("/") + 1)), encoding="utf-8")
    page = render.page("coverage.html", kinds=KINDS, percent=percent, exercise=exercise, source=SOURCES,
                       files=[row for row in rows if row.is_file],
                       folders=[row for row in rows if not row.is_file])
    (folder / INDEX).write_text(page, encoding="utf-8")
    return folder / INDEX
