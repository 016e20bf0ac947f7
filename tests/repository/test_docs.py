# SPDX-License-Identifier: MIT
"""The pages made from the tables of the binary are up to date, and every op, rule and point is on them."""
import json
import subprocess
import sys

from shared import tree


def main():
    root, binary = tree.arguments()
    tally = tree.Tally()
    result = subprocess.run([sys.executable, root / "scripts/make-docs", "--check", binary],
                            capture_output=True, text=True, check=False)
    tally.check("docs/rules.md, faults.md and ops.md", result.returncode == 0, result.stdout, result.stderr)
    for what, page, member, form in (("rules", "rules", "id", "## {}\n"),
                                     ("points", "faults", "name", "| `{}` |"), ("ops", "ops", "word", "{}(")):
        text = tree.read(root / "docs" / f"{page}.md")
        listed = subprocess.run([binary, "list", what, "--json"], capture_output=True, text=True, check=True)
        names = [json.loads(line)[member] for line in listed.stdout.splitlines()]
        tally.check(f"there are {what}", names)
        tally.check_none(f"docs/{page}.md", [name for name in names if form.format(name) not in text])
    tally.finish()


if __name__ == "__main__":
    main()
