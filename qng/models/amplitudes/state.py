"""A state as a function of its parameters, and its geometry.

With psi normalised and derivative states orthogonal to it,

    |d_i> = (1 - |psi><psi|) d_i psi / |psi|,   Q_ij = <d_i|d_j>,   g = Re Q,   F = 2 Im Q.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.errors import InputError, UnknownNameError, shown
from qng.geometry import Dense, LowRank, Metric
from qng.models.amplitudes.rayleigh import Rayleigh
from qng.models.amplitudes.slopes import SLOPES, NotSmoothError, agree, flat_of_jax, in_double
from qng.models.problem import SPREAD, ModelProblem
from qng.models.wave.wave import named
from qng.problem.anyproblem import point_among
from qng.problem.problem import Reference


class Tangents(NamedTuple):
    """A state and its derivative states.

    Args:
        psi: Normalised, shape (N,).
        rows: |d_i>, shape (P, N).
    """

    psi: Amplitudes
    rows: Amplitudes


@dataclass(frozen=True, eq=False)
class StateFunction:
    """A state from a function of one's own: an ansatz that is no circuit with symbols.

    `qng.metric(state, theta)` and `qng.berry_curvature(state, theta)` take it as they take a
    circuit, and `state.problem(H, start)` is what `qng.minimize` and `qng.compare` take.

    Args:
        function: theta of shape (P,) -> N amplitudes, an array of any shape, real or complex. They
            need not be normalised; for a `PauliSum`, N is 2^n with qubit 0 the least significant
            bit.
        size: P, or the names of the parameters.
        derivatives: "differences" (to about 1e-12, any smooth function), "complex-step" (to
            rounding; analytic functions), "jax" (functions written with jax.numpy; the extra
            `jax`), or a function theta -> the derivatives, shape (P, N).

    Raises:
        InputError: What is no function, or no number of parameters.
        UnknownNameError: No such derivatives.

    Cost: of a metric 4 P values by differences, 8 P by complex steps, and N P^2 products. Those of
    JAX and of your own are compared with differences along one direction, once: 5 values.

    Example:
        >>> import numpy as np
        >>> bell = StateFunction(lambda t: [np.cos(t[0]), 0, 0, np.sin(t[0])], size=1)
        >>> bell.metric([0.3]).dense().round(9).tolist()
        [[1.0]]
    """

    function: Callable[[Any], Any]
    size: int | tuple[str, ...]
    derivatives: str | Callable[[Array], Any] = "differences"

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise InputError(
                f"a state is a function from theta to amplitudes, not {shown(self.function)}"
            )
        if isinstance(self.size, (int, np.integer)):
            object.__setattr__(self, "size", checks.whole("size", self.size, 1))
        else:
            object.__setattr__(self, "size", _names(self.size))
        if isinstance(self.derivatives, str) and self.derivatives not in SLOPES:
            raise UnknownNameError("derivatives", self.derivatives, SLOPES)
        if not isinstance(self.derivatives, str):
            checks.function("derivatives", self.derivatives)
        if self.derivatives == "jax":
            object.__setattr__(self, "function", in_double(self.function))

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names that were given, or t0, t1, ..."""
        return named("t", self.size) if isinstance(self.size, int) else self.size

    def amplitudes(self, theta: ArrayLike) -> Amplitudes:
        """The normalised state at a point of shape (P,), shape (N,).

        Raises:
            InputError: No numbers, none that are finite, or all zero.
        """
        return self._raw(self._point(theta))[0]

    def tangents(self, theta: ArrayLike) -> Tangents:
        """The state and its derivative states at a point of shape (P,).

        Raises:
            InputError: As `amplitudes`; or derivatives of another shape.
        """
        point = self._point(theta)
        # Energy, gradient and metric of a step are asked for one after the other.
        before: tuple[bytes, Tangents] | None = getattr(self, "_last", None)
        if before is None or before[0] != point.tobytes():
            before = point.tobytes(), self._tangents(point)
            object.__setattr__(self, "_last", before)
        return before[1]

    def metric(self, theta: ArrayLike) -> Metric:
        """The Fubini-Study metric g at a point; QFI = 4 g."""
        rows = self.tangents(theta).rows
        factor = np.concatenate([rows.real.T, rows.imag.T])
        return LowRank(factor) if len(factor) < len(rows) else Dense(factor.T @ factor)

    def berry_curvature(self, theta: ArrayLike) -> Array:
        """F_ij = 2 Im <d_i psi|d_j psi> at a point, antisymmetric, shape (P, P)."""
        rows = self.tangents(theta).rows
        return np.asarray(2 * (rows.conj() @ rows.T).imag)

    def problem(
        self,
        observable: Any,
        start: Any,
        *,
        reference: Reference | float | None = None,
        accuracy: float = 1e-6,
        name: str = "",
        title: str = "",
        unit: str = "",
        spread: float = SPREAD,
    ) -> ModelProblem:
        """The energy of the state, to be minimised.

        Args:
            observable: H: a `PauliSum` or what makes one, or a Hermitian matrix of shape (N, N),
                dense or of scipy.sparse.
            start: Shape (P,).
            reference: The lowest energy that counts. None: by diagonalisation where H is small.
            accuracy: The error below which it counts as solved.
            name: Of the problem, like the next ones (`ModelProblem`).
            title: See there.
            unit: See there.
            spread: See there.

        Raises:
            InputError: H is not Hermitian, or of another size than the state.
        """
        point = point_among("start", start, self.parameters)
        loss = Rayleigh.of(self, observable, len(self.amplitudes(point)))
        known = loss.lowest() if reference is None else reference
        return ModelProblem(
            loss, point, known, name, title, accuracy=accuracy, unit=unit, spread=spread
        )

    def _point(self, theta: ArrayLike) -> Array:
        return point_among("theta", theta, self.parameters)

    def _raw(self, theta: Array) -> tuple[Amplitudes, float]:
        """(the normalised state, the norm of what the function returned)."""
        found = _numbers("the state", self.function(theta.copy())).ravel()
        norm = float(np.linalg.norm(found))
        if not (np.isfinite(norm) and norm > 0):
            raise InputError(
                f"the state has the norm {norm} at theta = {shown(theta)}: no state is there"
            )
        return found / norm, norm

    def _tangents(self, theta: Array) -> Tangents:
        psi, norm = self._raw(theta)
        checks.memory("the derivative states", 16 * len(theta) * len(psi))
        flat = partial(self._flat, len(psi))
        if isinstance(self.derivatives, str):
            rows = SLOPES[self.derivatives](flat, theta)
        else:
            rows = _numbers("the derivatives", self.derivatives(theta.copy()))
        if rows.shape != (len(theta), len(psi)) or not np.all(np.isfinite(rows)):
            raise InputError(
                f"the derivatives must be finite and of the shape {(len(theta), len(psi))}, one "
                f"row a parameter, not {rows.shape}"
            )
        if not getattr(self, "_agreed", self.derivatives in ("differences", "complex-step")):
            self._check(flat, theta, rows)
            object.__setattr__(self, "_agreed", True)
        return Tangents(psi, (rows - np.outer(rows @ psi.conj(), psi)) / norm)

    def _flat(self, size: int, theta: Any) -> Any:
        """What the function returned as one row of its own; of JAX as it is.

        Raises:
            InputError: Another number of amplitudes than elsewhere, or single precision.
        """
        found = self.function(theta.copy() if isinstance(theta, np.ndarray) else theta)
        if self.derivatives == "jax":
            row = flat_of_jax(found)
        else:
            row = _array("the state", found).ravel().copy()
            if row.dtype in _SINGLE and isinstance(self.derivatives, str):
                raise InputError(
                    f"the state is in single precision ({row.dtype}), in which differences are "
                    "good for a few digits: return double precision (of JAX derivatives='jax'), or "
                    "give a function theta -> derivatives"
                )
        if len(row) != size:
            raise InputError(
                f"the state has {size} amplitudes at one theta and {len(row)} near it: give as "
                "many everywhere"
            )
        return row

    def _check(self, flat: Callable[[Any], Any], theta: Array, rows: Amplitudes) -> None:
        """Refuse derivatives that are those of something else, where differences can tell."""
        values = flat(theta)
        if values.dtype in _SINGLE:
            return
        try:
            known = agree(flat, theta, rows)
        except NotSmoothError:
            return
        if not known:
            raise InputError(
                f"the derivatives are not those of the state at theta = {shown(theta)}, by "
                "differences: they must be of what the function returns, not normalised, one row "
                "a parameter"
            )


# In which differences of states have lost most of their digits.
_SINGLE: Final = ("float32", "complex64", "float16")


def _names(given: Any) -> tuple[str, ...]:
    """Names of parameters.

    Raises:
        InputError: A text in the place of several, none, or one of them twice.
    """
    names = () if isinstance(given, str) or not isinstance(given, Iterable) else tuple(given)
    if not names or len(set(names)) < len(names) or not all(isinstance(n, str) for n in names):
        raise InputError(
            f"size is the number of parameters, or their names, all different, not {shown(given)}"
        )
    return names


def _array(what: str, found: Any) -> NDArray[Any]:
    """What a function returned, as an array.

    Raises:
        InputError: No numbers.
    """
    if found is None:
        raise InputError(f"{what} must be numbers, and the function returned None")
    try:
        return np.asarray(found)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{what} must be numbers, not {shown(found)}: {' '.join(str(error).split())}"
        ) from error


def _numbers(what: str, found: Any) -> Amplitudes:
    array = _array(what, found)
    try:
        return array.astype(complex)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} must be numbers, not {shown(found)}") from error
