# SPDX-License-Identifier: Apache-2.0
"""Texts and packets that are nearly right. Everything comes from one random generator, so that a seed repeats a run."""

import re

EVIL = [bytes([b]) for b in b";,:=\"<>@?/|[]%\\ \t\r\n\x00\x7f\xff\xc3\x80()*'~"]
NUMBERS = [b"0", b"-1", b"1", b"00000000000000000000001", b"127", b"128", b"255", b"256", b"65535", b"65536", b"2147483647",
           b"2147483648", b"4294967295", b"4294967296", b"18446744073709551615", b"18446744073709551616", b"9" * 40,
           b"1e9", b"0x10", b"1.5", b"", b"\xd9\xa1"]
TEXTS = [b"%s%n%s%n", b"\x00", b"\r\n\r\n", b"\r\n ", b"<sip:x@[::1]>", b"<sip:x@[>", b"sip:", b"sips:a@b;transport=tls", b"*",
         b"\"unclosed", b"<<>>", b";tag=", b";lr;lr=", b"multipart/mixed;boundary=\"b c\"", b"application/sdp", b"(((((((((((((",
         b"=?utf-8?q?x?=", b"z9hG4bK", b"SIP/2.0", b"SIP/3.0/UDP h", b"inline:" + b"A" * 40, b"IN IP6 ::", b"0.0.0.0", b",,,,"]
COMPACT = {b"Via": b"v", b"From": b"f", b"To": b"t", b"Call-ID": b"i", b"Contact": b"m", b"Content-Type": b"c",
           b"Content-Length": b"l", b"Supported": b"k", b"Subject": b"s", b"Refer-To": b"r", b"Event": b"o"}
DIGITS = re.compile(rb"\d+")
LONGEST = 65_000


def _range(rng, data, most=40):
    start = rng.randrange(len(data))
    return start, min(len(data), start + rng.randint(1, most))


def flip(rng, data):
    place = rng.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1:]


def replace(rng, data):
    place = rng.randrange(len(data))
    return data[:place] + rng.choice(EVIL) + data[place + 1:]


def insert(rng, data):
    place = rng.randrange(len(data) + 1)
    return data[:place] + (rng.choice(EVIL) * rng.choice((1, 1, 1, 3, 200)) if rng.random() < 0.6 else rng.choice(TEXTS)) + data[place:]


def remove(rng, data):
    start, end = _range(rng, data)
    return data[:start] + data[end:]


def double(rng, data):
    start, end = _range(rng, data)
    place = rng.randrange(len(data) + 1)
    return data[:place] + data[start:end] * rng.choice((1, 1, 2, 50)) + data[place:]


def truncate(rng, data):
    return data[:rng.randrange(len(data) + 1)]


def nul(rng, data):
    place = rng.randrange(len(data) + 1)
    return data[:place] + bytes(rng.choice((1, 2, 16))) + data[place:]


def number(rng, data):
    found = list(DIGITS.finditer(data))
    if not found:
        return data
    match = rng.choice(found)
    return data[:match.start()] + rng.choice(NUMBERS) + data[match.end():]


def _lines(rng, data, change):
    """What there is before the body, or the body itself, as lines."""
    head, gap, body = data.partition(b"\r\n\r\n")
    if body and rng.random() < 0.4:
        return head + gap + b"\r\n".join(change(body.split(b"\r\n")))
    return b"\r\n".join(change(head.split(b"\r\n"))) + gap + body


def swap_lines(rng, data):
    def change(lines):
        a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
        return lines
    return _lines(rng, data, change)


def drop_line(rng, data):
    def change(lines):
        del lines[rng.randrange(len(lines))]
        return lines
    return _lines(rng, data, change)


def repeat_line(rng, data):
    def change(lines):
        line = rng.choice(lines)
        place = rng.randrange(len(lines) + 1)
        return lines[:place] + [line] * rng.choice((1, 1, 2, 40, 300)) + lines[place:]
    return _lines(rng, data, change)


def swap_values(rng, data):
    """The value of one header field under the name of another."""
    def change(lines):
        if len(lines) > 2:
            a, b = rng.randrange(1, len(lines)), rng.randrange(1, len(lines))
            separator = b": " if b": " in lines[a] else b"="
            lines[a] = lines[a].partition(separator)[0] + separator + lines[b].partition(separator)[2]
        return lines
    return _lines(rng, data, change)


