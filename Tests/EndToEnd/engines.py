# SPDX-License-Identifier: Apache-2.0
"""Engines that misbehave, each a small program with a descriptor, as anybody can install one for themselves."""

import json

BEGIN = """#!/usr/bin/python3
import json, os, sys, time

os.chdir(os.environ["HOME"])

def say(**message):
    os.write(1, json.dumps(message).encode() + b"\\n")

def hear():
    line = b"\\n"
    # Empty ones are ignored: a daemon that takes over begins with one.
    while line == b"\\n":
        line = sys.stdin.buffer.readline()
    if not line:
        sys.exit(0)
    return json.loads(line)

def obey():
    while True:
        request = hear()
        if request["type"] == "leave":
            say(type="state", state="ended", reason="aborted")
            sys.exit(0)
        if request["type"] == "ping":
            say(type="pong", serial=request["serial"])

"""

ENGINES = {
    "garbage": "hear(); os.write(1, bytes(range(256)) * 4 + b'\\n'); time.sleep(1000)",
    "not-an-object": "hear(); os.write(1, b'[1, 2]\\n'); time.sleep(1000)",
    "long-line": "hear(); os.write(1, b'x' * (1 << 20)); time.sleep(1000)",
    "silent": "time.sleep(1000)",
    "deaf": "os.close(0); time.sleep(1000)",
    "gone": "sys.exit(3)",
    "killed": "os.kill(os.getpid(), 9)",
    "garbage-later": "hear(); say(type='state', state='joined'); time.sleep(0.5); os.write(1, b'{\\n'); time.sleep(1000)",
    "hostile": "hear(); say(type='state', state='joined'); hear(); "
    "say(type='state', state='ended', reason='removed', detail='bad\\x1b[31m\\nnews\\u202e <b>')",
    "flood": "hear(); say(type='state', state='joined')\nwhile True: say(type='media', sent=1, received=2, lost=0)",
    "tells-arguments": "json.dump(sys.argv[1:], open('arguments', 'w'))",
    "obeys": "hear(); say(type='state', state='joined'); obey()",
    "refuses": "hear(); say(type='state', state='ended', reason='busy', detail='486 Secret')",
    "patient": """
def note(text):
    with open("told", "a") as file: file.write(text + "\\n")

hear()
resume = hear().get("resume")
note(f"join {resume}")
taken = resume is not None and resume.startswith("bye")
state = "joined" if resume == "joined" else "ringing"
if not taken: say(type="state", state=state, resume=resume or "rings")
while True:
    request = hear()
    if request["type"] == "ping": say(type="pong", serial=request["serial"])
    if request["type"] == "leave":
        note("leave")
        if not taken: say(type="state", state="ended", reason="hung-up", resume=f"bye {state}")
        taken = True
    if not taken and state == "ringing" and os.path.exists("answered"):
        state = "joined"
        say(type="state", state="joined", resume="joined")
    if taken and os.path.exists("confirmed"):
        say(type="state", state="ended", reason="hung-up")
        sys.exit(0)
""",
    "ignores-leave": "hear(); say(type='state', state='joined')\nwhile True: hear()",
}


def install(user, name, *arguments, **further):
    """Installs one of them for the user, with what is further in its descriptor; it takes addresses NAME:… ."""
    program = f"{user.home}/engine-{name}"
    user.install(BEGIN + ENGINES[name] + "\n", f"engine-{name}", mode=0o755)
    descriptor = {"name": name, "command": [program, *arguments], "schemes": [name], "capabilities": ["media"], "settings": [],
                  **further}  # fmt: skip
    user.install(json.dumps(descriptor), f".local/share/ongoingcall/engines/{name}.json")
