# SPDX-License-Identifier: Apache-2.0
"""Values of every type of D-Bus: at the limits, hostile, too large, too deep, and of a type that was not asked for."""

import struct

from wire import TEXTS, Variant, split

WHOLE = {"y": 8, "n": -16, "q": 16, "i": -32, "u": 32, "x": -64, "t": 64}
DOUBLES = [0.0, -0.0, 1.5, float("inf"), float("-inf"), float("nan"), 1e308, 5e-324]
STRINGS = [
    "", " ", "a", "0", "-1", "true", "null", "%s%n%s%n", "\n", "\r\n", "\t", "\x1b[2J\x1b]0;x\x07", "\x7f", "\u0085", "\u2028",
    "\u202eecruos", "\u2066\u2067\u2068", "\u200d\u200f", "\ufeff", "\ufdd0", "\uffff", "\U0010ffff", "é", "e\u0301" * 60, "👩‍👩‍👧‍👦" * 20,
    "<b>bold</b>", "&amp;&#0;&lt;", "<img src='file:///etc/passwd'>", "'; rm -rf ~; '", "$(id)", "${HOME}", "`id`", "$$", "%n%h%i%%",
    "../../../etc/passwd", "/", "//", "/etc/passwd", "/dev/zero", "/proc/self/fd/0", "/nowhere/at all", ".", "..", "~", "file:///etc/passwd",
    "sip:", "sip:@", ":", "sip:a@[::1", "sip:a@127.0.0.1:99999", "http://127.0.0.1/", "SIP:A@B", "obeys", "a" * 63, "a" * 64, "a" * 65,
    "org.freedesktop.DBus", ":1.1", "/org/ongoingcall/Calls1", "org.ongoingcall.Calls1", "CometChat_Call_Ongoing_Conference",
    "0123456789ABCD*#", "command", "sip", "good", "terminal", "public", "max", "default",
]
# Sizes around those at which something may change.
SIZES = [127, 128, 129, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097, 16384, 32768, 32769, 65535, 65536]
PATHS = ["/", "/a", "/org/ongoingcall/Calls1", "/org/ongoingcall/Calls1/session/00000000", "/" + "a" * 200, "/a/b" * 60, "/_0"]
SIGNATURES = ["", "s", "a{sv}", "(" * 30 + "y" + ")" * 30, "a" * 31 + "y", "vvvv", "a(ttsosa{sv})"]
LETTERS = "ybnqiuxtdsogvah"


