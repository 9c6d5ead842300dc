"""Costs that are made of QNodes: E(x) = sum_k c_k <H_k> + c, such as `A(x) + 0.5 * B(x)`.

The function is run with QNodes that answer with expressions instead of numbers (`calls`), so that
it says which circuits it runs, what it measures there, and with which coefficients. These have to
be the same at every point.
"""

from __future__ import annotations

import functools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from autograd.tracer import isbox

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.convert.pennylane.calls import Linear, Run
from qng.circuit.convert.pennylane.follow import converted
from qng.circuit.convert.pennylane.paulis import measured
from qng.circuit.convert.pennylane.reader import numbers
from qng.circuit.convert.pennylane.source import Source, made_by
from qng.circuit.convert.pennylane.tapes import quiet
from qng.circuit.convert.pennylane.trace import Watched
from qng.circuit.gate import Gate, Rotation
from qng.circuit.origin import Maker, Origin
from qng.circuit.pauli import PauliSum
from qng.errors import CircuitError


@dataclass(frozen=True, eq=False)
class Cost:
    """A sum of expectation values.

    Args:
        circuits: (circuit, weight), of the same qubits and parameters.
        observable: H, the same on all of them.
        theta: The arguments that were given, shape (P,).
        nodes: The QNodes that it calls.
        name: What it is called.
    """

    circuits: tuple[tuple[Circuit, float], ...]
    observable: PauliSum
    theta: Array
    nodes: tuple[Any, ...]
    name: str


def cost_of(
    function: Any,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    argnum: int | Sequence[int] | None = None,
) -> Cost | None:
    """The cost that a function of QNodes is; None where it calls no QNode.

    QNodes with equal circuits are one, with the sum of their observables. Where circuits differ
    and observables are multiples of each other, they are weighted circuits, whose metric is the
    weighted sum of theirs. Elsewhere they are run side by side, on qubits of their own, and the
    metric is the sum of theirs.

    Args:
        function: What is minimised; a `functools.partial` has its first arguments as constants.
        args: Its arguments at one point.
        kwargs: Its keyword arguments, which are constants.
        argnum: As in `convert`.

    Raises:
        CircuitError: It is no sum of multiples of expectation values, a multiple depends on an
            argument, or as `convert`.
    """
    fixed: tuple[Any, ...] = ()
    if isinstance(function, functools.partial):
        function, fixed, kwargs = function.func, function.args, {**function.keywords, **kwargs}
    run = Run.of(function, (*fixed, *args), kwargs)
    if not run.tapes:
        return None
    first = run.form()
    labels = _labels(run)

    whole = made_by(
        function,
        lambda *a, **kw: Run.of(Watched(function), a, kw),
        args,
        kwargs,
        fixed=fixed,
        argnum=argnum,
        labels=labels,
    )
    runs = _Runs(whole)

    def part(k: int) -> Source:
        return replace(whole, run=lambda values: runs.of(values).tape(k))

    used = [k for k in range(len(run.tapes)) if any(key[0] == k for key in first.terms)]
    if not used:
        raise CircuitError("the cost is a constant: no expectation value of a QNode is in it")
    parts = {k: converted(part(k)) for k in used}
    makers = [c.circuit.origin.maker for c in parts.values() if c.circuit.origin is not None]
    coefficients = _Coefficients(whole, runs, first)
    coefficients.check_elsewhere()
    runs.keeps = True
    groups: dict[Circuit, PauliSum] = {}
    for k, found in parts.items():
        h = sum(
            (
                _observable(found.measurements[m], found.wires) * c
                for (j, m), c in first.terms.items()
                if j == k
            ),
            PauliSum({}),
        )
        groups[found.circuit] = groups.get(found.circuit, PauliSum({})) + h
    circuits, observable = _joined(groups, first.constant)
    origin = Origin.of(Several((*makers, coefficients)), whole.parameters)
    weighted = tuple(
        (Circuit(c.n_qubits, c.ops, c.parameters, origin=origin), weight) for c, weight in circuits
    )
    return Cost(weighted, observable, whole.theta, tuple(dict.fromkeys(run.nodes)), whole.name)


@dataclass(eq=False)
class _Runs:
    """Runs of a function, of which all its circuits are parts.

    Args:
        whole: The function as a source of a `Run`.
        keeps: Whether the last one is known. Not while the function is converted, where two runs
            at one point show whether it is the same at every call.
    """

    whole: Source
    keeps: bool = False
    _last: tuple[tuple[bytes, ...], Any] | None = None

    def of(self, values: Sequence[Any]) -> Any:
        """The run at numbers or boxes, one array a leaf."""
        if not self.keeps or any(map(isbox, values)):
            return self.whole.run(values)
        key, last = tuple(numbers(value).tobytes() for value in values), self._last
        if last is None or last[0] != key:
            self._last = last = key, self.whole.run(values)
        return last[1]

    def forget(self) -> None:
        """Run it again at every point."""
        self._last = None


