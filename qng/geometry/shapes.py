"""Shapes of the arrays that theta ravels, as a user gives them: (4, 3), "4x3", "auto"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Final

from qng import checks
from qng.errors import InputError, shown

Shapes = tuple[tuple[int, ...], ...]
"""Shapes of arrays, in the order in which theta ravels them."""

AUTO: Final = "auto"

_TEXT: Final = re.compile(r"\d+(x\d+)*(,\d+(x\d+)*)*")


def given(shape: str | Sequence[int]) -> Shapes | None:
    """The shapes that a user gives; None for "auto", those of what is minimised.

    Args:
        shape: "auto"; one array as (4, 3) or "4x3"; several as "4x3,3".

    Raises:
        InputError: Something else.

    Example:
        >>> given((4, 3)), given("4x3,3"), given("auto")
        (((4, 3),), ((4, 3), (3,)), None)
    """
    if isinstance(shape, str):
        if shape == AUTO:
            return None
        text = shape.replace(" ", "")
        if not _TEXT.fullmatch(text):
            raise InputError(
                f"shape must be 'auto', or the shapes of arrays as (4, 3), '4x3' or '4x3,3', "
                f"not {shown(shape)}"
            )
        return tuple(_sizes(map(int, part.split("x"))) for part in text.split(","))
    return (_sizes(shape),)


def fitting(shapes: Shapes, size: int) -> Shapes:
    """The shapes, where they are those of P parameters.

    Raises:
        InputError: They are not.
    """
    total = sum(map(math.prod, shapes))
    if total != size:
        text = ",".join("x".join(map(str, shape)) for shape in shapes)
        raise InputError(f"shape={text} is {total} parameter(s), and there are {size}")
    return shapes


def as_matrix(shape: tuple[int, ...]) -> tuple[int, int]:
    """(rows, columns) of an array: its first dimension, and all others together."""
    return shape[0], math.prod(shape[1:])


def _sizes(shape: Sequence[int] | map[int]) -> tuple[int, ...]:
    return tuple(checks.whole("a size of shape", k, 1) for k in shape)
