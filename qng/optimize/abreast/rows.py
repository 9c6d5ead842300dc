"""States and steps of many runs, field by field: every array has the runs as its first axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array, Flags, Integers
from qng.optimize.abreast.columns import Columns, arrays, put
from qng.optimize.method import Accepted, State, Step
from qng.plan.quantities import Energy

Part = Mapping[str, Array]
"""What a part of a method carries, by name."""

_PARTS: Final = ("signal", "metric", "search")


@dataclass(frozen=True, eq=False)
class Seen:
    """What is measured exactly at the points of many runs.

    Args:
        energies: <H>, shape (runs,).
        variances: <H^2> - <H>^2, shape (runs,).
        gradients: Shape (runs, P).
        metrics: Shape (runs, P, P); None where none is measured.
    """

    energies: Array
    variances: Array
    gradients: Array
    metrics: Array | None

    def part(self, which: Integers) -> Seen:
        """Of some of the runs."""
        metrics = None if self.metrics is None else self.metrics[which]
        return Seen(self.energies[which], self.variances[which], self.gradients[which], metrics)

    def are_finite(self) -> bool:
        """Whether all numbers are."""
        known = [self.energies, self.gradients]
        known += [] if self.metrics is None else [self.metrics]
        return all(bool(np.isfinite(array).all()) for array in known)


@dataclass(frozen=True, eq=False)
class Rows:
    """The states of many runs; the fields are those of `State`.

    Args:
        theta: Shape (runs, P).
        step: Shape (runs,).
        change: Shape (runs, P).
        energy: Shape (runs,).
        predicted: Shape (runs,).
        memory: By part.
        age: Shape (runs,).
        undone: Shape (runs,).
        gain: Shape (runs,); NaN also where there is none.
        gained: Whether there is one, shape (runs,).
        share: Shape (runs,).
        kept: The points that were kept last, shape (runs, P); None where nothing was judged.
        window: The energies there, the newest last, shape (runs, window); NaN where there are
            fewer.
    """

    theta: Array
    step: Integers
    change: Array
    energy: Array
    predicted: Array
    memory: Mapping[str, Part]
    age: Integers
    undone: Integers
    gain: Array
    gained: Flags
    share: Array
    kept: Array | None
    window: Array

    @staticmethod
    def of(states: Sequence[State], window: int) -> Rows | None:
        """The states of runs; None where they do not carry the same things.

        Args:
            states: Of runs of one method.
            window: How many energies at kept points are remembered.
        """
        first = states[0]
        memory = {}
        for name in _PARTS:
            parts = [state.memory.get(name, {}) for state in states]
            if any(part.keys() != parts[0].keys() for part in parts):
                return None
            memory[name] = {key: np.array([part[key] for part in parts]) for key in parts[0]}
        if any((s.accepted is None) != (first.accepted is None) for s in states):
            return None
        energies = np.full((len(states), window), math.nan)
        kept = None
        if first.accepted is not None:
            accepted = [s.accepted for s in states if s.accepted is not None]
            kept = np.array([of.theta for of in accepted])
            for row, of in zip(energies, accepted):
                row[window - len(of.energies) :] = of.energies
        return Rows(
            theta=np.array([s.theta for s in states]),
            step=np.array([s.step for s in states]),
            change=np.array([s.change for s in states]),
            energy=np.array([s.energy for s in states]),
            predicted=np.array([s.predicted for s in states]),
            memory=memory,
            age=np.array([s.age for s in states]),
            undone=np.array([s.undone for s in states]),
            gain=np.array([math.nan if s.gain is None else s.gain for s in states]),
            gained=np.array([s.gain is not None for s in states]),
            share=np.array([s.share for s in states]),
            kept=kept,
            window=energies,
        )

    def state(self, k: int) -> State:
        """The state of run k."""
        accepted = None
        if self.kept is not None:
            row = self.window[k]
            accepted = Accepted(self.kept[k], row[~np.isnan(row)], 0.0)
        memory: dict[str, Any] = {
            name: {key: np.array(rows[k]) for key, rows in self.memory[name].items()}
            for name in _PARTS
        }
        # Before the first step nothing is carried, after it every part carries something or not.
        carried = {} if self.step[k] == 0 else {**memory, "solve": {}}
        return State(
            theta=self.theta[k],
            step=int(self.step[k]),
            change=self.change[k],
            energy=float(self.energy[k]),
            predicted=float(self.predicted[k]),
            memory=carried,
            age=int(self.age[k]),
            accepted=accepted,
            undone=int(self.undone[k]),
            gain=float(self.gain[k]) if self.gained[k] else None,
            share=float(self.share[k]),
        )

    def part(self, which: Integers) -> Rows:
        """Those of some of the runs."""
        own = {name: value[which] for name, value in arrays(self).items()}
        memory = {
            name: {key: rows[which] for key, rows in of.items()} for name, of in self.memory.items()
        }
        return replace(self, **own, memory=memory)

    def but(self, which: Integers, other: Rows) -> Rows:
        """With other states of some of the runs."""
        new = arrays(other)
        own = {name: put(value, which, new[name]) for name, value in arrays(self).items()}
        memory = {
            name: {key: put(rows, which, other.memory[name][key]) for key, rows in of.items()}
            for name, of in self.memory.items()
        }
        return replace(self, **own, memory=memory)

    def noted(self, energies: Array, window: int) -> Rows:
        """The points are kept, with their energies.

        Args:
            energies: There, shape (runs,).
            window: How many are remembered; 0 where every step is kept.
        """
        if not window:
            return self
        remembered = np.concatenate([self.window[:, 1:], energies[:, None]], axis=1)
        return replace(self, kept=self.theta, window=remembered)

    def moved(
        self,
        change: Array,
        energies: Array,
        predicted: Array,
        memory: Mapping[str, Part],
        age: Integers,
    ) -> Rows:
        """After a step; arguments as the fields."""
        return replace(
            self,
            theta=self.theta + change,
            step=self.step + 1,
            change=change,
            energy=energies,
            predicted=predicted,
            memory=memory,
            age=age,
            gain=np.full_like(energies, math.nan),
            gained=np.zeros(len(energies), dtype=bool),
        )

    def undone_to(self, seen: Seen) -> tuple[Rows, Columns]:
        """Where the steps to these points are undone, and what is reported of that."""
        assert self.kept is not None
        energies = seen.energies
        known = ~np.isnan(self.predicted)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = (self.energy - energies) / self.predicted
        gain = np.where(known, np.where(self.predicted != 0, ratio, math.nan), self.gain)
        zero, nothing = np.zeros_like(energies), np.full_like(energies, math.nan)
        rows = replace(
            self,
            theta=self.kept,
            step=self.step + 1,
            change=np.zeros_like(self.theta),
            energy=energies,
            predicted=nothing,
            age=self.age + 1,
            undone=self.undone + 1,
            gain=gain,
            gained=known | self.gained,
        )
        columns = Columns(
            step=self.step,
            theta=self.theta,
            energy=energies,
            energy_variance=seen.variances,
            eta=zero,
            gradient_norm=np.sqrt(np.vecdot(seen.gradients, seen.gradients)),
            length=zero,
            rank=np.zeros(len(zero), dtype=int),
            condition=nothing,
            predicted=zero,
            accepted=np.zeros(len(zero), dtype=bool),
            metric="",
            damping=math.nan,
        )
        return rows, columns


@dataclass(frozen=True, eq=False)
class Stretch:
    """Some steps of many runs, each from where the one before has led.

    Args:
        rows: Where the runs are before each step, and after the last.
        columns: What is reported of each step.
        evaluations: Circuit evaluations of a step.
    """

    rows: Sequence[Rows]
    columns: Sequence[Columns]
    evaluations: int


@dataclass(frozen=True, eq=False)
class Foreseen:
    """The same of one of the runs.

    Args:
        stretch: Of all of them.
        k: Which it is.
    """

    stretch: Stretch
    k: int

    def __len__(self) -> int:
        return len(self.stretch.columns)

    def state(self, number: int) -> State:
        """Before a step, or after the last."""
        return self.stretch.rows[number].state(self.k)

    def energy(self, number: int) -> Energy[float]:
        """At the point of a step."""
        columns = self.stretch.columns[number]
        return Energy(float(columns.energy[self.k]), float(columns.energy_variance[self.k]))

    def is_kept(self, number: int) -> bool:
        """Whether the point of a step is kept."""
        return bool(self.stretch.columns[number].accepted[self.k])

    def step(self, number: int, **spent: float) -> Step:
        """What is reported of a step, with what has been spent by then."""
        return self.stretch.columns[number].at(self.k, **spent)

    @property
    def evaluations(self) -> int:
        """Circuit evaluations of a step."""
        return self.stretch.evaluations
