"""A batch cut into parts of about equal work, and what they give put together again.

    middle of point i   m_i = (w_1 + ... + w_(i-1) + w_i / 2) / W,    W the work of all points
    its part            floor(m_i n), of n parts

so every part is a stretch of the batch, and requests are cut between their points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np

from qng.arrays import Array, Integers
from qng.plan.request import Gradient, Overlap, Request, Result, Values

# A gradient is a sweep there and one of two states back.
_SWEEPS: Final = 3


@dataclass(frozen=True)
class Piece:
    """Points of a request.

    Args:
        number: Of the request in its batch.
        start: The first of them.
        points: What asks for them.
    """

    number: int
    start: int
    points: Request


def cut(requests: Mapping[int, Request], worth: int | None, most: int) -> list[tuple[Piece, ...]]:
    """A batch in parts.

    Args:
        requests: By their numbers, with names for their draws.
        worth: The least work of a part, in changes of amplitudes; None: it stays whole.
        most: How many parts there may be.
    """
    if not requests:
        return []
    whole = [Piece(number, 0, request) for number, request in requests.items()]
    work = np.concatenate([_work(piece.points) for piece in whole])
    enough = 1 if worth is None else min(int(work.sum()) // worth, len(work))
    n_parts = min(most, enough)
    if n_parts < 2:
        return [tuple(whole)]
    part_of = _parts(work, n_parts)
    borders = np.cumsum([len(piece.points.angles) for piece in whole])[:-1]
    parts: dict[int, list[Piece]] = {}
    for piece, own in zip(whole, np.split(part_of, borders), strict=True):
        for part, stretch in _stretches(piece, own):
            parts.setdefault(part, []).append(stretch)
    return [tuple(pieces) for pieces in parts.values()]


def joined(pieces: Iterable[tuple[Piece, Result]]) -> dict[int, Result]:
    """The results of the requests by their numbers, from those of their pieces in any order."""
    found: dict[int, dict[int, Result]] = {}
    for piece, result in pieces:
        found.setdefault(piece.number, {})[piece.start] = result
    return {
        number: _concatenated([of_pieces[start] for start in sorted(of_pieces)])
        for number, of_pieces in found.items()
    }


def _work(request: Request) -> Array:
    """Amplitudes that the operations of every point change, shape (points,)."""
    sweeps = _SWEEPS if isinstance(request.measure, Gradient) else 1
    of_a_point = 2**request.circuit.n_qubits * (len(request.circuit.ops) + 1) * sweeps
    return np.full(len(request.angles), float(of_a_point))


def _parts(work: Array, n_parts: int) -> Integers:
    """The part of every point, ascending; shape (points,)."""
    middles = (np.cumsum(work) - work / 2) / work.sum()
    parts: Integers = np.minimum((middles * n_parts).astype(np.int64), n_parts - 1)
    return parts


def _stretches(piece: Piece, part_of: Integers) -> Iterator[tuple[int, Piece]]:
    """The parts that points of a request are in, each with its points; those of none in one."""
    borders = (np.flatnonzero(np.diff(part_of)) + 1).tolist()
    if not borders:
        yield int(part_of[0]) if len(part_of) else 0, piece
        return
    for start, stop in pairwise([0, *borders, len(part_of)]):
        points = _some(piece.points, slice(start, stop))
        yield int(part_of[start]), Piece(piece.number, start, points)


def _some(request: Request, which: slice) -> Request:
    """Some points of a request."""
    measure = request.measure
    if isinstance(measure, Overlap):
        kept = None if measure.kept is None else measure.kept[which]
        measure = Overlap(measure.others[which], kept)
    return replace(
        request,
        angles=request.angles[which],
        measure=measure,
        weights=None if request.weights is None else request.weights[which],
        shots=None if request.shots is None else request.shots[which],
        draws=None if request.draws is None else request.draws[which],
    )


def _concatenated(parts: list[Result]) -> Result:
    """The results of stretches of a request, in their order, as one."""
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], tuple):
        return tuple(counts for part in parts for counts in part)
    if not isinstance(parts[0], Values):
        return np.concatenate(parts)
    columns = {
        field.name: [getattr(part, field.name) for part in parts] for field in fields(Values)
    }
    known = {name: column for name, column in columns.items() if column[0] is not None}
    whole: dict[str, Any] = {name: np.concatenate(column) for name, column in known.items()}
    return Values(**whole)
