# SPDX-License-Identifier: Apache-2.0
"""SIP addresses: URIs, and what stands in From, To, Contact and Route."""

import re


class Malformed(ValueError):
    """Something is not as its grammar has it; the text says what."""


def split_list(text, separator=","):
    """The elements of a list; separators in quotes and between < and > separate nothing."""
    parts, start, quoted, depth, index = [], 0, False, 0, 0
    while index < len(text):
        character = text[index]
        if quoted:
            if character == "\\":
                index += 1
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character == "<":
            depth += 1
        elif character == ">":
            depth -= 1
        elif character == separator and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
        index += 1
    return [*parts, text[start:].strip()]


def parameters(parts):
    found = {}
    for part in parts:
        name, equals, value = part.partition("=")
        found[name.strip().lower()] = value.strip() if equals else None
    return found


class URI:
    PATTERN = re.compile(
        r"(?P<scheme>sips?):(?:(?P<user>[^@]*)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^:;?\s\[\]]+)(?::(?P<port>\d{1,5}))?"
        r"(?P<parameters>(?:;[^?]*)?)(?P<headers>(?:\?.*)?)", re.IGNORECASE | re.DOTALL)  # fmt: skip

    def __init__(self, text):
        match = self.PATTERN.fullmatch(text)
        if not match:
            raise Malformed(f"“{text}” is no SIP URI")
        self.text = text
        self.scheme = match["scheme"].lower()
        self.user = match["user"]
        self.host = match["host"].strip("[]").lower()
        self.port = int(match["port"]) if match["port"] else None
        self.parameters = parameters(match["parameters"].split(";")[1:])

    @property
    def is_loose(self):
        return "lr" in self.parameters

    @property
    def transport(self):
        named = self.parameters.get("transport")
        return named.lower() if named else "tls" if self.scheme == "sips" else "udp"

    @property
    def target(self):
        """Host and port to send to."""
        return self.host, self.port or (5061 if self.transport == "tls" else 5060)


class NameAddress:
    def __init__(self, text):
        text = text.strip()
        match = re.fullmatch(r'(?P<name>(?:"(?:\\.|[^"\\])*"|[^<"]*))\s*<(?P<uri>[^<>]*)>(?P<rest>.*)', text, re.DOTALL)
        if match:
            self.name, uri, rest = match["name"].strip(), match["uri"], match["rest"]
            if rest.strip() and not rest.strip().startswith(";"):
                raise Malformed(f"“{text}” goes on after its >")
        else:
            self.name = ""
            uri, _, rest = text.partition(";")
            uri, rest = uri.strip(), ";" + rest if rest else ""
        self.text, self.uri = text, uri
        self.parameters = parameters(split_list(rest, ";")[1:])

    @property
    def tag(self):
        return self.parameters.get("tag")
