"""Objectives of plain functions, whose plans have no requests, and steps on them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from qng.errors import InputError
from qng.optimize.method import Done, End, Method, State, Step
from qng.plan.plan import Plan


class Objective:
    """What a method may ask for, from functions that return plans."""

    key = 0

    def __init__(
        self,
        energy: Callable[[np.ndarray], Plan],
        gradient: Callable[[np.ndarray], Plan],
        metric: Callable[[np.ndarray], Plan] | None = None,
        connection: Callable[[np.ndarray, np.ndarray], Plan] | None = None,
        frequencies: list[tuple[float, int]] | None = None,
        arrays: tuple[tuple[int, ...], ...] = ((2,),),
    ) -> None:
        self.energy = energy
        self._gradient = gradient
        self._metric = metric
        self._connection = connection
        self._frequencies = frequencies
        self._arrays = arrays

    def at(self, batch: int) -> "Objective":
        return self

    def again(self, who, what, theta, make: Callable[[], Plan]) -> Plan:
        return make()

    def gradient(self, theta, by) -> Plan:
        return self._gradient(theta)

    def metric(self, theta, by, products: bool = False) -> Plan:
        if self._metric is None:
            raise InputError("the method needs a measured metric and the objective has none")
        return self._metric(theta)

    def arrays(self) -> tuple[tuple[int, ...], ...]:
        return self._arrays

    def connection(self, theta, v, by=None) -> Plan:
        if self._connection is None:
            raise InputError("the method needs a connection and the objective has none")
        return self._connection(theta, v)

    def frequencies(self) -> list[tuple[float, int]]:
        if self._frequencies is None:
            raise InputError("the objective is no trigonometric polynomial")
        return self._frequencies


def reduced(plan: Plan) -> Any:
    return plan.reduce(())


def advance(
    method: Method,
    goal: Objective,
    state: State,
    ask: Callable[[Plan], Any] = reduced,
) -> tuple[State, Step]:
    """One step."""
    told: tuple[Any, ...] = ()
    while not isinstance(found := method.next(goal, state, told), Done):
        assert not isinstance(found, End), found
        told = (*told, ask(found))
    return found.state, found.step


def run(
    method: Method, goal: Objective, steps: int, start: np.ndarray
) -> tuple[list[State], list[Step]]:
    """Several steps, and the states before, between and after them."""
    states, rows = [method.init(start)], []
    for _ in range(steps):
        state, row = advance(method, goal, states[-1])
        states.append(state)
        rows.append(row)
    return states, rows
