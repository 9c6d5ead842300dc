"""A batch of a small problem, and what a run keeps for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

import qng
from qng.execute.qiskit.ibm import IBM
from qng.plan import lower
from qng.plan.cloud import Job, Prepared
from qng.plan.deal import Dealing
from qng.plan.plan import Plan
from qng.plan.request import Expectation, Request

SINCE = "2026-01-01T00:00:00+00:00"
SEED = 7


@dataclass
class Shelf:
    """In memory."""

    items: dict[str, bytes] = field(default_factory=dict)

    def get(self, name: str) -> bytes | None:
        return self.items.get(name)

    def put(self, name: str, data: bytes) -> None:
        self.items[name] = data

    def put_all(self, items: Mapping[str, bytes]) -> None:
        self.items |= items


@cache
def plan(points: int = 2, shots: int = 400, dealing: Dealing | None = None) -> Plan[Any]:
    """The energy of textbook-2 at some points."""
    problem = qng.load("textbook-2")
    start = np.asarray(problem.start)
    angles = np.stack([problem.circuit.angles(start + 0.1 * k) for k in range(points)])
    asked = Plan(
        (Request(problem.circuit, angles, Expectation(problem.observable)),), lambda found: found[0]
    )
    return lower.sampled(asked, shots, *([] if dealing is None else [dealing]))


def prepared(ibm: IBM, shelf: Shelf | None = None, **given: Any) -> Prepared:
    return ibm.prepare(plan(**given).requests, SEED, Shelf() if shelf is None else shelf)


def final(ibm: IBM, job: str, looks: int = 20) -> Job:
    """A job once it is final."""
    for _ in range(looks):
        if (found := ibm.job(job)).state.is_final:
            return found
    raise AssertionError(found)
