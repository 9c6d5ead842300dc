"""Ranks of the metric against depth: along one circuit, and of a family of circuits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Integers
from qng.circuit.circuit import Circuit
from qng.errors import InputError, QngError, shown
from qng.geometry.capacity import counted, singular
from qng.geometry.eigen import ROUNDING
from qng.run.ansatz.families import family as family_of
from qng.run.ansatz.spectra import Spectra, is_real, most, spectra
from qng.run.ansatz.states import circuit_and_point, random_points, tangents
from qng.run.partial import error_in_words
from qng.seeds import number_of

_PLACES: Final = 40
"""Where a longer circuit is looked at, at most."""


@dataclass(frozen=True, eq=False)
class Along:
    """The rank of the metric along one circuit: of its beginnings, at one point.

    Args:
        n_qubits: n.
        parameters: How many parameters have acted, ascending, shape (places,).
        ranks: Of the metric of the circuit up to there, shape (places,).
        real: Whether the state is real up to a phase.
    """

    n_qubits: int
    parameters: Integers
    ranks: Integers
    real: bool

    @property
    def most(self) -> int:
        """What no circuit on n qubits exceeds."""
        return most(self.n_qubits, self.real)

    @property
    def saturated(self) -> int | None:
        """From how many parameters on the rank does not grow any more; None: it grows to the end.

        A circuit that is cut where all its parameters are independent may grow still.
        """
        return _saturated(self.parameters, self.ranks)


@dataclass(frozen=True, eq=False)
class Depths:
    """The spectrum of the metric of a family of circuits, depth by depth.

    Args:
        depths: Ascending, shape (depths,).
        spectra: One a depth, at random points.
        name: Of the family; empty: one of the user's own.
    """

    depths: Integers
    spectra: tuple[Spectra, ...]
    name: str = ""

    @property
    def parameters(self) -> Integers:
        """P of every depth, shape (depths,)."""
        return np.array([len(found.parameters) for found in self.spectra], dtype=np.int64)

    @property
    def ranks(self) -> Integers:
        """D_C of every depth, shape (depths,)."""
        return np.array([found.dimension for found in self.spectra], dtype=np.int64)

    @property
    def most(self) -> int:
        """What no circuit on so many qubits exceeds, of the kind of states that were seen."""
        return max((found.most or 0 for found in self.spectra), default=0)

    @property
    def saturated(self) -> int | None:
        """The depth from which on the rank does not grow any more; None: it grows to the end."""
        return _saturated(self.depths, self.ranks)

    @property
    def is_clear(self) -> bool:
        """Whether no rank hangs on where the line between information and rounding is drawn."""
        return all(found.is_clear for found in self.spectra)


def along(target: Any, theta: Any = None, seed: int = 0, floor: float = ROUNDING) -> Along:
    """The rank of the metric of the first k parameters of a circuit, k = 1 ... P.

    A parameter counts from its first rotation on; the circuit is cut before the first rotation of
    the next one, at 40 places at most. What follows the cut changes no product of derivative
    states, so that one sweep serves all places.

    Args:
        target: As in `spectra`.
        theta: Shape (P,), radians; None: a random point.
        seed: Of this.
        floor: As in `spectra`.

    Returns:
        Ranks by the number of parameters that have acted.

    Example:
        >>> from qng.circuit.ansatz import real_amplitudes
        >>> along(real_amplitudes(2, 2)).ranks.tolist()
        [1, 2, 3, 3, 3, 3]
    """
    checks.inside("floor", floor, 0, 1)
    circuit, _ = circuit_and_point(target, theta)
    if theta is None:
        point = random_points(circuit, 1, number_of(seed))[0]
    else:
        _, given = circuit_and_point(target, theta)
        assert given is not None
        point = given
    rows, psi = tangents(circuit, point, rotations=True)
    jacobian = circuit.jacobian(point)
    sizes, ranks = [], []
    for count, end in _cuts(circuit):
        part = jacobian[:end].T @ rows[:end]
        sizes.append(count)
        ranks.append(counted(singular(part), floor).rank)
    return Along(
        circuit.n_qubits,
        np.array(sizes, dtype=np.int64),
        np.array(ranks, dtype=np.int64),
        is_real(psi),
    )


def by_depth(
    family: str | Callable[[int], Any],
    depths: Iterable[int],
    *,
    n_qubits: int | None = None,
    samples: int = 3,
    seed: int = 0,
    floor: float = ROUNDING,
) -> Depths:
    """The spectrum and rank of the metric of a family of circuits against depth.

    Args:
        family: A name of `families.FAMILIES`, or any function of a depth that returns a circuit
            (ours, Qiskit's) or a problem, or a pair of a QNode and its arguments.
        depths: Whole numbers, ascending.
        n_qubits: n, of a family by name.
        samples: Random points a depth, uniform on [-pi, pi).
        seed: Of these, and of the random axes of a family by name.
        floor: As in `spectra`.

    Raises:
        InputError: Depths or a family that are none, or one by name without n_qubits.
        UnknownNameError: No such family.

    Example:
        >>> by_depth("random-cx", [1, 2, 3, 4, 5], n_qubits=2).ranks.tolist()
        [2, 4, 5, 6, 6]
    """
    many = isinstance(depths, Iterable) and not isinstance(depths, (str, bytes))
    listed = [checks.whole("a depth", depth) for depth in depths] if many else []
    if not listed or sorted(set(listed)) != listed:
        raise InputError(f"depths are whole numbers, ascending, not {shown(depths)}")
    name, made = "", family
    if isinstance(family, str):
        if n_qubits is None:
            raise InputError(f"the family {family!r} needs n_qubits=, the number of its qubits")
        name = family
        made = family_of(family, checks.whole("n_qubits", n_qubits, 1), number_of(seed))
    if not callable(made):
        raise InputError(
            f"a family is a name or a function of a depth that returns a circuit, not "
            f"{shown(family)}"
        )
    found = tuple(spectra(_made(made, depth), None, samples, seed, floor) for depth in listed)
    return Depths(np.array(listed, dtype=np.int64), found, name)


def _made(family: Callable[[int], Any], depth: int) -> Any:
    """What a family makes."""
    try:
        return family(depth)
    except QngError:
        raise
    except Exception as error:
        raise InputError(f"the family failed at depth {depth}: {error_in_words(error)}") from error


def _cuts(circuit: Circuit) -> list[tuple[int, int]]:
    """(parameters that have acted, rotations up to there), where the next one begins to act."""
    seen: set[str] = set()
    found: list[tuple[int, int]] = []
    for r, rotation in enumerate(circuit.rotations):
        new = set(rotation.angle.parameters()) - seen
        if new and seen:
            found.append((len(seen), r))
        seen |= new
    if seen:
        found.append((len(seen), circuit.n_rotations))
    if len(found) <= _PLACES:
        return found
    kept = np.unique(np.linspace(0, len(found) - 1, _PLACES).round().astype(int))
    return [found[k] for k in kept]


def _saturated(places: Integers, ranks: Integers) -> int | None:
    """The first place with the last rank, unless that is the last place."""
    if len(ranks) < 2 or ranks[-1] > ranks[-2]:
        return None
    return int(places[int(np.flatnonzero(ranks == ranks[-1])[0])])
