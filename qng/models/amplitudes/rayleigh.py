"""The energy of a state as a loss: E = <psi|H|psi> / <psi|psi>.

    grad_i E = 2 Re <d_i|H|psi>,    g_ij = Re <d_i|d_j>,    I_ij = sum_x d_i p_x d_j p_x / p_x

with normalised psi and derivative states orthogonal to it; `qng` is stochastic reconfiguration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, shown
from qng.geometry import Dense, Metric, Ritz
from qng.models import pieces
from qng.models.amplitudes.slopes import by_differences
from qng.models.loss import metric_by
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.problem.problem import Reference
from qng.seeds import Key

_DENSE: Final = 512
_SPARSE: Final = 2**14
"""Dimensions up to which the lowest level is found."""

# Relative to the largest entry, or amplitude: what is rounding.
_ROUNDING: Final = 1e-12


class VectorState(Protocol):
    """As `StateFunction`."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the P parameters."""

    def amplitudes(self, theta: ArrayLike, /) -> Amplitudes:
        """Normalised, shape (N,)."""

    def tangents(self, theta: ArrayLike, /) -> Any:
        """(psi, rows) of shapes (N,) and (P, N)."""

    def metric(self, theta: ArrayLike, /) -> Metric:
        """Fubini-Study."""


@dataclass(frozen=True, eq=False)
class Rayleigh:
    """The energy of a state.

    Args:
        state: psi(theta).
        hamiltonian: H, a sum of Pauli words or a Hermitian matrix of shape (N, N), dense or
            sparse; None: only metrics are had.
        size: N.
    """

    state: VectorState
    hamiltonian: Any = None
    size: int = 0

    @staticmethod
    def of(state: VectorState, observable: Any, size: int) -> Rayleigh:
        """With H from what makes a Pauli sum, or a matrix.

        Raises:
            InputError: H is not Hermitian, or not of size N.
        """
        is_matrix = hasattr(observable, "shape") and not isinstance(observable, PauliSum)
        hamiltonian = observable if is_matrix else PauliSum(observable)
        _matrix(hamiltonian, size)  # refuses what does not fit
        return Rayleigh(state, hamiltonian, size)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the state."""
        return self.state.parameters

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """One."""
        return ((len(self.parameters),),)

    def drawn(self, theta: Array, key: Key) -> Rayleigh:
        """Itself: nothing is drawn."""
        return self

    def energy(self, points: Array) -> Energy[Array]:
        """Energies and variances <H^2> - E^2 of the states at points of shape (points, P)."""
        values, variances = [], []
        for point in points:
            psi = self.state.amplitudes(point)
            found = self._applied(psi)
            values.append(float(np.vdot(psi, found).real))
            variances.append(float(np.sum(np.abs(found - values[-1] * psi) ** 2)))
        return Energy(np.array(values), np.array(variances))

    def gradient(self, theta: Array) -> GradientEstimate:
        """2 Re <d_i|H|psi>."""
        psi, rows = self.state.tangents(theta)
        return GradientEstimate(2 * np.real(rows.conj() @ self._applied(psi)))

    def metric(self, theta: Array, by: By) -> Metric:
        """A metric by name: "auto" and "exact" are g, "fisher" is I of |psi_x|^2.

        "linear-method" and "projected-inverse" are H on the tangent space (`qng.geometry.Ritz`).
        """
        known: dict[str, Callable[..., Metric]] = {
            "auto": self.state.metric,
            "exact": self.state.metric,
            "fisher": self._fisher,
            "hessian": self._hessian,
            "linear-method": self._ritz,
            "projected-inverse": self._shifted,
        }
        return metric_by(self, theta, by, known)

    def lowest(self) -> Reference | None:
        """The lowest level of H, up to dimension 16,384."""
        size = self.size
        if size <= _DENSE:
            return Reference(float(np.linalg.eigvalsh(_dense(self._matrix))[0]), _HOW)
        if size > _SPARSE:
            return None
        from scipy.sparse.linalg import eigsh

        start = np.cos(np.arange(size) + 1.0)
        level = eigsh(self._matrix, k=1, which="SA", v0=start, return_eigenvectors=False)
        return Reference(float(level[0]), f"{_HOW} (Lanczos)")

    @cached_property
    def _matrix(self) -> Any:
        return _matrix(self.hamiltonian, self.size)

    def _applied(self, psi: Amplitudes) -> Amplitudes:
        """H psi."""
        if self.hamiltonian is None:
            raise InputError("a state alone has no energy: give state.problem(H, start)")
        found: Amplitudes = self._matrix @ psi
        return found

    def _ritz(self, theta: Array, eps: float | None = None) -> Metric:
        """E, s_i = Re <d_i|H|psi>, K_ij = Re <d_i|H|d_j> and g."""
        psi, rows = self.state.tangents(theta)
        moved = self._applied(psi)
        return Ritz(
            energy=float(np.vdot(psi, moved).real),
            slopes=np.real(rows.conj() @ moved),
            curvature=np.real(rows.conj() @ self._applied(rows.T)),
            states=np.real(rows.conj() @ rows.T),
            eps=eps,
        )

    def _shifted(self, theta: Array, eps: float = 1.0) -> Metric:
        return self._ritz(theta, eps)

    def _hessian(self, theta: Array, step: float | None = None) -> Metric:
        """By differences of the gradient, whose step is found as that of states is."""
        if step is not None:
            return pieces.hessian(self, theta, step)
        # A constant of the size of H tells what is rounding where the gradient vanishes.
        size = [float(np.linalg.norm(self._applied(self.state.amplitudes(theta))))]
        sized = by_differences(lambda x: np.append(self.gradient(x).value, size), theta)
        rows = sized[:, :-1].real
        return Dense((rows + rows.T) / 2)

    def _fisher(self, theta: Array) -> Metric:
        """I, with d p = 2 Re psi^* d psi; where psi is zero 4 Re(d_i psi^* d_j psi)."""
        psi, rows = self.state.tangents(theta)
        size = np.abs(psi)
        seen = size > _ROUNDING * size.max()
        along = 2 * np.real((psi[seen] / size[seen]).conj() * rows[:, seen])
        dark = 2 * rows[:, ~seen]
        factor = np.concatenate([along, dark.real, dark.imag], axis=1)
        return Dense(factor @ factor.T)


_HOW: Final = "exact diagonalisation"


def _matrix(observable: Any, size: int) -> Any:
    if not isinstance(observable, PauliSum):
        matrix = observable if hasattr(observable, "tocsr") else np.asarray(observable)
        if matrix.shape != (size, size):
            raise InputError(
                f"the state has {size} amplitudes, so H must have the shape {(size, size)}, not "
                f"{matrix.shape}"
            )
        apart = abs(matrix - matrix.conj().T).max()
        if not apart <= _ROUNDING * abs(matrix).max():
            raise InputError(f"H must be Hermitian, and differs from its adjoint by {apart:.3g}")
        return matrix.tocsr() if hasattr(matrix, "tocsr") else matrix
    n = max(size.bit_length() - 1, 0)
    if size != 2**n or n < observable.n_qubits:
        raise InputError(
            f"the state has {size} amplitudes, and the observable acts on {observable.n_qubits} "
            f"qubits, which have {2**observable.n_qubits}: {shown(observable)}"
        )
    if not observable.is_hermitian:
        raise InputError("H must be Hermitian: its coefficients are not real")
    return observable.matrix(n)


def _dense(matrix: Any) -> Any:
    return matrix.toarray() if hasattr(matrix, "toarray") else matrix