def overlong(rng, data):
    def change(lines):
        index = rng.randrange(len(lines))
        lines[index] += rng.choice((b"a", b" ", b",", b";x", b"\"", b"\\", b"<", b"9", b"\xff")) * rng.choice((100, 1000, 9000, 30000))
        return lines
    return _lines(rng, data, change)


def rename(rng, data):
    """Compact forms, other case, folding, blanks before the colon."""
    def change(lines):
        if len(lines) < 2:
            return lines
        index = rng.randrange(1, len(lines))
        name, colon, value = lines[index].partition(b":")
        name = rng.choice((COMPACT.get(name, name), name.upper(), name.lower(), name + b" \t"))
        lines[index] = name + colon + rng.choice((b"", b"\r\n ", b"\t", b" ")) + value.replace(b";", rng.choice((b";", b"\r\n\t;", b" ; ")))
        return lines
    return _lines(rng, data, change)


def length(rng, data):
    return re.sub(rb"Content-Length: *\d*", lambda _: b"Content-Length: " + rng.choice(NUMBERS), data, count=1)


def body_again(rng, data):
    """In a body of several parts, right or nearly."""
    head, _, body = data.partition(b"\r\n\r\n")
    boundary = rng.choice((b"b", b"b c", b"--", b"", b"x" * 70, b"a\"b"))
    kind = b"multipart/" + rng.choice((b"mixed", b"alternative", b"related", b"", b"x"))
    quoted = rng.choice((b"\"" + boundary + b"\"", boundary, b"\"" + boundary))
    parts = rng.choice((
        b"", b"--%b--\r\n", b"--%b\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--%b--\r\n",
        b"--%b\r\n\r\n%s\r\n--%b\r\nContent-Type: application/sdp\r\n\r\n%s\r\n--%b--", b"pre\r\n--%b \t\r\n%s", b"--%b\n\n%s\n--%b--\n"))
    parts = parts.replace(b"%b", boundary).replace(b"%s", body)
    head = re.sub(rb"Content-Type: [^\r]*", b"Content-Type: " + kind + b";boundary=" + quoted.replace(b"\\", b""), head, count=1)
    return with_length(head + b"\r\n\r\n" + parts)


def with_length(data):
    head, gap, body = data.partition(b"\r\n\r\n")
    return re.sub(rb"Content-Length: *\d*", b"Content-Length: %d" % len(body), head, count=1) + gap + body


TEXT_CHANGES = [flip, flip, replace, insert, remove, double, truncate, nul, number, number, swap_lines, drop_line,
                repeat_line, swap_values, overlong, rename, rename, length, body_again]
BODY_CHANGES = [flip, replace, insert, remove, double, truncate, number, number, number]
PACKET_CHANGES = [flip, flip, flip, replace, remove, double, truncate, nul]


def mutated(rng, data, others):
    """Some changes, the more the rarer; now and then the end of another one."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        if data:
            data = rng.choice(TEXT_CHANGES)(rng, data)
    if rng.random() < 0.03:
        other = rng.choice(others)
        data = data[:rng.randrange(len(data) + 1)] + other[rng.randrange(len(other)):]
    return data[:LONGEST]


def with_mutated_body(rng, data):
    """The message around it stays right, and so it is looked at."""
    head, gap, body = data.partition(b"\r\n\r\n")
    lines = body.split(b"\r\n")
    for _ in range(rng.choice((1, 1, 2, 3, 6))):
        kind = rng.randrange(5)
        if kind == 0 and lines:
            lines[rng.randrange(len(lines))] = rng.choice(lines)
        elif kind == 1 and lines:
            del lines[rng.randrange(len(lines))]
        elif kind == 2:
            lines.insert(rng.randrange(len(lines) + 1), (rng.choice(lines) if lines else b"a=") + rng.choice(TEXTS + NUMBERS))
        else:
            body = b"\r\n".join(lines)
            lines = (rng.choice(BODY_CHANGES)(rng, body) if body else body).split(b"\r\n")
    body = b"\r\n".join(lines)[:20_000]
    return with_length(head + gap + body)


def packet(rng, data):
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        if data:
            data = rng.choice(PACKET_CHANGES)(rng, data)
    return data[:9000]
