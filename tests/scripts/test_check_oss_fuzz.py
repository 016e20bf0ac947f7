# SPDX-License-Identifier: MIT
"""scripts/check-oss-fuzz: each of its checks fails where it must, on small builds with one thing wrong, and
the whole of it passes on this repository, in one combination."""
import importlib.machinery
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "repository"))
from shared import tree  # noqa: E402  (the path comes first)

# Ends if an input begins with "crash".
TARGET = """
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
int helper(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size >= 5 && memcmp(bytes, "crash", 5) == 0) {
        abort();
    }
    return helper(bytes, size) == 12345;
}
"""
OVERFLOW = TARGET.replace("if (size >= 5", "size += (size_t)(0x7fffffff + (int)size) & 1;\n    if (size >= 5")
HELPER = """
#include <stdint.h>
#include <stddef.h>
int helper(const uint8_t *bytes, size_t size);
int helper(const uint8_t *bytes, size_t size) {
    int sum = 1;
    for (size_t i = 0; i < size; i++) {
        sum = sum / 2 + bytes[i];
    }
    return sum;
}
"""
FLAGS = ["-O1", "-fsanitize=fuzzer-no-link"]
NAME = "echo_fuzzer"


def load(root):
    loader = importlib.machinery.SourceFileLoader("check_oss_fuzz", str(root / "scripts/check-oss-fuzz"))
    spec = importlib.util.spec_from_loader("check_oss_fuzz", loader)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def compiler_of(module, build):
    return "afl-clang-fast" if build.engine == "afl" else module.find("clang-19", "clang")


def compile_object(module, build, name, text, flags):
    source = build.work / f"{name}.c"
    source.write_text(text, encoding="utf-8")
    subprocess.run([compiler_of(module, build), "-c", *flags, source, "-o", build.work / f"{name}.o"],
                   check=True)


def link(module, build, *flags):
    subprocess.run([compiler_of(module, build), "-O1", *flags, "-fsanitize=fuzzer",
                    *build.work.glob("*.o"), "-o", build.out / NAME], check=True)


def put_beside(build, seeds=(b"seed",), dictionary='"word"\n', options="[libfuzzer]\nmax_len = 64\n"):
    with zipfile.ZipFile(build.out / f"{NAME}_seed_corpus.zip", "w") as archive:
        for number, seed in enumerate(seeds):
            archive.writestr(f"seed{number}", seed)
    (build.out / f"{NAME}.dict").write_text(dictionary, encoding="utf-8")
    (build.out / f"{NAME}.options").write_text(options, encoding="utf-8")


def make(module, folder, sanitizer="address", helper_flags=None, target=TARGET, engine="libfuzzer"):
    build = module.Build(engine, sanitizer, folder / "src/poolproof", folder / "out", folder / "work")
    for path in (build.source / "drivers/good", build.source / "drivers/planted", build.out, build.work):
        path.mkdir(parents=True)
    (build.source / "drivers/good/echo.c").touch()
    (build.source / "drivers/planted/nbl_lost.c").touch()
    flags = [*(FLAGS if engine == "libfuzzer" else []), *module.SANITIZER_FLAGS[sanitizer]]
    compile_object(module, build, "target", target, flags)
    compile_object(module, build, "helper", HELPER, flags if helper_flags is None else helper_flags)
    link(module, build, *module.SANITIZER_FLAGS[sanitizer])
    put_beside(build)
    return build


class Trial:
    """A build with one thing wrong, and what the check must say of it; None for a good one."""

    def __init__(self, tally, module):
        self.tally, self.module = tally, module

    def __call__(self, name, check, words, change=None, **options):
        with tempfile.TemporaryDirectory(prefix="poolproof-check-") as folder:
            build = make(self.module, pathlib.Path(folder), **options)
            if change:
                change(build)
            told = "\n".join(getattr(self.module, check)(build))
        is_right = words in told if words else not told
        self.tally.check(name, is_right, f"{check} says: {told or 'nothing'}")


def add_target(name):
    def change(build):
        path = build.out / name
        path.write_bytes(b"#!/bin/sh\n# LLVMFuzzerTestOneInput\n")
        path.chmod(0o755)
    return change


def remove(ending):
    return lambda build: (build.out / f"{NAME}{ending}").unlink()


