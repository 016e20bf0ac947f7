# SPDX-License-Identifier: MIT
"""The pages that scripts write: whole, alone, escaped, and, where there is a Chromium, without errors and
sorted by what is pressed. Continuous integration has no Chromium: it is three hundred megabytes for two
pages, and what does not need one is checked here without it."""
import html.parser
import importlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import typing

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "repository"))
from shared import tree  # noqa: E402  (the path comes first)

HOSTILE = "</code><script>document.title = 'taken'</script> & \"'\u2028"
VOID = {"meta", "link", "br", "hr", "img", "input"}


def bug(title, count, ops, frame):
    return {"title": title, "what": title, "severity": "stop", "subject": "echo", "count": count,
            "flaky_count": 1, "ops": ops, "faults": ["nbl.allocate 1"], "choices": 1,
            "frames": [frame], "replay": f"poolproof run '{title}'", "inputs": [title] * count,
            "program": title, "report": title,
            "folder": "bugs/a b", "files": ["input"],
            "rule": {"id": "RULE", "statement": title, "symptom": title, "page": "rules.md#rule",
                     "source_name": "nf", "source": "https://example.org/nf"}}


TRIAGE = {
    "bugs": [bug("middle", 20, 3, "B"), bug("zebra", 9, 30, "C"), bug(HOSTILE, 100, 4, HOSTILE)],
    "binary": HOSTILE, "is_mixed": True, "version": "0", "times": 3, "names_max": 10, "report_max": 100,
    "counts": {"inputs": 131, "reproduced": 129, "flaky": 1, "not_reproduced": 1, "refused": 1},
    "flaky": [{"file": HOSTILE, "hits": 1, "times": 3, "titles": {HOSTILE: 1}}],
    "not_reproduced": [{"file": HOSTILE, "hits": 0, "times": 3, "subject": "echo"}],
    "refused": [{"file": HOSTILE, "reason": HOSTILE}]}


class Row(typing.NamedTuple):
    name: str
    counts: list


class Exercise:
    rules = [{"id": rule, "severity": "stop", "caught": caught, "in_order": in_order}
             for rule, caught, in_order in (("B", [9, 0], None), (HOSTILE, [0, 0], 0), ("A", [1000, 2], 7))]
    points = [{"name": HOSTILE, "once": [1, 0], "for_good": [0, 1]}]
    answers = [{"point": HOSTILE, "status": HOSTILE, "given": [0, 0]}]
    ops = [{"language": "pool", "word": HOSTILE, "played": [1, 1]}]
    steps = [{"state": HOSTILE, "step": HOSTILE, "after": HOSTILE, "taken": [0, 1]}]

    @staticmethod
    def summary():
        return {HOSTILE: {"caught": (2, 3)}}


COUNTS = [(9, 10), (1, 1), (0, 3), (0, 0)]
COVERAGE = {
    "kinds": ("lines", "functions", "branches", "MC/DC"),
    "percent": lambda reached, there: 100 * reached / there,
    "exercise": Exercise(), "source": "source",
    "files": [Row("b.c", COUNTS), Row("a.c", [(10, 10)] * 4), Row(HOSTILE, [(5, 10)] * 4)],
    "folders": [Row("src/a", COUNTS), Row(HOSTILE, COUNTS), Row("all", COUNTS)]}
SOURCE = {
    "name": HOSTILE, "counts": COUNTS, "top": "../",
    "kinds": COVERAGE["kinds"], "percent": COVERAGE["percent"],
    "lines": [{"number": 1, "text": HOSTILE, "count": None, "missed": []},
              {"number": 2, "text": "\tif (a && b) {", "count": 7, "missed": [HOSTILE, "never true"]},
              {"number": 3, "text": "", "count": 0, "missed": ["never reached"]}]}


class Page(html.parser.HTMLParser):
    """Tags, ids, links, and what is wrong with their nesting."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.links, self.problems, self.scripts = [], [], [], [], 0
        self.feed(text)
        self.problems += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.open += [] if tag in VOID else [tag]
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.links += [attrs["href"]] if tag == "a" else []
        self.scripts += tag == "script"
        if tag != "a" and ("src" in attrs or not attrs.get("href", "data:").startswith("data:")):
            self.problems.append(f"<{tag}> loads something")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes another")


def check_text(tally, name, text):
    page = Page(text)
    tally.check_none(f"{name}: whole", page.problems)
    tally.check(f"{name}: one script", page.scripts == 1, page.scripts)
    tally.check(f"{name}: ids are unique", len(page.ids) == len(set(page.ids)), page.ids)
    tally.check_none(f"{name}: links lead somewhere",
                     [link for link in page.links if link[0] == "#" and link[1:] not in page.ids])
    tally.check(f"{name}: light and dark", "prefers-color-scheme: dark" in text)
    tally.check(f"{name}: nothing is imported", not re.search(r"@import|url\((?!data:)", text))


def check_self(tally):
    wrong = Page("<p><b></p><img src=x><a href='#y'>")
    tally.check("what is wrong is seen", len(wrong.problems) >= 3, wrong.problems)


class Browser:
    def __init__(self, command, folder):
        self.folder = folder
        self.command = [command, "--headless", "--disable-gpu", "--no-sandbox", "--disable-dev-shm-usage",
                        f"--user-data-dir={folder}/profile", "--enable-logging=stderr", "--log-level=0",
                        "--virtual-time-budget=2000"]

    def load(self, text, fragment="", script=""):
        """The document afterwards, and what went to the console. `script` runs behind the page's own."""
        path = self.folder / "page.html"
        path.write_text(text.replace("</body>", f"<script>{script}</script></body>" if script else "</body>"),
                        encoding="utf-8")
        result = subprocess.run([*self.command, "--dump-dom", f"{path.as_uri()}{fragment}"], check=False,
                                capture_output=True, text=True, timeout=120,
                                env=os.environ | {"HOME": str(self.folder)})
        return result.stdout, re.findall(r"CONSOLE[^\n]*", result.stderr)


