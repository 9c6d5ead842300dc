"""Products of rows with matrices and rows, one a point.

What a point gives does not depend on the points beside it, to the last bit.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from qng.arrays import Amplitudes, Array

A = TypeVar("A", Array, Amplitudes)


def by_point(rows: A, matrix: A) -> A:
    """Rows times a matrix, one product a row."""
    # NumPy's way into the product of two matrices is half as long with dot.
    found: A = rows.dot(matrix) if len(rows) == 1 else (rows[:, None] @ matrix)[:, 0]
    return found


def each_by(stacks: A, matrix: A) -> A:
    """Stacks of rows times a matrix, shape (points, rows, k), one product a stack."""
    found: A = stacks[0].dot(matrix)[None] if len(stacks) == 1 else stacks @ matrix
    return found


def products(stacks: Array, rows: Array) -> tuple[Array, Array]:
    """All products of the rows of a stack, and those with another row, one product a stack.

    Args:
        stacks: Shape (points, rows, k).
        rows: Shape (points, k).
    """
    if len(stacks) == 1:
        stack = stacks[0]
        return stack.dot(stack.T)[None], stack.dot(rows[0])[None]
    return stacks @ stacks.transpose(0, 2, 1), (stacks @ rows[:, :, None])[:, :, 0]


def inner(a: Amplitudes, b: Amplitudes) -> Array:
    """Re <a|b> of rows, shape (points,), one product a row."""
    ours, theirs = a.view(float), b.view(float)
    if len(a) == 1:
        return np.asarray(ours.dot(theirs.T)[0])
    return np.asarray((ours[:, None] @ theirs[:, :, None])[:, 0, 0])
