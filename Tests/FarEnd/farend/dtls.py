# SPDX-License-Identifier: Apache-2.0
"""DTLS-SRTP (RFC 5763, 5764): handshakes by libssl, for one SRTP suite that is known here."""

import ctypes
import ctypes.util
import hashlib
import pathlib
import ssl
import subprocess
import tempfile

from .srtp import Cryptography, Unauthentic

SUITE = "AES_CM_128_HMAC_SHA1_80"
PROFILE = b"SRTP_AES128_CM_SHA1_80"
LABEL = b"EXTRACTOR-dtls_srtp"
WANT_READ, NO_QUERY_MTU, SET_MTU, HANDLE_TIMEOUT, EOF_RETURN = 2, 0x1000, 17, 74, 130
TICK = 0.1
_VERIFY = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
# Who it was, the description's fingerprint says.
_anybody = _VERIFY(lambda *_: 1)
_library = _crypto = None


def _libraries():
    global _library, _crypto
    if _library is None:
        _crypto = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
        _library = ctypes.CDLL(ctypes.util.find_library("ssl") or "libssl.so.3")
        pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
        for of, name, result, arguments in [
            (_library, "DTLS_method", pointer, []), (_library, "SSL_CTX_new", pointer, [pointer]),
            (_library, "SSL_CTX_free", None, [pointer]), (_library, "SSL_free", None, [pointer]),
            (_library, "SSL_CTX_use_certificate_file", number, [pointer, text, number]),
            (_library, "SSL_CTX_use_PrivateKey_file", number, [pointer, text, number]),
            (_library, "SSL_CTX_set_verify", None, [pointer, number, _VERIFY]),
            (_library, "SSL_CTX_set_tlsext_use_srtp", number, [pointer, text]),
            (_library, "SSL_new", pointer, [pointer]), (_library, "SSL_set_bio", None, [pointer] * 3),
            (_library, "SSL_set_options", ctypes.c_uint64, [pointer, ctypes.c_uint64]),
            (_library, "SSL_ctrl", ctypes.c_long, [pointer, number, ctypes.c_long, pointer]),
            (_library, "SSL_set_accept_state", None, [pointer]), (_library, "SSL_set_connect_state", None, [pointer]),
            (_library, "SSL_do_handshake", number, [pointer]), (_library, "SSL_get_error", number, [pointer, number]),
            (_library, "SSL_read", number, [pointer, text, number]),
            (_library, "SSL_get1_peer_certificate", pointer, [pointer]),
            (_library, "SSL_export_keying_material", number,
             [pointer, text, ctypes.c_size_t, text, ctypes.c_size_t, pointer, ctypes.c_size_t, number]),
            (_crypto, "BIO_s_mem", pointer, []), (_crypto, "BIO_new", pointer, [pointer]),
            (_crypto, "BIO_write", number, [pointer, text, number]), (_crypto, "BIO_read", number, [pointer, text, number]),
            (_crypto, "BIO_ctrl", ctypes.c_long, [pointer, number, ctypes.c_long, pointer]),
            (_crypto, "X509_free", None, [pointer]), (_crypto, "EVP_sha256", pointer, []),
            (_crypto, "X509_digest", number, [pointer, pointer, text, ctypes.POINTER(ctypes.c_uint)]),
        ]:  # fmt: skip
            function = getattr(of, name)
            function.restype, function.argtypes = result, arguments
    return _library, _crypto


