# SPDX-License-Identifier: Apache-2.0
"""What is played into a call, and the file that what is heard goes to: 16-bit samples of one channel."""

import array
import math
import os
import struct
import wave

PAUSE = 0.5
"""Seconds between two plays of a file."""
RECORDING_RATE = 16000
LONGEST_SILENCE = 10
AMPLITUDE = 8000


class Unusable(Exception):
    """A file that cannot be played or recorded to; the text says why."""


class Source:
    """Samples at one rate, again and again."""

    def __init__(self, samples, rate):
        self.samples, self.rate, self.place = samples, rate, 0
        self._at = {}

    @classmethod
    def silence(cls):
        return cls([0] * 160, 8000)

    @classmethod
    def tone(cls, hertz):
        count = 16000
        return cls([int(AMPLITUDE * math.sin(2 * math.pi * hertz * i / count)) for i in range(count)], count)

    @classmethod
    def file(cls, path):
        try:
            with wave.open(path, "rb") as file:
                if file.getsampwidth() != 2:
                    raise Unusable(f"the file to play, {path}, is not of 16-bit PCM")
                samples = array.array("h", file.readframes(file.getnframes()))[::file.getnchannels()]
                rate = file.getframerate()
        except OSError as error:
            raise Unusable(f"the file to play, {path}, cannot be read: {error.strerror}") from None
        except (wave.Error, EOFError) as error:
            raise Unusable(f"the file to play, {path}, is not a WAV file: {error}") from None
        samples.extend([0] * int(rate * PAUSE))
        return cls(samples, rate)

    def next(self, count, rate):
        """The next `count` samples at that rate."""
        samples = self._resampled(rate)
        start = self.place * rate // self.rate % len(samples)
        self.place = (self.place + count * self.rate // rate) % len(self.samples)
        piece = list(samples[start:start + count])
        while len(piece) < count:
            piece += samples[:count - len(piece)]
        return piece

    def _resampled(self, rate):
        if rate == self.rate:
            return self.samples
        if rate not in self._at:
            self._at[rate] = resample(self.samples, self.rate, rate)
        return self._at[rate]


def resample(samples, old, new):
    if old == 2 * new:
        return [(a + b) // 2 for a, b in zip(samples[::2], samples[1::2])]
    step, last = old / new, len(samples) - 1
    result = []
    for index in range(int(len(samples) / step)):
        place = index * step
        low = int(place)
        high = min(low + 1, last)
        result.append(int(samples[low] + (samples[high] - samples[low]) * (place - low)))
    return result


class Recording:
    """A WAV file that can be read at any time."""

    def __init__(self, path):
        if not path.endswith(".wav"):
            raise Unusable(f"the file to record to, {path}, must have a name that ends in .wav")
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Unusable(f"the file to record to, {path}, cannot be written: {error.strerror}") from None
        self._size = 0
        self._write(b"")

    def _write(self, data):
        if data:
            os.pwrite(self._file, data, 44 + self._size)
            self._size += len(data)
        os.pwrite(self._file, struct.pack(
            "<4sI8sIHHIIHH4sI", b"RIFF", 36 + self._size, b"WAVEfmt ", 16, 1, 1, RECORDING_RATE, RECORDING_RATE * 2, 2,
            16, b"data", self._size), 0)  # fmt: skip

    def add(self, samples, rate):
        if rate * 2 == RECORDING_RATE:
            doubled = array.array("h", bytes(4 * len(samples)))
            doubled[::2] = doubled[1::2] = array.array("h", samples)
            samples = doubled
        elif rate != RECORDING_RATE:
            samples = resample(samples, rate, RECORDING_RATE)
        self._write(array.array("h", samples).tobytes())

    def add_silence(self, seconds):
        self._write(bytes(2 * int(min(seconds, LONGEST_SILENCE) * RECORDING_RATE)))
