# SPDX-License-Identifier: Apache-2.0
"""Between the messages of a call, empty lines keep a NAT's mapping (RFC 5626, 4.4.2)."""

import time

from bare_far_end import BareFarEnd, answer_barely


def test_empty_lines_come_from_the_port_of_the_call(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        answered = time.monotonic()
        # Media go on, so that the far end is not asked whether it is there.
        while True:
            far_end.send_sound(invite, 1)
            far_end.socket.settimeout(0.2)
            try:
                data, sender = far_end.socket.recvfrom(65536)
            except TimeoutError:
                assert time.monotonic() < answered + 35
                continue
            assert data == b"\r\n\r\n" and sender == invite.sender
            break
        assert time.monotonic() > answered + 20