class Values:
    """`descriptors` is how many come along with the message."""

    def __init__(self, rng, largest, names=()):
        self.rng, self.largest = rng, largest
        # Strings that mean something: ids, paths, keys.
        self.names = list(names)
        self.descriptors = 0

    def of(self, signature, depth=0):
        """A value of that type."""
        letter = signature[0]
        if letter in WHOLE:
            return self.whole(letter)
        if letter == "b":
            return self.rng.random() < 0.5
        if letter == "d":
            return self.rng.choice(DOUBLES)
        if letter == "h":
            return self.index()
        if letter in TEXTS:
            return self.text(letter)
        if letter == "v":
            return self.variant(depth + 1)
        if letter == "a":
            return self.array(signature[1:], depth + 1)
        return tuple(self.of(part, depth + 1) for part in split(signature[1:-1]))

    def whole(self, letter):
        bits = WHOLE[letter]
        low, high = (0, (1 << bits) - 1) if bits > 0 else (-(1 << -bits - 1), (1 << -bits - 1) - 1)
        kind = self.rng.random()
        if kind < 0.4:
            return self.rng.choice([low, low + 1, 0, 1, high - 1, high])
        if kind < 0.8:
            return max(low, min(high, self.rng.choice([1 << n for n in range(abs(bits))]) + self.rng.choice((-1, 0, 1))))
        return self.rng.randint(low, high)

    def index(self):
        """Of a descriptor: one that is there, or none."""
        if self.descriptors and self.rng.random() < 0.9:
            return self.rng.randrange(self.descriptors)
        return self.rng.choice([0, 1, self.descriptors, 253, 0xFFFFFFFF])

    def text(self, letter="s"):
        rng = self.rng
        if letter == "o":
            own = [name for name in self.names if name.startswith("/")]
            return rng.choice(own) if own and rng.random() < 0.4 else rng.choice(PATHS)
        if letter == "g":
            return rng.choice(SIGNATURES)
        kind = rng.random()
        if kind < 0.2 and self.names:
            return rng.choice(self.names)
        if kind < 0.8:
            return rng.choice(STRINGS)
        if kind < 0.85:
            return rng.choice(STRINGS) + rng.choice(STRINGS)
        if kind < 0.9:
            return "".join(chr(rng.choice((rng.randint(1, 127), rng.randint(0xA0, 0xD7FF), rng.randint(0x10000, 0x10FFFF)))) for _ in range(rng.randint(1, 40)))
        size = rng.choice(SIZES)
        return (rng.choice(("x", "é", "\U0001f600", " ", "<", "\u202e", "/", ".")) * size)[:size]

    def array(self, kind, depth):
        rng = self.rng
        if kind in ("y", "t", "u") and rng.random() < 0.3:
            width = {"y": 1, "t": 8, "u": 4}[kind]
            return bytes(rng.choice([0, 1, 255, 4096, 65536, self.largest // 4, self.largest]) // width * width)
        count = rng.choice([0, 1, 1, 2, 3, 5, 17, 300] if depth < 2 else [0, 1, 2, 3])
        if kind[0] == "{":
            key, value = split(kind[1:-1])
            return [(self.of(key, depth), self.of(value, depth)) for _ in range(min(count, 40))]
        if count == 300 and rng.random() < 0.3:
            return [self.of(kind, depth)] * (self.largest // 64)
        return [self.of(kind, depth) for _ in range(count)]

    def variant(self, depth=0):
        if depth < 2 and self.rng.random() < 0.06:
            return self.nest()
        signature = self.signature(depth)
        return Variant(signature, self.of(signature, depth))

    def nest(self):
        """As deep as the bus lets through, and a bit deeper."""
        depth = self.rng.choice([1, 8, 16, 30, 31, 32, 40, 60, 62, 63, 64, 65, 80])
        kind = self.rng.randrange(3)
        if kind == 0:
            value = Variant("s", "deep")
            for _ in range(depth):
                value = Variant("v", value)
            return value
        depth = min(depth, 31)
        value = 7
        for _ in range(depth):
            value = [value] if kind == 1 else (value,)
        return Variant("a" * depth + "y" if kind == 1 else "(" * depth + "y" + ")" * depth, value)

    def signature(self, depth=0):
        """Any one complete type."""
        rng = self.rng
        if depth > 3:
            return rng.choice("ybnqiuxtdsog")
        kind = rng.random()
        if kind < 0.6:
            return rng.choice("ybnqiuxtdsogvh")
        if kind < 0.7:
            return rng.choice(["as", "a{sv}", "a{ss}", "(so)", "a(ss)", "aa{sv}", "ay", "at", "ao", "ah", "a{tv}", "av", "(sss)", "aay", "a{oa{sa{sv}}}"])
        if kind < 0.85:
            return "a" + self.signature(depth + 1)
        if kind < 0.95:
            return "(" + "".join(self.signature(depth + 1) for _ in range(rng.randint(1, 4))) + ")"
        return "a{" + rng.choice("sytuio") + self.signature(depth + 1) + "}"

    def options(self, known):
        """An a{sv}: of keys that are known, with their types; of them with others; of such as nobody knows."""
        rng, items = self.rng, []
        for _ in range(rng.choice([0, 1, 1, 2, 3, 4, 6, 12])):
            if known and rng.random() < 0.85:
                key, signature = rng.choice(known)
                right = rng.random() < 0.75
                items.append((key, Variant(signature, self.of(signature, 1)) if right else self.variant(1)))
            else:
                items.append((self.text(), self.variant(1)))
        if rng.random() < 0.03:
            items += [(f"key-{n}", Variant("u", n)) for n in range(rng.choice([100, 1000, self.largest // 64]))]
        if items and rng.random() < 0.1:
            items.append(rng.choice(items))
        return items


def spoiled(rng, data):
    """The bytes of a message with some changed: what the bus lets through of that is still to be answered."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        place = rng.randrange(len(data))
        kind = rng.random()
        if kind < 0.5:
            data[place] ^= 1 << rng.randrange(8)
        elif kind < 0.8:
            data[place] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, 0xC3))
        elif len(data) >= place + 4:
            data[place:place + 4] = struct.pack("<I", rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, len(data))))
    return bytes(data)
