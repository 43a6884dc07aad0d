# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import threading

from booted import wait_for
from names import PROJECT

from .post import Post
from .server import BUS, NAME, NotificationServer

SCREENSHOTS = PROJECT / ".build" / "screenshots"
SCREEN = "640x400"
GROUND = "#3d3846"


class RealServer(NotificationServer):
    """One that people have, on a screen, with what it is told written down in `posted`, and what it has closed in `closed`."""

    # Whether `count` counts what is out of sight, too.
    tells_all = False
    # Whether there is a way to update without a banner.
    is_silent = True

    def __init__(self, user):
        super().__init__(user)
        self.posted = []
        # Their ids and the reasons.
        self.closed = []
        self._looked_at = 0

    def prepare(self):
        self._listen()
        self.open_screen()

    def open_screen(self):
        raise NotImplementedError

    def _listen(self):
        monitor = self.spawn("busctl", "--user", "monitor", "--json=short", "--match",
                             f"type='method_call',interface='{NAME}',member='Notify'",
                             "--match", f"type='signal',interface='{NAME}',member='NotificationClosed'",
                             stdout=subprocess.PIPE)  # fmt: skip
        sees = threading.Event()

        def read():
            for line in monitor.stdout:
                message = json.loads(line)
                if message["type"] == "signal":
                    self.closed.append(tuple(message["payload"]["data"]))
                elif message["type"] == "method_call" and message["destination"] == BUS[0]:
                    sees.set()
                elif message["type"] == "method_call":
                    self.posted.append(Post(*message["payload"]["data"]))

        def sees_what_is_told():
            self.user.busctl("call", *BUS[:2], NAME, "Notify", check=False)
            return sees.wait(0.1)

        threading.Thread(target=read, daemon=True).start()
        # Not every version says so itself: the bus, which refuses it, is told something until it is seen.
        wait_for("what is told to be seen", sees_what_is_told)

    # What it is told

    def next_post(self, condition, seconds=30.0):
        """The first that fulfils a condition, after the one that this has returned before."""

        def there():
            while self._looked_at < len(self.posted):
                self._looked_at += 1
                if condition(self.posted[self._looked_at - 1]):
                    return self.posted[self._looked_at - 1]

        seen = self._looked_at
        try:
            return wait_for(f"{self.program} to be told of it", there, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it was told {self.posted[seen:]}") from None

    def skip_posts(self):
        """What was told until now is no matter."""
        self._looked_at = len(self.posted)

    def wait_for_one(self, body, seconds=20.0):
        """Waits until there is exactly one notification, and the newest that was posted says so."""

        def there():
            newest = self.posted[-1] if self.posted else None
            return newest and body in newest.body and newest.timeout == 0 and self.count() == 1 and newest

        return wait_for(f"one notification with “{body}” on {self.program}", there, seconds)

    # What it shows

    def count(self):
        """How many it has."""
        raise NotImplementedError

    def wait_for_none(self):
        wait_for(f"no notification on {self.program}", lambda: self.count() == 0)

    def screenshot(self):
        """The notification and a bit of what is around it, into .build/screenshots."""
        inside = f"{self.user.home}/screen.png"
        self.grab(inside)
        # An empty X11 screen is black.
        self.run("convert", inside, "-fill", GROUND, "-opaque", "black", "-trim", "+repage", "-bordercolor", GROUND,
                 "-border", "16", "+dither", "-colors", "128", "-strip", inside)  # fmt: skip
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"{self.program}.png").write_bytes(self.user.bed.path(inside).read_bytes())

    def shows(self, colour):
        """Whether there is more than a bit of it on the screen."""
        inside = f"{self.user.home}/screen.png"
        self.grab(inside)
        share = self.run("convert", inside, "-fuzz", "10%", "-fill", "black", "+opaque", colour, "-fill", "white",
                         "-opaque", colour, "-format", "%[fx:mean*w*h]", "info:").stdout  # fmt: skip
        return float(share) > 100

    def grab(self, file):
        """The whole screen."""
        raise NotImplementedError
