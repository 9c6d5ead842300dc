r"""The metric inside blocks, divided into what the circuit's structure fixes and what is counted.

On the prefix state of a block, K_r = V^dagger P_r V with V everything from there to rotation r,

    g_rs = (<K_r K_s> - <K_r><K_s>) / 4 = Cov(K_r, K_s) / 4

and a Clifford circuit makes all K_r of the block signed bits. Rotations whose entries are all
known (`structure`), and that are not correlated, in chains, with any whose entries are not, are
left out: then what is counted is a whole covariance matrix, and stays positive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from qng.arrays import Flags
from qng.circuit.blocks import Block
from qng.circuit.circuit import Circuit
from qng.circuit.derived import derived
from qng.circuit.pauli import Pauli
from qng.circuit.structure import structure
from qng.estimate.fubini.prefixes import as_bits, as_circuit, influencing, inherited, prefix_steps
from qng.estimate.parts.moments import Bits
from qng.geometry import Blocks

Members = NDArray[np.intp]
"""Rotations of a block, as positions in it."""


@dataclass(frozen=True, eq=False)
class Part:
    """Rotations whose covariance matrix is counted.

    Args:
        rotations: Indices r.
        bits: What their K_r have become.
    """

    rotations: tuple[int, ...]
    bits: Bits


@dataclass(frozen=True, eq=False)
class CountedBlock:
    """One block as a circuit.

    Args:
        circuit: The part of the prefix that the words depend on, and the gates that make them
            bits.
        inherited: The rotations of the whole circuit that it has.
        basis: The qubits that are measured.
        parts: Sets of rotations that have no wanted entry and no parameter in common.
    """

    circuit: Circuit
    inherited: tuple[int, ...]
    basis: Pauli
    parts: tuple[Part, ...]


@dataclass(frozen=True, eq=False)
class Division:
    """What of the metric inside blocks is known, and what is counted.

    Args:
        known: g_phi, zero where it is counted.
        counted: The blocks with something to be counted.
    """

    known: Blocks
    counted: tuple[CountedBlock, ...]


@derived
def divided(circuit: Circuit, rule: str, diagonal: bool) -> Division:
    """The division for all entries inside blocks, or for the diagonal in the parameters alone.

    Args:
        circuit: The circuit.
        rule: Of the blocks.
        diagonal: Whether only entries of rotations that share a parameter are wanted.
    """
    fixed, shared = structure(circuit), sharing(circuit)
    blocks = circuit.blocks(rule)
    known, counted = [], []
    for block in blocks:
        index = list(block.rotations)
        metric = fixed.metric[np.ix_(index, index)]
        together = shared[np.ix_(index, index)]
        wanted = together if diagonal else np.ones_like(together)
        # Not a number is not zero: what is unknown may be correlated.
        correlated = wanted & (metric != 0)
        unknown = np.any(wanted & np.isnan(metric), axis=1)
        chosen = _chained(correlated, unknown)
        known.append(np.where(wanted & np.outer(~chosen, ~chosen), metric, 0.0))
        if chosen.any():
            parts = list(_components(correlated | together, np.flatnonzero(chosen)))
            counted.append(_counted(circuit, block, parts, fixed.means == 0))
    index_sets = tuple(block.rotations for block in blocks)
    return Division(Blocks(index_sets, tuple(known), circuit.n_rotations), tuple(counted))


def sharing(circuit: Circuit) -> Flags:
    """Which pairs of rotations have a parameter in common, shape (R, R)."""
    uses = _uses(circuit)
    return np.asarray(uses @ uses.T > 0)


def outside_blocks(circuit: Circuit, rule: str) -> Flags:
    """Which pairs of rotations are in no block together, shape (R, R)."""
    apart = np.ones((circuit.n_rotations,) * 2, dtype=bool)
    for block in circuit.blocks(rule):
        apart[np.ix_(block.rotations, block.rotations)] = False
    return apart


def _uses(circuit: Circuit) -> NDArray[np.int64]:
    """1 where the angle of a rotation has a parameter, else 0; shape (R, P)."""
    column = {name: k for k, name in enumerate(circuit.parameters)}
    uses = np.zeros((circuit.n_rotations, circuit.n_parameters), dtype=np.int64)
    for r, rotation in enumerate(circuit.rotations):
        uses[r, [column[name] for name in rotation.angle.parameters()]] = 1
    return uses


def _chained(linked: Flags, seeds: Flags) -> Flags:
    """The vertices of a graph that are linked with some seed, at any distance."""
    found = np.zeros(len(seeds), dtype=bool)
    for component in _components(linked, np.arange(len(seeds))):
        found[component] = seeds[component].any()
    return found


def _components(linked: Flags, vertices: Members) -> Iterator[Members]:
    """The connected components of some vertices of a graph."""
    if len(vertices):
        from scipy.sparse.csgraph import connected_components

        count, labels = connected_components(linked[np.ix_(vertices, vertices)], directed=False)
        yield from (vertices[labels == k] for k in range(count))


def _counted(
    circuit: Circuit, block: Block, parts: Sequence[Members], centred: Flags
) -> CountedBlock:
    """The circuit of a block.

    Args:
        circuit: The whole circuit.
        block: The block.
        parts: Sets of its members.
        centred: Which means are zero by structure, shape (R,).
    """
    members = [int(k) for part in parts for k in part]
    gates, bits = as_bits(block, [block.rotations[k] for k in members])
    reached = reduce(or_, (block.words[k].support for k in members))
    past = influencing(prefix_steps(circuit, block), reached)
    steps = [*past, *((gate, None) for gate in gates)]

    def part_of(rotations: tuple[int, ...]) -> Part:
        words = tuple(Pauli(0, bits[r][1]) for r in rotations)
        signs = np.array([float(bits[r][0]) for r in rotations])
        return Part(rotations, Bits(words, signs, bool(np.all(centred[list(rotations)]))))

    return CountedBlock(
        as_circuit(circuit, steps),
        inherited(steps),
        Pauli(0, reduce(or_, (mask for _, mask in bits.values()))),
        tuple(part_of(tuple(block.rotations[k] for k in part)) for part in parts),
    )
