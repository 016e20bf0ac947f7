# SPDX-License-Identifier: MIT
"""Makes a page of a template: one file, that needs nothing else. What is put in is escaped."""
import functools
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parent


def printable(text):
    """File names may have anything in them; what cannot be shown is written as an escape."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def count(number, word):
    return f"{number} {word}" + ("" if number == 1 else "s")


@functools.cache
def environment():
    import jinja2  # only who makes a page needs it
    made = jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True,
                              lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    made.filters |= {"printable": printable, "split": str.split, "count": count, "zip": zip}
    return made


def page(template, **values):
    return environment().get_template(template).render(**values)
