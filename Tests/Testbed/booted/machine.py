# SPDX-License-Identifier: Apache-2.0
"""The testbed as its user sees it: up, down, and what can be done in between."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from . import cgroups, keeper
from .user import User
from .waiting import DeadlineExceeded, wait_for

# On disk and outside /tmp: an overlay's upper layer is not to be in memory, and the guest has a /tmp of its own.
STATE = Path("/var/tmp/ongoingcall-testbed")
PROJECT = Path(__file__).resolve().parents[3]
# Where the project is seen, read-only, inside a testbed: by every user, wherever it is outside.
PROJECT_INSIDE = "/srv/ongoingcall"
BUSES = ("dbus-daemon", "dbus-broker")
"""What can be the message buses of the system and of the users: each comes with a package of that name."""
BASE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
}


class TestbedError(Exception):
    """The testbed cannot be started, or is not there."""


class Testbed:
    """A booted systemd. Needs root. It is gone when its owner (this process, unless told otherwise) is gone."""

    __test__ = False

    def __init__(self, name=None):
        """A testbed that is up, by its name; `up` boots a new one."""
        self.directory = STATE / name if name else None
        self.leader = None
        self.keeper = None
        # What every program gets in its environment, too.
        self.environment = {}
        if name:
            try:
                found = json.loads((self.directory / "state").read_text())
            except (FileNotFoundError, json.JSONDecodeError) as error:
                raise TestbedError(f"no testbed is called {name}; see `testbed list`") from error
            self.leader, self.keeper, self._groups = found["leader"], found["keeper"], found["commands"]

    def __enter__(self):
        return self if self.leader else self.up()

    def __exit__(self, *_):
        self.down()

    @property
    def name(self):
        return self.directory.name

    def up(self, owner=None, binds=(), network=None, bus=BUSES[0], base="/"):
        """Boots. `owner` is the process it lives for (0 is none: until `down`); `binds` are further nspawn options;
        `network` is the name of a network namespace for all of it (by default it shares this machine's); `bus` is
        one of BUSES; `base` is the folder of another installation that is booted, instead of this machine's."""
        require(bus)
        sweep()
        _make_room_for_watches()
        with _only_one():
            # Of hexadecimal digits: a machine's name may not end in the "_" that tempfile's names may have.
            self.directory = STATE / f"ongoingcall-testbed-{secrets.token_hex(4)}"
            self.directory.mkdir(mode=0o700)
            lock = os.open(self.directory / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
        self.directory.chmod(0o755)
        for part in ("layers", "root"):
            (self.directory / part).mkdir()
        owner = os.getpid() if owner is None else owner
        errors = tempfile.TemporaryFile()
        process = subprocess.Popen(
            [sys.executable, "-m", "booted.keeper", str(self.directory), str(lock), str(owner), bus, str(base),
             f"--bind-ro={PROJECT}:{PROJECT_INSIDE}", *binds,
             *([f"--network-namespace-path=/run/netns/{network}"] if network else [])],
            cwd=Path(__file__).parents[1], env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, pass_fds=[lock],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, start_new_session=True)  # fmt: skip
        os.close(lock)
        console = open(self.directory / "console", "wb+")
        answer = process.stdout.readline()
        state = json.loads(answer) if answer else {}
        if not state.get("leader"):
            process.wait()
            errors.seek(0)
            console.seek(0)
            said = (console.read() + errors.read()).decode(errors="replace")
            raise TestbedError(f"systemd did not boot (exit status {state.get('status')}):\n{said}")
        self.leader, self.keeper, self._groups = state["leader"], state["keeper"], state["commands"]
        self._process = process
        (self.directory / "state").write_text(json.dumps(state))
        try:
            wait_for("systemd to be up", self._is_up, 90)
        except DeadlineExceeded:
            problem = self.run("systemctl", "list-jobs", "--no-pager", check=False).stdout
            self.down()
            raise TestbedError(f"systemd booted, but is {self.state or 'silent'}:\n{problem}") from None
        return self

    def _is_up(self):
        # Not by `--wait`: the signal that it waits for is lost where systemd is up before the bus has heard of systemd.
        self.state = self.run("systemctl", "is-system-running", check=False, timeout=30).stdout.strip()
        return self.state in ("running", "degraded")

    def down(self):
        """Takes it down, and returns when nothing of it is left. Doing so twice is fine."""
        if self.keeper is None:
            return
        if not _is_kept(self.directory):
            sweep()
            return
        os.kill(self.keeper, signal.SIGTERM)
        if process := getattr(self, "_process", None):
            process.wait()
        else:
            wait_for(f"{self.name} to be gone", lambda: not os.path.exists(f"/proc/{self.keeper}"), seconds=30)
        self.keeper = self.leader = None

    def argv(self, *command, user=None, env=None, directory="/"):
        """The host's command line that runs `command` in the testbed, as root or as `user` (a User)."""
        own = user.environment if user else {}
        variables = BASE_ENVIRONMENT | {"HOME": "/root", "USER": "root"} | own | self.environment
        become = ["--reuid", str(user.uid), "--regid", str(user.gid), "--init-groups"] if user else []
        return ["sh", "-c", cgroups.entered(self._groups) + 'exec "$@"', "enter",
                "nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup",
                "--", "env", "--ignore-environment", f"--chdir={directory}",
                *(f"{name}={value}" for name, value in (variables | (env or {})).items()),
                "setpriv", *become, "--pdeathsig", "KILL", "--", *map(str, command)]  # fmt: skip

    def run(self, *command, user=None, env=None, directory="/", check=True, timeout=60, input=None):
        """Runs a command to its end; a CompletedProcess with text. A failure is an error that shows the output."""
        result = subprocess.run(
            self.argv(*command, user=user, env=env, directory=directory),
            capture_output=True, encoding="utf-8", errors="surrogateescape", timeout=timeout,
            **({"input": input} if input is not None else {"stdin": subprocess.DEVNULL}))  # fmt: skip
        if check and result.returncode != 0:
            raise AssertionError(
                f"{' '.join(map(str, command))}: exit status {result.returncode}\n{result.stdout}{result.stderr}")
        return result

    def spawn(self, *command, user=None, env=None, directory="/", **options):
        """Starts a command and returns its Popen; it ends with this process at the latest."""
        return subprocess.Popen(self.argv(*command, user=user, env=env, directory=directory), **options)

    def path(self, inside):
        """A file of the testbed, as this process can open it. (Absolute symbolic links in it lead out: avoid them.)"""
        return Path(f"/proc/{self.leader}/root") / str(inside).lstrip("/")

    def install(self, source, inside, mode=0o644, owner=None):
        """Copies a file, or writes bytes or text, into the testbed; makes the folders above it."""
        target = self.path(inside)
        uid, gid = (owner.uid, owner.gid) if owner else (0, 0)
        for folder in reversed([p for p in target.parents if not p.exists()]):
            folder.mkdir(mode=0o755)
            os.chown(folder, uid, gid)
        if isinstance(source, bytes):
            target.write_bytes(source)
        elif isinstance(source, str):
            target.write_text(source)
        else:
            shutil.copyfile(source, target)
        os.chown(target, uid, gid)
        target.chmod(mode)

    def create_user(self, name, linger=True):
        """A new user with a home; with `linger` the user's manager runs, and stays when nobody is logged in."""
        self.run("useradd", "--create-home", "--shell", "/bin/bash", name)
        user = User(self, name)
        if linger:
            self.run("loginctl", "enable-linger", name)
            self.run("systemctl", "start", f"user@{user.uid}.service")
        return user

    def user(self, name):
        return User(self, name)


def require(bus=BUSES[0]):
    """Says what is missing here, if anything is."""
    if os.geteuid() != 0:
        raise TestbedError("booting a testbed needs root (mount and pid namespaces, overlay mounts)")
    tools = {bus: bus, "systemd-nspawn": "systemd-container", "unshare": "util-linux", "nsenter": "util-linux",
             "setpriv": "util-linux", "useradd": "passwd", "dbus-daemon": "dbus"}  # fmt: skip
    missing = sorted({package for tool, package in tools.items() if not shutil.which(tool)})
    if missing:
        raise TestbedError(f"these packages are missing: {' '.join(missing)}")


def all_names():
    return sorted(path.name for path in STATE.iterdir() if path.is_dir()) if STATE.is_dir() else []


def _make_room_for_watches():
    """Every testbed's services use some of those that this machine's root may have."""
    for limit, needed in (("instances", 1024), ("watches", 65536)):
        path = Path(f"/proc/sys/fs/inotify/max_user_{limit}")
        if int(path.read_text()) < needed:
            path.write_text(str(needed))


@contextlib.contextmanager
def _only_one():
    """One process at a time makes or sweeps testbeds, so that a new one is not taken for a dead one."""
    STATE.mkdir(mode=0o755, exist_ok=True)
    with open(STATE / ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_kept(directory):
    """Whether a testbed's keeper lives: it holds the lock as long as it does."""
    try:
        with open(directory / "lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


def sweep():
    """Removes what is left of testbeds whose keeper is dead. Returns their names."""
    with _only_one():
        swept = [name for name in all_names() if not _is_kept(STATE / name)]
        for name in swept:
            keeper.clean(STATE / name)
    return swept
