# SPDX-License-Identifier: MIT
"""A project of its own, which has this repository in the folder poolproof. It is gone afterwards."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "repository"))
from shared import tree  # noqa: E402, F401  (the path comes first)

COMPILER = "clang-19" if shutil.which("clang-19") else "clang-16"


@contextlib.contextmanager
def project(root):
    with tempfile.TemporaryDirectory(prefix="poolproof-driver-") as folder:
        folder = pathlib.Path(folder)
        (folder / "poolproof").symlink_to(root)
        yield folder


def call(folder, command):
    environment = {**os.environ, "AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1",
                   "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "CCACHE_BASEDIR": str(folder),
                   "CCACHE_NOHASHDIR": "1"}
    if shutil.which("ccache"):
        environment["CMAKE_C_COMPILER_LAUNCHER"] = "ccache"
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False,
                          shell=True, stdin=subprocess.DEVNULL, timeout=500)


def is_fuzzing(binary):
    """One build is enough to try other projects from, whatever its preset."""
    result = subprocess.run([binary, "fuzz", "--runs", "1"], capture_output=True, text=True, check=False)
    return "has no libFuzzer" not in result.stderr
