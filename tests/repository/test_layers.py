# SPDX-License-Identifier: MIT
"""Who may include whom. A folder includes itself and what this table gives it; ARCHITECTURE.md has the
picture. Each rule is tried on a planted violation first."""
import pathlib
import re

from shared import tree

PUBLIC = ["include/wdk", "include/crt", "include/poolproof"]
WORLD = PUBLIC + ["src/base", "faults", "src/pool", "src/kernel", "src/ndis"]

ALLOWED = {
    "include/wdk": [],
    "include/crt": ["include/wdk"],
    "include/poolproof": ["include/wdk"],
    "src/base": PUBLIC,
    "faults": PUBLIC + ["src/base"],
    "src/pool": PUBLIC + ["src/base", "faults"],
    "src/kernel": PUBLIC + ["src/base", "faults", "src/pool"],
    "src/ndis": PUBLIC + ["src/base", "faults", "src/pool", "src/kernel"],
    "src/check": PUBLIC + ["src/base"],
    "src/program": PUBLIC + ["src/base"],
    "src/run": WORLD + ["src/check", "src/program"],
    "src/differ": PUBLIC + ["src/base", "faults", "src/pool", "src/check", "src/run"],
    "drivers": ["include/wdk"],
    "drivers' actions": ["drivers", "include/wdk", "include/poolproof"],
    "pools": PUBLIC,
    "cmake": ["include/poolproof"],
}
ON_TOP = ["src/cli", "fuzz", "tests", "bench"]  # may include everything
CLOSED = ["drivers"]  # not even the C library
FOLDERS = [*ALLOWED, *ON_TOP]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"\n]+)[>"]', re.MULTILINE)
SOURCES = {".c", ".h", ".def", ".in"}


def folder_of(path):
    name = path.as_posix()
    if name.startswith("tests/") and "/drivers/" in name:
        return "drivers"
    if name.startswith("drivers/") and path.name == "actions.c":
        return "drivers' actions"
    return next((f for f in FOLDERS if name.startswith(f + "/")), None)


def resolve(known, includer, quote, name):
    """The file that is meant, or None for one of the system."""
    places = [pathlib.Path(p) / name for p in ("src", "include", "include/wdk", "")]
    if quote == '"':
        places.insert(0, includer.parent / name)
    if includer.is_relative_to("tests"):
        places.append(pathlib.Path("tests") / name)
    if includer.is_relative_to("drivers"):
        places.insert(0, pathlib.Path("include/wdk") / name)
    for place in places:
        parts = []
        for part in place.parts:
            if part == ".." and parts:
                parts.pop()
            else:
                parts.append(part)
        if (found := pathlib.Path(*parts)) in known:
            return found
    return None


def problems_of(known, path, text):
    """What is wrong with the includes of one file."""
    own = folder_of(path)
    if own is None:
        return [f"{path}: in no folder that the table of layers knows"]
    problems = []
    for quote, name in INCLUDE.findall(text):
        target = resolve(known, path, quote, name)
        if target is None:
            if own in CLOSED or quote == '"' and not name.endswith(".h.in"):
                problems.append(f"{path}: includes {name}, which is not there")
            continue
        folder = folder_of(target)
        if folder != own and own not in ON_TOP and folder not in ALLOWED[own]:
            problems.append(f"{path}: includes {target}; {own} may not see {folder}")
    return problems


PLANTED = [  # includer, its text, whether it is allowed
    ("src/base/a.c", '#include "pool/p.h"', False),
    ("src/base/a.c", '#include "b.h"', True),
    ("src/base/a.c", "#include <ndis.h>", True),
    ("src/base/a.c", "#include <stdio.h>", True),
    ("src/pool/p.c", '#include "base/b.h"\n#include "faults/i.h"', True),
    ("src/pool/p.c", '#include "kernel/k.h"', False),
    ("src/kernel/k.c", '#include "ndis/n.h"', False),
    ("src/check/c.c", '#include "pool/p.h"', False),
    ("src/check/c.c", '#include "base/b.h"\n#include <poolproof/event.h>', True),
    ("src/check/c.c", '  #  include "../kernel/k.h"', False),
    ("src/program/m.c", '#include "check/c.h"', False),
    ("src/run/r.c", '#include "check/c.h"\n#include "ndis/n.h"', True),
    ("src/run/r.c", '#include "cli/o.h"', False),
    ("src/ndis/n.c", '#include "run/r.h"', False),
    ("drivers/good/d.c", "#include <ndis.h>", True),
    ("drivers/good/d.c", "#include <poolproof/event.h>", False),
    ("drivers/good/d.c", "#include <stdio.h>", False),
    ("include/poolproof/event.h", '#include "base/b.h"', False),
    ("include/wdk/ndis.h", "#include <poolproof/event.h>", False),
    ("fuzz/f.c", '#include "pool/p.h"', True),
    ("tests/pool/t.c", '#include "gone.h"', False),
    ("elsewhere/e.c", "", False),
]
PLANTED_FILES = {pathlib.Path(p) for p in (
    "src/base/b.h", "src/pool/p.h", "src/kernel/k.h", "src/ndis/n.h", "src/check/c.h", "src/run/r.h",
    "src/cli/o.h", "faults/i.h", "include/wdk/ndis.h", "include/poolproof/event.h")}


def main():
    root, _ = tree.arguments()
    tally = tree.Tally()
    for name, text, is_allowed in PLANTED:
        problems = problems_of(PLANTED_FILES, pathlib.Path(name), text)
        tally.check(f"{name} with {text!r} is {'allowed' if is_allowed else 'refused'}",
                    is_allowed == (not problems), *problems)
    known = set(tree.files(root))
    sources = [path for path in known if path.suffix in SOURCES]
    for folder in FOLDERS:
        own = sorted(path for path in sources if folder_of(path) == folder)
        problems = [p for path in own for p in problems_of(known, path, tree.read(root / path))]
        tally.check(f"{folder} has files", own)
        tally.check_none(f"{folder} sees only what lies below it", problems)
    tally.check_none("every source has a layer", [p for p in sources if folder_of(p) is None])
    tally.finish()


if __name__ == "__main__":
    main()
