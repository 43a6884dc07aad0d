# SPDX-License-Identifier: Apache-2.0
"""G.722 at 64 kbit/s: two bands of adaptive differential PCM behind a quadrature mirror filter, as the ITU has it.

Slow in Python (a tenth of a core for each direction), and so only for calls in which somebody listens.
"""

# The tables of the recommendation: quantizers, their inverses, and the logarithmic scale.
DECISIONS_LOW = (
    0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
    1458, 1612, 1765, 1980, 2195, 2557, 2919)  # fmt: skip
CODES_NEGATIVE = (
    0, 63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4)
CODES_POSITIVE = (
    0, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36,
    35, 34, 33, 32)  # fmt: skip
INVERSE_4 = (0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0)
INVERSE_6 = (
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360,
    -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688,
    -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192,
    6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432,
    -136)  # fmt: skip
INVERSE_2 = (-7408, -1616, 7408, 1616)
SCALE_LOW = (-60, -30, 58, 172, 334, 538, 1198, 3042)
RANK_LOW = (0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0)
SCALE_HIGH = (0, -214, 798)
RANK_HIGH = (2, 1, 2, 1)
LOGARITHM = (
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960,
    3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008)  # fmt: skip
MIRROR = (3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11)


def clip(value):
    return -32768 if value < -32768 else 32767 if value > 32767 else value


class Band:
    """The predictor and the step size of one band."""

    def __init__(self, step, largest, shift):
        self.step, self.log = step, 0
        self.largest, self.shift = largest, shift
        self.estimate = self.zero_part = 0
        self.partial = [0, 0]
        self.reconstructed = [0, 0]
        self.poles = [0, 0]
        self.zeros = [0] * 6
        self.differences = [0] * 6

    def adapt_step(self, change):
        self.log = max(0, min(self.largest, (self.log * 127 >> 7) + change))
        mantissa, exponent = LOGARITHM[self.log >> 6 & 31], self.shift - (self.log >> 11)
        self.step = (mantissa << -exponent if exponent < 0 else mantissa >> exponent) << 2

    def predict(self, difference):
        """Takes in the quantized difference; the estimate of the next sample follows from it."""
        partial = self.zero_part + difference
        reconstructed = clip(self.estimate + difference)
        one, two = self.poles
        same = [(partial < 0) == (p < 0) for p in self.partial]
        weighted = clip(one << 2)
        weighted = min(32767, -weighted if same[0] else weighted)
        second = (128 if same[1] else -128) + (weighted >> 7) + (two * 32512 >> 15)
        second = max(-12288, min(12288, second))
        first = (192 if same[0] else -192) + (one * 32640 >> 15)
        limit = 15360 - second
        first = max(-limit, min(limit, first))
        push = 0 if difference == 0 else 128
        zeros = self.zeros
        for index, old in enumerate(self.differences):
            zeros[index] = (push if (difference < 0) == (old < 0) else -push) + (zeros[index] * 32640 >> 15)
        self.differences = [difference, *self.differences[:5]]
        self.partial = [partial, self.partial[0]]
        self.reconstructed = [reconstructed, self.reconstructed[0]]
        self.poles = [first, second]
        pole_part = (clip(2 * reconstructed) * first >> 15) + (clip(2 * self.reconstructed[1]) * second >> 15)
        zero_part = 0
        for index, old in enumerate(self.differences):
            zero_part += clip(2 * old) * zeros[index] >> 15
        self.zero_part = clip(zero_part)
        self.estimate = clip(pole_part + zero_part)


class Half:
    """One direction: the two bands and the filter's memory."""

    def __init__(self):
        self.low, self.high = Band(32, 18432, 8), Band(8, 22528, 10)
        self.memory = [0] * 24

    def take_in(self, low_code, high_code):
        low, high = self.low, self.high
        low_difference = low.step * INVERSE_4[low_code >> 2] >> 15
        high_difference = high.step * INVERSE_2[high_code] >> 15
        low.adapt_step(SCALE_LOW[RANK_LOW[low_code >> 2]])
        high.adapt_step(SCALE_HIGH[RANK_HIGH[high_code]])
        low.predict(low_difference)
        high.predict(high_difference)


class G722:
    rate = 16000

    def __init__(self):
        self._out, self._in = Half(), Half()

    def encode(self, samples):
        half, coded = self._out, bytearray()
        low, high = half.low, half.high
        for index in range(0, len(samples) - 1, 2):
            half.memory = [*half.memory[2:], samples[index], samples[index + 1]]
            memory = half.memory
            odd = sum(memory[2 * i] * MIRROR[i] for i in range(12))
            even = sum(memory[2 * i + 1] * MIRROR[11 - i] for i in range(12))
            low_sample, high_sample = even + odd >> 14, even - odd >> 14
            error = clip(low_sample - low.estimate)
            size = error if error >= 0 else ~error
            place = 1
            while place < 30 and size >= DECISIONS_LOW[place] * low.step >> 12:
                place += 1
            low_code = CODES_NEGATIVE[place] if error < 0 else CODES_POSITIVE[place]
            error = clip(high_sample - high.estimate)
            is_far = (error if error >= 0 else ~error) >= 564 * high.step >> 12
            high_code = (0 if is_far else 1) if error < 0 else (2 if is_far else 3)
            half.take_in(low_code, high_code)
            coded.append(high_code << 6 | low_code)
        return bytes(coded)

    def decode(self, payload):
        half, samples = self._in, []
        low, high = half.low, half.high
        for code in payload:
            low_code, high_code = code & 63, code >> 6
            low_sample = low.estimate + (low.step * INVERSE_6[low_code] >> 15)
            high_sample = high.estimate + (high.step * INVERSE_2[high_code] >> 15)
            low_sample = max(-16384, min(16383, low_sample))
            high_sample = max(-16384, min(16383, high_sample))
            half.take_in(low_code, high_code)
            half.memory = [*half.memory[2:], low_sample + high_sample, low_sample - high_sample]
            memory = half.memory
            samples.append(clip(sum(memory[2 * i + 1] * MIRROR[11 - i] for i in range(12)) >> 11))
            samples.append(clip(sum(memory[2 * i] * MIRROR[i] for i in range(12)) >> 11))
        return samples
