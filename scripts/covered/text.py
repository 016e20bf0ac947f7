# SPDX-License-Identifier: MIT
"""The report as text."""
import itertools
import os
import sys

from covered.sources import KINDS, gaps, percent, text_of

BY_FILE = ("src/pool", "faults", "src/check")  # folders whose files the table has too


def figure(reached, there):
    return f"{reached}/{there} {percent(reached, there):5.1f} %" if there else "-"


def shown(rows):
    """Folders, below some of them their files, and all."""
    files = []
    for row in rows:
        figures = [figure(*pair) for pair in row.counts]
        if row.is_file:
            files.append((f"  {os.path.basename(row.name)}", figures))
            continue
        yield row.name, figures
        yield from files if row.name in BY_FILE else ()
        files = []


def print_table(rows):
    table = list(shown(rows))
    if sys.stdout.isatty():
        try:
            print_rich(table)
            return
        except ImportError:
            pass
    print(f"{'':24}" + "".join(f"{kind:>20}" for kind in KINDS))
    for name, figures in table:
        print(f"{name:24}" + "".join(f"{text:>20}" for text in figures))


def print_rich(table):
    from rich.console import Console
    from rich.table import Table
    printed = Table(box=None)
    printed.add_column("")
    for kind in KINDS:
        printed.add_column(kind, justify="right", no_wrap=True)
    for name, figures in table:
        colours = ["green" if text.endswith("100.0 %") else "yellow" if text != "-" else "dim"
                   for text in figures]
        printed.add_row(name, *(f"[{colour}]{text}[/]" for colour, text in zip(colours, figures)),
                        style="" if name.startswith(" ") else "bold")
    Console().print(printed)


def print_summary(summary):
    print()
    for name, kinds in summary.items():
        print(f"{name:24}" + ", ".join(f"{kind} {reached} of {there}"
                                       for kind, (reached, there) in kinds.items()))


def print_gaps(name, source):
    found = sorted(gaps(source))
    print(f"\n{name}: {len(found) or 'nothing'} to reach")
    lines = text_of(name).splitlines()
    for line, same in itertools.groupby(found, key=lambda gap: gap[0]):
        print(f"  {line:5}  {lines[line - 1].rstrip()}")
        for _, column, what in same:
            print(f"         {name}:{line}{f':{column}' if column else ''}: {what}")
