# SPDX-License-Identifier: MIT
"""Integers as Windows' compiler has them. There `long` has 32 bits, and a name may be defined twice with
types that are the same but for their words. The compiler sees a driver's files as they are written here, in
their places and line by line; the files themselves are untouched."""
import json
import pathlib
import re

WORDS = "long|int|short|char|unsigned|signed|double|const|volatile|__int8|__int16|__int32|__int64"
SPACE = r"(?:\s|\\\n|/\*.*?\*/)*"
TOKEN = re.compile(
    r"(?P<other>^[ \t]*\#[ \t]*include[^\n]*|//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
    rf"|(?P<typedef>\btypedef\b{SPACE})?(?P<words>\b(?:(?:{WORDS})\b{SPACE})+)(?P<name>\w+)?"
    r"|(?P<number>\.?\b\d(?:[eEpP][+-]|[\w.])*)|\w+", re.MULTILINE | re.DOTALL)
LONG = re.compile(r"\blong\b")
BITS = (("char", 8), ("__int8", 8), ("short", 16), ("__int16", 16), ("long", 64), ("__int64", 64))
WIDE = re.compile(r"\bdouble\b|\blong\b.*\blong\b", re.DOTALL)
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)([uU]?)[lL]([uU]?)")
WDK_TYPE = re.compile(rf"^typedef ((?:(?:{WORDS}) )+)(\w+)", re.MULTILINE)


def meaning(words):
    """Bits and signedness of a type in words, where `long` has become `int`; None if it is no integer."""
    words = words.split()
    if {"double", "const", "volatile"} & set(words):
        return None
    return next((size for word, size in BITS if word in words), 32), "unsigned" in words


def wdk_types(wdk):
    """Name to words, of the integers that include/wdk defines."""
    headers = ("ntdef.h", "basetsd.h", "windef.h")
    texts = (pathlib.Path(wdk, name).read_text(encoding="utf-8") for name in headers)
    return {name: words.strip() for text in texts for words, name in WDK_TYPE.findall(text)}


def narrow(words):
    """The words with `int` for `long`, unless they say `long long` or `long double`."""
    if WIDE.search(words):
        return words
    return LONG.sub("" if re.search(r"\bint\b", words) else "int", words)


def translate(text, types):
    def replace(found):
        if found["words"]:
            words = narrow(found["words"])
            name = found["name"] or ""
            if found["typedef"] and name in types and meaning(words) == meaning(types[name]):
                words = types[name] + "\n" * words.count("\n") + " "
            return (found["typedef"] or "") + words + name
        if found["number"] and (number := NUMBER.fullmatch(found[0])):
            return "".join(number.groups())
        return found[0]
    return TOKEN.sub(replace, text)


def overlay(folder, files, wdk):
    """Writes what differs below `folder`, and tells where each stands; `files` maps a path to its text."""
    types = wdk_types(wdk)
    roots = []
    for number, (path, text) in enumerate(sorted(files.items())):
        translated = translate(text, types)
        if translated != text:
            shadow = folder / f"{number}{path.suffix}"
            folder.mkdir(parents=True, exist_ok=True)
            shadow.write_text(translated, encoding="latin-1", newline="")
            roots.append({"type": "file", "name": str(path), "external-contents": str(shadow)})
    return json.dumps({"version": 0, "use-external-names": False, "roots": roots}, indent=1) + "\n"