def check_objects(trial):
    trial("all objects instrumented", "check_objects", None)
    trial("an object without any flags", "check_objects", "helper.o is not instrumented for libfuzzer",
          helper_flags=[])
    trial("an object without the sanitizer", "check_objects", "helper.o is not instrumented for address",
          helper_flags=FLAGS)
    trial("an object without the engine", "check_objects", "helper.o is not instrumented for libfuzzer",
          helper_flags=["-fsanitize=address"])
    for sanitizer in ("undefined", "memory"):
        trial(f"all objects instrumented for {sanitizer}", "check_objects", None, sanitizer=sanitizer)
    trial("an object without MemorySanitizer", "check_objects", "helper.o is not instrumented for memory",
          helper_flags=FLAGS, sanitizer="memory")
    trial("no object at all", "check_objects", "no objects",
          lambda build: [path.unlink() for path in build.work.glob("*.o")])


def check_shipped(trial, module):
    trial("a driver without a target", "check_names", "the driver echo has no target", remove(""))
    trial("a target without a dictionary", "check_names", f"{NAME} has no {NAME}.dict", remove(".dict"))
    trial("a tool that looks like a target", "check_names", "tool.sh is no name", add_target("tool.sh"))
    trial("what belongs beside a target is there", "check_libraries", None)
    trial("nothing planted", "check_planted", None)
    trial("a planted driver", "check_planted", "nbl_lost, which is planted",
          target=TARGET + 'const char name[] = "\\0nbl_lost";\n')
    trial("a library of ours", "check_libraries", "needs libours.so",
          lambda build: link_library(module, build))


def link_library(module, build):
    subprocess.run([module.find("clang-19", "clang"), "-shared", "-fPIC", "-x", "c", "/dev/null", "-o",
                    build.work / "libours.so"], check=True)
    link(module, build, "-fsanitize=address", "-Wl,--no-as-needed", f"-L{build.work}", "-lours")


def check_played(trial, module):
    module.EDGES_MIN[NAME] = 5
    trial("a good build", "check_seeds", None)
    trial("a seed that crashes", "check_seeds", "ERROR", lambda build: put_beside(build, [b"a", b"crash it"]))
    trial("a seed that overflows a number", "check_seeds", "runtime error", sanitizer="undefined",
          change=lambda build: put_beside(build, [b"\xff" * 40]), target=OVERFLOW)
    trial("no seeds", "check_seeds", "has no seeds", lambda build: put_beside(build, []))
    trial("a broken zip", "check_seeds", "has no seeds", lambda build: (
        build.out / f"{NAME}_seed_corpus.zip").write_bytes(b"no zip"))
    trial("a dictionary that is none", "check_seeds", "does not take the dictionary",
          lambda build: put_beside(build, dictionary="word without quotes\n"))
    trial("an empty dictionary", "check_seeds", "does not take the dictionary",
          lambda build: put_beside(build, dictionary="# nothing\n"))
    trial("an option that libFuzzer does not know", "check_seeds", "no_such_flag",
          lambda build: put_beside(build, options="[libfuzzer]\nno_such_flag = 1\n"))
    module.EDGES_MIN[NAME] = 1000
    trial("too few edges", "check_seeds", "1000 at least are wanted")
    module.EDGES_MIN[NAME] = 5
    module.REACHED_SHARE_MIN = 1.0
    trial("seeds that reach little", "check_seeds", "its seeds reach",
          lambda build: put_beside(build, [b"a"]))


def check_afl(trial, module):
    if not shutil.which("afl-fuzz") or not shutil.which("afl-clang-fast"):
        return
    module.AFL_REACHED_MIN = 2
    trial("AFL++: objects", "check_objects", None, engine="afl")
    trial("AFL++: an object that it did not compile", "check_objects", "helper.o is not instrumented for afl",
          lambda build: compile_object(module, build._replace(engine="libfuzzer"), "helper", HELPER, []),
          engine="afl")
    trial("AFL++: a good build", "check_seeds", None, engine="afl")
    trial("AFL++: a seed that crashes", "check_seeds", "ERROR", engine="afl",
          change=lambda build: put_beside(build, [b"a", b"crash it"]))
    trial("AFL++: a dictionary that is none", "check_seeds", "does not take the dictionary", engine="afl",
          change=lambda build: put_beside(build, dictionary="word without quotes\n"))
    module.AFL_REACHED_MIN = 1000
    trial("AFL++: too few edges", "check_seeds", "AFL++ sees", engine="afl")


