# SPDX-License-Identifier: Apache-2.0
"""A call between the engine and a real program, with everything that is needed to judge it."""

import array
import contextlib
import signal
import time

import certificates
import g711
import sound
import table
from asterisk import Asterisk
from baresip import Baresip
from kamailio import TwoProxies
from linphone import Linphone
from sip_engine import SIPEngine
from sipp import SIPp
from wire import Wire
from world import ADDRESS, enter_new_network, until

# Hertz of what the engine says.
VOICE = 440
# Where nobody is whom a transfer may reach.
THIRD_PORT = 7777
THIRD = f"sip:third@{ADDRESS}:{THIRD_PORT}"
# What sipp does besides to answer; the others are told during the call.
DEEDS = {"hold_by_far_end": "hold", "late_offer": "late-offer", "declined_transfer": "refer",
         "hang_up_by_far_end": "bye"}


class Scene:
    """A network, its wire, a far end and an engine in it."""

    # Whether the wire is that of all links, not of the loopback only.
    sees_all_links = False

    def __init__(self, folder, kind, cell):
        self.folder, self.kind, self.cell = folder, kind, cell
        self.stack = contextlib.ExitStack()
        self.records = []
        self.environment = {}

    def __enter__(self):
        try:
            enter_new_network()
            self.wire = self.stack.enter_context(Wire(self.sees_all_links))
            self.voice = sound.write_tone(self.folder / "voice.wav", hertz=VOICE)
            self.far_end = self.stack.enter_context(self._far_end())
            if self.transport != "udp":
                self.far_end.transport = self.transport
            self.engine = self.new_engine()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *exception):
        self.stack.__exit__(*exception)

    @property
    def transport(self):
        return self.cell.rpartition("_over_")[2] if "_over_" in self.cell else "udp"

    @property
    def by_dtls(self):
        return self.cell.endswith("_by_dtls")

    def is_by_dtls_on_the_wire(self):
        """How many handshakes there were, all with the far end's RTP port."""
        firsts = self.wire.select(lambda p: len(p.payload) > 60 and p.payload[0] == 22 and p.payload[13] == 2)
        return len({p.payload[25:60] for p in firsts})

    def _far_end(self):
        answer = "early" if self.cell == "early_media" else "auto"
        certificate = None
        if self.transport == "tls":
            authority, certificate = certificates.make(self.folder)
            self.environment["SSL_CERT_FILE"] = str(authority)
        match self.kind:
            case table.BARESIP: return self._baresip(answer, certificate)
            case table.LINPHONE: return Linphone(self.folder, answer, by_dtls=self.by_dtls)
            case table.ASTERISK: return Asterisk(self.folder, answer, certificate)
            case table.KAMAILIO: return TwoProxies(self.folder, self._baresip(answer), certificate)
            case table.SIPP:
                deed = DEEDS.get(self.cell)
                sipp = SIPp(self.folder, "early" if answer == "early" else "answer", *([deed] if deed else []))
                behind = (self.kind, self.cell) in table.BEHIND_PROXIES
                return TwoProxies(self.folder, sipp, certificate) if behind else sipp

    def _baresip(self, answer, certificate=None):
        if not self.by_dtls:
            return Baresip(self.folder, answer, certificate=certificate)
        # What is sent as µ-law could be heard by whoever reads it.
        return Baresip(self.folder, answer, codecs=("g711",), certificate=certificate, account=";mediaenc=dtls_srtp")

    # The engine

    def new_engine(self):
        return self.stack.enter_context(SIPEngine(self.folder, env=self.environment))

    def join(self, engine=None, **join):
        self.records.append(self.folder / f"record-{len(self.records)}.wav")
        if self.by_dtls:
            join |= {"encryption": "required", "key_exchange": "dtls"}
        (engine or self.engine).join(self.far_end.uri, play_file=self.voice, record_file=self.records[-1], **join)

    def call(self):
        """A call that is up, with sound in both directions."""
        self.join()
        self.engine.wait_for_state("joined", timeout=15)
        if self.kind != table.SIPP:
            self.far_end.wait_for_call()
        self.wait_for_sound()

    def wait_for_sound(self, packets=75):
        """So many more RTP packets in each direction, from now on."""
        now, ports = time.time(), self.far_end.media_ports
        self.wire.wait_for_rtp_to(ports, packets, since=now)
        if self.kind == table.LINPHONE:
            until(lambda: len(self.rtp_of_far_end(now)) >= packets, 10, f"{packets} packets of linphone-daemon",
                  self.far_end.keep_speaking)
        else:
            self.wire.wait_for(lambda p: p.is_rtp and p.source[1] in ports and p.target[1] not in ports,
                               since=now, what="RTP of the far end", count=packets)

    def rtp_of_far_end(self, since=0.0):
        ports = self.far_end.media_ports
        return self.wire.select(
            lambda p: p.is_rtp and p.source[1] in ports and p.target[1] not in ports, since)

    def kill(self, engine):
        """SIGKILL; its last `resume`, and when it was."""
        engine.reader.drain()
        resume = [m["resume"] for m in engine.messages if "resume" in m][-1]
        at = time.time()
        engine.signal(signal.SIGKILL)
        return resume, at

    def leave(self, engine=None):
        engine = engine or self.engine
        engine.send({"type": "leave"})
        ended = engine.wait_for_state("ended")
        if self.kind == table.SIPP:
            self.far_end.wait_for_success()
        else:
            self.far_end.wait_for_hangup()
        return ended

    # What was heard

    def check_engine_heard(self, record=None):
        """The far end's tone is in the engine's recording."""
        samples, rate = sound.loudest_second(record or self.records[-1])
        share = sound.share_of_tone(samples, rate, self.far_end.tone)
        assert sound.loudness(samples) > 0.03 and share > 0.8, \
            f"the engine recorded {sound.loudness(samples):.3f} with {share:.2f} of it at {self.far_end.tone} Hz"

    def check_far_end_heard(self, since=0.0):
        """The engine's tone is in the far end's recording; sipp has none: what it was sent is read from the wire."""
        if self.kind == table.SIPP:
            samples = g711.samples(self.wire.rtp_to(self.far_end.media_ports, since))
            # The tone has a pause in it: the loudest of the seconds, half a second apart.
            parts = [(samples[i:i + 8000], 8000) for i in range(0, max(1, len(samples) - 8000), 4000)]
        else:
            parts = [sound.loudest_second(path) for path in self.far_end.recordings()]
        best = max(((sound.share_of_tone(s, r, VOICE), sound.loudness(s)) for s, r in parts if s), default=(0, 0))
        assert best[0] > 0.8 and best[1] > 0.03, \
            f"{self.kind} recorded {best[1]:.3f} with {best[0]:.2f} of it at {VOICE} Hz, in {len(parts)} recordings"

    def loudness_so_far(self):
        """Of a recording that is still written: its header is not yet of use."""
        path = self.records[-1]
        data = path.read_bytes()[44:] if path.exists() else b""
        samples = array.array("h", data[:len(data) // 2 * 2])[-8000:]
        return sound.loudness([s / 32768 for s in samples])

    # What was said

    def engine_ports(self):
        """The ports that the engine's media go from."""
        return {p.source[1] for p in self.wire.rtp_to(self.far_end.media_ports)}

    def wait_for_answer(self, method, since, timeout=10):
        """The engine's final answer to a request of the far end."""
        def fits(message):
            return (message.status or 0) >= 200 and message.answered_method == method
        return self.wire.wait_for_sip(fits, timeout, since, f"answer to {method}")

    def invitations(self, since=0.0):
        """INVITEs that begin a call, at any of the programs."""
        return [m for m in self.wire.sip(since) if m.starts_a_call]

    def check_goes_on(self, engine=None):
        """The call stays up, with sound in both directions."""
        engine = engine or self.engine
        self.wait_for_sound(50)
        engine.ping()
        states = [m["state"] for m in engine.messages if m.get("type") == "state"]
        assert states[-1] == "joined", states
        if self.kind != table.SIPP:
            assert (self.far_end.rings(), self.far_end.calls()) == (1, 1)

