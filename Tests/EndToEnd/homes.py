# SPDX-License-Identifier: Apache-2.0
"""Users whose homes are not as others'."""

import contextlib


@contextlib.contextmanager
def user_with_home(bed, name, make):
    """A new user, whose home ``make`` makes another one before anything of theirs runs, and that home."""
    user = bed.create_user(name, linger=False)
    home = make(user)
    try:
        bed.run("loginctl", "enable-linger", name)
        bed.run("systemctl", "start", f"user@{user.uid}.service")
        try:
            yield user, home
        finally:
            bed.run("loginctl", "disable-linger", name)
            bed.run("systemctl", "stop", f"user-{user.uid}.slice")
    finally:
        home.take_away()
