# SPDX-License-Identifier: Apache-2.0
"""Opus by libopus, where that is installed."""

import array
import ctypes

SILENCE = b"\xf8\xff\xfe"
"""20 ms, in every decoder."""
RATE = 16000
LONGEST = RATE * 120 // 1000
_AUDIO, _SET_COMPLEXITY = 2049, 4010


def codec():
    """None without the library."""
    try:
        library = ctypes.CDLL("libopus.so.0")
    except OSError:
        return None
    for name in ("opus_encoder_create", "opus_decoder_create"):
        getattr(library, name).restype = ctypes.c_void_p
    library.opus_encode.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    library.opus_decode.argtypes = [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
    library.opus_encoder_ctl.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return Opus(library)


class Opus:
    rate = RATE

    def __init__(self, library):
        self._library, error = library, ctypes.c_int()
        self._encoder = library.opus_encoder_create(RATE, 1, _AUDIO, ctypes.byref(error))
        library.opus_encoder_ctl(self._encoder, _SET_COMPLEXITY, ctypes.c_int(1))
        self._decoder = library.opus_decoder_create(RATE, 1, ctypes.byref(error))
        self._packet = ctypes.create_string_buffer(1500)
        self._sound = (ctypes.c_int16 * LONGEST)()

    def encode(self, samples):
        if not any(samples):
            return SILENCE
        data = array.array("h", samples)
        length = self._library.opus_encode(self._encoder, data.buffer_info()[0], len(data), self._packet, 1500)
        return self._packet.raw[:length] if length > 0 else SILENCE

    def decode(self, payload):
        count = self._library.opus_decode(self._decoder, payload, len(payload), self._sound, LONGEST, 0)
        return self._sound[:count] if count > 0 else None
