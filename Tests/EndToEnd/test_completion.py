# SPDX-License-Identifier: Apache-2.0
"""Shells complete verbs, options and the ids of live calls, by what packaging/install puts where they look."""

import re

import pytest
from booted import wait_for
from windows import Program

SHELLS = {
    "bash": ("bash", "--noprofile", "--norc", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "-i"),
}
# What a user's own startup file does.
STARTUP = {
    "bash": ". /usr/share/bash-completion/bash_completion; PS1='READY> '\n",
    "zsh": "autoload -U compinit; compinit -D; PS1='READY> '; LISTMAX=0\n",
    "fish": "function fish_prompt; echo 'READY> '; end\n",
}


@pytest.fixture(params=SHELLS)
def shell(request, calls):
    """A shell at its prompt, on a terminal of its own."""
    # fish looks only where this says, which a desktop's session has.
    environment = {"PS1": "> ", "LANG": "C.UTF-8", "TERM": "xterm", "XDG_DATA_DIRS": "/usr/local/share:/usr/share"}
    with Program(calls.user, *SHELLS[request.param], columns=120, env=environment) as window:
        window.type(STARTUP[request.param])
        window.read_until(r"READY> (?!'|end)")
        window.name = request.param
        yield window


def launch(calls):
    session = calls.launch(command=["/bin/sleep", "1000"], title="Stand-up: daily")
    session.wait_until("joined")
    return session


def test_verbs(shell):
    shell.type("ongoingcallctl unm\t")
    shell.read_until("unmute")


def test_verbs_after_help(shell):
    shell.type("ongoingcallctl help send-k\t")
    shell.read_until("send-keys")


def test_names_of_keys(shell):
    shell.type("ongoingcallctl send-keys -t x ls PageD\t")
    shell.read_until("PageDown")


def test_options(shell):
    shell.type("ongoingcallctl launch --reconn\t")
    shell.read_until("--reconnect-timeout")


def test_ids_of_live_calls(calls, shell):
    session = launch(calls)
    shell.type(f"ongoingcallctl mute {session.id[:2]}\t")
    shell.read_until(re.escape(session.id))


def test_ids_of_accounts(calls, shell):
    calls.ctl("account", "add", "sip:me@example.org", check=True)
    shell.type("ongoingcallctl account show me\t")
    shell.read_until("me_example_org")


def test_ids_come_with_their_titles(calls, shell):
    """Where the shell shows any."""
    one, other = launch(calls), launch(calls)
    # Where both begin with the same by chance, bash writes that first, and lists them one key later.
    shell.type("ongoingcallctl hangup \t\t" + ("\t" if shell.name == "bash" else ""))
    titles = "" if shell.name == "bash" else r"[\s\S]*Stand-up: daily"
    # fish writes what both begin with, by chance, in another colour.
    either = f"(?:{one.id[4:]}|{other.id[4:]})"
    shell.read_until(f"{either}[\\s\\S]*{either}{titles}")


def test_a_daemon_that_is_not_there_is_not_started(calls, shell):
    # Ctrl-U takes back what was typed.
    shell.type("ongoingcallctl abort \t\x15")
    shell.type("echo still $((40 + 2))\n" if shell.name != "fish" else "echo still (math 40 + 2)\n")
    shell.read_until("still 42")
    assert calls.daemon() == 0


# Of launch


@pytest.mark.parametrize(("typed", "shown"), [
    ("launch -t -- journalct", "journalctl"),
    ("launch --name x -- cat /etc/os-rel", "/etc/os-release"),
    ("launch --engine comm", "command"),
    ("launch --priority ma", "max"),
    ("launch --channel CometC", "CometChat_Call_Ongoing_Conference"),
    ("channel delete CometC", "CometChat_Call_Ongoing_Conference"),
])  # fmt: skip
def test_what_there_is_to_choose_from(calls, shell, typed, shown):
    calls.start()
    shell.type(f"ongoingcallctl {typed}\t")
    shell.read_until(shown)


def test_processes_to_adopt(calls, shell):
    with calls.user.spawn("sleep", "4321") as sleeping:
        try:
            wait_for("the process", lambda: calls.user.run("pgrep", "-x", "-f", "sleep 4321", check=False).stdout)
            shell.type("ongoingcallctl launch --adopt \t\t")
            # bash has no place for what they are.
            shell.read_until(r"\d" if shell.name == "bash" else "sleep 4321")
        finally:
            sleeping.kill()


def test_attach_and_send_keys_offer_what_has_a_terminal(calls, shell):
    without = launch(calls)
    session = calls.launch(command=["/bin/cat"], terminal=True)
    session.wait_until("joined")
    for verb in ("attach", "detach", "send-keys -t"):
        # The only one is typed at once.
        shell.type(f"ongoingcallctl {verb} \t")
        shell.read_until(re.escape(session.id))
        shell.type("\x15")
    assert without.id not in shell.transcript


def test_why_and_logs_offer_ended_calls(calls, shell):
    session = launch(calls)
    calls.ctl("abort", session.id, check=True)
    wait_for("the journal", lambda: session.id in calls.ctl("history").stdout)
    calls.user.systemctl("stop", "ongoingcalld.service")
    for verb in ("why", "logs"):
        shell.type(f"ongoingcallctl {verb} {session.id[:2]}\t")
        shell.read_until(re.escape(session.id))
        shell.type("\x15")
