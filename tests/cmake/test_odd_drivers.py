# SPDX-License-Identifier: MIT
"""Drivers that are written in Windows' ways are built and run as they are; of those that cannot be built
it is said, in few words, why."""
import gotchas
import scratch
from scratch import tree

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(odd LANGUAGES C)
add_subdirectory(poolproof)
poolproof_add_driver(gotchas SOURCES sys/main.c sys/log.c sys/trace.h DEFINES NDIS640 NDIS_WDM=1)
poolproof_add_driver(gotchas_debug SOURCES sys/main.c sys/log.c DEFINES NDIS640=1 DBG=1)
poolproof_add_driver(gotchas_crash SOURCES sys/main.c sys/log.c DEFINES NDIS640=1 CRASH)
poolproof_add_driver(ahead SOURCES ahead.c more.c)
poolproof_add_driver(unlinked SOURCES unlinked.c)
poolproof_add_driver(pointless SOURCES log.c)
poolproof_add_driver(threads SOURCES threads.c)
poolproof_add_driver(wide SOURCES wide.c INCLUDES sys/../wide)
poolproof_add_driver(called SOURCES called.c DEFINES DBG=1 ACTIONS actions.c)
poolproof_add_driver(uncalled SOURCES called.c ACTIONS log.c)
"""

AHEAD = """
#include <ndis.h>
#include <wdf.h>
#include "mine.h"
NDIS_HD_SPLIT_PARAMETERS Parameters;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    NET_BUFFER Nb;
    Nb.NoSuchMember = 1;
    WdfDriverMiniportUnload(DriverObject);
    IoReportTargetDeviceChange(DriverObject, RegistryPath);
    return Nb.NoSuchMember + IoReportTargetDeviceChange(NULL, NULL) + MINE;
}
"""
MORE = """
#include <ndis.h>
int More(void) { return IoReportTargetDeviceChange(0, 0) + OID_GEN_MADE_UP; }
"""
UNLINKED = """
#include <ndis.h>
void exit(int);
NTSTATUS SomethingOfMine(PVOID);
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    HANDLE Key;
    if (SomethingOfMine(DriverObject)) {
        exit(1);
    }
    return SomethingOfMine(RegistryPath);
}
"""

TOLD_OF_AHEAD = """
driver ahead needs what neither its own headers nor include/wdk has:

  mine.h                      no such header           ahead.c:3
  wdf.h                       no such header           ahead.c:2
  IoReportTargetDeviceChange  wdm.h                    ahead.c:9 and 1 more
  MINE                        not known as the WDK's   ahead.c:10
  NDIS_HD_SPLIT_PARAMETERS    ndis.h                   ahead.c:4
  NET_BUFFER.NoSuchMember     a member, in ndis/nbl.h  ahead.c:7 and 1 more
  OID_GEN_MADE_UP             ntddndis.h               more.c:2
  WdfDriverMiniportUnload     wdf.h                    ahead.c:8
