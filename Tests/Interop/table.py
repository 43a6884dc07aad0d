# SPDX-License-Identifier: Apache-2.0
"""Which far end does what: the cells that are played, and the reason of every one that is not."""

import asterisk

BARESIP, LINPHONE, SIPP, KAMAILIO, ASTERISK = (
    "baresip", "linphone-daemon", "sipp", "baresip behind Kamailio", "Asterisk")
FAR_ENDS = (BARESIP, LINPHONE, SIPP, KAMAILIO, ASTERISK)

CELLS = {
    "call": "sound both ways",
    "early_media": "183 with a tone",
    "hold_by_engine": "hold, and back",
    "hold_by_far_end": "held, and back",
    "dtmf": "digits of RFC 4733",
    "late_offer": "INVITE without an offer",
    "declined_transfer": "REFER, and the user declines",
    "transfer": "REFER from here",
    "hang_up_by_engine": "BYE from here",
    "hang_up_by_far_end": "BYE from there",
    "engine_killed": "same dialog goes on",
    "call_over_tcp": "sound both ways, TCP",
    "call_over_tls": "sound both ways, TLS",
    "engine_killed_over_tcp": "same dialog, TCP",
    "engine_killed_over_tls": "same dialog, TLS",
    "call_by_dtls": "keys from a handshake",
    "hold_by_engine_by_dtls": "hold, and back, the same keys",
    "engine_killed_by_dtls": "same dialog, same keys",
}

NO_COMMAND = "has no command that sends an INVITE without a description in a call"
NO_DTLS = "has no encryption of sound in Debian's package"
NO_DTLS_HERE = "would need its modules and a certificate for it, which its configuration here does not have"
NO_TLS = "was not brought to serve TLS with a certificate of the test's authority (5.1.65)"

CANNOT = {
    (BARESIP, "late_offer"): NO_COMMAND,
    (KAMAILIO, "late_offer"): NO_COMMAND,
    (LINPHONE, "late_offer"): NO_COMMAND,
    (ASTERISK, "late_offer"): NO_COMMAND,
    (SIPP, "transfer"): "calls nobody by itself",
    (ASTERISK, "hold_by_far_end"): "holds only for another channel that is bridged with the call, not by itself",
    (LINPHONE, "call_over_tls"): NO_TLS,
    (LINPHONE, "engine_killed_over_tls"): NO_TLS,
    **{(SIPP, cell): NO_DTLS for cell in CELLS if cell.endswith("_by_dtls")},
    **{(ASTERISK, cell): NO_DTLS_HERE for cell in CELLS if cell.endswith("_by_dtls")},
}

# sipp answers to where the call's first message came from, whatever Via says (3.6.1): a successor's port is another.
# Here it is behind the proxies, which also turn TCP and TLS into UDP.
BEHIND_PROXIES = {
    (SIPP, cell) for cell in ("engine_killed", "call_over_tcp", "call_over_tls", "engine_killed_over_tcp",
                              "engine_killed_over_tls")}

# When its transfer is refused, it ends the call itself (1.0.0).
ENDS_AFTER_REFUSAL = {BARESIP, KAMAILIO}

# 183 with a description, but nothing to hear until the answer: the cell is played without the sound.
SILENT_EARLY = {
    BARESIP: "starts its source with the answer (1.0.0): early media is its description, and what it takes",
    KAMAILIO: "starts its source with the answer (1.0.0): early media is its description, and what it takes",
    LINPHONE: "plays nothing into a call that it has not answered (5.1.65): early media is its description",
}

# Neither is in Debian 12 or 13 (`apt-cache policy asterisk freeswitch`). Asterisk is had from Debian 11 where somebody
# has unpacked it, see asterisk.py; FreeSWITCH is in no release of Debian.
ABSENT = {} if asterisk.root() else {
    ASTERISK: "is not in this Debian; ONGOINGCALL_ASTERISK_ROOT names no folder that has it (see asterisk.py)"}
NEVER = {"FreeSWITCH": "is in no release of Debian"}


def why_not(far_end, cell):
    """The reason that a cell is not played, or None."""
    return ABSENT.get(far_end) or CANNOT.get((far_end, cell))


def players(cell):
    """The far ends that can play the cell."""
    return [far_end for far_end in FAR_ENDS if not why_not(far_end, cell)]


def text(results, notes):
    """The table for people: `results` and `notes` by far end and cell."""
    lines, reasons = [], []
    width = max(map(len, CELLS))
    lines.append(" " * width + "".join(f"  {name:>24}" for name in FAR_ENDS))
    for cell in CELLS:
        row = ""
        for far_end in FAR_ENDS:
            if why := why_not(far_end, cell):
                if (sentence := f"{far_end} {why}") not in reasons:
                    reasons.append(sentence)
                value = f"cannot ({reasons.index(sentence) + 1})"
            else:
                value = " ".join(filter(None, (results.get((far_end, cell), "not run"), notes.get((far_end, cell)))))
            row += f"  {value:>24}"
        lines.append(f"{cell:{width}}{row}")
    lines += [f"({number}) {sentence}" for number, sentence in enumerate(reasons, 1)]
    lines += [f"{cell}: {far_end} is behind Kamailio" for far_end, cell in sorted(BEHIND_PROXIES)]
    lines += [f"declined_transfer: {far_end} hangs up when it is refused" for far_end in sorted(ENDS_AFTER_REFUSAL)]
    lines += [f"early_media: {far_end} {why}" for far_end, why in SILENT_EARLY.items()]
    return lines + [f"{name} {why}" for name, why in NEVER.items()]
