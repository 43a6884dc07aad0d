# SPDX-License-Identifier: Apache-2.0
"""Launches so many calls, or aborts those that are named, by a few at a time; prints their ids, and any complaints.

    python3 crowd.py launch COUNT
    python3 crowd.py abort ID…
"""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

errors = []


def ctl(*arguments):
    result = subprocess.run(["ongoingcallctl", *arguments], capture_output=True, text=True)
    if result.returncode != 0:
        errors.append(f"{' '.join(arguments)}: exit status {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def launch(_):
    return json.loads(ctl("launch", "--json", "--wait", "--", "/bin/sleep", "1000").splitlines()[-1])["session"]["id"]


def abort(identifier):
    ctl("abort", identifier)
    return identifier


with ThreadPoolExecutor(4) as pool:
    if sys.argv[1] == "launch":
        calls = list(pool.map(launch, range(int(sys.argv[2]))))
    else:
        calls = list(pool.map(abort, sys.argv[2:]))
print(json.dumps({"calls": calls, "errors": errors}))
