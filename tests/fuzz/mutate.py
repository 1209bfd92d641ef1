"""Changes that a damaged or hostile file may have. Each takes a random.Random and bytes, and gives a copy."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import re
import zipfile
import zlib

SIZE_MAX = 1 << 15

NUMBERS = [
    b"0", b"-1", b"1", b"-0", b"+1", b"2", b"255", b"256", b"65536", b"4294967295", b"2147483648", b"-2147483649",
    b"9007199254740993", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808",
    b"-9223372036854775809", b"18446744073709551615", b"18446744073709551616", b"1152921504606846976",
    b"1e5", b"1e-5", b"1e18", b"1e308", b"1e-308", b"1e999999", b"1E+99999999999", b"nan", b"NaN", b"sNaN", b"inf",
    b"-Infinity", b"0x10", b"1_0", b" 1", b"1 ", b"", b".5", b"5.", b".", b"-", b"1.0000000000000001",
    b"0.00000001", b"0.000000001", b"99999999999.99999999", b"1" * 40, b"9" * 400, b"9" * 5000,
    b"0." + b"0" * 400 + b"1", "\u0663".encode(), b"\x00", b"true", b"null", b"\"1\"", b"[]", b"{}",
]  # fmt: skip

VALUES = [
    None, True, False, 0, -1, 1, 2**31, 2**32, 2**53 + 1, 2**62, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64,
    10**40, 0.5, -0.0, 1e308, 1e-308, 1.5e300, "", "0", "-1", "1", "nan", "inf", "1e99999", "9" * 300, "0.1", "x",
    "BTCUSDT", "\u0000", "../..", "\x1b[31m", "é", "a" * 3000, [], [[]], [["1"]], [["1", "2", "3"]], [None], {},
    {"a": 1}, [[1, 2]], [["x", "y"]],
]  # fmt: skip

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


def octets(rng, data):
    """One change of bytes, wherever."""
    data = bytearray(data)
    at = rng.randrange(len(data) + 1)
    what = rng.randrange(9)
    if what == 0 and data:
        data[at % len(data)] ^= 1 << rng.randrange(8)
    elif what == 1 and data:
        data[at % len(data)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x2C, 0x22, rng.randrange(256)))
    elif what == 2:
        data[at:at] = rng.randbytes(rng.randrange(1, 9))
    elif what == 3:
        del data[at : at + rng.choice((1, 2, 4, 8, 64))]
    elif what == 4:
        size = rng.choice((1, 8, 64, 512))
        data[at:at] = data[max(0, at - size) : at]
    elif what == 5:
        del data[at:]
    elif what == 6:
        width = rng.choice((2, 4, 8))
        number = rng.choice(
            (0, 1, -1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63 - 1, 2**63, 2**64 - 1)
        )
        data[at : at + width] = (number % 2 ** (8 * width)).to_bytes(width, rng.choice(("little", "big")))
    elif what == 7:
        other = rng.randrange(len(data) + 1)
        size = rng.choice((1, 4, 16, 64))
        data[at : at + size] = data[other : other + size]
    else:
        data[at:at] = rng.choice(NUMBERS)
    return bytes(data[:SIZE_MAX])


def number(rng, data):
    """Another number in the place of one of a text."""
    found = list(_NUMBER.finditer(data[:SIZE_MAX]))
    if not found:
        return octets(rng, data)
    match = rng.choice(found)
    new = rng.choice(NUMBERS)
    if rng.random() < 0.3 and match[0].lstrip(b"-").isdigit():
        new = b"%d" % (int(match[0][:30]) + rng.choice((-1, 1, -1000, 1000, 10**6, -(10**9))))
    return (data[: match.start()] + new + data[match.end() :])[:SIZE_MAX]


def lines(rng, data):
    """Lines left out, repeated, moved, joined or cut."""
    rows = data.split(b"\n")
    at, other = rng.randrange(len(rows)), rng.randrange(len(rows))
    what = rng.randrange(6)
    if what == 0:
        del rows[at]
    elif what == 1:
        rows[at:at] = [rows[other]] * rng.choice((1, 1, 2, 50))
    elif what == 2:
        rows[at], rows[other] = rows[other], rows[at]
    elif what == 3:
        rows[at] += rows.pop(other) if len(rows) > 1 and at < len(rows) - 1 else b""
    elif what == 4:
        rows[at] = rows[at][: rng.randrange(len(rows[at]) + 1)]
    else:
        rows[at] = rng.choice((b"", b",", b",,,,,,,,,,,,", b"{}", b"[]", b"\xff\xfe", b"\x00", rng.randbytes(20)))
    return b"\n".join(rows)[:SIZE_MAX]


def cells(rng, data):
    """Cells of comma separated lines left out, repeated or exchanged."""
    rows = data.split(b"\n")
    at = rng.randrange(len(rows))
    row = rows[at].split(b",")
    cell, other = rng.randrange(len(row)), rng.randrange(len(row))
    what = rng.randrange(4)
    if what == 0:
        del row[cell]
    elif what == 1:
        row.insert(cell, row[other])
    elif what == 2:
        row[cell], row[other] = row[other], row[cell]
    else:
        row[cell] = rng.choice(NUMBERS)
    rows[at] = b",".join(row)
    return b"\n".join(rows)[:SIZE_MAX]


def tree(rng, value, depth=0):
    """A JSON value with one node changed, left out, repeated or nested."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        what = rng.randrange(12)
        changed = dict(value)
        if what == 0:
            del changed[key]
        elif what == 1:
            changed[rng.choice(("", "x", "e", "s", "u", "0"))] = changed.pop(key)
        else:
            changed[key] = tree(rng, value[key], depth + 1)
        return changed
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        what = rng.randrange(8)
        changed = list(value)
        if what == 0:
            del changed[at]
        elif what == 1:
            changed[at:at] = [changed[at]] * rng.choice((1, 2, 30))
        else:
            changed[at] = tree(rng, value[at], depth + 1)
        return changed
    if rng.random() < 0.05:
        return [value] * 3
    if rng.random() < 0.02:
        for _ in range(rng.choice((5, 2000))):
            value = [value]
        return value
    if isinstance(value, str) and rng.random() < 0.4:
        return number(rng, value.encode()).decode("utf8", "replace")
    if isinstance(value, int) and rng.random() < 0.3:
        return value + rng.choice((-1, 1, 1000, -1000, 10**9))
    return rng.choice(VALUES)


