"""How levels were looked for: everything that is needed to look for them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qng.circuit.pauli import PauliSum
from qng.optimize.method import Method
from qng.plan.shots import Shots
from qng.problem.problem import Problem
from qng.seeds import Key


@dataclass(frozen=True, eq=False)
class Sought:
    """What was asked of `ssvqe` or `vqd`.

    Args:
        problem: Of one circuit, with its start.
        states: K, how many levels.
        within: Symmetries with their values.
        method: Its parts with all hyperparameters and estimators.
        label: What it is called.
        starts: From how many every state was looked for.
        steps: The limit on updates of a run.
        tol: As in `minimize`.
        stop: What the rule of the user's own is called that may have ended runs; empty: none.
        seed: Of everything that was drawn.
        executor: Its name.
        shots: For all circuits of a step, and for each state at the end; None: exact.
        versions: Of Python and the packages that had a part in it.
        date: When it began, in UTC.
        threads: Of the executor and of linear algebra.
        machine: System and processor.
        settings: How the executor is made again; empty for an object of the user's.
        given: What only one of them takes: beta, or weights and references; what is None is its
            own.
    """

    problem: Problem
    states: int
    within: tuple[tuple[PauliSum, float], ...]
    method: Method
    label: str
    starts: int
    steps: int
    tol: float | None
    stop: str
    seed: Key
    executor: str
    shots: Shots | None
    versions: dict[str, str]
    date: str
    threads: int | None = None
    machine: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