def column(dom, table, number):
    """The texts of one column, from the top."""
    body = re.search(rf'<table[^>]*id="{table}".*?<tbody>(.*?)</tbody>', dom, re.DOTALL)[1]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    cells = [re.findall(r"<td.*?>(.*?)</td>", row, re.DOTALL)[number] for row in rows]
    return [re.sub(r"<.*?>|\s+", " ", cell).strip() for cell in cells]


def press(table, name, times=1):
    return f"document.querySelector('#{table} th[data-name={name}] button').click();" * times


def check_browser(tally, browser, text):
    dom, console = browser.load(text)
    tally.check("no words on the console", not console and "</html>" in dom, *console)
    tally.check("what is put in does nothing", "<title>3 bugs, poolproof</title>" in dom)
    tally.check("heads are buttons", dom.count('<button type="button">') == 7 + 3, dom.count("<button"))
    _, console = browser.load(text, script="nothing.at.all")
    tally.check("an error would be seen", console)
    count, ops = 2, 3
    for name, kwargs, number, expect in (
            ("as written", {}, count, ["20", "9", "100"]),
            ("by number", {"script": press("bugs", "ops")}, ops, ["30", "4", "3"]),
            ("the other way round", {"script": press("bugs", "ops", 2)}, ops, ["3", "4", "30"]),
            ("three times", {"script": press("bugs", "ops", 3)}, ops, ["30", "4", "3"]),
            ("by text", {"script": press("bugs", "place")}, count, ["100", "20", "9"]),
            ("of the address", {"fragment": "#sort=bugs.count"}, count, ["9", "20", "100"]),
            ("of the address, other way round", {"fragment": "#sort=bugs.-count"}, count, ["100", "20", "9"]),
            ("of a wrong address", {"fragment": "#sort=bugs.nope"}, count, ["20", "9", "100"]),
            ("of a wrong table", {"fragment": "#sort=nope.count"}, count, ["20", "9", "100"])):
        dom, console = browser.load(text, **kwargs)
        tally.check(f"order {name}", column(dom, "bugs", number) == expect and not console,
                    column(dom, "bugs", number), *console)
    dom, _ = browser.load(text, script=press("bugs", "ops") + "document.title = location.hash")
    tally.check("the address keeps the order", "<title>#sort=bugs.-ops</title>" in dom and
                dom.count('aria-sort="descending"') == 1)
    dom, _ = browser.load(text, script="document.querySelector('#bugs th button').focus();"
                                       "document.title = document.activeElement")
    tally.check("heads take the focus", "<title>[object HTMLButtonElement]</title>" in dom)


def check_coverage(tally, browser, text):
    dom, console = browser.load(text)
    is_whole = "<title>Coverage, poolproof</title>" in dom
    tally.check("coverage: no words on the console", not console and is_whole, *console)
    for name, kwargs, table, number, expect in (
            ("as written", {}, "files", 0, ["b.c", "a.c", "&lt;"]),
            ("by percent", {"fragment": "#sort=files.lines"}, "files", 0, ["&lt;", "b.c", "a.c"]),
            ("by what is missing", {"script": press("files", "missing")}, "files", 5, ["5", "1", "0"]),
            ("with none there", {"script": press("files", "mcdc")}, "files", 0, ["b.c", "a.c", "&lt;"]),
            ("by how often", {"script": press("rules", "tests")}, "rules", 2, ["1 000", "9", "never"]),
            ("without a figure", {"script": press("rules", "order", 2)}, "rules", 0, ["B", "&lt;", "A"])):
        dom, console = browser.load(text, **kwargs)
        told = [cell[:len(start)] for cell, start in zip(column(dom, table, number), expect)]
        tally.check(f"coverage: order {name}", told == expect and not console, told, *console)


def main():
    root, _ = tree.arguments()
    tally = tree.Tally()
    check_self(tally)
    sys.path.insert(0, str(root / "scripts"))
    try:
        render = importlib.import_module("pages.render")
        pages = {"triage": render.page("triage.html", **TRIAGE),
                 "coverage": render.page("coverage.html", **COVERAGE),
                 "source": render.page("coverage_source.html", **SOURCE)}
    except ImportError:
        # Debian's Jinja2 belongs to Debian's Python, which need not be the first of the path.
        if pathlib.Path(sys.executable).resolve() != pathlib.Path("/usr/bin/python3").resolve():
            os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
        raise
    for name, text in pages.items():
        check_text(tally, name, text)
        tally.check(f"{name}: what is put in is escaped", "<script>document.title = &#39;" not in text and
                    "document.title = 'taken'" not in text)
    tally.check("what cannot be shown is written as an escape", "\\u2028" in pages["triage"])
    chromium = shutil.which("chromium")
    if chromium:
        with tempfile.TemporaryDirectory(prefix="poolproof-pages-") as folder:
            browser = Browser(chromium, pathlib.Path(folder))
            check_browser(tally, browser, pages["triage"])
            check_coverage(tally, browser, pages["coverage"])
            dom, console = browser.load(pages["source"], fragment="#L3")
            tally.check("source: no words on the console", not console and "</html>" in dom, *console)
    else:
        print("skipped: there is no chromium, so nobody has pressed a head of a table")
    tally.finish()


if __name__ == "__main__":
    main()
