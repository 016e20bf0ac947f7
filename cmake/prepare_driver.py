# SPDX-License-Identifier: MIT
"""Before a driver is compiled: makes the headers that its own build makes or does not need, has its integers
be as Windows has them, then tries whether all of it compiles. Names that include/wdk lacks are listed once,
with the header that should have them, instead of as many errors as the driver has uses of them. What
compiles is read for the values that it compares with.

usage: prepare_driver.py NAME FOLDER WDK COMPILER SOURCE... -- FLAG...
"""
import collections
import os
import pathlib
import re
import shlex
import subprocess
import sys

import driver_values
import integer_types
import wdk_names

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
TRACE_FUNCTION = re.compile(r"^[ \t]*(?://)?[ \t]*FUNC[ \t]+(\w+)", re.MULTILINE)
ERROR = re.compile(r"^(?P<file>[^\n:]+):(?P<line>\d+):\d+: (?:fatal )?error: (?P<text>.*)$", re.MULTILINE)
MISSING = [re.compile(pattern) for pattern in (
    r"'(?P<header>[^']+)' file not found",
    r"unknown type name '(?P<name>\w+)'",
    r"use of undeclared identifier '(?P<name>\w+)'",
    r"call to undeclared (?:library )?function '(?P<name>\w+)'",
    r"implicit(?:ly)? declar(?:ing|ation of) (?:library )?function '(?P<name>\w+)'",
    r"no member named '(?P<member>\w+)' in '(?P<type>[^']+)'",
    r"incomplete (?:definition of )?type '(?:struct |union |enum )?(?P<name>\w+)",
)]
ONLY_ERRORS = ["-ferror-limit=0", "-fno-caret-diagnostics", "-fno-color-diagnostics"]
HEADERS_MAX = 50  # of those that are missing
DEPTH = 4         # folders above the made headers, for names that begin with "..\"


class Headers:
    """Follows the includes of the driver, and makes what is not there as it is written."""

    def __init__(self, folder, wdk, include_dirs):
        self.base = folder.joinpath("headers", *"_" * DEPTH)
        self.places = [*include_dirs, wdk]
        self.wdk = wdk
        self.seen = set()
        self.texts = {}  # by each path under which the compiler may open them
        self.trace_functions = {"DoTraceMessage", "TraceEvents"}
        self.tracing = set()

    def follow(self, path):
        opened, path = pathlib.Path(os.path.abspath(path)), path.resolve()
        if path.is_relative_to(self.wdk) or opened in self.texts:
            return
        with path.open(encoding="latin-1", newline="") as file:
            text = file.read()
        self.texts[opened] = self.texts[path] = text
        if path in self.seen:
            return
        self.seen.add(path)
        self.trace_functions |= set(TRACE_FUNCTION.findall(text))
        for quote, name in INCLUDE.findall(text):
            name = name.strip().replace("\\", "/")
            if name.lower().endswith(".tmh"):
                self.tracing.add(name)
                continue
            places = [path.parent, *self.places] if quote == '"' else self.places
            if not (target := next(filter(pathlib.Path.is_file, (place / name for place in places)), None)):
                target = next(filter(None, (find_in_any_case(place, name) for place in places)), None)
                if target:
                    self.make(name, f'#include "{target.resolve()}"\n')
            if target:
                self.follow(target)

    def make(self, name, text):
        path = pathlib.Path(os.path.normpath(self.base / name))
        if self.base.parents[DEPTH - 1] in path.parents:
            write(path, text)

    def make_tracing(self):
        lines = [f"#ifndef {name}\n#define {name}(...) ((void)0)\n#endif\n"
                 for name in ["WPP_INIT_TRACING", "WPP_CLEANUP", *sorted(self.trace_functions)]]
        for name in self.tracing:
            self.make(name, "".join(lines))


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def find_in_any_case(place, name):
    for part in pathlib.PurePosixPath(name).parts:
        if part == ".." or (place / part).exists():
            place = place / part
        elif place.is_dir():
            place = next((entry for entry in sorted(place.iterdir())
                          if entry.name.lower() == part.lower()), place / part)
    return place if place.is_file() else None


