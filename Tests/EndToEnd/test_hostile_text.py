# SPDX-License-Identifier: Apache-2.0
"""A title is text from anywhere: it arrives as harmless text wherever it is shown."""

import pytest

TITLES = {
    "line breaks": ("one\ntwo\r\nthree", "one two three"),
    "escape sequences": ("\x1b[31mred\x1b]0;title\x07 \x9b1m", "[31mred]0;title 1m"),
    "reordering": ("safe\u202egpj.exe\u2066x\u200f", "safegpj.exex"),
    "markup": ("<b>bold</b> & <img src=x>", "<b>bold</b> & <img src=x>"),
    "a name's place": ("MESSAGE_ID=x\nPRIORITY=0", "MESSAGE_ID=x PRIORITY=0"),
    "formats": ("%s %n $HOME @X@ {}", "%s %n $HOME @X@ {}"),
    "other scripts": ("Grüße, 世界 🎧", "Grüße, 世界 🎧"),
    "nothing but breaks": ("\n\r\t", "sleep"),
}


@pytest.mark.parametrize(("title", "safe"), TITLES.values(), ids=TITLES.keys())
def test_titles(calls, title, safe):
    session = calls.launch(command=["/bin/sleep", "1000"], title=title)
    assert session["Title"] == safe
    for arguments in (["list"], ["status"], ["status", session.id]):
        shown = calls.ctl(*arguments).stdout
        assert safe in shown
        assert not set(shown) & set("\x1b\x07\x9b\r\u202e\u2066\u200f")
    (listed,) = calls.ctl_json("list")["sessions"]
    assert listed["title"] == safe
    session.wait_until("joined")
    entries = [entry for entry in calls.journal_of(session.id) if "ONGOINGCALL_TITLE" in entry]
    assert {entry["ONGOINGCALL_TITLE"] for entry in entries} == {safe}
    assert all(entry["PRIORITY"] != "0" and "\n" not in entry["MESSAGE"] for entry in entries)
    description = calls.user.unit(session["Unit"], "Description")["Description"]
    assert description == f"Call: {safe}"
    calls.ctl("abort", check=True)
