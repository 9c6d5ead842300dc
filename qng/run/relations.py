"""What Adam divides by, and what it is compared with: the values of a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.errors import UnknownNameError
from qng.run.recipe import Recipe

# At or below these fractions of the largest, squares of gradients and entries of matrices are
# rounding.
_SQUARED: Final = 1e-24
_ROUNDING: Final = 1e-12

# Where the logarithms of all x are this near to their mean, a slope over them says nothing.
_FLAT: Final = 0.05

FISHER: Final = "vhat / I"
EMPIRICAL: Final = "vhat / empirical"
CURVATURE: Final = "vhat / |H|"
ROOT: Final = "sqrt(vhat) / |H|"
"""The relations: of vhat to the diagonals of the Fisher matrix, of its empirical namesake and of
the absolute Hessian, and of its root to the last."""


@dataclass(frozen=True, eq=False)
class Relation:
    """Whether one vector of P values is another one times a number, in every row.

    Args:
        name: Of the two.
        ratio: The number: the geometric mean of y_i / x_i over the parameters, shape (rows,).
        spread: The factor by which y_i / x_i scatters about it, exp of the standard deviation of
            its logarithm; 1 where the relation is exact. Shape (rows,).
        slope: Of ln y over ln x; 1 where they are proportional. NaN where all x are within 5 % of
            their mean.
        correlation: Of ln y and ln x; NaN where one of them is as flat.
        used: How many parameters have both values positive, shape (rows,).
    """

    name: str
    ratio: Array
    spread: Array
    slope: Array
    correlation: Array
    used: Array

    @staticmethod
    def of(name: str, y: Array, x: Array) -> Relation:
        """The relation of y to x, both of shape (rows, P)."""
        found = np.array([_related(*pair) for pair in zip(y, x)]).reshape(len(y), 5)
        return Relation(name, *found.T)


@dataclass(frozen=True, eq=False)
class AdamReport:
    """What Adam divides by along a run, and what it is compared with.

    Args:
        problem: The problem's name.
        parameters: The names of the P parameters that are trained.
        beta: beta_2 of vhat.
        steps: The numbers of the steps, shape (rows,).
        energies: At their points, shape (rows,).
        vhat: The running mean of squared gradients, corrected for its start, shape (rows, P).
        fisher: I_ii at the points, of the model's distribution, shape (rows, P); None: there is no
            distribution.
        empirical: The mean square of the gradients of single data, likewise; None: no data.
        hessian: |H|_ii, of the absolute values of the eigenvalues of H, shape (rows, P).
        curvature: H_ii, which may be negative, shape (rows, P).
        made: How the run was made; None where that is not known.
    """

    problem: str
    parameters: tuple[str, ...]
    beta: float
    steps: Array
    energies: Array
    vhat: Array
    fisher: Array | None
    empirical: Array | None
    hessian: Array
    curvature: Array
    made: Recipe | None = None

    @property
    def relations(self) -> tuple[Relation, ...]:
        """Of vhat and of its root to what they are said to be; those that can be had."""
        return tuple(Relation.of(name, *self.pair(name)) for name in self._compared)

    def relation(self, name: str) -> Relation:
        """One of them.

        Raises:
            UnknownNameError: It cannot be had of this problem.
        """
        return Relation.of(name, *self.pair(name))

    def pair(self, name: str) -> tuple[Array, Array]:
        """What a relation is between, each of shape (rows, P); zero where it is rounding.

        Raises:
            UnknownNameError: It cannot be had of this problem.
        """
        compared = self._compared
        if name not in compared:
            raise UnknownNameError(f"relation of {self.problem or 'the problem'}", name, compared)
        vhat, other = _above(self.vhat, _SQUARED), _above(compared[name], _ROUNDING)
        return (np.sqrt(vhat) if name == ROOT else vhat), other

    @property
    def _compared(self) -> dict[str, Array]:
        known = {
            FISHER: self.fisher,
            EMPIRICAL: self.empirical,
            CURVATURE: self.hessian,
            ROOT: self.hessian,
        }
        return {name: values for name, values in known.items() if values is not None}

    def rows(self) -> list[dict[str, Any]]:
        """A dictionary for every row, as a data frame takes it."""
        relations = self.relations
        return [
            {
                "step": int(step),
                "energy": float(self.energies[k]),
                **{
                    f"{relation.name} {what}": float(getattr(relation, what)[k])
                    for relation in relations
                    for what in ("ratio", "spread", "slope", "correlation")
                },
            }
            for k, step in enumerate(self.steps)
        ]


def _above(values: Array, rounding: float) -> Array:
    """Zero where a value is rounding beside the largest of its row."""
    largest = values.max(axis=1, keepdims=True, initial=0.0)
    return np.where(values > rounding * largest, values, 0.0)


def _related(y: Array, x: Array) -> tuple[float, float, float, float, int]:
    """(ratio, spread, slope, correlation, parameters used) of y over x, on logarithmic scales."""
    used = np.isfinite(y) & np.isfinite(x) & (y > 0) & (x > 0)
    a, b = np.log(y[used]), np.log(x[used])
    if not len(a):
        return np.nan, np.nan, np.nan, np.nan, 0
    apart, of_a, of_b = a - b, a - a.mean(), b - b.mean()
    slope = correlation = np.nan
    if np.abs(of_b).max() > _FLAT:
        slope = float(of_a @ of_b / (of_b @ of_b))
        if np.abs(of_a).max() > _FLAT:
            correlation = float(of_a @ of_b / np.sqrt((of_a @ of_a) * (of_b @ of_b)))
    spread = float(np.exp(apart.std()))
    return float(np.exp(apart.mean())), spread, slope, correlation, len(a)
