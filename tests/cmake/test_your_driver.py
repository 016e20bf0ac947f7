# SPDX-License-Identifier: MIT
"""docs/your-driver.md is true: its commands are run as they stand there, in a project of their own with the
sample driver as the reader's. Only times are shortened, and what is not installed is left out."""
import re
import shutil

import scratch
from scratch import tree

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands_of(text):
    for kind, block in BLOCK.findall(text):
        if kind == "sh":
            yield from block.splitlines()


def adapted(command):
    """The command as it can be run here; None if AFL++ is not installed."""
    if "afl" in command and not (shutil.which("afl-clang-fast") and shutil.which("afl-fuzz")):
        return None
    command = command.replace("clang-19", scratch.COMPILER)
    return re.sub(r"(--seconds|-V) 60", r"\1 2", command)


def copy_driver(root, folder):
    (folder / "driver").mkdir()
    shutil.copy(root / "drivers/good/echo.c", folder / "driver/mydriver.c")


def follow(tally, folder, text):
    recipe = [block for kind, block in BLOCK.findall(text) if kind == "cmake"]
    tally.check("there are two recipes", len(recipe) == 2, *recipe)
    (folder / "CMakeLists.txt").write_text(recipe[0], encoding="utf-8")
    printed = ""
    for command in filter(None, map(adapted, commands_of(text))):
        result = scratch.call(folder, command)
        tally.check(command, result.returncode == 0, result.stdout[-2000:], result.stderr[-2000:])
        printed += result.stdout + result.stderr
    tally.check("the driver is fuzzed", "mydriver: " in printed and ", 0 bad inputs" in printed,
                printed[-3000:])
    return recipe


def follow_subdirectory(tally, folder, recipe):
    lines = recipe[0].replace("find_package(poolproof REQUIRED)\n", recipe[1])
    (folder / "CMakeLists.txt").write_text(lines, encoding="utf-8")
    for command in (f"cmake -B build2 -G Ninja -DCMAKE_C_COMPILER={scratch.COMPILER}", "cmake --build build2",
                    "build2/mydriver run poolproof/corpus/seeds/protocol"):
        result = scratch.call(folder, command)
        tally.check(f"as a subdirectory: {command}", result.returncode == 0, result.stdout[-2000:],
                    result.stderr[-2000:])
    tally.check("only what is needed is built", not list((folder / "build2/poolproof").glob("poolproof")))


def main():
    root, binary = tree.arguments()
    tally = tree.Tally()
    if not scratch.is_fuzzing(binary):
        return
    with scratch.project(root) as folder:
        copy_driver(root, folder)
        recipe = follow(tally, folder, tree.read(root / "docs/your-driver.md"))
        follow_subdirectory(tally, folder, recipe)
    tally.finish()


if __name__ == "__main__":
    main()
