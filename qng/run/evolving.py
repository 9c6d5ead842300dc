"""An evolution before it is done: what is followed, what is seen, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qng.arrays import Amplitudes, Array
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.plan.executor import Executor, Service
from qng.plan.plan import join
from qng.plan.quantities import Energy
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run import exact as exactly
from qng.run.bench import answer
from qng.run.drive import observable_at, source_of
from qng.run.evolution import Evolution, Exact, Moment, Setting
from qng.run.flow import Flow
from qng.run.idle import Kept
from qng.run.objective import Circuits, Exactness, objective_of
from qng.run.partial import error_in_words, keep_partial
from qng.run.results import Goal
from qng.run.walk import Until, walked

Watch = Callable[[Moment], Any]
"""Told of every row; it ends the evolution by raising StopIteration."""


@dataclass(frozen=True)
class Evolving:
    """An evolution before it is done.

    Args:
        made: How.
        device: What answers.
        rows: Where rows are kept, ascending, shape (times,).
        observables: By name.
        exact: Whether exact evolution is computed.
    """

    made: Setting
    device: Executor | Service
    rows: Array
    observables: dict[str, PauliSum]
    exact: bool

    def run(self, until: Until | None, watch: Watch | None, limit: int) -> Evolution:
        """Do it.

        Args:
            until: Of which the first zero ends it.
            watch: Told of every row.
            limit: Most points at which the equation is set up.
        """
        problem, base, integrator = self.made.problem, self.made.start, self.made.integrator
        reduced = problem.reduced(base)
        flow = self._flow(reduced, limit)
        moments: list[Moment] = []
        end = "it came to its end"
        try:
            for moment in walked(flow, integrator, reduced.initial, self.rows, until):
                moments.append(replace(moment, theta=problem.expand(moment.theta, base)))
                if watch is not None:
                    watch(moments[-1])
        except StopIteration as stopped:
            end = f"watch ended it at time {moments[-1].time:g}: {stopped}".rstrip(": ")
        except BaseException as error:
            if moments:
                last = f"stopped after time {moments[-1].time:g}: {error_in_words(error)}"
                if isinstance(error, KeyboardInterrupt):
                    last = f"interrupted after time {moments[-1].time:g}"
                keep_partial(error, self._result(moments, last, success=False))
            raise
        else:
            if moments[-1].time < self.made.time:
                end = f"until crossed zero at time {moments[-1].time:g}"
            elif not moments[-1].length:
                end = "it came to its end, and nothing moved: the velocity is zero at the start"
        return self._result(moments, end, success=True)

    def _flow(self, problem: AnyProblem, limit: int) -> Flow:
        """The equation of the parameters that are free.

        Raises:
            InputError: There are none, or this executor cannot answer it.
        """
        if not problem.parameters:
            raise InputError("nothing can move: there are no free parameters")
        made = self.made
        objective = objective_of(problem, self.device, False)
        if made.hamiltonian is not None and isinstance(problem, Problem):
            # Nobody knows beforehand on which qubits it acts: none is left out as idle.
            n = problem.circuit.n_qubits
            kept, known = (
                Kept(2**n - 1, n, bool(self.device.noise)),
                Exactness.of(self.device, False),
            )
            objective = Circuits(problem.ensemble, problem.observable, kept, known)
        source = source_of(problem, objective, self.device, made.metric, made.hamiltonian)
        if made.kind == "real" and not source.states:
            raise InputError(
                "real time needs derivatives of the state, and they are not known here: take a "
                "problem with a circuit and executor='statevector', or a wave function that is "
                "summed exactly"
            )
        return Flow(source.at, made.kind, made.principle, made.solve, limit)

    def _result(self, moments: Sequence[Moment], message: str, success: bool) -> Evolution:
        points = np.array([moment.theta for moment in moments])
        times = np.array([moment.time for moment in moments])
        return Evolution(
            goal=self._goal(),
            made=self.made,
            moments=tuple(moments),
            success=success,
            message=message,
            means=self._means(points),
            exact=self._exact(times, points),
        )

    def _goal(self) -> Goal:
        """That of the problem, of which a Hamiltonian of another kind has no ground energy."""
        goal = Goal.of(self.made.problem)
        return goal if self.made.hamiltonian is None else replace(goal, reference=None)

    def _means(self, points: Array) -> dict[str, Array]:
        """Of the observables at points of shape (times, P)."""
        if not self.observables:
            return {}
        plans = {
            name: objective_of(_of_another(self.made.problem, h), self.device, False).energy(points)
            for name, h in self.observables.items()
        }
        told: dict[str, Energy[Array]] = answer(self.device, join(plans))
        return {name: found.value for name, found in told.items()}

    def _exact(self, times: Array, points: Array) -> Exact | None:
        """Exact evolution from the first point, where it can be had."""
        problem = self.made.problem
        h = exactly.hamiltonian_of(problem) if self.exact else None
        if h is None:
            return None
        own = exactly.states_of(problem, points)
        states, seen = self._driven(h, own[0], times)
        return Exact(
            energies=seen,
            fidelities=exactly.overlaps(states, own),
            ground=exactly.ground_weights(problem, states),
            means={name: exactly.means(w, states) for name, w in self.observables.items()},
        )

    def _driven(self, h: PauliSum, psi: Amplitudes, times: Array) -> tuple[Amplitudes, Array]:
        """Exact states and their energies."""
        given, real = self.made.hamiltonian, self.made.kind == "real"
        if given is None:
            states = exactly.evolved(h, psi, times, real)
            return states, exactly.means(h, states)
        n = self.made.problem.circuit.n_qubits

        def at(time: float) -> PauliSum:
            return observable_at(given, time, n)

        states = exactly.driven(at, psi, times, real)
        pairs = zip(times.tolist(), states)
        return states, np.concatenate([exactly.means(at(t), state[None]) for t, state in pairs])


def _of_another(problem: Any, observable: PauliSum) -> AnyProblem:
    """The problem of another observable in the same states."""
    if isinstance(problem, Problem):
        return replace(problem, observable=observable)
    other: AnyProblem = replace(problem, loss=replace(problem.loss, hamiltonian=observable))
    return other
