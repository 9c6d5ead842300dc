"""A metric as people meet it: an array, entries, products, one line, a heat map.

Nothing here computes: all of it is made of `dense` and `matvec`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from qng.arrays import Array, same
from qng.errors import InputError

if TYPE_CHECKING:
    from qng.geometry.metric import Metric
    from qng.report.notebook import Picture

_LARGEST: Final = 1024
"""Metrics of more parameters are not told apart by their text."""


class Shown:
    """What every metric has for people; it has no state of its own."""

    def __eq__(self, other: object) -> bool:
        return same(self, other) if type(other) is type(self) else NotImplemented

    def __hash__(self: Metric) -> int:
        return hash((type(self), self.size))

    @property
    def shape(self: Metric) -> tuple[int, int]:
        """(P, P)."""
        return self.size, self.size

    def __array__(
        self: Metric, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        matrix = self.dense()
        if any(matrix is own for own in vars(self).values()):
            # What is written into an array of one's own does not change a metric.
            matrix = matrix.view()
            matrix.flags.writeable = False
        elif copy is False:
            raise ValueError("the matrix of this metric is made when it is asked for: a copy")
        return np.array(matrix, dtype=dtype, copy=copy)

    def __len__(self: Metric) -> int:
        """P, the number of rows."""
        return self.size

    def __iter__(self: Metric) -> Iterator[Array]:
        """Its rows."""
        return iter(np.asarray(self))

    def __getitem__(self: Metric, key: Any) -> Any:
        """Entries, rows and parts by position, as of an array.

        Raises:
            InputError: A name.
            IndexError: A position that is none.
        """
        if any(isinstance(part, str) for part in (key if isinstance(key, tuple) else (key,))):
            raise InputError(
                f"a metric knows positions, not names: give numbers from 0 to {self.size - 1} in "
                f"the order of circuit.parameters, not {key!r}"
            )
        return np.asarray(self)[key]

    def __matmul__(self: Metric, other: ArrayLike) -> Array:
        """M v, or M A column by column.

        Raises:
            InputError: Not P numbers, or P rows of numbers.
        """
        given: NDArray[Any] = np.asarray(other)
        if given.ndim not in (1, 2) or len(given) != self.size or given.dtype.kind not in "biuf":
            raise InputError(
                f"metric @ v takes real numbers of shape ({self.size},) or ({self.size}, columns), "
                f"not {given.dtype} of shape {given.shape}"
            )
        if given.ndim == 1:
            return self.matvec(given)
        columns = [self.matvec(column) for column in given.T]
        return np.stack(columns, axis=1) if columns else np.zeros(given.shape)

    def __repr__(self: Metric) -> str:
        name = type(self).__name__
        known = "exact" if self.std_error is None else "with errors"
        if not self.has_matrix or self.size > _LARGEST:
            how = known if self.has_matrix else "by products"
            return f"{name}(size={self.size}, {how})"
        numbers = self.diagonal() if self.is_diagonal else self.dense()
        digest = hashlib.sha256(np.ascontiguousarray(numbers, dtype=float).tobytes())
        return f"{name}(size={self.size}, {known}, digest={digest.hexdigest()[:12]!r})"

    def __str__(self: Metric) -> str:
        from qng.report.notebook import metric_text

        return metric_text(self)

    def _repr_html_(self: Metric) -> str:
        from qng.report.notebook import metric_html

        return metric_html(self)

    def plot(self: Metric, parameters: Sequence[str] = (), title: str = "") -> Picture:
        """The matrix as a heat map, with its eigenvalues beside it; a notebook shows it.

        Args:
            parameters: The names of rows and columns, such as `circuit.parameters`; by default
                their numbers.
            title: Above it.

        Raises:
            InputError: Not P names.
            MissingPackageError: Matplotlib is not installed.
        """
        from qng.report.notebook import metric_picture

        return metric_picture(self, parameters, title)
