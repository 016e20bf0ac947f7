# SPDX-License-Identifier: MIT
"""What fuzz/ship.py puts beside a fuzz target: seeds that are the programs, a dictionary whose words mean
what the lists of the binary say, and the same bytes each time."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "repository"))
from shared import tree  # noqa: E402  (the path comes first)

LANGUAGE = {"protocol": [], "pool": ["--pool", "arena"]}
ENTRY = re.compile(r'^"((?:[^"\\]|\\x[0-9a-f]{2})+)"$')
PROGRAMS = {"protocol": "corpus/seeds/protocol", "pool": "corpus/seeds/pool", "text": "corpus/seeds/pool"}


def ship(root, binary, folder, language, programs):
    return subprocess.run([sys.executable, root / "fuzz/ship.py", binary, folder, "some_fuzzer", language,
                           *programs], capture_output=True, text=True, check=False)


def tokens_of(text):
    matches = [ENTRY.match(line) for line in text.splitlines() if not line.startswith("#")]
    return matches and all(matches) and [
        re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), match[1].encode())
        for match in matches]


def shown(binary, language, folder, program):
    (folder / "program").write_bytes(program)
    result = subprocess.run([binary, "show", *LANGUAGE[language], folder / "program"], capture_output=True,
                            text=True, check=True)
    return result.stdout


def check_words(tally, binary, language, folder, tokens):
    """Each op is a token. What needs no handle stands alone."""
    listed = subprocess.run([binary, "list", "ops", "--json"], capture_output=True, text=True, check=True)
    ops = [row for row in map(json.loads, listed.stdout.splitlines()) if row["language"] == language]
    wrong = []
    for op, token in zip(ops, tokens):
        is_free = all(arg["kind"] != "handle" for arg in op["args"])
        # What is the default is not printed, so a right token is a word and empty parentheses.
        if is_free and f"{op['word']}()" not in shown(binary, language, folder, token):
            wrong.append(f"{op['word']}: {token}")
    tally.check_none(f"{language}: the tokens of ops are these ops", wrong)
    tally.check(f"{language}: there are more tokens than ops", len(tokens) > len(ops) > 10)


def check_fault_tokens(tally, binary, folder, tokens):
    program = b"\x03\x9c\x05\x00\x00"  # an op, whichever it is
    texts = [shown(binary, "protocol", folder, program + token) for token in tokens]
    for attribute in ("(fail: nbl.allocate 1)", "(fail: nbl.allocate 1..)", "(outcome: send = "):
        tally.check(f"a token is {attribute}", any(attribute in text for text in texts))


def check_language(tally, root, binary, language):
    programs = sorted((root / PROGRAMS[language]).glob("*.prog"))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        made = [pathlib.Path(one), pathlib.Path(two)]
        for folder in made:
            result = ship(root, binary, folder, language, programs)
            tally.check(f"{language}: it is made", result.returncode == 0, result.stderr)
        names = sorted(path.name for path in made[0].iterdir())
        tally.check(f"{language}: three files", names == ["some_fuzzer.dict", "some_fuzzer.options",
                                                          "some_fuzzer_seed_corpus.zip"], names)
        different = [name for name in names if (made[0] / name).read_bytes() != (made[1] / name).read_bytes()]
        tally.check_none(f"{language}: the same each time", different)
        with zipfile.ZipFile(made[0] / "some_fuzzer_seed_corpus.zip") as archive:
            seeds = [archive.read(name) for name in archive.namelist()]
        tally.check(f"{language}: each program is a seed", len(seeds) == len(programs) > 10 and all(seeds))
        tokens = tokens_of(tree.read(made[0] / "some_fuzzer.dict"))
        tally.check(f"{language}: the dictionary is one", tokens)
        if language == "text":
            tally.check("words of text", {b"p0 = nbl_pool(", b"(fail: nbl.allocate 1)"} <= set(tokens))
            tally.check("text seeds are text", all(seed.startswith((b"poolproof 1", b"#")) for seed in seeds))
        else:
            check_words(tally, binary, language, made[0], tokens)
        if language == "protocol":
            check_fault_tokens(tally, binary, made[0], tokens)


def check_bad_program(tally, root, binary):
    with tempfile.TemporaryDirectory() as folder:
        bad = pathlib.Path(folder) / "bad.prog"
        bad.write_text("poolproof 1\nno_such_op()\n", encoding="utf-8")
        result = ship(root, binary, folder, "protocol", [bad])
        tally.check("a seed that is no program fails the build",
                    result.returncode != 0 and "no_such_op" in result.stderr, result.stderr)


def main():
    root, binary = tree.arguments()
    tally = tree.Tally()
    for language in PROGRAMS:
        check_language(tally, root, binary, language)
    check_bad_program(tally, root, binary)
    tally.finish()


if __name__ == "__main__":
    main()
