# SPDX-License-Identifier: MIT
"""The values that a driver compares with are read off its source: as they are written, in sets of those that
exclude each other, without the small ones."""
import pathlib
import subprocess
import sys
import tempfile

import scratch
from scratch import tree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "cmake"))
import driver_values  # noqa: E402  (the path comes first)

SOURCE = """
int one(int), two(int);
int control(unsigned code) {  // an optimiser subtracts, rotates, and has a switch over 0 to 4
    switch (code) {
    case 0x12c800: return one(1);
    case 0x12c804: return two(2);
    case 0x12c808: return one(3) * 3;
    case 0x12c80c: return one(7) + two(9);
    case 0x12c810: return two(99) ^ 1;
    default: return 5;
    }
}
int receive(unsigned short type, unsigned long long length, int status) {
    if (type == 0x88b5 || length > 1514 || length == 0x100000000) {
        return one(15);
    }
    return status == (int)0xc0000001 || status == 15 ? two(1) : status;
}
int plain(int *flag) { return *flag != 0; }
"""
SETS = [(0x12c800, 0x12c804, 0x12c808, 0x12c80c, 0x12c810), (0x88b5, 1514, 0xc0000001)]
AS_C = """#include <stdint.h>

extern const uint32_t pp_driver_values[];
const uint32_t pp_driver_values[] = {
    0x2, 0x10, 0x11,
    0x1, 0x88b5,
    0,
};
"""


def main():
    tree.arguments()
    tally = tree.Tally()
    with tempfile.TemporaryDirectory() as name:
        source = pathlib.Path(name) / "driver.c"
        source.write_text(SOURCE, encoding="utf-8")
        flags = ["-O1", "-Wall", "-fsanitize=address", "-fsanitize=fuzzer-no-link"]
        text = subprocess.run([scratch.COMPILER, *flags, *driver_values.AS_WRITTEN, source], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
        sets = driver_values.read([text])
        tally.check("as written, whatever the flags", sorted(sets) == sorted(SETS), sets)
    tally.check("as C", driver_values.as_c([(16, 17), (0x88b5,)]) == AS_C)
    tally.finish()


if __name__ == "__main__":
    main()