def compile_all(compiler, sources, flags):
    """What the compiler says of all sources, and what it makes of them. Errors of one line in a header count
    once."""
    said, texts = {}, []
    for source in sources:
        result = subprocess.run([compiler, *flags, *ONLY_ERRORS, *driver_values.AS_WRITTEN, source],
                                capture_output=True, text=True, check=False,
                                env={**os.environ, "AFL_NOOPT": "1"})
        texts.append(result.stdout)
        if result.returncode != 0:
            for match in ERROR.finditer(result.stderr):
                said[match[0]] = match
            if not ERROR.search(result.stderr):
                sys.exit(result.stderr)
    return list(said.values()), texts


def try_all(folder, compiler, sources, flags):
    """As compile_all; a header that is missing is taken to be empty, to see what else is missing."""
    empty = folder / "missing"
    headers = {}
    for _ in range(HEADERS_MAX):
        errors, texts = compile_all(compiler, sources, [*flags, f"-I{empty}"] if headers else flags)
        found = [(match, MISSING[0].search(match["text"])) for match in errors]
        found = {missing["header"]: match for match, missing in found if missing}
        found = {name: match for name, match in found.items() if name not in headers}
        if not found:
            break
        headers |= found
        for name in found:
            write(pathlib.Path(os.path.normpath(empty / name.replace("\\", "/").replace("..", "_"))), "")
    return headers, errors, texts


def sort_out(errors):
    """What is missing, each with its places; and the errors that are about something else."""
    missing, others = collections.defaultdict(list), []
    for error in errors:
        found = next(filter(None, (pattern.search(error["text"]) for pattern in MISSING)), None)
        groups = {name: value for name, value in found.groupdict().items() if value} if found else {}
        if "member" in groups:
            owner = re.sub(r"^(struct|union|enum) |[ *].*$", "", groups["type"]).lstrip("_")
            missing[f"{owner}.{groups['member']}"].append(error)
        elif "name" in groups:
            missing[groups["name"]].append(error)
        else:
            others.append(error)
    return missing, others


def place_of(error):
    return f"{pathlib.Path(error['file']).name}:{error['line']}"


def tell(name, headers, errors, wdk):
    missing, others = sort_out(errors)
    known = wdk_names.Names(wdk)
    rows = [(header, "no such header", place_of(error)) for header, error in sorted(headers.items())]
    for word, places in sorted(missing.items()):
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        rows.append((word, known.header_of(word), place_of(places[0]) + more))
    if rows:
        print(f"\ndriver {name} needs what neither its own headers nor include/wdk has:\n")
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        for row in rows:
            print(f"  {row[0]:{widths[0]}}  {row[1]:{widths[1]}}  {row[2]}")
    if others:
        print("\nwhat else is wrong, perhaps because of that:\n" if rows else
              f"\ndriver {name} does not compile:\n")
        for error in others:
            print(f"  {error[0]}")
    print()


def main():
    name, folder, wdk, compiler = sys.argv[1:5]
    split = sys.argv.index("--")
    sources = sys.argv[5:split]
    flags = [word for flag in sys.argv[split + 1:]
             for word in (shlex.split(flag[6:]) if flag.startswith("SHELL:") else [flag])]
    folder, wdk = pathlib.Path(folder), pathlib.Path(wdk).resolve()
    headers = Headers(folder, wdk, [pathlib.Path(flag[2:]) for flag in flags if flag.startswith("-I")])
    headers.base.mkdir(parents=True, exist_ok=True)
    for source in sources:
        headers.follow(pathlib.Path(source))
    headers.make_tracing()
    write(folder / "overlay.yaml", integer_types.overlay(folder / "translated", headers.texts, wdk))
    missing, errors, texts = try_all(folder, compiler, sources, flags)
    if missing or errors:
        tell(name, missing, errors, wdk)
        sys.exit(1)
    write(folder / "values.c", driver_values.as_c(driver_values.read(texts)))
    files = " ".join(str(path).replace(" ", r"\ ") for path in sorted(headers.seen))
    write(folder / "prepared.d", f"{folder / 'prepared'}: {files}\n")
    (folder / "prepared").touch()


if __name__ == "__main__":
    main()
