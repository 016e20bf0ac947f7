# SPDX-License-Identifier: MIT
"""The style of the sources, as far as a script can hold it. Each check is tried on a sample first that
it must refuse, and on one that it must not."""
import pathlib
import re

from shared import tree

COLUMNS_MAX = 110
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60

C = {".c", ".h", ".def"}
HASHED = {".py", ".cmake", ".sh", ".dict", ".options"}  # comments begin with a hash sign
TEXT = C | HASHED | {".md", ".txt", ".prog", ".json", ".in", ".html", ""}
TABLES = {".def", ".md", ".json", ".prog"}  # read by the row, however long it is

# What must be the same on every run has no clock, no dice, no heap and no output of its own.
PURE = ("src/pool", "src/kernel", "src/ndis", "faults")
IMPURE = re.compile(r"(?<![\w.>])(malloc|calloc|realloc|free|rand|random|srand|time|clock|clock_gettime|"
                    r"gettimeofday|printf|fprintf|vprintf|vfprintf|puts|fputs|putchar|fopen)\s*\(")
# Once a process, before the first run: as much as a driver's globals need.
PURE_ENOUGH = {("src/kernel/globals.c", "malloc")}
UNDONE = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!: \w+ \w+ \w+)")
# Places of one machine. What a machine of that kind always has (/usr, /proc, /dev ...) is none.
MACHINE = re.compile(r"(?<![\w.$}/*-])/(root|home|work|mnt|srv|tmp)/[\w.]")
COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code_only(text):
    """Without comments and string literals, line for line."""
    return COMMENT_OR_TEXT.sub(lambda m: "\n" * m[0].count("\n") or '""', text)


def is_below(path, *folders):
    return any(path.is_relative_to(folder) for folder in folders)


def check_licence(path, text):
    comment = "//" if path.suffix in C or path.name.endswith((".h.in", ".c.in")) else \
        "#" if path.suffix in HASHED or path.name == "CMakeLists.txt" or text.startswith("#!") else None
    lines = text.split("\n")
    first = lines[1] if text.startswith("#!") and len(lines) > 1 else lines[0]
    if comment and first != f"{comment} SPDX-License-Identifier: MIT":
        yield 1, f'does not begin with "{comment} SPDX-License-Identifier: MIT"'


def check_whitespace(path, text):
    del path
    for number, line in enumerate(text.split("\n"), 1):
        if "\t" in line or "\r" in line:
            yield number, "a tab or a carriage return"
        if line != line.rstrip():
            yield number, "space at the end of the line"
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield text.count("\n") + 1, "does not end in one newline"


def check_columns(path, text):
    if path.suffix in TABLES or is_below(path, "include/wdk", "tests/wdk"):
        return
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > COLUMNS_MAX and not line.startswith(("// Expected title: ", "// Or, ")):
            yield number, f"{len(line)} columns, {COLUMNS_MAX} at most"


def check_file_length(path, text):
    lines = text.count("\n")
    if path.suffix in C | {".py"} and path.suffix not in TABLES and lines > FILE_LINES_MAX \
            and not is_below(path, "include/wdk", "tests"):
        yield lines, f"{lines} lines, {FILE_LINES_MAX} at most"


def functions(text):
    """First and last line of each function: what stands between its name, at the margin, and a brace
    that closes at the margin."""
    begin, is_body, is_function = None, False, False
    for number, line in enumerate(code_only(text).split("\n"), 1):
        if is_body:
            if line.startswith("}"):
                if is_function:
                    yield begin, number
                begin, is_body = None, False
        elif begin is not None or re.match(r"[A-Za-z_]", line):
            begin = begin or number
            is_body = line.endswith("{")
            is_function = line.endswith(") {")
            if line.endswith((";", "}")):
                begin = None


def check_function_length(path, text):
    if path.suffix not in {".c", ".h"} or is_below(path, "include/wdk"):
        return
    for begin, end in functions(text):
        if end - begin + 1 > FUNCTION_LINES_MAX:
            yield begin, f"a function of {end - begin + 1} lines, {FUNCTION_LINES_MAX} at most"


def check_purity(path, text):
    if path.suffix not in C or not is_below(path, *PURE):
        return
    for number, line in enumerate(code_only(text).split("\n"), 1):
        if (match := IMPURE.search(line)) and (path.as_posix(), match[1]) not in PURE_ENOUGH:
            yield number, f"{match[1]}() has no place here: a run must be the same every time"


def check_undone(path, text):
    if path == pathlib.Path("tests/repository/test_style.py"):
        return
    for number, line in enumerate(text.split("\n"), 1):
        if match := UNDONE.search(line):
            yield number, f'{match[1]} without ": " and what is to be done, and why not now'