@dataclass(frozen=True, eq=False)
class Several:
    """Several makers of the same arguments, each of which is asked.

    Args:
        makers: At least one.
    """

    makers: tuple[Maker, ...]

    def check(self, theta: Array, around: bool = False) -> None:
        """That all make at theta what they have made."""
        for maker in self.makers:
            maker.check(theta, around)

    def forget(self) -> None:
        """Ask all of them again at every point."""
        for maker in self.makers:
            maker.forget()

    def arguments(self, theta: Array) -> tuple[Any, ...]:
        """theta as what the function is called with."""
        return self.makers[0].arguments(theta)

    def ravelled(self, arguments: Any) -> Array | None:
        """theta of what the function is called with."""
        return self.makers[0].ravelled(arguments)


@dataclass(frozen=True, eq=False)
class _Coefficients:
    """That the coefficients of a cost are the same at every point."""

    source: Source
    runs: _Runs
    given: Linear

    def check(self, theta: Array, around: bool = False) -> None:
        """That they are those that were given."""
        with quiet():
            found = self.runs.of(self.source.native(theta)).form()
        if (found.terms, found.constant) != (self.given.terms, self.given.constant):
            raise CircuitError(
                f"the coefficients of {self.source.name} are others at {self.source.where(theta)} "
                f"than at {self.source.where(self.source.theta)}: a cost is a sum of fixed "
                "multiples of expectation values"
            )

    def forget(self) -> None:
        """Run the function again at every point."""
        self.runs.forget()

    def check_elsewhere(self) -> None:
        """That they are those at a few other points."""
        theta, rng = self.source.theta, np.random.default_rng(0)
        for scale in (1e-3, 1.0, 3.0):
            self.check(theta + scale * rng.normal(size=theta.shape))

    def arguments(self, theta: Array) -> tuple[Any, ...]:
        """theta as what the function is called with."""
        return self.source.called(self.source.native(theta))

    def ravelled(self, arguments: Any) -> Array | None:
        """theta of what the function is called with."""
        return self.source.ravelled(arguments)


def _observable(measurement: Any, wires: Sequence[Hashable]) -> PauliSum:
    found = measured([measurement], wires)
    if not found:
        raise CircuitError(
            f"{type(measurement).__name__} is no expectation value: a cost is made of qml.expval "
            "or qml.probs"
        )
    return found[0]


def _labels(run: Run) -> tuple[Hashable, ...]:
    """The wires of all QNodes: those of devices, and those that are used."""
    found: list[Hashable] = []
    for node, tape in zip(run.nodes, run.tapes):
        found += tape.wires if node.device.wires is None else node.device.wires
    found = list(dict.fromkeys(found))
    if set(found) == set(range(len(found))):
        return tuple(range(len(found)))
    return tuple(found)


def _joined(
    groups: Mapping[Circuit, PauliSum], constant: float
) -> tuple[list[tuple[Circuit, float]], PauliSum]:
    """(weighted circuits, one observable) of circuits with their observables."""
    circuits, sums = list(groups), list(groups.values())
    if len(circuits) == 1:
        return [(circuits[0], 1.0)], sums[0] + PauliSum({"I": constant})
    weights = [_ratio(h, sums[0]) for h in sums]
    if all(w is not None and w > 0 for w in weights):
        known = [w for w in weights if w is not None]
        shifted = sums[0] + PauliSum({"I": constant / sum(known)})
        return list(zip(circuits, known)), shifted
    n = circuits[0].n_qubits
    ops: list[Rotation | Gate] = []
    total = PauliSum({"I": constant})
    for k, (circuit, h) in enumerate(groups.items()):
        places = range(k * n, (k + 1) * n)
        ops += [_moved(op, places) for op in circuit.ops]
        total = total + PauliSum([(word.moved(places), c) for word, c in h])
    return [(Circuit(n * len(circuits), ops, circuits[0].parameters), 1.0)], total


def _moved(op: Rotation | Gate, places: Sequence[int]) -> Rotation | Gate:
    if isinstance(op, Rotation):
        return replace(op, pauli=op.pauli.moved(places))
    return replace(op, qubits=tuple(places[q] for q in op.qubits))


def _ratio(a: PauliSum, b: PauliSum) -> float | None:
    """r where a = r b; None where there is none."""
    mine, other = dict(a), dict(b)
    if mine.keys() != other.keys() or not mine:
        return None
    ratios = [(mine[word] / other[word]).real for word in mine]
    return ratios[0] if np.allclose(ratios, ratios[0], rtol=1e-12, atol=0.0) else None
