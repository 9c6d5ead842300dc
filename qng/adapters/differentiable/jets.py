"""Functions of theta with their derivatives, all of them ours, for whoever differentiates.

A jet of order m is (f, f', ..., f^(m)) at a point: what a framework that follows derivatives by
itself has to be told. Many points are one batch. Derivatives stand in the last axes, f^(k) has
shape (*shape, P, ..., P) with k times P.

    energy           f = E                 f' the gradient          f'' the Hessian
    expectations     f_j = <H_j>           the same of each
    probabilities    f_x = p(x)            f' d p                   f'' d d p
    metric           f_ij = g_ij           f' d_k g_ij
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from qng.arrays import Array, Integers
from qng.errors import InputError
from qng.seeds import Key, extended, generator, seed

T = TypeVar("T", bound=np.dtype[Any])

Level = Callable[[Array, range, int], Sequence[Array]]
"""(points of shape (N, P), orders, seed) -> f^(k) for all k of the orders, N values each."""


@dataclass(frozen=True)
class Draws:
    """What decides the draws of a call.

    Args:
        sampled: Whether anything is drawn.
        seed: Of a call that brings none.
    """

    sampled: bool
    seed: Key

    @cached_property
    def words(self) -> tuple[int, ...]:
        """The seed as words of 32 bits, for libraries whose integers are short."""
        return tuple(generator(self.seed).integers(2**32, size=2).tolist())

    def groups(self, chosen: Integers, words: Integers | None) -> list[tuple[int, Integers]]:
        """Which points are asked in one batch, with its seed.

        Args:
            chosen: The points that are asked.
            words: Of a seed a point, shape (points, W); None: the same for all.
        """
        if not len(chosen):
            return []
        if not self.sampled:
            return [(0, chosen)]
        if words is None:
            return [(seed(*self.words), chosen)]
        distinct, which = np.unique(words[chosen], axis=0, return_inverse=True)
        keys = [seed(*(int(word) for word in row)) for row in distinct]
        return [(key, chosen[which.ravel() == k]) for k, key in enumerate(keys)]


@dataclass(frozen=True)
class Jets:
    """A function of theta and its derivatives at many points.

    Args:
        what: It is, for messages: "the energy".
        parameters: Their names, in the order of theta.
        shape: Of a value.
        most: The highest derivative that is known.
        why: What else can be done, where a higher one is asked for.
        level: How they are had.
        draws: What decides them.
        together: The highest order that costs about as much as all below it.
        trial: Refuses an order that whoever is asked would refuse, before anything runs.
    """

    what: str
    parameters: tuple[str, ...]
    shape: tuple[int, ...]
    most: int
    why: str
    level: Level
    draws: Draws
    together: int = 0
    trial: Callable[[int], None] = lambda order: None

    @property
    def size(self) -> int:
        """P."""
        return len(self.parameters)

    def shape_of(self, order: int) -> tuple[int, ...]:
        """The shape of a derivative at one point."""
        return self.shape + order * (self.size,)

    def check_order(self, order: int) -> None:
        """Refuse a derivative that is not known.

        Raises:
            InputError: It is not.
        """
        if order > self.most:
            raise InputError(
                f"the derivatives of {self.what} are known up to order {self.most}, and order "
                f"{order} is asked for: {self.why}"
            )

    def try_order(self, order: int) -> None:
        """The same, and what whoever is asked would refuse: too few shots, measures, no shots.

        Raises:
            InputError: It is refused.
        """
        self.check_order(order)
        self.trial(order)

    def at(self, points: Array, orders: range, words: Integers | None = None) -> list[Array]:
        """Derivatives at many points, in one batch for all that have the same seed.

        Args:
            points: Shape (..., P); where a number is not finite, all results are NaN.
            orders: Which, one after the other.
            words: Of a seed a point, shape (..., W); None: that of the function. Points of one
                batch have streams of their own.

        Returns:
            An array an order k, of shape (..., *shape_of(k)).

        Raises:
            InputError: A derivative that is not known.
        """
        self.check_order(orders[-1])
        batch, flat = points.shape[:-1], rows_of(np.asarray(points, float))
        found = [np.full((len(flat), *self.shape_of(k)), np.nan) for k in orders]
        good = np.flatnonzero(np.isfinite(flat).all(axis=1))
        for key, chosen in self.draws.groups(good, None if words is None else rows_of(words)):
            for all_of, some in zip(found, self.level(flat[chosen], orders, key)):
                all_of[chosen] = some
        return [one.reshape((*batch, *one.shape[1:])) for one in found]


def rows_of(array: np.ndarray[Any, T]) -> np.ndarray[Any, T]:
    """An array of shape (..., N) with one row a point, also where there are none."""
    return array.reshape(math.prod(array.shape[:-1]), array.shape[-1])


def check_size(what: str, parameters: Sequence[str], shape: Sequence[int]) -> None:
    """Refuse a point of another length.

    Args:
        what: Is asked there.
        parameters: Their names.
        shape: Of the numbers that were given.

    Raises:
        InputError: There are too few or too many.
    """
    if math.prod(shape) != len(parameters):
        points = f"; points in rows have the shape (..., {len(parameters)})"
        raise InputError(
            f"theta has {math.prod(shape)} number(s)"
            f"{f' in the shape {tuple(shape)}' if len(shape) > 1 else ''}, and {what} "
            f"{described(parameters)}{points if len(shape) > 1 else ''}"
        )


def described(parameters: Sequence[str]) -> str:
    """How many, and the first names."""
    names = ", ".join(parameters[:6]) + (", ..." if len(parameters) > 6 else "")
    return f"{len(parameters)} parameter(s): {names}"


def levelled(functions: Sequence[Callable[[Array, int], Array]]) -> Level:
    """f, f', ... one by one, each with its shots, and draws of its own.

    Args:
        functions: (points, seed) -> f^(k), shapes (N, P) -> (N, ...). A value does not depend on
            whether its derivatives are asked for.
    """

    def level(points: Array, orders: range, key: int) -> list[Array]:
        return [functions[k](points, seed(*extended(key, k)) if k else key) for k in orders]

    return level
