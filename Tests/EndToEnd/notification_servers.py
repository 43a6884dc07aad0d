# SPDX-License-Identifier: Apache-2.0
"""Real notification servers for a user of the testbed, on screens that nobody sees but the test."""

import json
import subprocess
import threading

from booted import wait_for
from names import PROJECT

SCREENSHOTS = PROJECT / ".build" / "screenshots"
NAME = "org.freedesktop.Notifications"
SCREEN = "640x400"
# One line of the menu that dunst hands to the user's dmenu; the test is the user.
DMENU = """#!/bin/sh
grep -m 1 "$(cat "$HOME/choice")"
"""
DUNST = """[global]
width = 400
height = 300
origin = top-right
offset = 20x20
font = DejaVu Sans 11
markup = full
format = "<b>%s</b>\\n%b"
frame_width = 2
frame_color = "#3584e4"
corner_radius = 6
padding = 12
horizontal_padding = 14
icon_position = left
max_icon_size = 48
enable_recursive_icon_lookup = true
icon_theme = "hicolor, Adwaita"
min_icon_size = 48
show_indicators = no
ignore_dbusclose = false
dmenu = {home}/dmenu
mouse_left_click = do_action
mouse_middle_click = close_current
mouse_right_click = context
[urgency_normal]
background = "#242424"
foreground = "#ffffff"
timeout = 10
[urgency_critical]
background = "#5c1414"
foreground = "#ffffff"
"""
MAKO = """font=DejaVu Sans 11
width=400
height=200
margin=20
padding=14
border-radius=6
border-color=#3584e4
background-color=#242424
max-icon-size=48
icon-path=/usr/share/icons/hicolor:/usr/share/icons/Adwaita
default-timeout=10000
"""
SWAY = """output * resolution 640x400 bg #3d3846 solid_color
default_border none
"""


