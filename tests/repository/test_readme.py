# SPDX-License-Identifier: MIT
"""The README and the other pages are true: commands exist and their options are understood, those that
play programs are played, links lead somewhere, titles and rules exist, and the report is what is
printed."""
import json
import pathlib
import re
import shlex
import subprocess

from shared import tree

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def blocks(text, language):
    return [body for kind, body in BLOCK.findall(text) if kind == language]


def commands(text):
    return [shlex.split(line, comments=True) for block in blocks(text, "sh") for line in block.splitlines()]


def call(root, *command):
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=300)


def options_of(words):
    return [word for word in words if word.startswith("--")]


def broken_links(root, path, text):
    for target in LINK.findall(text):
        if "://" in target or target.startswith("#"):
            continue
        if not (root / path.parent / target.split("#")[0]).exists():
            yield f"{path}: {target}"


def check_self(tally):
    sample = "a\n```sh\nscripts/x --y  # why\n```\n[b](c.md) [d](https://e/f)\n```\nno\n```\n"
    tally.check("commands are found", commands(sample) == [["scripts/x", "--y"]])
    tally.check("broken links are found",
                list(broken_links(pathlib.Path("/nowhere"), pathlib.Path("a.md"), sample)) == ["a.md: c.md"])


def check_script(tally, root, words):
    script = root / words[0]
    tally.check(f"{words[0]} is there", script.is_file() and script.stat().st_mode & 0o111)
    if script.is_file():
        result = call(root, script, "--help")
        tally.check(f"{words[0]} --help", result.returncode == 0 and result.stdout, result.stderr)
        for option in options_of(words):
            tally.check(f"{words[0]} has {option}", option in result.stdout, result.stdout)


def check_poolproof(tally, root, binary, words):
    verb = words[1]
    result = call(root, binary, verb, "--help")
    tally.check(f"poolproof {verb} --help", result.returncode == 0, result.stderr)
    for option in options_of(words):
        tally.check(f"poolproof {verb} has {option}", option in result.stdout, result.stdout)
    if words[0].startswith("build/asan/"):
        result = call(root, binary, *words[1:])
        # The preset dev cannot fuzz, and says so.
        is_good = (result.returncode in (0, 1) and result.stdout) or "has no libFuzzer" in result.stderr
        tally.check(" ".join(words), is_good, result.stderr)
        return result.stdout
    return ""


def check_names(tally, binary, pages):
    listed = {what: [json.loads(line) for line in
                     call(".", binary, "list", what, "--json").stdout.splitlines()]
              for what in ("rules", "drivers")}
    rules = {row["id"] for row in listed["rules"]}
    titles = {row["expected_title"] for row in listed["drivers"]}
    for path in sorted((pathlib.Path(__file__).resolve().parents[2] / "pools/planted").glob("*.c")):
        titles |= set(re.findall(r"^// Expected title: (.*)$", path.read_text(encoding="utf-8"), re.M))
    for path, text in pages.items():
        named = set(re.findall(r"`([A-Z]+(?:-[A-Z]+)+)`", text))
        tally.check_none(f"{path}: rules that there are", sorted(named - rules))
        told = {line.strip() for line in text.splitlines() if re.match(r" *poolproof: [A-Z]+-", line)}
        tally.check_none(f"{path}: titles that there are", sorted(told - titles))


def main():
    root, binary = tree.arguments()
    tally = tree.Tally()
    check_self(tally)
    pages = {path: tree.read(root / path) for path in tree.files(root) if path.suffix == ".md"}
    for path, text in pages.items():
        tally.check_none(f"{path}: links lead somewhere", list(broken_links(root, path, text)))
    readme = pages[pathlib.Path("README.md")]
    printed = ""
    for words in commands(readme):
        if words[0].startswith("scripts/"):
            check_script(tally, root, words)
        elif words[0].endswith("/poolproof"):
            printed += check_poolproof(tally, root, binary, words)
        else:
            tally.check(f"{words[0]} is a command that setup installs", words[0] == "cmake")
    for block in blocks(readme, ""):
        if block.startswith("poolproof: "):
            without_lines = re.sub(r" \w+\.c:\d+$", "", block, flags=re.MULTILINE)
            tally.check("the report is the one that is printed, but for lines where the build has none",
                        block in printed or without_lines in printed, block, printed[:3000])
    check_names(tally, binary, pages)
    tally.finish()


if __name__ == "__main__":
    main()