def check_dead_code(path, text):
    if path.suffix in C and (match := re.search(r"^\s*#\s*if\s+0\b", text, re.MULTILINE)):
        yield text.count("\n", 0, match.start()) + 1, "#if 0"


def check_machine(path, text):
    if path == pathlib.Path("tests/repository/test_style.py"):
        return
    for number, line in enumerate(text.split("\n"), 1):
        if match := MACHINE.search(line):
            yield number, f"a path of one machine: {line[match.start():][:40]}"


LONG = "int f(void) {\n" + "    g();\n" * 59 + "}\n"
HEAD = "// SPDX-License-Identifier: MIT\n"
SAMPLES = [  # check, path, text to refuse, text to let pass
    (check_licence, "src/a.c", "#include <stdio.h>\n", HEAD),
    (check_licence, "a.py", HEAD, "# SPDX-License-Identifier: MIT\n"),
    (check_licence, "scripts/a", "#!/bin/sh\necho\n", "#!/bin/sh\n# SPDX-License-Identifier: MIT\n"),
    (check_licence, "CMakeLists.txt", "project(a)\n", "# SPDX-License-Identifier: MIT\n"),
    (check_whitespace, "a.md", "a\tb\n", "a b\n"),
    (check_whitespace, "a.md", "a \n", "a\n"),
    (check_whitespace, "a.md", "a", "a\n"),
    (check_whitespace, "a.md", "a\n\n", "a\n\nb\n"),
    (check_columns, "src/a.c", "x" * 111 + "\n", "x" * 110 + "\n"),
    (check_file_length, "src/a.c", "\n" * 501, "\n" * 500),
    (check_function_length, "src/a.c", LONG, LONG.replace("    g();\n", "", 1)),
    (check_function_length, "src/a.c", LONG.replace("void", "int a,\n      int b"),
     "int f(int a,\n      int b);\n" + "\n" * 99),
    (check_function_length, "src/a.c", LONG.replace("g();", '"\\\"}";'),
     "struct s {\n" + "    int a;\n" * 99 + "};\n"),
    (check_purity, "src/pool/a.c", "p = malloc(3);\n", "// no malloc(3)\n"),
    (check_purity, "src/ndis/a.c", 'printf ("a");\n', 'snprintf(a, 3, "printf(");\n'),
    (check_purity, "faults/a.c", "if (rand() % 2)\n", "operand(1), x.free(2);\n"),
    (check_purity, "src/kernel/a.c", "time(NULL);\n", "pp_time(3);\n"),
    (check_undone, "src/a.c", "// TODO\n", "// TODO: needs the receive path first\n"),
    (check_undone, "src/a.c", "// FIXME: later\n", "// the todo list\n"),
    (check_dead_code, "src/a.c", "#if 0\n", "#if 01\n"),
    (check_machine, "README.md", "cd /home/me/x\n", "cat /proc/self/maps\n"),
    (check_machine, "scripts/a", 'x="/tmp/y"\n', "x=src/tmp/y\n"),
]
CHECKS = sorted({check for check, *_ in SAMPLES}, key=lambda check: check.__name__)


def check_samples(tally):
    for check, name, bad, good in SAMPLES:
        path = pathlib.Path(name)
        tally.check(f"{check.__name__} refuses {bad[:40]!r}", list(check(path, bad)))
        found = list(check(path, good))
        tally.check(f"{check.__name__} lets pass {good[:40]!r}", not found, *found)


def double_headers(paths):
    """An include names one header, and a reader one file."""
    seen = {}
    for path in paths:
        if path.suffix == ".h" and is_below(path, "src", "faults", "fuzz"):
            seen.setdefault(path.name, []).append(path)
    return [", ".join(map(str, same)) for same in seen.values() if len(same) > 1]


def main():
    root, _ = tree.arguments()
    tally = tree.Tally()
    check_samples(tally)
    paths = [path for path in tree.files(root) if path.suffix in TEXT]
    for check in CHECKS:
        problems = []
        for path in paths:
            problems += [f"{path}:{line}: {what}" for line, what in check(path, tree.read(root / path))]
        tally.check_none(check.__name__, problems)
    two = [pathlib.Path("src/a/x.h"), pathlib.Path("src/b/x.h")]
    tally.check("two headers of one name are refused", double_headers(two) and not double_headers(two[:1]))
    tally.check_none("headers have names of their own", double_headers(paths))
    tally.check("there are sources", len(paths) > 100)
    tally.finish()


if __name__ == "__main__":
    main()
