"""Which physical qubits the circuits of a run sit on.

All circuits of a batch, and of a run that keeps what it knows, start from the same places: those
that the transpiler chooses for the deepest of them. Nothing leaves these qubits and, where they
are not joined, the shortest paths between them; so the energy, the gradient and the metric are
those of one state on one piece of the device, and one calibration serves them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from qiskit import QuantumCircuit
from qiskit.transpiler import Target, generate_preset_pass_manager

from qng.errors import InputError
from qng.execute.qiskit.isa import restricted

Neighbours = dict[int, list[int]]
"""The qubits that are coupled to each, ascending."""


def neighbours(target: Target) -> Neighbours | None:
    """The couplings of the qubits that can be used; None where all are coupled or nobody knows.

    A qubit can be used where it has a readout and the gates on one qubit that most qubits have:
    devices leave out what is faulty.
    """
    edges: set[tuple[int, int]] = set()
    single: dict[int, set[str]] = {}
    for name in target.operation_names:
        if isinstance(target.operation_from_name(name), type) or target[name] is None:
            continue
        for where in target[name]:
            if where is not None and len(where) == 2:
                edges.add((min(where), max(where)))
            elif where is not None and len(where) == 1:
                single.setdefault(where[0], set()).add(name)
    if not edges:
        return None
    number = Counter(name for names in single.values() for name in names)
    usual = {name for name, n in number.items() if 2 * n > len(single)}
    qubits = sorted({*single, *(q for pair in edges for q in pair)})
    found: Neighbours = {q: [] for q in qubits if usual <= single.get(q, set())}
    for a, b in sorted(edges):
        if a in found and b in found:
            found[a].append(b)
            found[b].append(a)
    return {q: sorted(near) for q, near in found.items()}


@dataclass(frozen=True)
class Placement:
    """Where circuits start.

    Args:
        qubits: The physical qubit of every qubit of our circuits; those of smaller circuits are
            the first of them.
        passed: Further ones that states may be moved through.
    """

    qubits: tuple[int, ...]
    passed: tuple[int, ...] = ()

    def region(self, near: Neighbours) -> tuple[int, ...]:
        """All of them, joined by shortest paths where they are not; ascending.

        Args:
            near: Couplings by which all of them are reached (`fits`).
        """
        joined, apart = {self.qubits[0]}, {*self.qubits[1:], *self.passed}
        while apart:
            path = _path(joined, apart, near)
            joined |= set(path)
            apart -= joined
        return tuple(sorted(joined))

    def extended(self, n: int, near: Neighbours, name: str) -> Placement:
        """The placement with the nearest free qubits for circuits of n qubits.

        Raises:
            InputError: There are not so many that can be reached.
        """
        qubits = list(self.qubits)
        while len(qubits) < n:
            free = set(near) - set(qubits)
            path = _path(set(qubits), free, near)
            if not path:
                raise InputError(
                    f"the circuit has {n} qubits, {name} has {len(qubits)} that are coupled and in "
                    "order: choose a larger backend or a smaller problem"
                )
            qubits.append(path[-1])
        return replace(self, qubits=tuple(qubits))

    def fits(self, near: Neighbours) -> bool:
        """Whether all its qubits can be used and reached from each other."""
        wanted = {*self.qubits, *self.passed}
        return wanted <= set(near) and wanted <= _reached(self.qubits[0], near)


def chosen(
    circuit: QuantumCircuit, target: Target, near: Neighbours, level: int, seed: int, name: str
) -> Placement:
    """Where the transpiler puts a circuit if it is free to choose.

    Args:
        circuit: With all its qubits measured.
        target: Of the device.
        near: Its couplings.
        level: Of Qiskit's preset passes.
        seed: Of layout and routing.
        name: Of the device, for the message.

    Raises:
        InputError: The device has not so many qubits that are coupled and in order.
    """
    usable = max(_pieces(near), key=len)
    n = circuit.num_qubits
    if len(usable) < n:
        raise InputError(
            f"the circuit has {n} qubits, {name} has {len(usable)} that are coupled and in order: "
            "choose a larger backend or a smaller problem"
        )
    passes = generate_preset_pass_manager(
        level, target=restricted(target, usable), seed_transpiler=seed
    )
    sent = passes.run(circuit)
    if sent.layout is None:  # of a single qubit
        return Placement(usable[:n])
    places: list[int] = sent.layout.initial_index_layout(filter_ancillas=True)
    used = {sent.find_bit(q).index for one in sent.data for q in one.qubits}
    passed = sorted(used - set(places))
    return Placement(tuple(usable[k] for k in places), tuple(usable[k] for k in passed))


def _pieces(near: Neighbours) -> Iterable[tuple[int, ...]]:
    """The qubits that are reached from each other, ascending; the piece with qubit 0 first."""
    left = dict.fromkeys(near)
    while left:
        piece = _reached(next(iter(left)), near)
        yield tuple(sorted(piece))
        for q in piece:
            del left[q]


def _reached(start: int, near: Neighbours) -> set[int]:
    found, waiting = {start}, [start]
    while waiting:
        for q in near[waiting.pop()]:
            if q not in found:
                found.add(q)
                waiting.append(q)
    return found


def _path(start: Collection[int], goal: Collection[int], near: Neighbours) -> list[int]:
    """The shortest way from one of some qubits to one of others; of equal ones the lowest.

    Empty where there is none.
    """
    ways = {q: [q] for q in sorted(start)}
    edge = list(ways)
    while edge:
        found = [q for q in edge if q in goal]
        if found:
            return ways[min(found)]
        beyond = []
        for q in edge:
            for other in near.get(q, ()):
                if other not in ways:
                    ways[other] = [*ways[q], other]
                    beyond.append(other)
        edge = beyond
    return []
