# SPDX-License-Identifier: MIT
"""In a driver's files `long` has 32 bits, and an integer may be defined again as the same in other words.
Nothing else changes, and each line stays where it is."""
import pathlib
import sys

from scratch import tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "cmake"))
import integer_types  # noqa: E402  (the path comes first)

CASES = [
    ("long a;", "int a;"),
    ("unsigned long int a, *b;", "unsigned  int a, *b;"),
    ("volatile long\nlong a;", None),
    ("unsigned long long a; long double b; long /* so */ long c;", None),
    ("(long)a + sizeof(long)", "(int)a + sizeof(int)"),
    ('"so long" \'long\' // so long\n/* long */ my_long longer', None),
    ("#include <so/long/as.h>", None),
    ("0x10UL + 7L - 5ul + 3LL + 2ULL + 1.0L + 0x1l", "0x10U + 7 - 5u + 3LL + 2ULL + 1.0L + 0x1"),
    ("typedef unsigned long DWORD, *PDWORD;", "typedef unsigned int DWORD, *PDWORD;"),
    ("typedef signed char CHAR;", "typedef char CHAR;"),
    ("typedef unsigned\nlong\nULONG;", "typedef unsigned int\n\n ULONG;"),
    ("typedef unsigned long BOOL;", "typedef unsigned int BOOL;"),  # not the same: the compiler has to tell
    ("typedef long mine_t;", "typedef int mine_t;"),
]

def main():
    tree.arguments()
    tally = tree.Tally()
    types = integer_types.wdk_types(ROOT / "include/wdk")
    for text, expect in CASES:
        actual = integer_types.translate(text, types)
        tally.check(text, actual == (text if expect is None else expect), actual)
        tally.check(f"lines of {text}", actual.count("\n") == text.count("\n"), actual)
    tally.finish()


if __name__ == "__main__":
    main()
