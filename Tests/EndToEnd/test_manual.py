# SPDX-License-Identifier: Apache-2.0
"""The manual pages say what the programs do: every verb, option and key, and none that is not there."""

import json
import re
import subprocess

import pytest
from names import PROJECT

MAN = PROJECT / "packaging" / "man"
PAGES = sorted(MAN.glob("*.[1-8]"))
TOOL_PAGE = MAN / "ongoingcallctl.1"
CONFIGURATION_PAGE = MAN / "ongoingcalld.conf.5"
# What the parser adds by itself.
OWN = {"--help", "-h", "--version"}


def sections(page, macro):
    """The texts of a page's sections (Sh) or subsections (Ss), by their titles."""
    parts = re.split(rf"^\.{macro} (.+)$", page.read_text(), flags=re.MULTILINE)
    return {title: re.split(r"^\.Sh ", text, flags=re.MULTILINE)[0] for title, text in zip(parts[1::2], parts[2::2])}


def options(text):
    """The options that a list of the page has, as they are typed."""
    found = set()
    for line in re.findall(r"^\.It (Fl .+)$", text, re.MULTILINE):
        found |= {f"-{word}" for word in re.findall(r"Fl (\S+)", line)}
    return found


@pytest.fixture(scope="module")
def tool(programs):
    """What the tool knows of itself: its verbs, each with its arguments."""
    dump = subprocess.run([programs / "ongoingcallctl", "--experimental-dump-help"], capture_output=True, check=True).stdout

    def verbs(command, above=()):
        for verb in command.get("subcommands", []):
            name = (*above, verb["commandName"])
            if verb["commandName"] == "help":
                continue
            if verb.get("subcommands"):
                yield from verbs(verb, name)
            else:
                yield " ".join(name), [a for a in verb["arguments"] if a["shouldDisplay"]]

    return dict(verbs(json.loads(dump)["command"]))


def typed(arguments):
    """The options of a verb, as they are typed."""
    names = [name for argument in arguments for name in argument.get("names", [])]
    return {("--" if name["kind"] == "long" else "-") + name["name"] for name in names} - OWN


@pytest.fixture(scope="module")
def common(tool):
    """The options that all verbs have."""
    return set.intersection(*(typed(arguments) for arguments in tool.values()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_are_well_formed(page):
    groff = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page], capture_output=True, text=True,
                           env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "100"}, check=True)  # fmt: skip
    assert groff.stderr == ""
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True)
    assert lint.stdout + lint.stderr == "" and lint.returncode == 0


def test_every_verb_is_there(tool):
    assert sorted(sections(TOOL_PAGE, "Ss")) == sorted(tool)


def test_every_option_is_there(tool, common):
    described = {verb: options(text) for verb, text in sections(TOOL_PAGE, "Ss").items()}
    assert described == {verb: typed(arguments) - common for verb, arguments in tool.items()}
    assert options(sections(TOOL_PAGE, "Sh")["OPTIONS"]) == common | OWN


def test_every_argument_is_there(tool):
    for verb, text in sections(TOOL_PAGE, "Ss").items():
        synopsis = " ".join(re.findall(r"^\.D1 (.+)$", text, re.MULTILINE))
        named = {a["valueName"].lower() for a in tool[verb] if a["kind"] == "positional"}
        assert {word.lower() for word in re.findall(r"Ar ([a-zA-Z]+)", synopsis)} >= named, verb


def test_every_exit_status_is_there():
    source = (PROJECT / "Sources/OngoingCallCommands/Output/ExitStatus.swift").read_text()
    known = re.findall(r"^  case \w+ = (\d+)$", source, re.MULTILINE)
    assert re.findall(r"^\.It (\d+)$", sections(TOOL_PAGE, "Sh")["EXIT STATUS"], re.MULTILINE) == known


def test_every_key_of_the_configuration_is_there():
    """With its section and its default."""
    known = {}
    for line in (PROJECT / "systemd/ongoingcalld.conf").read_text().splitlines():
        if line.startswith("["):
            keys = known[f"THE SECTION {line}"] = {}
        elif assignment := re.fullmatch(r"#(\w+)=(.*)", line):
            keys[assignment[1]] = assignment[2]
    described = {title: dict(re.findall(r"^\.It Va (\w+) Ns = Ns Ar (.+)$", text, re.MULTILINE))
                 for title, text in sections(CONFIGURATION_PAGE, "Sh").items() if title.startswith("THE SECTION")}  # fmt: skip
    assert described == known


def test_the_installed_pages_are_found(installed, user):
    for page in PAGES:
        name, section = page.name.rsplit(".", 1)
        found = user.run("man", "--where", section, name).stdout.strip()
        # /usr/local/man may be a link.
        assert user.run("realpath", found).stdout.strip() == f"/usr/local/share/man/man{section}/{page.name}"
