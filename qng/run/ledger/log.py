"""Whether the log beside a SQLite file is whole.

SQLite reads its log up to the first frame that does not fit, as after a power cut, and says nothing
of what comes behind: a flipped bit there takes back what was committed after it. Frames behind the
end that two or more commits have made cannot be what a power cut has left, since every commit
waits until it is on the disk.

    header   magic, version, page size, number, two salts, two sums           (32 bytes)
    frame    page, pages after a commit or 0, two salts, two sums; then the page

(The sqlite.org page "WAL-mode File Format".)
"""

from __future__ import annotations

import struct
from typing import Final

_HEADER: Final = 32
_FRAME: Final = 24
_MAGIC: Final = {0x377F0682: "<", 0x377F0683: ">"}
_WORD: Final = 0xFFFFFFFF


def broken(log: bytes) -> str:
    """What is wrong with a log, in a few words; empty where nothing is."""
    if len(log) < _HEADER + _FRAME:
        return ""
    magic, _, size, _, *salts = struct.unpack(">6I", log[:24])
    order = _MAGIC.get(magic)
    if order is None or (sums := _sums(log[:24], order, (0, 0))) != _pair(log, 24):
        return "the header of its log was changed"
    begins = range(_HEADER, len(log) - size - _FRAME + 1, size + _FRAME)
    ended, commits = False, 0
    for begin in begins:
        head, page = log[begin : begin + _FRAME], log[begin + _FRAME : begin + _FRAME + size]
        ours = list(_pair(head, 8)) == salts
        if not ended:
            sums = _sums(head[:8] + page, order, sums)
            ended = not ours or sums != _pair(head, 16)
        if ended:
            commits += ours and _pair(head, 0)[1] > 0
    return "its log was changed" if commits > 1 else ""


def _pair(data: bytes, at: int) -> tuple[int, int]:
    one, other = struct.unpack(">2I", data[at : at + 8])
    return one, other


def _sums(data: bytes, order: str, sums: tuple[int, int]) -> tuple[int, int]:
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    one, other = sums
    for x, y in zip(words[::2], words[1::2]):
        one = (one + x + other) & _WORD
        other = (other + y + one) & _WORD
    return one, other
