# SPDX-License-Identifier: Apache-2.0
"""WAV files made and judged with the standard library alone."""

import array
import math
import wave


def write_tone(path, hertz=440, seconds=2, rate=16000, amplitude=0.5):
    samples = array.array(
        "h", (int(amplitude * 32767 * math.sin(2 * math.pi * hertz * i / rate)) for i in range(rate * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return str(path)


def read(path):
    """The samples of the first channel, from -1 to 1, and their rate."""
    with wave.open(str(path), "rb") as file:
        assert file.getsampwidth() == 2
        samples = array.array("h", file.readframes(file.getnframes()))
        return [s / 32768 for s in samples[::file.getnchannels()]], file.getframerate()


def loudness(samples):
    """The root of the mean square."""
    return math.sqrt(sum(s * s for s in samples) / len(samples)) if samples else 0.0


def loudness_by_time(path, step=0.1):
    samples, rate = read(path)
    size = int(rate * step)
    return [loudness(samples[i:i + size]) for i in range(0, len(samples) - size + 1, size)]


def share_of_tone(samples, rate, hertz, width=10):
    """How much of the samples' energy is within `width` hertz of the tone, from 0 to 1."""
    count = len(samples)
    total = sum(s * s for s in samples)
    if not total:
        return 0.0
    resolution = rate / count
    share = 0.0
    for bin_ in range(math.ceil((hertz - width) / resolution), math.floor((hertz + width) / resolution) + 1):
        step = 2 * math.pi * bin_ / count
        real = sum(s * math.cos(step * i) for i, s in enumerate(samples))
        imaginary = sum(s * math.sin(step * i) for i, s in enumerate(samples))
        share += 2 * (real * real + imaginary * imaginary) / count
    return share / total


def loudest_second(path):
    """The second of the recording with the most energy, as samples and rate."""
    samples, rate = read(path)
    starts = range(0, max(1, len(samples) - rate), rate // 10)
    best = max(starts, key=lambda i: loudness(samples[i:i + rate]))
    return samples[best:best + rate], rate
