"""From directions to steps in many runs at once: what such a search is given, and what it answers.

A search that can do so has a function `abreast` beside its call. It gives every run the move that
it has alone, to the last bit: its formulas act on the last axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from qng.arrays import Array, Integers
from qng.geometry.stack import Solutions, Stack
from qng.optimize.search.post import Post


@dataclass(frozen=True, eq=False)
class Many:
    """What is known where the directions of many runs are.

    Args:
        change: The last steps, shape (runs, P).
        metric: M.
        solution: d.
        post: What becomes of -eta d.
    """

    change: Array
    metric: Stack
    solution: Solutions
    post: Post

    @property
    def direction(self) -> Array:
        """d, shape (runs, P)."""
        return self.solution.direction

    def along(self, eta: Array) -> Array:
        """The steps of sizes eta, shape (runs,), along d, through `post`."""
        return self.post(-eta[:, None] * self.direction, self.change)


@dataclass(frozen=True, eq=False)
class Moves:
    """Steps that were chosen.

    Args:
        change: dtheta, shape (runs, P), radians.
        eta: Their sizes, shape (runs,).
        memory: What the search of each run is told in its next step, with an axis of runs.
    """

    change: Array
    eta: Array
    memory: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Here:
    """What is known where many runs are, all of it exact.

    Args:
        energy: E(theta), shape (runs,).
        before: E at the point before, shape (runs,).
        predicted: The predicted decrease from there, shape (runs,).
        undone: Steps that were not kept, shape (runs,).
        memory: What the search was told to remember, with an axis of runs.
    """

    energy: Array
    before: Array
    predicted: Array
    undone: Integers
    memory: Mapping[str, Array]


@runtime_checkable
class Abreast(Protocol):
    """A search that chooses the steps of many runs at once."""

    def abreast(self, here: Here, many: Many, /) -> Moves:
        """The moves.

        Args:
            here: What is known where the runs are.
            many: What is known of their directions.
        """
