# SPDX-License-Identifier: Apache-2.0
"""SRTP with AES_CM_128_HMAC_SHA1 (RFC 3711, 4568): AES by libcrypto, the rest by the standard library."""

import base64
import ctypes
import ctypes.util
import hmac
import os

SUITES = {"AES_CM_128_HMAC_SHA1_80": 10, "AES_CM_128_HMAC_SHA1_32": 4}
_library = None


def _libcrypto():
    global _library
    if _library is None:
        _library = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
        for name in ("EVP_CIPHER_CTX_new", "EVP_aes_128_ctr"):
            getattr(_library, name).restype = ctypes.c_void_p
        _library.EVP_EncryptInit_ex.argtypes = [ctypes.c_void_p] * 3 + [ctypes.c_char_p] * 2
        _library.EVP_EncryptUpdate.argtypes = [
            ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int), ctypes.c_char_p, ctypes.c_int]
    return _library


class CounterMode:
    """AES-128 in counter mode with one key, for as long as the process lives."""

    def __init__(self, key):
        self._lib = _libcrypto()
        self._context = self._lib.EVP_CIPHER_CTX_new()
        self._lib.EVP_EncryptInit_ex(self._context, self._lib.EVP_aes_128_ctr(), None, key, bytes(16))

    def apply(self, iv, data):
        if not data:
            return b""
        self._lib.EVP_EncryptInit_ex(self._context, None, None, None, iv.to_bytes(16, "big"))
        result, length = ctypes.create_string_buffer(len(data)), ctypes.c_int()
        self._lib.EVP_EncryptUpdate(self._context, result, ctypes.byref(length), data, len(data))
        return result.raw


class Unauthentic(Exception):
    """A packet whose tag is wrong."""


class Cryptography:
    """One direction of one session: a master key, and for each SSRC how often its numbers wrapped."""

    def __init__(self, suite, master):
        self.suite, self.master = suite, master
        self._tag = SUITES[suite]
        key, salt = master[:16], int.from_bytes(master[16:30], "big")
        derive = CounterMode(key)

        def made(label, length):
            return derive.apply((salt ^ (label << 48)) << 16, bytes(length))

        self._rtp, self._rtp_key, self._rtp_salt = CounterMode(made(0, 16)), made(1, 20), made(2, 14)
        self._rtcp, self._rtcp_key, self._rtcp_salt = CounterMode(made(3, 16)), made(4, 20), made(5, 14)
        self._rollover = {}
        self._index = 0

    @classmethod
    def new(cls, suite):
        return cls(suite, os.urandom(30))

    @classmethod
    def of_attribute(cls, value):
        """The value of `a=crypto`, without its tag; None where it is of another kind."""
        suite, _, rest = value.partition(" ")
        method, _, key = rest.split(" ")[0].partition(":")
        if suite not in SUITES or method != "inline":
            return None
        try:
            master = base64.b64decode(key.partition("|")[0], validate=True)
        except ValueError:
            return None
        return cls(suite, master) if len(master) == 30 else None

    @property
    def attribute(self):
        return f"{self.suite} inline:{base64.b64encode(self.master).decode()}"

    def _guess(self, source, sequence):
        """RFC 3711, 3.3.1."""
        wraps, highest = self._rollover.get(source, (0, sequence))
        if sequence - highest > 0x8000 and wraps:
            return wraps - 1
        return wraps + 1 if highest - sequence > 0x8000 else wraps

    def _update(self, source, sequence, wraps):
        known = self._rollover.get(source)
        if known is None or (wraps, sequence) > known:
            self._rollover[source] = (wraps, sequence)

    @staticmethod
    def _head(packet):
        length = 12 + 4 * (packet[0] & 15)
        if packet[0] & 16 and len(packet) >= length + 4:
            length += 4 + 4 * int.from_bytes(packet[length + 2:length + 4], "big")
        return length

    def _stream(self, source, sequence, wraps, salt):
        return ((int.from_bytes(salt, "big") << 16) ^ (source << 64) ^ ((wraps << 16 | sequence) << 16))

    def protect(self, packet):
        sequence, source = int.from_bytes(packet[2:4], "big"), int.from_bytes(packet[8:12], "big")
        wraps, head = self._guess(source, sequence), self._head(packet)
        self._update(source, sequence, wraps)
        iv = self._stream(source, sequence, wraps, self._rtp_salt)
        packet = packet[:head] + self._rtp.apply(iv, packet[head:])
        return packet + hmac.digest(self._rtp_key, packet + wraps.to_bytes(4, "big"), "sha1")[:self._tag]

    def unprotect(self, packet):
        body, tag = packet[:-self._tag], packet[-self._tag:]
        if len(body) < 12:
            raise Unauthentic
        sequence, source = int.from_bytes(body[2:4], "big"), int.from_bytes(body[8:12], "big")
        wraps, head = self._guess(source, sequence), self._head(body)
        if hmac.digest(self._rtp_key, body + wraps.to_bytes(4, "big"), "sha1")[:self._tag] != tag:
            raise Unauthentic
        self._update(source, sequence, wraps)
        return body[:head] + self._rtp.apply(self._stream(source, sequence, wraps, self._rtp_salt), body[head:])

    def protect_control(self, packet):
        self._index = (self._index + 1) & 0x7FFFFFFF
        source = int.from_bytes(packet[4:8], "big")
        iv = (int.from_bytes(self._rtcp_salt, "big") << 16) ^ (source << 64) ^ (self._index << 16)
        packet = packet[:8] + self._rtcp.apply(iv, packet[8:]) + (0x80000000 | self._index).to_bytes(4, "big")
        return packet + hmac.digest(self._rtcp_key, packet, "sha1")[:10]

    def unprotect_control(self, packet):
        """The tag of SRTCP is of 80 bits in both suites."""
        body, tag = packet[:-10], packet[-10:]
        if len(body) < 12 or hmac.digest(self._rtcp_key, body, "sha1")[:10] != tag:
            raise Unauthentic
        index = int.from_bytes(body[-4:], "big")
        if not index & 0x80000000:
            return body[:-4]
        source = int.from_bytes(body[4:8], "big")
        iv = (int.from_bytes(self._rtcp_salt, "big") << 16) ^ (source << 64) ^ ((index & 0x7FFFFFFF) << 16)
        return body[:8] + self._rtcp.apply(iv, body[8:-4])
