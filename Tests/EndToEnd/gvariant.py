# SPDX-License-Identifier: Apache-2.0
"""Values in GVariant's text format, as gdbus(1) takes and prints them."""

import ast
import re


class Typed:
    """A value with a D-Bus type that its Python type does not tell, such as Typed("uint32", 5)."""

    def __init__(self, keyword, value):
        self.keyword = keyword
        self.value = value


class Options(dict):
    """An a{sv} as a value."""


def quoted(text):
    """A string; every character that is not plain is written by its number."""
    body = "".join(c if " " <= c <= "~" and c not in "'\\" else f"\\U{ord(c):08x}" for c in text)
    return f"'{body}'"


def write(value):
    if isinstance(value, Typed):
        return f"{value.keyword} {write(value.value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(write, value))}]" if value else "@as []"
    if isinstance(value, tuple):
        return f"({', '.join(map(write, value))})"
    if isinstance(value, Options):
        return options(value)
    if isinstance(value, dict):
        return "{%s}" % ", ".join(f"{write(key)}: {write(item)}" for key, item in value.items())
    return str(value)


def options(values):
    """An a{sv}."""
    return "{%s}" % ", ".join(f"{quoted(key)}: <{write(value)}>" for key, value in values.items()) if values else (
        "@a{sv} {}"
    )


_WORD = re.compile(r"\b(uint16|uint32|uint64|int16|int32|int64|byte|handle|objectpath|signature|double)\s+|@\S+\s+")


def read(text):
    """What gdbus printed, as Python values: good for the shapes that the tests ask for."""
    strings = []

    def keep(match):
        strings.append(match[0])
        return f"\0{len(strings) - 1}\0"

    bare = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", keep, text)
    bare = _WORD.sub("", bare).replace("<", "").replace(">", "")
    bare = re.sub(r"\btrue\b", "True", re.sub(r"\bfalse\b", "False", bare))
    return ast.literal_eval(re.sub("\0(\\d+)\0", lambda match: strings[int(match[1])], bare).strip())
