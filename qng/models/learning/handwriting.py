"""The handwritten digits of scikit-learn, as tasks to be learned one after another.

1,797 images of 8 x 8 pixels in ten classes, in a fixed random order; the last ones are for tests.
Further tasks are the same images with their pixels permuted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from qng import checks
from qng.arrays import Array
from qng.errors import MissingPackageError
from qng.seeds import generator

TRAINED: Final = 1400
"""How many images are learned from; the other 397 are for tests."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Images with their classes.

    Args:
        x: To learn from, shape (1400, 64), from 0 to 1.
        y: Their classes, shape (1400,).
        x_test: For tests, shape (397, 64).
        y_test: Their classes.
    """

    x: Array
    y: Array
    x_test: Array
    y_test: Array

    def permuted(self, places: Any) -> Digits:
        """The same images with pixel places[k] at place k."""
        return Digits(self.x[:, places], self.y, self.x_test[:, places], self.y_test)


def digits() -> Digits:
    """The digits.

    Raises:
        MissingPackageError: scikit-learn is not there.
    """
    return permuted_digits(1)[0]


def permuted_digits(tasks: int = 3) -> list[Digits]:
    """Tasks to be learned one after another: the digits, then other orders of their pixels.

    Args:
        tasks: How many.

    Raises:
        MissingPackageError: scikit-learn is not there.

    Example:
        >>> tasks = permuted_digits(2)
        >>> tasks[0].x.shape[1], len(tasks)
        (64, 2)
    """
    count = checks.whole("tasks", tasks, 1)
    images, classes = _loaded()
    rng = generator(0)
    order = rng.permutation(len(images))
    x, y = images[order] / 16.0, classes[order].astype(float)
    first = Digits(x[:TRAINED], y[:TRAINED], x[TRAINED:], y[TRAINED:])
    orders = [np.arange(64), *(rng.permutation(64) for _ in range(count - 1))]
    return [first.permuted(places) for places in orders]


@lru_cache(maxsize=1)
def _loaded() -> tuple[Array, Array]:
    """Images, shape (1797, 64), and classes."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise MissingPackageError("the data set of digits", "scikit-learn", "digits") from error
    images, classes = load_digits(return_X_y=True)
    return np.asarray(images, dtype=float), np.asarray(classes, dtype=float)
