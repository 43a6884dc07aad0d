# SPDX-License-Identifier: Apache-2.0
"""PCMU (G.711 µ-law) made and read by the standard library alone."""

import math

BIAS, CLIP = 0x84, 32635


def encode(sample):
    """One sample of 16 bits."""
    sign = 0x80 if sample < 0 else 0
    value = min(abs(sample), CLIP) + BIAS
    exponent = value.bit_length() - 8
    return ~(sign | exponent << 4 | value >> exponent + 3 & 15) & 0xFF


def decode(byte):
    """From -1 to 1."""
    byte = ~byte & 0xFF
    value = ((byte & 15) << 3) + BIAS << (byte >> 4 & 7)
    return (BIAS - value if byte & 0x80 else value - BIAS) / 32768


DECODED = [decode(byte) for byte in range(256)]


def tone(hertz, seconds, amplitude=0.5, rate=8000):
    return bytes(
        encode(int(amplitude * 32767 * math.sin(2 * math.pi * hertz * i / rate))) for i in range(rate * seconds))


def samples(packets):
    """Of RTP packets with PCMU, in the order in which they came."""
    return [DECODED[byte] for packet in packets if packet.payload[1] & 0x7F == 0 for byte in packet.payload[12:]]
