"""Exact execution: states, expectations, gradients and derivative states in double precision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, TypeVar

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.errors import InputError
from qng.execute.statevector import many, points
from qng.execute.statevector.points import SWEEPING
from qng.execute.statevector.room import LOOKING, in_work, of_results, shape_of
from qng.execute.statevector.shots import looks
from qng.execute.statevector.shots.prefixes import WORTH_A_THREAD, Visit, visit_states
from qng.execute.statevector.small import together, walks
from qng.execute.statevector.tangents.derivatives import (
    MEMORY,
    Derivatives,
    too_many,
)
from qng.execute.statevector.tangents.rows import spare
from qng.plan.request import (
    Density,
    Expectation,
    Gradient,
    Overlap,
    Probabilities,
    Request,
    Result,
    Samples,
    State,
    Tangent,
    Values,
)
from qng.threads import cores, mapped

S = TypeVar("S")
T = TypeVar("T")

# Indices of pairs of amplitudes are numbers of 32 bits.
_MOST_QUBITS: Final = 31

# Matrices of a point that are held while steps of many runs are solved for.
_METRICS: Final = 6

# Changes of amplitudes from which on a sweep is more than the way into it.
_LARGE: Final = 50_000


@dataclass(frozen=True)
class Statevector:
    """The exact executor: amplitudes of a pure state, complex128.

    Args:
        threads: How many threads a batch may use; all cores by default. Results do not depend
            on it.
        memory: Limit in bytes for states held at once.
        single: Whether the derivative states of a Gram matrix are kept in single precision: half
            the memory, a little faster, and entries of the metric with errors of about 1e-7. That
            is safe where the metric is damped by 1e-4 or more. Everything else stays in double
            precision.

    Raises:
        InputError: A number of threads that is not at least 1.

    Cost: 2^n per operation and state. Operations that the points of a batch have in common are
    done once (`prefixes.py`) where samples, expectation values or overlaps are asked for; a
    gradient is one forward and one reverse sweep of two states; the Gram matrix of P derivative
    states carries each through about half of the circuit (`tangents.py`).
    """

    threads: int | None = None
    memory: int = MEMORY
    single: bool = False

    name: ClassVar[str] = "statevector"
    noise: ClassVar[str] = ""
    worth_a_task: ClassVar[int] = 20_000_000
    answers: ClassVar[frozenset[type]] = frozenset(
        {Density, Expectation, Overlap, Samples, Gradient, Tangent, State, Probabilities}
    )

    def __post_init__(self) -> None:
        if self.threads is not None:
            checks.whole("threads", self.threads, 1)
        checks.positive("memory", self.memory)

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """The results of a batch, one a request.

        Raises:
            InputError: The states do not fit into `memory`.
        """
        if requests and (step := together.at_one_point(requests, self.memory)) is not None:
            return step
        held = [self._check_memory(request) for request in requests]
        results = self._small(requests)
        if len(results) < len(requests):
            self._answer_others(requests, seed, results, held)
        return [results[k] for k in range(len(requests))]

    def _answer_others(
        self,
        requests: Sequence[Request],
        seed: int,
        results: dict[int, Result],
        held: Sequence[int],
    ) -> None:
        """Answer those requests that have no result yet; these take so many states each."""
        looking: dict[int, list[int]] = {}
        alike: dict[object, list[int]] = {}
        tangents = self._tangents({k: r for k, r in enumerate(requests) if k not in results})
        for k, request in enumerate(requests):
            if k in results:
                continue
            if type(request.measure) in looks.LOOKS and self._one_of(request) is None:
                looking.setdefault(request.circuit.n_qubits, []).append(k)
            elif k in tangents:
                results[k] = tangents[k]
            elif isinstance(request.measure, Expectation):
                # What is asked of the same states is had from one sweep.
                at = request.circuit, request.angles.shape, request.angles.tobytes()
                alike.setdefault(at, []).append(k)
            else:
                beside = [t for j, t in tangents.items() if requests[j].same_point(request)]
                results[k] = self._answer(request, beside)
        for which in alike.values():
            results |= zip(which, self._expectations([requests[k] for k in which]))
        for which in looking.values():
            named = [requests[k].drawn(k) for k in which]
            of_all = sum(held[k] for k in which)
            results |= zip(which, looks.looked_at(named, seed, self._visit, of_all))

    def gathers(self, circuit: Circuit) -> int:
        """At how many points of a circuit derivative states and their metrics may be held."""
        rows = circuit.n_parameters
        if not walks.is_small(circuit):
            return 0
        of_a_point = together.room(circuit, rows) + _METRICS * 8 * rows**2
        return max(self.memory - (16 * (LOOKING + 1) << circuit.n_qubits), 0) // max(of_a_point, 1)

    def _visit(
        self,
        points: Sequence[tuple[Circuit, Array]],
        visit: Visit,
        held: int = 0,
    ) -> None:
        if walks.is_small(points[0][0]):
            looks.visit_small(points, visit)
            return
        room = max(self.memory // (16 * 2 ** points[0][0].n_qubits) - held, LOOKING)
        threads = max(min(self._workers, room // LOOKING), 1)
        visit_states(points, visit, threads, max(room - (LOOKING - 1) * threads, threads))

    def _small(self, requests: Sequence[Request]) -> dict[int, Result]:
        """The results about circuits of few qubits that need no kernel."""
        mine = {
            k: request
            for k, request in enumerate(requests)
            if walks.is_small(request.circuit)
            and type(request.measure) in together.ANSWERED
            and together.held(request) <= self.memory
        }
        return together.answers(mine) if mine else {}

    def _tangents(self, requests: Mapping[int, Request]) -> dict[int, Derivatives]:
        """Derivative states; Gram matrices of a small circuit at many points are computed here."""
        found: dict[int, Derivatives] = {}
        alike: dict[object, list[int]] = {}
        for k, request in requests.items():
            if isinstance(measure := request.measure, Tangent):
                # A gradient is in double precision.
                kept, jacobian = measure.gram and not self.single, measure.jacobian
                at = request.circuit, request.angles[0], jacobian
                found[k] = Derivatives(*at, self._workers, self.memory, kept, self.single)
                if kept:
                    entries = jacobian.rows.tobytes(), jacobian.columns.tobytes()
                    alike.setdefault((request.circuit, jacobian.shape, entries), []).append(k)
        for which in alike.values():
            first = found[which[0]]
            if many.worth_it(first.circuit, first.jacobian.shape[1]):
                phi = np.array([found[k].phi for k in which])
                jacobians = [found[k].jacobian for k in which]
                grams = many.grams(first.circuit, phi, jacobians, self._side_by_side)
                found |= {k: replace(found[k], known=gram) for k, gram in zip(which, zip(*grams))}
        return found

    def _side_by_side(self, f: Callable[[S], T], items: Sequence[S]) -> list[T]:
        return mapped(f, items, min(self._workers, len(items)))

    def _answer(self, request: Request, beside: Sequence[Derivatives]) -> Result:
        """The result of one request; the derivatives are those at the same point."""
        circuit, measure = request.circuit, request.measure
        if isinstance(measure, Overlap):
            return Values(looks.overlaps(circuit, request.angles, measure.others, self._visit))
        if isinstance(measure, Gradient):
            if many.worth_it(circuit, circuit.n_rotations):
                at = circuit, request.angles, measure.observable
                return Values(*many.gradients(*at, self._side_by_side))
            for tangent in beside:
                if tangent.knows_all_slopes:
                    return _as_values([tangent.gradient(measure.observable)], circuit.n_rotations)
        if isinstance(measure, State) and walks.is_small(circuit):
            return walks.states(circuit, request.angles)
        one = self._one_of(request)
        assert one is not None
        threads, each = self._shared(request)
        if isinstance(measure, Gradient):
            parts = mapped(lambda phi: one(circuit, phi, measure, each), request.angles, threads)
            return _as_values(parts, circuit.n_rotations)
        kind = float if isinstance(measure, Probabilities) else complex
        found = np.empty((len(request.angles), *shape_of(request)), dtype=kind)

        def fill(k: int) -> None:
            found[k] = one(circuit, request.angles[k], measure, each)

        mapped(fill, range(len(found)), threads)
        return found

    def _expectations(self, requests: Sequence[Request]) -> list[Values]:
        """Those of several observables in the same states."""
        first, measures = requests[0], [request.measure for request in requests]
        one = self._one_of(first)
        assert one is not None
        threads, each = self._shared(first)
        parts = mapped(lambda phi: one(first.circuit, phi, measures, each), first.angles, threads)
        found = np.array(parts).reshape(len(parts), len(requests), 2)
        return [Values(*found[:, k].T) for k in range(len(requests))]

    def _shared(self, request: Request) -> tuple[int, int]:
        """How many threads take points, and how many each of these has for its sweep."""
        sweep = len(request.circuit.ops) << request.circuit.n_qubits
        # Small sweeps are Python for the most part, of which one thread runs at a time.
        side_by_side = sweep > _LARGE and sweep * len(request.angles) > WORTH_A_THREAD
        threads = min(self._workers, self._sweeps_at_once(request)) if side_by_side else 1
        # Cores that no other point needs share the sweep of one.
        return threads, max(self._workers // max(min(threads, len(request.angles)), 1), 1)

    @property
    def _workers(self) -> int:
        return self.threads or cores()

    def _one_of(self, request: Request) -> points.Answer | None:
        """How a point is answered by a sweep of its own, if it is."""
        if isinstance(request.measure, Samples):
            return None
        return points.answer_of(request, of_results(request), self.memory)

    def _sweeps_at_once(self, request: Request) -> int:
        """For how many points at once there is memory."""
        return max(self.memory // (16 * SWEEPING << request.circuit.n_qubits), 1)

    def _check_memory(self, request: Request) -> int:
        """See that a request can be answered, and how many states its results take."""
        if request.circuit.n_qubits > _MOST_QUBITS:
            raise InputError(
                f"a statevector of {request.circuit.n_qubits} qubits is too long; "
                f"at most {_MOST_QUBITS} are possible"
            )
        held = of_results(request)
        states = in_work(request) + held
        needed = states * 16 * 2**request.circuit.n_qubits
        if needed > self.memory:
            raise too_many(states, request.circuit.n_qubits, self.memory)
        spare(needed, self.memory)
        return held


def _as_values(points: Sequence[tuple[float, float, Array]], n_rotations: int) -> Values:
    value, variance = (np.array([point[k] for point in points]) for k in (0, 1))
    slopes = np.array([gradient for _, _, gradient in points])
    return Values(value=value, variance=variance, gradient=slopes.reshape(len(points), n_rotations))
