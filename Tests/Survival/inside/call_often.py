# SPDX-License-Identifier: Apache-2.0
"""Launches and aborts calls until its standard input ends, and reads all events meanwhile.

    python3 call_often.py LAUNCH-ARGUMENTS…

Each argument is a JSON list of what to launch, by somebody of its own. Prints a JSON object: how many calls there
were, what any ongoingcallctl complained of, and all events, as EventsSince told them one question after the other.
"""

import json
import random
import subprocess
import sys
import threading
import time

stop = threading.Event()
calls, errors, events = [], [], []


def ctl(verb, *arguments):
    """The answer; None where there is an error, which is noted."""
    result = subprocess.run(["ongoingcallctl", verb, "--json", *arguments], capture_output=True, text=True)
    if result.returncode == 0:
        return json.loads(result.stdout.splitlines()[-1]) if result.stdout else {}
    errors.append(f"{verb} {' '.join(arguments)}: exit status {result.returncode}: {result.stderr.strip()}")
    return None


def work(launch):
    while not stop.is_set():
        wait = random.choice([[], ["--wait"]])
        answer = ctl("launch", *wait, *launch)
        if answer is None:
            continue
        identifier = answer["session"]["id"]
        time.sleep(random.uniform(0, 0.2))
        status = ctl("status", identifier)
        if status and status["session"]["state"] == "ended":
            errors.append(f"{identifier} has ended before it was aborted: {status}")
        ctl("abort", identifier)
        calls.append(identifier)


def read_events():
    """A plain question to the bus, which says so where the daemon dies in the middle of it: then it is asked again."""
    last = events[-1][0] if events else 0
    result = subprocess.run(
        ["busctl", "--user", "--json=short", "call", "org.ongoingcall.Calls1", "/org/ongoingcall/Calls1",
         "org.ongoingcall.Calls1.Manager", "EventsSince", "t", str(last)], capture_output=True, text=True)  # fmt: skip
    if result.returncode == 0:
        events.extend(json.loads(result.stdout)["data"][0])


def read_all():
    while not stop.is_set():
        read_events()


threads = [threading.Thread(target=work, args=(json.loads(launch),)) for launch in sys.argv[1:]]
threads.append(threading.Thread(target=read_all))
for thread in threads:
    thread.start()
sys.stdin.read()
stop.set()
for thread in threads:
    thread.join()
read_events()


def named(sequence, moment, identifier, path, name, details):
    details = {key: value["data"] for key, value in details.items()}
    return {"sequence": sequence, "time": moment, "id": identifier, "path": path, "name": name, "details": details}


print(json.dumps({"calls": calls, "errors": errors, "events": [named(*event) for event in events]}))
