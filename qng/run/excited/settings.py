"""What `ssvqe` and `vqd` have in common: what they are asked, and how they minimise and measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any, Final, TypeVar

from qng import checks
from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.execute.names import executor as executor_of
from qng.optimize.method import Method
from qng.optimize.methods import method as method_of
from qng.plan.cloud import is_cloud
from qng.plan.executor import Executor, Service
from qng.plan.plan import Plan
from qng.plan.shots import Shots
from qng.plan.shots import checked as checked_shots
from qng.problem.anyproblem import AnyProblem
from qng.problem.foreign import origin
from qng.problem.given import Ensemble
from qng.problem.levels import Sector, checked_sector, levels
from qng.problem.problem import Problem
from qng.problem.subspace import one_circuit
from qng.run.bench import answers, lowered
from qng.run.excited.ended import Ended, lowest_of
from qng.run.excited.made import Sought
from qng.run.idle import Kept
from qng.run.minimize import minimize, with_gradient
from qng.run.objective import objective_of
from qng.run.recipe import machine, now, settings_of, threads_of, versions
from qng.run.results import Goal, Run
from qng.run.starts import draw_starts, from_start
from qng.run.target import as_problem, circuits_of, problem_and_point
from qng.seeds import extended, key_of, number_of

T = TypeVar("T")

_FINAL: Final = 3
"""Purpose: what is measured after the last step."""

# What belongs to one run with an account of its own.
_REFUSED: Final = ("journal", "ledger", "max_seconds", "progress", "callback", "label")

Told = Callable[[int, int, str], Any]
"""Told (runs that are done, of how many, a note)."""


@dataclass(frozen=True, eq=False)
class Settings:
    """How states are looked for.

    Args:
        problem: Of one circuit, with its start.
        within: Symmetries with their values.
        method: As of `minimize`.
        device: What answers.
        sought: What of it is kept in a file.
        told: Told of every run.
        options: All else of `minimize`.
    """

    problem: Problem
    within: Sector
    method: str | Method
    device: Executor | Service
    sought: Sought
    told: Told
    options: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(
        what: str,
        target: Any,
        states: Any,
        start: Any,
        within: Any,
        method: str | Method,
        starts: int,
        seed: Any,
        executor: Any,
        shots: Any,
        told: Told | None,
        options: dict[str, Any],
        given: dict[str, Any],
    ) -> Settings:
        """From what a user gives.

        Raises:
            InputError: Another object than a problem of one circuit, a cloud, or an argument that
                belongs to a single run.
        """
        for name in _REFUSED:
            if options.get(name) is not None:
                raise InputError(
                    f"{name} is of a single run, and this takes several: minimise "
                    "qng.excited.subspace(problem) or qng.excited.Deflated(...) with qng.minimize"
                )
        problem = _whole(target, start, what)
        device = executor_of(executor)
        if is_cloud(device):
            raise InputError(
                f"{device.name} runs jobs, of which a ledger keeps an account: minimise "
                "qng.excited.subspace(problem) with qng.minimize there"
            )
        for name in ("watch", "stop"):
            checks.function(name, options.get(name))
        checks.function("told", told)
        known = {key: x for key, x in options.items() if x is not None}
        own = {key: known[key] for key in known if key in signature(minimize).parameters}
        chosen = method_of(method, {key: x for key, x in known.items() if key not in own})
        if "gradient" in own:
            chosen = with_gradient(chosen, own["gradient"])
        steps = signature(minimize).parameters["steps"].default
        sector = checked_sector(within, problem)
        sought = Sought(
            problem=problem,
            states=_count(states, problem.circuit.n_qubits),
            within=tuple(sector.items()),
            method=chosen,
            label=method if isinstance(method, str) else "optimizer",
            starts=checks.whole("starts", starts, 1),
            steps=checks.whole("steps", own.get("steps", steps)),
            tol=own.get("tol"),
            stop=getattr(own.get("stop"), "__qualname__", ""),
            seed=key_of(seed),
            executor=device.name,
            shots=checked_shots(shots),
            versions=versions(),
            date=now(),
            threads=threads_of(device),
            machine=machine(),
            settings=settings_of(executor, device),
            given=given,
        )
        return Settings(problem, sector, method, device, sought, told or (lambda *_: None), options)

    @property
    def observable(self) -> PauliSum:
        """H."""
        return self.problem.observable

    @property
    def shots(self) -> Shots | None:
        """For all circuits of a step; None: exact."""
        return self.sought.shots

    def levels(self, count: int) -> Array | None:
        """The lowest levels of the sector, exactly; None where they are not known."""
        return levels(self.observable, count, self.problem.circuit.n_qubits, self.within)

    def goal(self, known: Array | None) -> Goal:
        """What H is called, with the lowest level for reference where levels are known."""
        goal = Goal.of(self.problem)
        return goal if known is None else replace(goal, reference=float(known[0]))

    def check(self, problem: AnyProblem) -> None:
        """Refuse a method that cannot minimise a problem: its first step is planned, not asked.

        Raises:
            QngError: It cannot be asked.
        """
        chosen, inner = self.sought.method, problem.reduced(problem.initial)
        if inner.parameters:
            seed = self.sought.seed
            objective = objective_of(inner, self.device, self.shots is not None, seed)
            chosen.next(objective, chosen.init(inner.initial), ())

    def lowest(
        self,
        problem: AnyProblem,
        number: int = 0,
        of: int = 1,
        begun: Run | None = None,
        more: tuple[int, ...] = (),
    ) -> Ended:
        """The run that ends lowest, of those from all starts.

        Args:
            problem: What is minimised.
            number: Of the state, for the draws.
            of: Of how many.
            begun: A run from the first start that was cut, which goes on.
            more: Names other draws.

        Raises:
            KeyboardInterrupt: Before anything was done.
        """
        seed, starts = self.sought.seed, self.sought.starts
        points = draw_starts(problem, starts, number_of(extended(seed, number)))
        found: list[Run] = []
        for k, start in enumerate(points):
            note = f"state {number}" + (f", start {k}" if starts > 1 else "")
            self.told(number * starts + k, of * starts, note)
            try:
                if begun is not None and k == 0:
                    again = {key: self.options.get(key) for key in ("stop", "watch")}
                    run = begun.resumed(self.sought.steps, executor=self.device, **again)
                else:
                    run = minimize(
                        problem,
                        self.method,
                        start=start,
                        seed=extended(seed, number, k, *more),
                        executor=self.device,
                        shots=self.shots,
                        **self.options,
                    )
            except KeyboardInterrupt:
                if not found:
                    raise
                return lowest_of(found, True)
            found.append(run)
            if run.interrupted:
                return lowest_of(found, True)
        return lowest_of(found, False)

    def measured(self, plans: Sequence[Plan[T]], *number: int) -> tuple[tuple[T, ...], int, int]:
        """What plans reduce to, each with the shots of a step and draws of its own.

        Args:
            plans: What is asked.
            number: Names the draws.

        Returns:
            (values, evaluations, shots).
        """
        whole = [lowered(self.device, plan, self.shots) for plan in plans]
        seed = number_of(extended(self.sought.seed, _FINAL, *(number or (0,))))
        values = answers(self.device, plans, seed, self.shots)
        nfev = sum(plan.evaluations for plan in whole)
        return values, nfev, sum(plan.cost.shots for plan in whole)

    def on(self, ensemble: Ensemble) -> tuple[Ensemble, PauliSum]:
        """Circuits and H as the device gets them."""
        kept = Kept.of(ensemble, self.device, self.observable)
        return kept.ensemble(ensemble), kept.observable(self.observable)

    @property
    def is_exact(self) -> bool:
        """Whether energies are those of the states themselves."""
        return self.shots is None and not self.device.noise


def _count(states: Any, n_qubits: int) -> int:
    """How many states are wanted.

    Raises:
        InputError: None, or more than there are.
    """
    count = checks.whole("states", states, 1)
    if count > 2**n_qubits:
        raise InputError(f"{n_qubits} qubits have {2**n_qubits} states, and {count} are asked for")
    return count


def _whole(target: Any, start: Any, what: str) -> Problem:
    """A problem of one circuit, from a start of its own or a given one.

    Raises:
        InputError: Another object, a model, or a problem of several circuits.
    """
    problem = circuits_of(as_problem(target, start), what)
    one_circuit(problem, what)
    # A QNode has its argument for a start already.
    base = problem_and_point(problem, None if origin(target) else start)[1]
    moved = from_start(problem, base)
    assert isinstance(moved, Problem)
    return moved