class Certificate:
    """Of this process, or of one call."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory()
        self.file, self.key = (str(pathlib.Path(self._folder.name, name)) for name in ("certificate", "key"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=far", "-keyout", self.key, "-out", self.file], check=True, capture_output=True)
        der = ssl.PEM_cert_to_DER_cert(pathlib.Path(self.file).read_text())
        self.fingerprint = written(hashlib.sha256(der).digest())


def written(digest):
    return "sha-256 " + ":".join(f"{byte:02X}" for byte in digest)


class Handshake:
    """One association. `send` gets datagrams; `done` gets the keys of both directions and the peer's fingerprint."""

    def __init__(self, loop, certificate, is_client, send, done, failed):
        self.loop, self.is_client, self.send, self.done, self.failed = loop, is_client, send, done, failed
        self.is_over = self.is_silent = False
        self._ssl_library, self._crypto = lib, crypto = _libraries()
        self._context = lib.SSL_CTX_new(lib.DTLS_method())
        for loaded in (lib.SSL_CTX_use_certificate_file(self._context, certificate.file.encode(), 1),
                       lib.SSL_CTX_use_PrivateKey_file(self._context, certificate.key.encode(), 1)):  # fmt: skip
            assert loaded == 1, "the certificate cannot be used"
        lib.SSL_CTX_set_verify(self._context, 3, _anybody)
        assert lib.SSL_CTX_set_tlsext_use_srtp(self._context, PROFILE) == 0, "libssl has no SRTP"
        self._ssl = lib.SSL_new(self._context)
        self._in, self._out = crypto.BIO_new(crypto.BIO_s_mem()), crypto.BIO_new(crypto.BIO_s_mem())
        for bio in (self._in, self._out):
            crypto.BIO_ctrl(bio, EOF_RETURN, -1, None)
        lib.SSL_set_bio(self._ssl, self._in, self._out)
        lib.SSL_set_options(self._ssl, NO_QUERY_MTU)
        lib.SSL_ctrl(self._ssl, SET_MTU, 1200, None)
        (lib.SSL_set_connect_state if is_client else lib.SSL_set_accept_state)(self._ssl)
        self._timer = loop.call_later(0, self._tick, True)

    def close(self):
        self._timer.cancel()
        if self._ssl:
            self._ssl_library.SSL_free(self._ssl)
            self._ssl_library.SSL_CTX_free(self._context)
            self._ssl = None

    def take(self, datagram):
        if self._ssl and not self.is_silent:
            self._crypto.BIO_write(self._in, datagram, len(datagram))
            self._go_on()

    def _tick(self, is_first=False):
        if not self._ssl or self.is_over:
            return
        if not self.is_silent:
            if not is_first:
                self._ssl_library.SSL_ctrl(self._ssl, HANDLE_TIMEOUT, 0, None)
            self._go_on()
        self._timer = self.loop.call_later(TICK, self._tick)

    def _go_on(self):
        if self.is_over:
            self._ssl_library.SSL_read(self._ssl, ctypes.create_string_buffer(64), 64)
            return self._flush()
        result = self._ssl_library.SSL_do_handshake(self._ssl)
        self._flush()
        if result == 1:
            self.is_over = True
            self.done(*self._keys(), self._peer())
        elif self._ssl_library.SSL_get_error(self._ssl, result) != WANT_READ:
            self.is_over = True
            self.failed()

    def _flush(self):
        """Each record is a datagram."""
        buffer = ctypes.create_string_buffer(65536)
        size = self._crypto.BIO_read(self._out, buffer, len(buffer))
        data = buffer.raw[:max(0, size)]
        while len(data) >= 13:
            length = 13 + int.from_bytes(data[11:13], "big")
            self.send(data[:length])
            data = data[length:]

    def _keys(self):
        buffer = ctypes.create_string_buffer(60)
        exported = self._ssl_library.SSL_export_keying_material(
            self._ssl, buffer, 60, LABEL, len(LABEL), None, 0, 0)
        assert exported == 1, "there are no keys to export"
        raw = buffer.raw
        client, server = raw[0:16] + raw[32:46], raw[16:32] + raw[46:60]
        own, theirs = (client, server) if self.is_client else (server, client)
        return Cryptography(SUITE, own), Cryptography(SUITE, theirs)

    def _peer(self):
        certificate = self._ssl_library.SSL_get1_peer_certificate(self._ssl)
        if not certificate:
            return None
        digest, size = ctypes.create_string_buffer(64), ctypes.c_uint()
        self._crypto.X509_digest(certificate, self._crypto.EVP_sha256(), digest, ctypes.byref(size))
        self._crypto.X509_free(certificate)
        return written(digest.raw[:size.value])


class Association:
    """What both descriptions say of the handshake of one call, and what becomes of it."""

    def __init__(self, settings, media, violate):
        self.settings, self.media, self.violate = settings, media, violate
        self.certificate = Certificate()
        self.handshake = self.lock = self.unlock = self.before = None
        self.theirs = None
        self.role = None

    def offer(self):
        return self._lines("actpass")

    def _lines(self, setup):
        named = written(bytes(32)) if self.settings.wrong_fingerprint else self.certificate.fingerprint
        return [f"fingerprint:{named}", f"setup:{setup}", "rtcp-mux"]

    def renew(self):
        """Another certificate, and so another handshake with the next offer or answer."""
        self.certificate, self.theirs = Certificate(), None

    def _their(self, description, line):
        def value(name):
            return (line.values(name) or [v for n, v in description.attributes if n == name] or [None])[0]

        print_, setup = value("fingerprint"), value("setup")
        if not print_ or not setup:
            self.violate("a stream of DTLS has no fingerprint, or no setup")
        if (identity := (line.values("tls-id") or [None])[0]) is not None and not 20 <= len(identity) <= 255:
            self.violate(f"a tls-id of {len(identity)} characters")
        return (print_, identity), setup

    def answer(self, description, line):
        theirs, setup = self._their(description, line)
        if setup not in ("actpass", "active", "passive"):
            self.violate(f"an offer of setup:{setup}")
        if theirs != self.theirs:
            self.role = {"active": "passive", "passive": "active"}.get(setup, self.settings.dtls_role)
            self._begin(theirs)
        return self._lines(self.role)

    def accept(self, description, line):
        theirs, setup = self._their(description, line)
        if setup not in ("active", "passive"):
            self.violate(f"setup:actpass was answered by {setup}")
        role = "passive" if setup == "active" else "active"
        if theirs != self.theirs:
            self.role = role
            self._begin(theirs)
        elif role != self.role:
            self.violate("the parts in a handshake changed, but not the handshake")

    def _begin(self, theirs):
        if self.handshake:
            self.handshake.close()
        self.before = self.unlock or self.before
        self.theirs, self.lock, self.unlock = theirs, None, None
        self.handshake = Handshake(
            self.media.loop, self.certificate, self.role == "active", self.media.send_handshake, self._done, self._failed)
        self.handshake.is_silent = self.settings.silent_handshake

    def is_of_before(self, packet):
        """Whether the keys of the handshake before this one fit: they are in use until this one is over."""
        if self.before is None:
            return False
        try:
            self.before.unprotect(packet)
        except Unauthentic:
            return False
        return True

    def _done(self, lock, unlock, fingerprint):
        if fingerprint != self.theirs[0]:
            self.violate(f"the certificate has the fingerprint {fingerprint}, the SDP said {self.theirs[0]}")
        self.lock, self.unlock = lock, unlock
        self.media.tell("secured", role=self.role)

    def _failed(self):
        self.media.tell("unsecured", role=self.role)

    def close(self):
        if self.handshake:
            self.handshake.close()
