# SPDX-License-Identifier: MIT
"""Makes what lies beside a fuzz target for OSS-Fuzz: TARGET_seed_corpus.zip, TARGET.dict and TARGET.options.
Equal for equal programs, to the bit.

usage: ship.py POOLPROOF FOLDER TARGET protocol|pool|text PROGRAM...
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

OPTIONS = """\
# SPDX-License-Identifier: MIT
[libfuzzer]
max_len = 32768

# A driver that follows NULL is told of by its title: the world's handler is the first that sees the signal.
[asan]
handle_segv = 1
handle_sigbus = 1
handle_sigill = 1
handle_sigfpe = 1
allow_user_segv_handler = 1

[msan]
handle_segv = 1
handle_sigbus = 1
handle_sigill = 1
handle_sigfpe = 1
allow_user_segv_handler = 1

[ubsan]
handle_segv = 1
handle_sigbus = 1
handle_sigill = 1
handle_sigfpe = 1
allow_user_segv_handler = 1
"""
LANGUAGE_OPTIONS = {"protocol": [], "pool": ["--pool", "arena"]}
TOKEN_MAX = 128  # of AFL++


def read_list(poolproof, what):
    listed = subprocess.run([poolproof, "list", what, "--json"], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in listed.stdout.splitlines()]


def encode_arg(arg):
    """What the argument is if it is left out; see docs/formats.md."""
    if arg["kind"] == "handle":
        return bytes(1)
    if arg["kind"] == "choice":
        return bytes([arg["words"].index(arg["default"])])
    size = 1 if arg["max"] < 1 << 8 else 2 if arg["max"] < 1 << 16 else 4
    return (arg["default"] - arg["min"]).to_bytes(size, "little")


def tokens_of_bytes(poolproof, language):
    """Each op, each fault and each outcome as a record of a program in bytes."""
    ops = [op for op in read_list(poolproof, "ops") if op["language"] == language]
    points = read_list(poolproof, "points")
    can_fail = [point for point in points if point["kind"] == "fail"]
    have_outcomes = [point for point in points if point["kind"] == "outcome"]
    for tag, op in enumerate(ops):
        yield bytes([tag]) + b"".join(map(encode_arg, op["args"]))
    for number in range(2 * len(can_fail)):  # the nth call, then those from the nth on
        yield bytes([len(ops), number, 0])
    if language == "protocol":
        for number, point in enumerate(have_outcomes):
            yield from (bytes([len(ops) + 1, number, status]) for status in range(len(point["statuses"])))


def words_of_arg(arg):
    if arg["kind"] == "handle":
        return [f"{arg['letter']}0"]
    if arg["kind"] == "number":
        return [f"{arg['word']}: {arg['max']}"]
    return [f"{arg['word']}: {word}" for word in arg["words"]]


def tokens_of_text(poolproof):
    """The words of programs as text."""
    yield from (b"poolproof 1\n", b"poolproof 1 pool\n", b"(at: 1 -> 0)", b"(at: 1+1 -> time)")
    for op in read_list(poolproof, "ops"):
        made = f"{op['result']}0 = " if op["result"] else ""
        yield f"{made}{op['word']}(".encode()
        for arg in op["args"]:
            yield from (word.encode() for word in words_of_arg(arg))
    for point in read_list(poolproof, "points"):
        if point["kind"] == "fail":
            yield f"(fail: {point['name']} 1)".encode()
        for status in point["statuses"]:
            yield f"(outcome: {point['name']} = {status})".encode()


def dictionary(tokens):
    lines = {}  # as a set that keeps the order
    for token in tokens:
        if len(token) <= TOKEN_MAX:
            lines['"' + "".join(f"\\x{byte:02x}" if byte < 32 or byte > 126 or byte in b'"\\' else chr(byte)
                                for byte in token) + '"'] = None
    return "# SPDX-License-Identifier: MIT\n" + "".join(f"{line}\n" for line in lines)


def packed(poolproof, language, programs, folder):
    """The programs as bytes, by names that are theirs alone."""
    subprocess.run([poolproof, "pack", *LANGUAGE_OPTIONS[language], "--digest", "-o", folder, *programs],
                   check=True)
    return sorted(pathlib.Path(folder).iterdir())


def write_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in files:
            archive.writestr(zipfile.ZipInfo(name), file.read_bytes())  # of 1980, not of today


def main():
    poolproof, folder, target, language, *programs = sys.argv[1:]
    beside = pathlib.Path(folder) / target
    with tempfile.TemporaryDirectory(prefix="poolproof-ship-") as made:
        if language == "text":
            paths = map(pathlib.Path, programs)
            files = [(f"{path.parent.parent.name}-{path.parent.name}-{path.name}", path) for path in paths]
            tokens = tokens_of_text(poolproof)
        else:
            files = [(path.name, path) for path in packed(poolproof, language, programs, made)]
            tokens = tokens_of_bytes(poolproof, language)
        write_zip(f"{beside}_seed_corpus.zip", files)
    pathlib.Path(f"{beside}.dict").write_text(dictionary(tokens), encoding="ascii")
    pathlib.Path(f"{beside}.options").write_text(OPTIONS, encoding="ascii")


if __name__ == "__main__":
    main()
