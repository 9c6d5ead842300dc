"""A matrix as colours without Matplotlib: a table with its numbers, or an image where it is large.

Zero is white, positive entries are red and negative ones blue, by their share of the largest;
entries that were not computed are grey.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qng.arrays import Array, Flags
from qng.report import cells
from qng.report.markup import Html, joined, tag

MOST_NUMBERS: Final = 12
"""Matrices up to this size have their numbers written in."""

_RED: Final = np.array([178.0, 24.0, 43.0])
_BLUE: Final = np.array([33.0, 102.0, 172.0])
_GREY: Final = np.array([222.0, 222.0, 222.0])

_SIDE: Final = 360
"""Of an image, in pixels."""

_DARK: Final = 0.55
"""Share of the largest entry from which on letters are white."""


def heat_map(values: Array, known: Flags, std_error: Array | None) -> Html:
    """A square matrix as colours.

    Args:
        values: Shape (P, P).
        known: Which entries were computed.
        std_error: Of the entries; None: exact.
    """
    shares = shares_of(values)
    colours = painted(shares, known)
    if len(values) <= MOST_NUMBERS:
        return _table(values, known, std_error, shares, colours)
    side = f"{_SIDE}"
    return tag(
        "img",
        src=f"data:image/png;base64,{base64.b64encode(png(colours)).decode()}",
        width=side,
        height=side,
        alt=f"the entries of a matrix of {len(values)} rows as colours",
        style="image-rendering:pixelated;border:1px solid #999",
    )


def shares_of(values: Array) -> Array:
    """The entries over the largest one in size; 0 for those that are not finite."""
    finite = np.isfinite(values)
    largest = float(np.abs(values).max(initial=0.0, where=finite)) or 1.0
    return np.where(finite, values, 0.0) / largest


def painted(shares: Array, known: Flags) -> NDArray[np.uint8]:
    """Colours of entries from -1 to 1, shape (P, P, 3)."""
    ends = np.where((shares < 0)[..., None], _BLUE, _RED)
    mixed = 255.0 + np.abs(shares)[..., None] * (ends - 255.0)
    whole = np.where(known[..., None], mixed, _GREY)
    return np.asarray(np.rint(whole), dtype=np.uint8)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """An image in colours, one pixel an entry (the format: ISO/IEC 15948).

    Args:
        pixels: Shape (rows, columns, 3).
    """
    rows, columns, _ = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(pixels))
    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _table(
    values: Array,
    known: Flags,
    std_error: Array | None,
    shares: Array,
    colours: NDArray[np.uint8],
) -> Html:
    size = len(values)
    head = tag("tr", tag("th"), *(tag("th", f"{k}", scope="col") for k in range(size)))
    rows = []
    for i in range(size):
        entries = [
            _cell(
                number(values[i, j], None if std_error is None else std_error[i, j], shares[i, j])
                if known[i, j]
                else "",
                colours[i, j].tolist(),
                abs(shares[i, j]) > _DARK and bool(known[i, j]),
            )
            for j in range(size)
        ]
        rows.append(tag("tr", tag("th", f"{i}", scope="row"), *entries))
    return tag(
        "table", tag("thead", head), tag("tbody", joined(*rows)), class_="qng-heat", role="table"
    )


def _cell(words: str, colour: list[int], dark: bool) -> Html:
    red, green, blue = colour
    style = f"background:rgb({red},{green},{blue});color:{'#fff' if dark else '#111'}"
    return tag("td", words, style=style)


def number(value: Any, error: Any, share: Any) -> str:
    """An entry with its error; what is rounding beside the largest entry is zero to a reader.

    Args:
        value: The entry.
        error: Its standard error; None: exact.
        share: The entry over the largest.
    """
    if error is not None and error > 0:
        return cells.with_error(float(value), float(error))
    return "0" if abs(share) < 1e-12 and np.isfinite(value) else f"{float(value):.4g}"
