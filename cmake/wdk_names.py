# SPDX-License-Identifier: MIT
"""Which header of the WDK has a name: from wdk_names.txt, which has what include/wdk lacks, from include/wdk
itself, and from how names begin."""
import pathlib
import re

BEGINNINGS = [  # where the table has no row for each name
    ("OID_", "ntddndis.h"), ("IOCTL_NDIS_", "ntddndis.h"), ("NDIS_", "ndis.h"), ("Ndis", "ndis.h"),
    ("NET_BUFFER", "ndis.h"), ("STATUS_", "ntstatus.h"), ("Fwpm", "fwpmk.h"), ("Fwp", "fwpsk.h"),
    ("FWP", "fwpsk.h"), ("Wsk", "wsk.h"), ("WSK_", "wsk.h"), ("Wdf", "wdf.h"), ("WDF", "wdf.h"),
    ("RtlString", "ntstrsafe.h"), ("RtlUnicodeString", "ntstrsafe.h"), ("Flt", "fltkernel.h"),
    ("Zw", "ntifs.h"), ("IRP_MJ_", "wdm.h"), ("WPP_", "a .tmh, which tracing makes"),
]


class Names:
    def __init__(self, wdk):
        self.headers = {}
        for path in sorted(pathlib.Path(wdk).rglob("*.h"), reverse=True):
            for word in re.findall(r"\w+", path.read_text(encoding="utf-8")):
                self.headers[word] = path.relative_to(wdk).as_posix()
        header = ""
        table = pathlib.Path(__file__).with_name("wdk_names.txt")
        for line in table.read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):
                self.headers |= {word: header for word in line.split()}
            elif not line.startswith("#"):
                header = line

    def header_of(self, name):
        """In words. A member is asked for as TYPE.MEMBER."""
        owner, _, member = name.partition(".")
        base = owner.lstrip("_")
        for word in (owner, base, f"_{base}", base.removeprefix("P"), f"_{base.removeprefix('P')}"):
            if word in self.headers:
                return ("a member, in " if member else "") + self.headers[word]
        begins = next((header for begin, header in BEGINNINGS if owner.startswith(begin)), None)
        return begins or "not known as the WDK's"
