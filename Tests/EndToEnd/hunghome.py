# SPDX-License-Identifier: Apache-2.0
"""A home on another machine that stops answering: an empty folder by fuse(4), whose server this is."""

import contextlib
import ctypes
import errno
import os
import struct
import threading

from beds import lingering

from homes import user_with_home

_LIBC = ctypes.CDLL(None, use_errno=True)
_MNT_DETACH = 2
# Of linux/fuse.h.
LOOKUP, FORGET, GETATTR, MKNOD, MKDIR, STATFS, RELEASEDIR, INIT, OPENDIR, READDIR = 1, 2, 3, 8, 9, 17, 29, 26, 27, 28
CREATE, INTERRUPT, BATCH_FORGET = 35, 36, 42
OUT = struct.Struct("<IiQ")


class HungHome:
    def __init__(self, bed, user):
        self.user, self.leader = user, bed.leader
        self.fuse = os.open("/dev/fuse", os.O_RDWR)
        self.answers = threading.Event()
        self.answers.set()
        options = f"fd={self.fuse},rootmode=40000,user_id={user.uid},group_id={user.gid},allow_other"
        self._inside(lambda: _LIBC.mount(b"hung", user.home.encode(), b"fuse.hung", 0, options.encode()))
        threading.Thread(target=self._serve, daemon=True).start()

    def _inside(self, action):
        """In a process of its own, among the testbed's mounts."""
        child = os.fork()
        if child == 0:
            mounts = os.open(f"/proc/{self.leader}/ns/mnt", os.O_RDONLY)
            failed = _LIBC.setns(mounts, 0) or action()
            os._exit(ctypes.get_errno() if failed else 0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status == 0, os.strerror(status)

    @contextlib.contextmanager
    def hung(self):
        self.answers.clear()
        try:
            yield
        finally:
            self.answers.set()

    def take_away(self):
        self._inside(lambda: _LIBC.umount2(self.user.home.encode(), _MNT_DETACH))
        os.close(self.fuse)

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                try:
                    request = os.read(self.fuse, 1 << 20)
                except OSError as error:
                    # It was interrupted before it was read.
                    if error.errno in (errno.EINTR, errno.ENOENT):
                        continue
                    raise
                self.answers.wait()
                _, operation, unique = struct.unpack_from("<IIQ", request)
                if operation not in (FORGET, BATCH_FORGET, INTERRUPT):
                    status, data = self._answer(operation)
                    with contextlib.suppress(FileNotFoundError):
                        os.write(self.fuse, OUT.pack(OUT.size + len(data), -status, unique) + data)

    def _answer(self, operation):
        if operation == INIT:
            return 0, struct.pack("<4I2H2I2H7I", 7, 31, 65536, 0, 12, 12, 65536, 1, 0, 0, *[0] * 7)[:64]
        if operation == GETATTR:
            # Valid for no time: it is asked for again and again.
            owner = (self.user.uid, self.user.gid)
            return 0, struct.pack("<QII6Q10I", 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, *owner, 0, 4096, 0)
        if operation == LOOKUP:
            return errno.ENOENT, b""
        if operation == OPENDIR:
            return 0, struct.pack("<QII", 1, 0, 0)
        if operation in (READDIR, RELEASEDIR):
            return 0, b""
        if operation == STATFS:
            return 0, struct.pack("<5Q4I24x", 0, 0, 0, 0, 0, 4096, 255, 4096, 0)
        return (errno.EROFS if operation in (MKNOD, MKDIR, CREATE) else errno.ENOSYS), b""


def user_with_hung_home(bed, name):
    """A new user whose home can hang, and that home."""
    return user_with_home(bed, name, lambda user: HungHome(bed, user))