SCRIPTS = {  # of build.sh, when it is called the second time
    "is equal": ("echo same >$OUT/a", None),
    "fails": ("[[ ! -e $OUT/a ]]; echo >$OUT/a", "when it is called again"),
    "makes something else": ("echo $RANDOM$RANDOM$RANDOM >$OUT/a", "a is another after a second build"),
    "compiles again": ("echo '[1/2] Building C object x.o'", "compiles again"),
}


def check_builds(tally, module):
    def call(check, script):
        with tempfile.TemporaryDirectory(prefix="poolproof-check-") as folder:
            build = module.Build("libfuzzer", "address", pathlib.Path(folder) / "src/poolproof",
                                 pathlib.Path(folder) / "out", pathlib.Path(folder) / "work")
            for path in (build.source / "scripts/oss-fuzz", build.out, build.work):
                path.mkdir(parents=True)
            (build.source / "scripts/oss-fuzz/build.sh").write_text(script, encoding="utf-8")
            told = list(module.check_build(build))
            return "\n".join(told if check == "check_build" else module.check_second_build(build))
    for what, (script, words) in SCRIPTS.items():
        told = call("check_second_build", script)
        tally.check(f"a second build that {what}", words in told if words else not told, told)
    told = call("check_build", "exit 3")
    tally.check("a build that fails", "fails with 3" in told, told)
    told = call("check_build", "touch made_here")
    tally.check("a build that writes into the source", "changes the source tree" in told, told)
    told = call("check_build", 'echo "$UNSET_VARIABLE"')
    tally.check("a variable that OSS-Fuzz does not set", "fails with" in told, told)
    if module.without_network():
        told = call("check_build", "exec 3<>/dev/tcp/192.0.2.1/80")
        tally.check("a build that wants the network", "unreachable" in told, told)


def check_arguments(tally, root):
    def call(*words, path=os.environ["PATH"]):
        return subprocess.run([sys.executable, root / "scripts/check-oss-fuzz", *words], capture_output=True,
                              text=True, check=False, stdin=subprocess.DEVNULL, env={"PATH": path})
    for words, message in ((["afl", "memory"], "is one of"), (["libfuzzer"], "is one of"),
                           (["gdb", "address"], "invalid choice"), (["--kee", "x"], "--kee")):
        result = call(*words)
        tally.check(f"{words}", result.returncode == 2 and message in result.stderr, result.stderr)
    with tempfile.TemporaryDirectory() as empty:
        result = call("libfuzzer", "address", path=empty)
        told = result.stdout
        tally.check("without a compiler", result.returncode == 2 and "no clang" in told, told, result.stderr)


def check_repository(tally, root):
    with tempfile.TemporaryDirectory(prefix="poolproof-check-") as folder:
        caches = {"CCACHE_BASEDIR": folder, "CCACHE_NOHASHDIR": "1", "CMAKE_C_COMPILER_LAUNCHER": "ccache"}
        result = subprocess.run([root / "scripts/check-oss-fuzz", "libfuzzer", "address", "--keep", folder],
                                capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                                env={**os.environ, **(caches if shutil.which("ccache") else {})})
        tally.check("this repository", result.returncode == 0 and ", 0 checks failed" in result.stdout,
                    result.stdout, result.stderr)


def is_fuzzing(binary):
    """One build is enough to build others from, whatever its preset."""
    result = subprocess.run([binary, "fuzz", "--runs", "1"], capture_output=True, text=True, check=False)
    return "has no libFuzzer" not in result.stderr


def main():
    root, binary = tree.arguments()
    tally = tree.Tally()
    if not is_fuzzing(binary):
        return
    module = load(root)
    trial = Trial(tally, module)
    check_objects(trial)
    check_shipped(trial, module)
    check_played(trial, module)
    check_afl(trial, module)
    check_builds(tally, module)
    check_arguments(tally, root)
    check_repository(tally, root)
    tally.finish()


if __name__ == "__main__":
    main()
