# SPDX-License-Identifier: Apache-2.0
"""Files that are nearly what they should be, or nothing that anybody expects at such a path."""

import json
import os
import shutil
import socket
import stat

NUMBERS = ["0", "-1", "1", "127", "255", "2147483647", "2147483648", "4294967296", "9007199254740992", "9223372036854775807", "9223372036854775808",
           "18446744073709551615", "18446744073709551616", "1.5", "-0.0", "1e308", "1e400", "9" * 300]  # fmt: skip
VALUES = [*NUMBERS, "null", "true", '""', '"x"', '"\\u0000"', '"\\ud800"', '"joined"', '"ended"', '"/etc/passwd"', '"' + "x" * 70000 + '"', "[]", "{}",
          "[" * 2000 + "]" * 2000, '{"a":' * 700 + "1" + "}" * 700, "[0]", '["a"]', '{"state":"joined"}']  # fmt: skip
TEXTS = [b"", b"\0" * 100, b"\xff\xfe{\0}\0", b"\xef\xbb\xbf{}", b"{", b"}", b"null", b"[]", b'""', b"{}", b"{}{}", b"\n" * 5000, bytes(range(128, 192)), b"A" * 100_000]
CONFIGURATION = [b"[Calls]\n", b"[Calls]\nLinger=maybe\n", b"[Calls]\nLaunchTimeoutSec=0\n", b"[Calls]\nLaunchTimeoutSec=99999999999999999999\n",
                 b"[Calls]\nAloneTimeoutSec=1e9\n", b"[Nothing]\nA=b\n", b"[Calls\n", b"]Calls[\n", b"=\n", b"=====\n", b"[Calls]\nLinger", b"[]\n=\n",
                 b"[Calls]\n" + b"LaunchTimeoutSec=1\n" * 3000, b"[Calls]\nLaunchTimeoutSec=" + b"9" * 60000 + b"\n", b"[Calls]\nLinger=\xff\xfe\n",
                 b"[Notifications]\nDismissedSec=-1\n", b"[Calls]\n\\\n\\\n\\\n", b"# \x1b[2J\n[Calls]\nInhibitSleep=\x1b[31m\n", b"\0[Calls]\0\n",
                 b"[Calls]\nReconnectTimeoutSec=1min 30s\n", b"[X-Mine]\nA=b\n", b"[Calls]\r\nLinger=no\r\n"]  # fmt: skip


def json_places(value, path=()):
    """Where there is a value in it, all through."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from json_places(item, (*path, key))


def changed_json(rng, data):
    """A value of it is another one, is missing, is there twice, or is where another was."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        # It is spoiled already.
        return data[:rng.randrange(len(data) + 1)]
    places = [path for path in json_places(value) if path]
    if not places:
        return rng.choice(VALUES).encode()
    for _ in range(rng.choice([1, 1, 1, 2, 5])):
        path = rng.choice(places)
        try:
            holder = value
            for key in path[:-1]:
                holder = holder[key]
            kind = rng.random()
            if kind < 0.2:
                del holder[path[-1]]
            elif kind < 0.3 and isinstance(holder, list):
                holder.append(holder[path[-1]])
            else:
                holder[path[-1]] = f"\x01{rng.randrange(len(VALUES))}\x02" if kind < 0.85 else value
                if kind >= 0.85:
                    holder[path[-1]] = json.loads(data)
        except (KeyError, IndexError, TypeError):
            """It went with an earlier change."""
    text = json.dumps(value)
    for number, raw in enumerate(VALUES):
        text = text.replace(f'"\\u0001{number}\\u0002"', raw)
    if rng.random() < 0.1:
        text = text[:-1] + "," + text[1:]
    return text.encode()


def changed_bytes(rng, data):
    kind = rng.randrange(6)
    if kind == 0 or not data:
        return rng.choice(TEXTS)
    place = rng.randrange(len(data))
    if kind == 1:
        return data[:place]
    if kind == 2:
        return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1:]
    if kind == 3:
        return data[:place] + rng.choice(TEXTS) + data[place:]
    if kind == 4:
        return data[:place] + bytes(min(4096, len(data) - place)) + data[place + 4096:]
    return data + rng.choice([data, b"x", b"\0" * 5000])


def remove(path):
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        path.chmod(0o700)
        shutil.rmtree(path)


def write(path, data, owner):
    """As that user's own file, as the daemon's are."""
    remove(path)
    path.write_bytes(data)
    os.chown(path, owner.uid, owner.gid)
    path.chmod(0o600)


def make_node(rng, path, data, owner):
    """Something that is no file at all, or none of the user's own; its name."""
    kind = rng.choice(["pipe", "folder", "full folder", "socket", "device", "link to nothing", "link to itself", "link to a device", "link to a file",
                       "endless", "everybody's", "nobody's", "another user's", "nothing"])  # fmt: skip
    remove(path)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind in ("folder", "full folder"):
        path.mkdir()
        if kind == "full folder":
            (path / "x").write_bytes(b"x")
            os.chown(path / "x", owner.uid, owner.gid)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            # By a short path and a short name: there are 108 bytes for both.
            folder = os.open(path.parent, os.O_PATH)
            listening.bind(f"/proc/self/fd/{folder}/.s")
            os.close(folder)
            path.with_name(".s").rename(path)
    elif kind == "device":
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))
    elif kind.startswith("link"):
        target = {"link to nothing": "/nowhere/x", "link to itself": path.name, "link to a device": "/dev/zero", "link to a file": "/etc/passwd"}[kind]
        path.symlink_to(target)
        os.chown(path, owner.uid, owner.gid, follow_symlinks=False)
        return kind
    elif kind != "nothing":
        path.write_bytes(data)
        if kind == "endless":
            os.truncate(path, 10_000_000_000)
    if kind != "nothing":
        path.chmod({"everybody's": 0o666, "nobody's": 0o000}.get(kind, 0o700 if path.is_dir() else 0o600))
        if kind != "another user's":
            os.chown(path, owner.uid, owner.gid)
    return kind


def spoil(rng, path, owner, data=None):
    """Spoils what is at the path, or would be with those contents; says how."""
    data = path.read_bytes() if data is None else data
    kind = rng.random()
    if kind < 0.45:
        write(path, changed_json(rng, data.rstrip()), owner)
        return "changed"
    if kind < 0.65:
        write(path, changed_bytes(rng, data), owner)
        return "other bytes"
    return make_node(rng, path, data, owner)
