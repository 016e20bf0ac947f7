# SPDX-License-Identifier: MIT
"""Where the documentation is that a rule comes from: tables say "D:nblapi/nf-....md"."""
import re

DRIVERS = "https://learn.microsoft.com/windows-hardware/drivers"
PAGES_OF = {"D": f"{DRIVERS}/ddi", "N": f"{DRIVERS}/network", "B": f"{DRIVERS}/debugger",
            "K": f"{DRIVERS}/kernel"}


def page(source):
    """Name and address of a source; None if the rule is poolproof's own."""
    match = re.fullmatch(r"([DNBK]):(.+)\.md", source)
    return (match[2].split("/")[-1], f"{PAGES_OF[match[1]]}/{match[2]}") if match else None