class NotificationServer:
    """One of them, and a screen for it; the servers may come and go while the screen stays."""

    program = None

    def __init__(self, user):
        self.user = user
        self.processes = []
        self.server = None
        self.posted = []

    def __enter__(self):
        try:
            self._let_nobody_else_start_one()
            self._listen()
            self.open_screen()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def _spawn(self, *command, env=None, **options):
        process = self.user.spawn(*command, env={"LANG": "C.UTF-8", **(env or {})}, stdin=subprocess.DEVNULL,
                                  encoding="utf-8", **options)  # fmt: skip
        self.processes.append(process)
        return process

    def _let_nobody_else_start_one(self):
        """Which of those that are installed here the bus would start is an accident."""
        self.user.install(f"[D-BUS Service]\nName={NAME}\nExec={self.activated()}\n",
                          f".local/share/dbus-1/services/{NAME}.service")  # fmt: skip
        self.user.busctl("call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "ReloadConfig")

    def activated(self):
        return "/bin/false"

    def _listen(self):
        """Writes down every Notify."""
        monitor = self._spawn("busctl", "--user", "monitor", "--json=short", "--match",
                              f"type='method_call',interface='{NAME}',member='Notify'",
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        assert "Monitoring bus message stream." in monitor.stderr.readline()

        def read():
            for line in monitor.stdout:
                values = json.loads(line)["payload"]["data"]
                keys = ("application", "replaced", "icon", "summary", "body", "actions", "hints", "timeout")
                self.posted.append(dict(zip(keys, values)))

        threading.Thread(target=read, daemon=True).start()

    def owner(self):
        shown = self.user.busctl("call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "ListNames")
        return NAME in shown["data"][0]

    def start(self):
        self.server = self._spawn(*self.command(), env=self.environment, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)  # fmt: skip
        wait_for(f"{self.program} to serve notifications", self.owner)

    def signal(self, name):
        self.user.bed.run("pkill", f"-{name}", "-u", self.user.name, "-x", self.program)

    def kill(self):
        self.signal("KILL")
        wait_for(f"{self.program} to be gone", lambda: not self.owner())

    def wait_for_one(self, body, seconds=20.0):
        """Waits until there is exactly one notification, and the newest that was posted says so."""

        def there():
            newest = self.posted[-1] if self.posted else None
            return newest and body in newest["body"] and newest["timeout"] == 0 and self.count() == 1 and newest

        return wait_for(f"one notification with “{body}” on {self.program}", there, seconds)

    def wait_for_none(self):
        wait_for(f"no notification on {self.program}", lambda: self.count() == 0)

    def screenshot(self):
        """The corner with the notification, into .build/screenshots."""
        inside = f"{self.user.home}/screen.png"
        self.grab(inside)
        self.run("convert", inside, "-crop", "460x150+180+0", "+repage", "-fill", "#3d3846", "-opaque", "black",
                 "-colors", "64", inside)  # fmt: skip
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"{self.program}.png").write_bytes(self.user.bed.path(inside).read_bytes())

    def run(self, *command, **options):
        return self.user.run(*command, env=self.environment, **options)


class OnX11(NotificationServer):
    def open_screen(self):
        # Sockets of the abstract kind are shared with whatever else has a screen on this machine.
        screen = self._spawn("Xvfb", "-displayfd", "1", "-nolisten", "local", "-screen", "0", f"{SCREEN}x24",
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
        self.environment = {"DISPLAY": f":{screen.stdout.readline().strip()}"}

    def grab(self, file):
        self.run("import", "-window", "root", file)

    def windows(self):
        """Those of the server that are to be seen."""
        return self.run("xdotool", "search", "--onlyvisible", "--class", self.window_class, check=False).stdout.split()

    def click(self, button, x=0.5, y=0.5):
        """With the pointer, on the notification; the place is a part of its width and height."""
        window = wait_for("a notification's window", self.windows)[-1]
        shown = self.run("xdotool", "getwindowgeometry", "--shell", window).stdout
        size = dict(line.split("=") for line in shown.splitlines())
        place = [str(int(int(size["WIDTH"]) * x)), str(int(int(size["HEIGHT"]) * y))]
        self.run("xdotool", "mousemove", "--window", window, *place, "click", str(button))


class Dunst(OnX11):
    program = "dunst"
    window_class = "Dunst"

    def command(self):
        self.user.install(DMENU, "dmenu", mode=0o755)
        self.user.install(DUNST.format(home=self.user.home), "dunstrc")
        return ["dunst", "-conf", f"{self.user.home}/dunstrc"]

    def count(self):
        counts = self.run("dunstctl", "count", check=False).stdout
        return sum(int(line.split()[-1]) for line in counts.splitlines() if "History" not in line)

    def hang_up(self, session):
        self.user.install("Hang up", "choice")
        self.click(3)

    def return_to(self, session):
        self.click(1)

    def dismiss(self):
        self.click(2)


class Mako(NotificationServer):
    program = "mako"

    def open_screen(self):
        self.user.install(SWAY, "sway")
        runtime = f"/run/user/{self.user.uid}"
        self.environment = {"WAYLAND_DISPLAY": "wayland-1"}
        self._spawn("sway", "-c", f"{self.user.home}/sway", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    env={"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1"})  # fmt: skip
        wait_for("a Wayland display", lambda: self.user.bed.path(f"{runtime}/wayland-1").exists())

    def command(self):
        self.user.install(MAKO, "makorc")
        return ["mako", "-c", f"{self.user.home}/makorc"]

    def listed(self):
        result = self.run("makoctl", "list", check=False)
        return json.loads(result.stdout)["data"][0] if result.returncode == 0 else []

    def count(self):
        return len(self.listed())

    def hang_up(self, session):
        self._invoke(f"hang-up.{session}")

    def return_to(self, session):
        self._invoke("default")

    def _invoke(self, key):
        self.run("makoctl", "invoke", "-n", str(self.listed()[0]["id"]["data"]), key)

    def dismiss(self):
        self.run("makoctl", "dismiss", "--all")

    def sessions(self):
        """Those that have a notification, as the server itself lists them."""
        keys = [key for shown in self.listed() for key in shown["actions"]["data"]]
        return sorted(key.removeprefix("hang-up.") for key in keys if key.startswith("hang-up."))

    def grab(self, file):
        self.run("grim", file)


class Xfce(OnX11):
    program = "xfce4-notifyd"
    window_class = "Xfce4-notifyd"

    def command(self):
        return ["/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd"]

    def count(self):
        return len(self.windows())

    def hang_up(self, session):
        """The button in the middle of three."""
        self.click(1, y=0.75)

