r"""One level after the other: the states so far, and the penalties for the next one.

Where state k is wanted, beta_j has to exceed e_k - E_j. An upper bound l_k of e_k is cheap, the
k-th level in the span of the lowest determinants, and E_j was measured:

    beta_j = 1.2 (l_k - E_j) + 0.1 sum_i |c_i|

Larger ones than it takes make a run slow where levels are close: there states of both mix. The
bound is that of all of H, or of the sector that is given; a circuit that stays in another one has
higher levels. Then the state that is found is one below once more, or says that one below would be
lower, and it is looked for again with 2.2 sum_i |c_i|, within which all levels are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.estimate import energy as energies
from qng.estimate import penalty
from qng.plan.plan import Plan, join
from qng.problem.levels import upper_bound
from qng.problem.symmetries import strength
from qng.run.excited import remarks
from qng.run.excited.assembled import assembled, exact_overlaps
from qng.run.excited.deflated import Deflated
from qng.run.excited.results import ExcitedStates
from qng.run.excited.settings import Settings
from qng.run.results import Run
from qng.seeds import extended

# By how much more than it takes: of the distance, and of sum |c_k|.
_MARGIN: Final = 1.2
_LEAST: Final = 0.1

# Names the draws of a state that is looked for once more.
_SECOND: Final = (1,)

# What all levels lie within, of sum |c_k|, and a tenth more.
_SAFE: Final = 2.2


@dataclass(frozen=True, eq=False)
class Rung:
    """A state that was found.

    Args:
        run: Of it.
        energy: <H>, measured after the last step.
        std_error: Of it; None where exact.
        overlaps: With the k states below, shape (k,).
        overlap_errors: Of these; None where exact.
        beta: The penalties of the run, shape (k,).
    """

    run: Run
    energy: float
    std_error: float | None
    overlaps: Array
    overlap_errors: Array | None
    beta: Array


class Ladder:
    """States from the lowest up.

    Args:
        settings: What is asked.
        beta: beta_j, shape (K - 1,); None: as above.
        known: What was found before, and is gone on with.
    """

    def __init__(self, settings: Settings, beta: Array | None, known: ExcitedStates | None) -> None:
        self.settings, self.beta = settings, beta
        self.count = settings.sought.states
        self.levels = settings.levels(self.count)
        self.rungs: list[Rung] = []
        self.nfev = self.shots = 0
        self.begun: Run | None = None
        self.cut = False
        if known is not None:
            rungs = rungs_of(known)
            self.rungs = rungs[: min(known.done, self.count)]
            self.nfev, self.shots = known.nfev, known.shots
            if len(rungs) > known.done and self.settings.sought.starts == 1:
                self.begun = rungs[-1].run  # which was cut, and goes on

    @property
    def goes_on(self) -> bool:
        """Whether a state is left to be looked for."""
        return not self.cut and len(self.rungs) < self.count

    def climb(self) -> None:
        """The next state.

        Raises:
            KeyboardInterrupt: Before anything was done.
        """
        k = len(self.rungs)
        if k == 0 or self.beta is not None:
            self._found(np.zeros(0) if self.beta is None else self.beta[:k])
            return
        safe = np.full(k, _SAFE * strength(self.settings.observable) or 1.0)
        beta = safe if self.begun is None else _beta_of(self.begun)
        if self.begun is None and (bound := self._bound(k)) is not None:
            below = np.array([rung.energy for rung in self.rungs])
            beta = _MARGIN * np.maximum(bound - below, 0) + _LEAST / _SAFE * safe
            beta = np.minimum(beta, safe)
        self._found(beta, *(_SECOND if self._is_second() else ()))
        if not self.cut and np.any(beta < safe) and self._is_small():
            self.rungs.pop()
            self._found(safe, *_SECOND)

    def _found(self, beta: Array, *more: int) -> None:
        """Look for a state with these penalties; more names other draws."""
        settings, k = self.settings, len(self.rungs)
        begun, self.begun = self.begun, None
        ended = settings.lowest(self._problem(beta), k, self.count, begun, more)
        self.cut = ended.cut
        points = np.array([*(rung.run.x for rung in self.rungs), ended.run.x])
        ensemble, observable = settings.on(settings.problem.ensemble)
        end = [_end(ensemble[0][0], observable, points)]
        try:
            (told,), nfev, shots = settings.measured(end, k, *more)
        except KeyboardInterrupt:  # what was found is kept
            self.cut = True
            (told,), nfev, shots = settings.measured(end, k, *more)
        self.nfev += ended.nfev + nfev - (0 if begun is None else begun.nfev)
        self.shots += ended.shots + shots
        self.shots -= 0 if begun is None else int(begun.trace["shots"][-1])
        energy, overlaps = told["energy"], told.get("overlaps")
        self.rungs.append(
            Rung(
                ended.run,
                float(energy.value[0]),
                None if energy.std_error is None else float(energy.std_error[0]),
                np.zeros(0) if overlaps is None else overlaps.value,
                None if overlaps is None else overlaps.std_error,
                beta,
            )
        )

    def _is_second(self) -> bool:
        """Whether the run that goes on was that with the larger penalties."""
        if self.begun is None or self.begun.made is None:
            return False
        return self.begun.made.seed != extended(self.settings.sought.seed, len(self.rungs), 0)

    def _problem(self, beta: Array) -> Any:
        whole = self.settings.problem
        if not len(beta):
            return whole
        name = whole.name and f"{whole.name}, state {len(beta)}"
        return Deflated(whole, np.array([rung.run.x for rung in self.rungs]), beta, name)

    def _bound(self, k: int) -> float | None:
        """What e_k does not exceed; None where that is not known."""
        whole = self.settings.problem
        try:
            return upper_bound(whole.observable, k, whole.circuit.n_qubits, self.settings.within)
        except InputError:  # too many qubits, or no determinants in the sector
            return None

    def _is_small(self) -> bool:
        """Whether a penalty has not kept the last state apart."""
        k, last = len(self.rungs) - 1, self.rungs[-1]
        exact = self._exact_overlaps(np.array([rung.run.x for rung in self.rungs]))
        overlaps = last.overlaps if exact is None else exact[-1]
        return any(
            remarks.is_small(overlaps[j], last.energy - below.energy, last.beta[j],
                             last.std_error, below.std_error)
            for j, below in enumerate(self.rungs[:k])
        )  # fmt: skip

    def _exact_overlaps(self, points: Array) -> Array | None:
        """Those of states that were measured, without shots and noise; else None."""
        settings = self.settings
        if settings.is_exact:
            return None
        return exact_overlaps(settings.problem.ensemble[0][0], settings.observable, points)

    def result(self) -> ExcitedStates:
        """All states so far."""
        settings, k = self.settings, len(self.rungs)
        found = np.array([rung.energy for rung in self.rungs])
        counted = self.rungs[0].std_error is not None
        spread = np.array([rung.std_error for rung in self.rungs]) if counted else None
        overlaps, errors, weights = np.eye(k), np.zeros((k, k)), np.zeros((k, k))
        for row, rung in enumerate(self.rungs[1:], 1):
            overlaps[row, :row] = overlaps[:row, row] = rung.overlaps
            weights[row, :row] = rung.beta
            if rung.overlap_errors is not None:
                errors[row, :row] = errors[:row, row] = rung.overlap_errors
        of_overlaps = errors if counted else None
        known = None if self.levels is None else self.levels[:k]
        # Where levels are not known, they lie within 2 sum |c_k|.
        enough = np.full((k, k), 2 * strength(settings.observable))
        if known is not None:
            enough = known[:, None] - found
        points = np.array([rung.run.x for rung in self.rungs])
        exact = self._exact_overlaps(points)
        seen, seen_errors = (overlaps, of_overlaps) if exact is None else (exact, None)
        return assembled(
            settings,
            "vqd",
            settings.problem.ensemble * k,
            known,
            remarks.penalties(found, spread, seen, seen_errors, weights, enough),
            energies=found,
            std_error=spread,
            points=points,
            overlaps=overlaps,
            overlap_errors=of_overlaps,
            exact_overlaps=exact,
            weights=weights[-1, :-1],
            references=(),
            runs=tuple(rung.run for rung in self.rungs),
            nfev=self.nfev,
            shots=self.shots,
            done=k - self.cut,
        )


def rungs_of(found: ExcitedStates) -> list[Rung]:
    """The states of a result."""
    return [
        Rung(
            run,
            float(found.energies[k]),
            None if found.std_error is None else float(found.std_error[k]),
            found.overlaps[k, :k],
            None if found.overlap_errors is None or not k else found.overlap_errors[k, :k],
            _beta_of(run),
        )
        for k, run in enumerate(found.runs)
    ]


def _beta_of(run: Run) -> Array:
    """The penalties of a run."""
    problem = None if run.made is None else run.made.problem
    return problem.weights if isinstance(problem, Deflated) else np.zeros(0)


def _end(circuit: Circuit, observable: PauliSum, points: Sequence[Array] | Array) -> Plan[Any]:
    """<H> at the last point, and overlaps with the states of those before it."""
    *below, here = points
    plans: dict[str, Plan[Any]] = {"energy": energies.expectation(circuit, observable, here)}
    if below:
        plans["overlaps"] = penalty.overlaps(circuit, np.array(below), here[None])
    return join(plans)
