# SPDX-License-Identifier: MIT
"""Makes one object of a driver: looks whether there are all the functions that it calls, gathers its code and
its globals in the sections where the world looks for them, and leaves nothing global in it.

usage: link_driver.py NAME FOLDER LD NM READELF OBJCOPY WORLD_FUNCTIONS WDK OBJECT...
"""
import pathlib
import re
import subprocess
import sys

import wdk_names

# What the compiler calls by itself, for a sanitizer, a profile or an engine, and what it knows of C.
OF_THE_COMPILER = re.compile(r"__(asan|msan|ubsan|sanitizer|sancov|start|stop|llvm|afl|stack_chk)_\w*|"
                             r"__(?:u?div|u?mod|u?mul|float|fix)\w*i\d|pp_driver_(?!actions$)\w+")
OF_C = {"bcmp", "memcmp", "memcpy", "memmove", "memset"}
CRT = "pp_crt_"  # the kernel's C library, which is not the process'; see src/kernel/crt_text.c
ACTIONS = "pp_driver_actions"
SHIFT_HANDLER = "__ubsan_handle_shift_out_of_bounds"
SECTION = re.compile(r"\] +(\S+) +(PROGBITS|NOBITS) +(?:[0-9a-f]+ +){4}(WAT?|AX)G? ", re.MULTILINE)
NOT_THE_DRIVERS = re.compile(r"pp_\w+|asan_globals|__\w+|\.(text|data\.rel\.ro)\b.*|\.(bss|data)")


def call(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        sys.exit(result.returncode)  # it has said why
    return result.stdout


# Its comparisons are listened to, see src/kernel/learn.c.
COMPARED = ["trace_switch"] + [f"trace_{kind}cmp{size}" for kind in ("", "const_") for size in "1248"]
COMPARISONS = [f"--redefine-sym=__sanitizer_cov_{word}=pp_driver_{word}" for word in COMPARED]


def called_functions(nm, path):
    words = [line.split() for line in call(nm, "-u", path).splitlines()]
    return {word[1] for word in words if word[0] == "U"}


def missing_functions(called, there):
    """Of what the object calls, that which neither the world nor the compiler has."""
    return sorted(word for word in called - there - OF_C
                  if CRT + word not in there and not OF_THE_COMPILER.fullmatch(word))


def tell(name, missing, wdk):
    known = wdk_names.Names(wdk)
    for word in missing:
        if word == "DriverEntry":
            print(f"driver {name} has no DriverEntry, which is where the world begins")
        elif word == ACTIONS:
            print(f"driver {name} has an ACTIONS file without PP_ACTIONS(...); see poolproof/actions.h")
        else:
            print(f"driver {name} calls {word}, which the world does not have ({known.header_of(word)})")


def renamed_sections(readelf, path, name):
    """Pragmas and attributes of the driver (alloc_text, data_seg, allocate ...) have named these, which only
    a loader would mind. What they hold is code and globals like any other: restored before each run."""
    for section, kind, flags in sorted(set(SECTION.findall(call(readelf, "-SW", path)))):
        if flags == "WAT":
            sys.exit(f"driver {name} has variables of its own for each thread ({section}), which a kernel "
                     "does not have")
        if not NOT_THE_DRIVERS.fullmatch(section):
            ours = "text" if flags == "AX" else "data" if kind == "PROGBITS" else "bss"
            yield f"--rename-section={section}=pp_{ours}_{name}"


def main():
    name, folder, ld, nm, readelf, objcopy, world, wdk, *objects = sys.argv[1:]
    whole = f"{folder}/all.o"
    # An `inline` function of a header is in each object that uses it.
    call(ld, "-r", "--allow-multiple-definition", "-o", whole, *objects)
    called = called_functions(nm, whole)
    there = set(pathlib.Path(world).read_text(encoding="utf-8").split())
    if missing := missing_functions(called, there):
        tell(name, missing, wdk)
        sys.exit(1)
    crt = [f"--redefine-sym={word}={CRT}{word}" for word in sorted(called) if CRT + word in there]
    call(objcopy, *renamed_sections(readelf, whole, name), *COMPARISONS, *crt,
         f"--redefine-sym={SHIFT_HANDLER}=pp_driver_shift",
         "--redefine-sym=__sanitizer_cov_trace_pc=pp_driver_block", "--wildcard",
         "--keep-global-symbol=!__odr_asan_gen_*", "--keep-global-symbol=__*",
         "--keep-global-symbol=sancov.*", whole, f"{folder}/driver.o")


if __name__ == "__main__":
    main()
