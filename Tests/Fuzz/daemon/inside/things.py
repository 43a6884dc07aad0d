# SPDX-License-Identifier: Apache-2.0
"""What a caller can lay its hands on: descriptors of every kind, and processes of its own."""

import os
import select
import socket
import subprocess


class Things:
    """To be closed afterwards: its processes end then."""

    def __init__(self, rng, others):
        self.rng = rng
        # Processes that are not the caller's to adopt: the daemon, the service manager.
        self.others = others
        self.children = []

    def close(self):
        for child in self.children:
            child.kill()
        for child in self.children:
            child.wait()

    def child(self):
        """The number of a process that runs, and is no call yet."""
        self.children = [child for child in self.children if child.poll() is None]
        if len(self.children) < 12 or self.rng.random() < 0.2:
            self.children.append(subprocess.Popen(["/bin/sleep", "300"], stdin=subprocess.DEVNULL))
        return self.children[-1].pid

    def number(self):
        """A process to adopt, or what is none."""
        kind = self.rng.random()
        if kind < 0.5:
            return self.child()
        return self.rng.choice([0, 1, 4194303, 4194304, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, *self.others])

    def descriptor(self):
        """One of any kind; the caller's to close."""
        return getattr(self, "_" + self.rng.choice(KINDS))()

    def _null(self):
        return os.open(self.rng.choice(["/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"]), os.O_RDWR)

    def _pipe(self):
        return self._one_of(os.pipe())

    def _pair(self):
        kind = self.rng.choice([socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET])
        return self._one_of([end.detach() for end in socket.socketpair(socket.AF_UNIX, kind)])

    def _internet(self):
        return socket.socket(socket.AF_INET, self.rng.choice([socket.SOCK_STREAM, socket.SOCK_DGRAM])).detach()

    def _listening(self):
        listening = socket.socket(socket.AF_UNIX)
        listening.bind("")
        listening.listen()
        return listening.detach()

    def _in_flight(self):
        """A socket with descriptors waiting in it, its own other end among them."""
        one, other = socket.socketpair()
        socket.send_fds(other, [b"x"], [other.fileno(), one.fileno()])
        other.close()
        return one.detach()

    def _memory(self):
        return os.memfd_create("fuzz", os.MFD_ALLOW_SEALING)

    def _folder(self):
        return os.open("/", os.O_RDONLY | self.rng.choice([0, os.O_PATH]))

    def _file(self):
        return os.open("/etc/passwd", os.O_RDONLY | self.rng.choice([0, os.O_PATH]))

    def _events(self):
        if self.rng.random() < 0.5:
            return os.eventfd(1)
        with select.epoll() as epoll:
            return os.dup(epoll.fileno())

    def _terminal(self):
        return self._one_of(os.openpty())

    def _process(self):
        return os.pidfd_open(self.child())

    def _others_process(self):
        try:
            return os.pidfd_open(self.rng.choice([1, *self.others]))
        except ProcessLookupError:
            # Whoever has started this finds out what has become of it.
            return os.pidfd_open(1)

    def _ended_process(self):
        ended = subprocess.Popen(["/bin/true"])
        descriptor = os.pidfd_open(ended.pid)
        ended.wait()
        return descriptor

    def _one_of(self, ends):
        kept = self.rng.choice(ends)
        for end in ends:
            if end != kept:
                os.close(end)
        return kept


KINDS = ["null", "pipe", "pair", "internet", "listening", "in_flight", "memory", "folder", "file", "events", "terminal",
         "process", "process", "process", "others_process", "ended_process"]  # fmt: skip