def json_text(rng, text):
    """The text of a JSON value with one of its nodes changed."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return octets(rng, text)
    try:
        return json.dumps(tree(rng, value), separators=rng.choice(((",", ":"), (", ", ": ")))).encode()[:SIZE_MAX]
    except RecursionError:
        return text


def json_lines(rng, data):
    """One line of HEAD JSON with a node of its JSON changed."""
    rows = data.split(b"\n")
    at = rng.randrange(len(rows))
    brace = rows[at].find(b"{")
    if brace < 0:
        return lines(rng, data)
    rows[at] = rows[at][:brace] + json_text(rng, rows[at][brace:])
    return b"\n".join(rows)[:SIZE_MAX]


TEXT = (octets, number, number, lines)


def zipped(rng, members, level=zipfile.ZIP_DEFLATED):
    """A ZIP of (name, data); now and then with another method, a folder or a damaged byte."""
    out = io.BytesIO()
    method = level if rng.random() < 0.9 else rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return out.getvalue()


def compressed(rng, data):
    """The data as gzip or bzip2, or as it is."""
    what = rng.randrange(5)
    if what == 0:
        return gzip.compress(data, 1, mtime=0)
    if what == 1:
        return bz2.compress(data, 1)
    return data


def bomb(rng, data):
    """A gzip stream of zeros that grows a thousandfold, behind the data."""
    stream = zlib.compressobj(1, wbits=31)
    return stream.compress(data + bytes(rng.choice((1 << 16, 1 << 22, 1 << 25)))) + stream.flush()
