"""The exact metric inside blocks of rotations, in the directions in which parameters move them.

A direction is a pair (block, p): the rotations of the block, each as fast as parameter p moves it;
or a single rotation, where these are fewer.
With A_b the rows of A = d phi / d theta in block b, and g_b the entries of g inside of it,

    A^T mask(g) A = sum_b A_b^T g_b A_b,

where A_b^T g_b A_b is the metric of the directions of b. They are asked for in one of two ways:

- block by block on its prefix state: the rotations of the block, walked back to it, commute there,
  and their metric is that of the prefix circuit followed by them at angle zero;
- all at once on the state of the circuit, where entries between blocks are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Integers
from qng.circuit.angle import parameter
from qng.circuit.blocks import Block
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.gate import Rotation
from qng.circuit.jacobian import Slopes
from qng.estimate.fubini.prefixes import inherited, prefix_steps
from qng.geometry import Blocks, Dense, Metric
from qng.plan.plan import Plan
from qng.plan.request import Request, Result, Tangent, TangentMap, TangentMaps

# Changes of amplitudes that take as long as what surrounds a request, as measured.
_A_REQUEST: Final = 2_000_000

# How often as long one takes in a sweep of a single state, beside one in a sweep of many.
_ALONE: Final = 4


def plan(circuit: Circuit, theta: ArrayLike, rule: str, masked: bool | None) -> Plan[Metric]:
    """A^T g A inside blocks, as `exact.blocks`."""
    phi, slopes = circuit.at(theta)
    asked = _of_affine(circuit, rule) if circuit.is_affine else _asked(circuit, rule, slopes)
    directions = asked.directions
    masked = asked.mask_is_less if masked is None else masked
    if masked:
        requests = [Request(circuit, phi[None], Tangent(directions.slopes, gram=True))]
    else:
        requests = _by_prefixes(circuit, rule, phi, directions)

    def reduce(results: Sequence[Result]) -> Metric:
        if masked:
            g = centred(results[0])
            found = directions.metric([g[own, own] for own in directions.of_blocks])
        else:
            found = directions.metric([centred(tangent) for tangent in results])
        return found.pullback(slopes.dense()) if asked.by_rotations else found

    return Plan(tuple(requests), reduce, rigid=masked and circuit.is_affine)


def centred(tangent: TangentMap | TangentMaps) -> Array:
    """g = Re(D^* D^T) - b b^T of derivative states, at one point or at many."""
    products, b = tangent.gram()
    return products - b[..., :, None] * b[..., None, :]


@dataclass(frozen=True, eq=False)
class _Directions:
    """The pairs of a block and a parameter that moves it, in order.

    Args:
        blocks: Which block, shape (C,).
        parameters: Which parameter, shape (C,).
        slopes: A with its columns divided among the blocks, shape (R, C).
        n_parameters: P.
    """

    blocks: Integers
    parameters: Integers
    slopes: Slopes
    n_parameters: int

    @cached_property
    def of_blocks(self) -> list[slice]:
        """The directions of every block that has some."""
        borders = [0, *np.flatnonzero(np.diff(self.blocks)) + 1, len(self.blocks)]
        return [slice(a, b) for a, b in pairwise(borders) if a < b]

    @cached_property
    def sets(self) -> tuple[tuple[int, ...], ...]:
        """The parameters of these."""
        return tuple(tuple(self.parameters[own].tolist()) for own in self.of_blocks)

    @cached_property
    def are_disjoint(self) -> bool:
        """Whether no parameter is in two blocks."""
        return len(set().union(*self.sets)) == sum(map(len, self.sets))

    def metric(self, parts: Sequence[Array]) -> Blocks | Dense:
        """The sum over blocks, from the metric of the directions of each."""
        sets = self.sets
        if self.are_disjoint:
            return Blocks(sets, tuple(parts), self.n_parameters)
        total = np.zeros((self.n_parameters, self.n_parameters))
        for index, part in zip(sets, parts):
            total[np.ix_(index, index)] += part
        return Dense(total, blocks=sets)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What is asked of a circuit.

    Args:
        directions: In which ones.
        by_rotations: Whether they are the rotations, and not the parameters.
        mask_is_less: Whether all at once is less work.
    """

    directions: _Directions
    by_rotations: bool
    mask_is_less: bool


