# SPDX-License-Identifier: MIT
"""What a driver compares with, read off its source: control codes, EtherTypes, lengths. A compiler that
optimises turns a switch over control codes into one over small numbers, so that a run no longer tells them.
Values come in sets: the cases of one switch; all that one function compares with."""
import re

SMALL_MAX = 15  # what is found without help; see src/kernel/learn.c
# How to compile for that.
AS_WRITTEN = ["-O0", "-fno-sanitize=all", "-fno-lto", "-fsanitize-coverage=trace-pc,trace-cmp",
              "-S", "-emit-llvm", "-o", "-"]
CASES = re.compile(r"^@__sancov_gen_cov_switch_values.*\[(i64 [^\]]*)\]", re.MULTILINE)
FUNCTION = re.compile(r"^define .*?^}", re.MULTILINE | re.DOTALL)
CONSTANT = re.compile(r"@__sanitizer_cov_trace_const_cmp[248]\((?:i16|i32|i64) (?:zeroext )?(-?\d+),")


def sets_in(text):
    for found in CASES.finditer(text):
        yield [int(number.split()[1]) for number in found[1].split(",")][2:]
    for function in FUNCTION.findall(text):
        yield [int(number) for number in CONSTANT.findall(function)]


def keep(values):
    """Those that an argument of 32 bits can be."""
    values = (value & 0xffffffff for value in values if -1 << 31 <= value < 1 << 32)
    return tuple(dict.fromkeys(value for value in values if value > SMALL_MAX))


def read(texts):
    """The sets of sources that were compiled as written; texts are what the compiler wrote."""
    sets = dict.fromkeys(keep(values) for text in texts for values in sets_in(text))
    return [values for values in sets if values]


def as_c(sets):
    """An array: how many, then they, for each set; 0 at the end."""
    lines = [f"    {', '.join(f'{number:#x}' for number in (len(values), *values))},\n" for values in sets]
    return ("#include <stdint.h>\n\nextern const uint32_t pp_driver_values[];\n"
            "const uint32_t pp_driver_values[] = {\n" + "".join(lines) + "    0,\n};\n")
