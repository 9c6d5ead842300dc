"""What the rows of the table share: our side of every comparison, and what a row found."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import qng
from qng.estimate import gradient
from qng.estimate.fubini import exact as fubini
from qng.execute.statevector.executor import Statevector
from qng.plan.plan import Plan, join
from qng.run.bench import answer
from tests.benchmarks.timing import Clock, Comparison, clock, threads


def one_of(names: Collection[str]) -> Callable[[str], str]:
    """The type of a word on the command line that is one of some names."""

    def name(word: str) -> str:
        if word not in names:
            raise argparse.ArgumentTypeError(f"{word!r} is none of {', '.join(names)}")
        return word

    return name


class Disagreement(Exception):
    """A peer's result is not ours, or a result is not what it should be."""


@dataclass(frozen=True)
class Found:
    """What a row found.

    Args:
        sizes: One comparison a size.
        reached: Whether the goal is; None where a missing peer leaves that open.
        note: What else there is to say.
    """

    sizes: list[Comparison]
    reached: bool | None
    note: str = ""


def at_most(bound: float, sizes: Sequence[Comparison], note: str = "") -> Found:
    """The goal: ours / theirs is at most the bound everywhere."""
    return Found(list(sizes), all(c.ratio <= bound for c in sizes), note)


def executor() -> Statevector:
    return Statevector(threads=threads())


def step_plan(problem: qng.Problem) -> Plan[Any]:
    """Exact gradient and metric as one batch: what a QNG step asks for."""
    theta = problem.initial
    slope = gradient.exact(problem.circuit, problem.observable, theta)
    return join({"gradient": slope, "metric": fubini.exact(problem.circuit, theta)})


def step(problem: qng.Problem) -> Clock:
    return clock(lambda: answer(executor(), step_plan(problem)))


def metric_of(problem: qng.Problem) -> np.ndarray:
    return qng.metric(problem, None, "exact", executor=executor()).dense()


def slope_of(problem: qng.Problem) -> np.ndarray:
    return qng.gradient(problem, executor=executor()).value


def check(what: str, ours: np.ndarray, theirs: np.ndarray, tolerance: float) -> None:
    """Both results are the same to an absolute tolerance.

    Raises:
        Disagreement: They are not.
    """
    miss = float(np.abs(ours - theirs).max()) if ours.shape == theirs.shape else np.inf
    if not miss <= tolerance:
        raise Disagreement(f"{what}: {miss:.1e} apart, more than {tolerance:.0e}")