"""

THREADS = """
#include <ntddk.h>
static __declspec(thread) LONG Mine = 3;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) { return ++Mine; }
"""

WIDE = """
#include "wide.h"
#include <limits.h>
#include <windef.h>
_Static_assert(sizeof(long) == 4 && sizeof(1UL) == 4 && sizeof(long long) == 8, "as on Windows");
_Static_assert(LONG_MAX == 0x7fffffff && ULONG_MAX == 0xffffffff, "as on Windows");
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
    unsigned long Bit;
    volatile long Count = -1;
    NT_ASSERT(_BitScanForward(&Bit, 8) && Bit == 3);
    NT_ASSERT(InterlockedIncrement(&Count) == 0);
    return DriverObject && RegistryPath ? __LINE__ - 11 : STATUS_UNSUCCESSFUL;
}
"""
WIDE_HEADER = "typedef unsigned long ULONG;\r\ntypedef signed char CHAR;\r\n#include <ndis.h>\r\n"


CALLED = """
#include <ntddk.h>
LONG Sum;
void Add(LONG Number) { Sum += Number; NT_ASSERT(Sum != 7); }
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) { return STATUS_SUCCESS; }
"""
ACTIONS = """
#include <ntddk.h>
#include <poolproof/actions.h>
void Add(LONG Number);
static void AddOne(const struct pp_action_input *Input) { Add((LONG)Input->first); }
PP_ACTIONS({.name = "add", .call = AddOne, .first = {2, 3}});
"""


def write(folder):
    gotchas.write(folder)
    for name, text in (("CMakeLists.txt", PROJECT), ("ahead.c", AHEAD), ("more.c", MORE),
                       ("unlinked.c", UNLINKED), ("threads.c", THREADS),
                       ("wide.c", WIDE), ("wide/wide.h", WIDE_HEADER),
                       ("called.c", CALLED), ("actions.c", ACTIONS),
                       ("sum.prog", "poolproof 1\nact(first: 2)\nact(first: 3)\nact(first: 4)\n"),
                       ("log.c", "int Log(void) { return 0; }\n"),
                       ("load.prog", "poolproof 1\nload()\nunload()\n")):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"), encoding="utf-8")


def squeezed(text):
    return [line.split() for line in text.strip().splitlines()]


def check_gotchas(tally, folder):
    result = scratch.call(folder, "cmake --build build --target gotchas gotchas_debug gotchas_crash")
    tally.check("a driver in Windows' ways is built", result.returncode == 0, result.stdout, result.stderr)
    for name in ("gotchas", "gotchas_debug"):
        result = scratch.call(folder, f"build/{name} run load.prog")
        tally.check(f"{name} finds all as on Windows", result.returncode == 0 and "ok load.prog (2 ops" in
                    result.stdout, result.stdout, result.stderr)
    result = scratch.call(folder, "build/gotchas_crash run load.prog")
    tally.check("a NULL that an optimiser could hide is found", result.returncode == 1 and
                "NULL written to in DriverEntry\n" in result.stdout and "main.c:" in result.stdout,
                result.stdout, result.stderr)


def check_wide(tally, folder):
    result = scratch.call(folder, "cmake --build build --target wide && build/wide run load.prog")
    tally.check("a driver that says long", result.returncode == 0, result.stdout, result.stderr)
    tally.check("its file is untouched",
                (folder / "wide.c").read_text(encoding="utf-8") == WIDE.lstrip("\n"))


def check_called(tally, folder):
    result = scratch.call(folder, "cmake --build build --target called && build/called list actions")
    tally.check("a driver with actions", result.returncode == 0 and
                result.stdout.endswith("called\n     0  add                   first: 2..3\n"),
                result.stdout, result.stderr)
    result = scratch.call(folder, "build/called run sum.prog")
    tally.check("they are called", result.returncode == 1 and
                "poolproof: ASSERT: assert failed in Add\n" in result.stdout, result.stdout)
    result = scratch.call(folder, "build/called fuzz --runs 100000 --findings found corpus")
    tally.check("and found without a seed", "ASSERT: assert failed in Add" in result.stdout + result.stderr,
                result.stdout[-2000:], result.stderr[-2000:])
    result = scratch.call(folder, "cmake --build build --target uncalled")
    tally.check("a file of actions without a table", result.returncode != 0 and
                "driver uncalled has an ACTIONS file without PP_ACTIONS(...)" in result.stdout, result.stdout)


def check_refused(tally, folder):
    result = scratch.call(folder, "cmake --build build --target ahead")
    told = result.stdout[result.stdout.find("driver ahead needs"):]
    tally.check("missing names are listed once", result.returncode != 0 and
                squeezed(TOLD_OF_AHEAD) == squeezed(told)[:len(squeezed(TOLD_OF_AHEAD))], result.stdout)
    tally.check("and nothing but them", "error:" not in result.stdout, result.stdout)
    result = scratch.call(folder, "cmake --build build --target unlinked")
    lines = [line for line in result.stdout.splitlines() if line.startswith("driver ")]
    tally.check("missing functions are listed once", result.returncode != 0 and lines == [
        f"driver unlinked calls {name}, which the world does not have (not known as the WDK's)"
        for name in ("SomethingOfMine", "exit")], result.stdout)
    result = scratch.call(folder, "cmake --build build --target pointless")
    tally.check("a driver without an entry", "has no DriverEntry" in result.stdout, result.stdout)
    result = scratch.call(folder, "cmake --build build --target threads")
    tally.check("variables for each thread", result.returncode != 0 and "driver threads has variables of "
                "its own for each thread (.tdata)" in result.stdout, result.stdout, result.stderr)


def check_mended(tally, folder):
    """What was missing is looked for again when a header comes."""
    (folder / "ahead.c").write_text('#include "mine.h"\n', encoding="utf-8")
    (folder / "more.c").write_text("#include <ndis.h>\nNTSTATUS DriverEntry(PDRIVER_OBJECT Object, "
                                   "PUNICODE_STRING Path) { return STATUS_SUCCESS; }\n", encoding="utf-8")
    (folder / "mine.h").write_text("#define MINE 0\n", encoding="utf-8")
    result = scratch.call(folder, "cmake --build build --target ahead && build/ahead run load.prog")
    tally.check("a driver that has been mended", result.returncode == 0, result.stdout, result.stderr)
    (folder / "mine.h").write_text("Unknown Variable;\n", encoding="utf-8")
    result = scratch.call(folder, "cmake --build build --target ahead")
    tally.check("a header of its own that is spoilt", result.returncode != 0 and
                "driver ahead needs" in result.stdout, result.stdout)


def check_cplusplus(tally, folder):
    text = PROJECT.replace("ahead.c more.c", "ahead.cpp")
    (folder / "CMakeLists.txt").write_text(text, encoding="utf-8")
    result = scratch.call(folder, "cmake -B build")
    tally.check("C++ is refused", result.returncode != 0 and "C++ is not taken" in " ".join(
        result.stderr.split()), result.stderr)


def main():
    root, binary = tree.arguments()
    tally = tree.Tally()
    if not scratch.is_fuzzing(binary):
        return
    with scratch.project(root) as folder:
        write(folder)
        result = scratch.call(folder, f"cmake -B build -G Ninja -DCMAKE_C_COMPILER={scratch.COMPILER}")
        tally.check("the project is configured", result.returncode == 0, result.stdout, result.stderr)
        check_gotchas(tally, folder)
        check_wide(tally, folder)
        check_called(tally, folder)
        check_refused(tally, folder)
        check_mended(tally, folder)
        check_cplusplus(tally, folder)
    tally.finish()


if __name__ == "__main__":
    main()