@derived
def _of_affine(circuit: Circuit, rule: str) -> _Asked:
    """Of a circuit whose slopes are the same everywhere."""
    return _asked(circuit, rule, circuit.slopes(np.zeros(circuit.n_parameters)))


def _asked(circuit: Circuit, rule: str, slopes: Slopes) -> _Asked:
    directions = _directions(circuit, rule, slopes)
    if by_rotations := len(directions.blocks) > circuit.n_rotations:
        directions = _directions(circuit, rule, Slopes.of(np.eye(circuit.n_rotations)))
    return _Asked(directions, by_rotations, _mask_is_less(circuit, rule, directions))


def _directions(circuit: Circuit, rule: str, slopes: Slopes) -> _Directions:
    moves = slopes.values != 0
    rows, n_parameters = slopes.rows[moves], slopes.shape[1]
    of_rotations = _members(circuit, rule).blocks
    pairs, columns = np.unique(
        of_rotations[rows] * n_parameters + slopes.columns[moves], return_inverse=True
    )
    shape = slopes.shape[0], len(pairs)
    divided = Slopes.sorted(rows, columns, slopes.values[moves], shape)
    blocks, parameters = np.divmod(pairs, max(n_parameters, 1))
    return _Directions(blocks, parameters, divided, n_parameters)


def _mask_is_less(circuit: Circuit, rule: str, directions: _Directions) -> bool:
    """Whether it is less work to have all derivative states than the state of every prefix.

    Derivative states go through half of the circuit. Work is counted, and not measured: a point
    gives the same numbers everywhere.
    """
    amplitudes = 2**circuit.n_qubits
    lengths = [len(block.prefix) for block in circuit.blocks(rule)]
    count = len(directions.blocks)
    at_once = amplitudes * count * (len(circuit.ops) // 2 + count)
    own = np.bincount(directions.blocks, minlength=len(lengths))
    states = sum(length for length, some in zip(lengths, own) if some)
    one_by_one = amplitudes * (_ALONE * states + int(own @ own))
    return bool(at_once < one_by_one + _A_REQUEST * (np.count_nonzero(own) - 1))


def _by_prefixes(circuit: Circuit, rule: str, phi: Array, directions: _Directions) -> list[Request]:
    """The directions of every block on its prefix state."""
    members, prefixes, slopes = _members(circuit, rule), _prefixes(circuit, rule), directions.slopes
    requests = []
    for own in directions.of_blocks:
        part, of_prefix = prefixes[directions.blocks[own.start]]
        here = (slopes.columns >= own.start) & (slopes.columns < own.stop)
        rotations = slopes.rows[here]
        # Only the block's own angles move, each by the sign of its word.
        moved = Slopes.sorted(
            len(of_prefix) + members.places[rotations],
            slopes.columns[here] - own.start,
            slopes.values[here] * members.signs[rotations],
            (part.n_rotations, own.stop - own.start),
        )
        angles = np.zeros(part.n_rotations)
        angles[: len(of_prefix)] = phi[list(of_prefix)]
        requests.append(Request(part, angles[None], Tangent(moved)))
    return requests


@dataclass(frozen=True, eq=False)
class _Members:
    """Where each of the R rotations is: its block, its place in it, and the sign of its word."""

    blocks: Integers
    places: Integers
    signs: Integers


@derived
def _members(circuit: Circuit, rule: str) -> _Members:
    found = np.zeros((3, circuit.n_rotations), dtype=np.int64)
    for k, block in enumerate(circuit.blocks(rule)):
        own = list(block.rotations)
        found[0, own], found[1, own], found[2, own] = k, np.arange(len(own)), block.signs
    return _Members(*found)


@derived
def _prefixes(circuit: Circuit, rule: str) -> tuple[tuple[Circuit, tuple[int, ...]], ...]:
    """Per block: the prefix with the block's words after it, and which rotations it inherits."""
    return tuple(_with_words(circuit, block) for block in circuit.blocks(rule))


def _with_words(circuit: Circuit, block: Block) -> tuple[Circuit, tuple[int, ...]]:
    """The words K_r become rotations by parameters of their own, after the prefix."""
    names = [f"{'_'.join(circuit.parameters)}_k{k}" for k in range(len(block.words))]
    words = [Rotation(word, parameter(name)) for word, name in zip(block.words, names)]
    steps = prefix_steps(circuit, block)
    ops = [*(op for op, _ in steps), *words]
    return Circuit(circuit.n_qubits, ops, [*circuit.parameters, *names]), inherited(steps)
