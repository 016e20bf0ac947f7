#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each good driver has its life in bench/lives, of which every op finds something to do, and nothing is
found."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def complaints(binary):
    drivers = sorted(path.stem for path in (ROOT / "drivers/good").iterdir())
    if len(drivers) < 4:
        yield f"only {len(drivers)} good drivers"
    for name in drivers:
        life = ROOT / f"bench/lives/{name}.prog"
        if not life.exists():
            yield f"{name} has no bench/lives/{name}.prog"
            continue
        result = subprocess.run([binary, "run", "--driver", name, life], capture_output=True, text=True,
                                check=False, timeout=60)
        lines = life.read_text(encoding="utf-8").splitlines()
        count = sum(not line.startswith(("#", "poolproof")) for line in lines)
        played = re.search(r"\((\d+) ops", result.stdout)
        if result.returncode != 0 or not played or int(played[1]) < count:
            yield f"{name}: {result.stdout}{result.stderr}"


found = list(complaints(sys.argv[1]))
print("\n".join(found) or "every good driver has its life")
sys.exit(bool(found))
