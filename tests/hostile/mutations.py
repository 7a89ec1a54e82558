"""Ways to spoil a picture file: anywhere in its bytes, or in the parts that its format is made of."""

import struct
import zlib

from hypothesis import strategies as st

from tests.hostile.files import seeds

SEEDS = sorted(seeds())
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)

whole = st.sampled_from(SEEDS).map(seeds().__getitem__)


@st.composite
def bytes_changed(draw: st.DrawFn) -> bytes:
    """A few bytes here and there, more often near the beginning, where the headers are."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(1, 6))):
        end = draw(st.sampled_from((40, 200, len(data))))
        data[draw(st.integers(0, min(end, len(data)) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


@st.composite
def cut_repeated_spliced(draw: st.DrawFn) -> bytes:
    """A part is left out, comes many times, or is another file's."""
    data, other = draw(whole), draw(whole)
    begin, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
    way = draw(st.sampled_from(("cut", "lost", "repeated", "spliced", "inside")))
    if way == "cut":
        return data[:end]
    if way == "lost":
        return data[:begin] + data[end:]
    if way == "repeated":
        return data[:begin] + data[begin:end] * draw(st.integers(2, 9)) + data[end:]
    place = draw(st.integers(0, len(other)))
    return data[:begin] + other[place:] + (data[end:] if way == "inside" else b"")


@st.composite
def numbers_at_their_extremes(draw: st.DrawFn) -> bytes:
    """Some places hold the largest or smallest numbers, of 16 or 32 bits and either end first."""
    data = bytearray(draw(whole))
    for _ in range(draw(st.integers(1, 3))):
        form = draw(st.sampled_from(("<H", ">H", "<I", ">I")))
        size = struct.calcsize(form)
        place = draw(st.integers(0, min(len(data) - size, draw(st.sampled_from((64, 400, 10_000))))))
        value = draw(st.sampled_from(EXTREMES)) % (1 << 8 * size)
        data[place : place + size] = struct.pack(form, value)
    return _with_checksums(bytes(data))


@st.composite
def parts_in_another_order(draw: st.DrawFn) -> bytes:
    """Chunks, segments and boxes are moved, doubled, left out and emptied; their own lengths still hold."""
    head, parts = _parts(draw(whole))
    for _ in range(draw(st.integers(1, 3))):
        if not parts:
            break
        place, way = draw(st.integers(0, len(parts) - 1)), draw(st.integers(0, 3))
        part = parts.pop(place) if way != 1 else parts[place]
        if way in (0, 1):
            parts.insert(draw(st.integers(0, len(parts))), part)
        elif way == 3:
            parts.insert(place, part[:8])
    return _with_checksums(head + b"".join(parts))


def _parts(data: bytes) -> tuple[bytes, list[bytes]]:
    """What a file begins with, and its parts; a file of another format in slices of 16 bytes."""
    if data.startswith(b"\x89PNG"):
        return data[:8], _sized(data[8:], ">I", 0, 12)
    if data.startswith(b"RIFF"):
        return data[:12], _sized(data[12:], "<I", 4, 8)
    if data[4:8] == b"ftyp":
        return b"", _sized(data, ">I", 0, 0)
    if data.startswith(b"\xff\xd8"):
        pieces = data.split(b"\xff")
        return b"", [b"\xff" + piece for piece in pieces[1:]]
    return data[:8], [data[place : place + 16] for place in range(8, len(data), 16)]


def _sized(data: bytes, form: str, at: int, beside: int) -> list[bytes]:
    """Parts that each say their length at a place, beside so many bytes more."""
    parts, place = [], 0
    while place + 8 <= len(data):
        size = struct.unpack_from(form, data, place + at)[0] + beside
        size = max(8, size + (size % 2 if form == "<I" else 0))
        parts.append(data[place : place + size])
        place += size
    return parts


def _with_checksums(data: bytes) -> bytes:
    """A PNG with the right checksums, without which nothing behind them would be looked at; others as they are."""
    if not data.startswith(b"\x89PNG"):
        return data
    made, place = data[:8], 8
    while place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4])
        body = data[place + 4 : place + 8 + size]
        made += data[place : place + 4] + body + struct.pack(">I", zlib.crc32(body))
        place += 12 + size
    return made + data[place:]
