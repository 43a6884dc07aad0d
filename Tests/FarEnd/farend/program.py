# SPDX-License-Identifier: Apache-2.0
"""The far end as a process."""

import asyncio
import os
import signal
import sys

from .commands import LONGEST_LINE, Commands
from .line import FarEnd
from .options import parse
from .sound import Unusable


class CommandReader:
    """Lines of standard input; its end is the end of the far end, because nobody is left to tell it anything."""

    def __init__(self, loop, obey, over):
        self.loop, self.obey, self.over = loop, obey, over
        self._pending = b""
        try:
            loop.add_reader(0, self._read)
        except PermissionError:
            loop.call_soon(self._read_file)  # A file: always ready, and so not to be waited for.

    def _read(self):
        try:
            data = os.read(0, 65536)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.loop.remove_reader(0)
            self.over()
            return
        self._take(data)

    def _read_file(self):
        while data := os.read(0, 65536):
            self._take(data)
        self.over()

    def _take(self, data):
        *lines, self._pending = (self._pending + data).split(b"\n")
        self._pending = self._pending[-LONGEST_LINE:]
        for line in lines:
            if line.strip():
                self.obey(line.decode("utf-8", "replace").strip())


async def run(settings):
    far_end = FarEnd(settings)
    await far_end.open()
    commands = Commands(far_end)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, far_end.is_over.set)
    CommandReader(loop, commands.obey, far_end.is_over.set)
    await far_end.is_over.wait()
    await far_end.close()
    if commands.stranger:
        commands.stranger.close()


def main(arguments):
    settings = parse(arguments)
    try:
        asyncio.run(run(settings))
    except (OSError, Unusable) as error:
        print(f"ongoingcall-farend: {error}", file=sys.stderr)
        return 1
    return 0
