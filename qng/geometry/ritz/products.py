"""The metric of the linear method by its products, for more parameters than matrices can hold.

    u = J v - i (b.v) psi,    K v = Re J^dagger H u - b Im <psi|H u>,    g v = Re J^dagger u

with J v a forward sweep and Re J^dagger w a reverse one: a product with both takes two of the
latter for one of the former. w comes from a few tens of them (`davidson`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, all_finite
from qng.geometry.davidson import Found, lowest
from qng.geometry.eigen import Eigen, Whole
from qng.geometry.implicit import LinearMap
from qng.geometry.metric import Dense, variance_in, whole
from qng.geometry.noise import Noise
from qng.geometry.ritz.dense import Ritz
from qng.geometry.shown import Shown

# Of w, and products for it.
_TOLERANCE: Final = 1e-2
_PRODUCTS: Final = 60


@dataclass(frozen=True, eq=False, repr=False)
class RitzProducts(Shown):
    """What `Ritz` is, by products; no matrix.

    Args:
        tangent: J.
        hamiltonian: H, what can be multiplied with a state.
        energy: E.
        slopes: s, half of the gradient, shape (P,).
        b: <psi|d_j psi> = i b_j, shape (P,).
        eps: As in `Ritz`.
        coordinates: A: the metric is A^T M A; None: 1.

    Example:
        >>> import qng
        >>> M = qng.metric("one-qubit", [0.3, 0.8], "linear-method", form="products")
        >>> M.matvec([1.0, 0.0]).shape
        (2,)
    """

    tangent: LinearMap
    hamiltonian: Any
    energy: float
    slopes: Array
    b: Array
    eps: float | None = None
    coordinates: Array | None = None

    has_matrix: ClassVar[bool] = False
    is_diagonal: ClassVar[bool] = False

    @classmethod
    def of(cls, tangent: LinearMap, hamiltonian: Any, eps: float | None = None) -> RitzProducts:
        """That of a tangent map. Cost: one product with H and two reverse sweeps."""
        psi = tangent.state
        image = hamiltonian @ psi
        b = tangent.vjp(1j * psi)
        return cls(
            tangent, hamiltonian, float(np.vdot(psi, image).real), tangent.vjp(image), b, eps
        )

    @property
    def size(self) -> int:
        """P."""
        return len(self.b) if self.coordinates is None else self.coordinates.shape[1]

    @property
    def std_error(self) -> None:
        """None: it is exact."""
        return None

    @property
    def noise(self) -> None:
        """None: it is exact."""
        return None

    @property
    def blocks(self) -> tuple[tuple[int, ...], ...]:
        """All parameters together."""
        return whole(self.size)

    @property
    def mean(self) -> float:
        """E."""
        return self.energy

    @property
    def shift(self) -> float:
        """E - w of the linear method, or 1/eps; in the units of the energy."""
        return self.energy - self.lowest if self.eps is None else 1 / self.eps

    @property
    def lowest(self) -> float:
        """w, the lowest energy on the tangent space, to a few percent of E - w and from above."""
        return min(self._found.value, self.energy)

    @cached_property
    def _found(self) -> Found:
        def product(c: Array) -> tuple[Array, Array]:
            k, g = self.products(c[1:])
            s = self._pulled(self.slopes)
            image = np.concatenate([[self.energy * c[0] + s @ c[1:]], s * c[0] + k])
            return image, np.concatenate([c[:1], g])

        start = np.zeros(self.size + 1)
        start[0] = 1.0
        return lowest(product, start, _TOLERANCE, _PRODUCTS)

    def shifted(self, shift: float) -> RitzProducts:
        """The same with another shift, in the units of the energy."""
        moved = replace(self, eps=1 / shift if shift else np.inf)
        vars(moved).update({k: v for k, v in vars(self).items() if k == "_found"})
        return moved

    def products(self, v: ArrayLike) -> tuple[Array, Array]:
        """K v and g v. Cost: a forward sweep, a product with H and two reverse sweeps."""
        vector = np.asarray(v, dtype=float)
        u = vector if self.coordinates is None else self.coordinates @ vector
        along = float(self.b @ u)
        psi = self.tangent.state
        state = self.tangent.jvp(u) - 1j * along * psi
        image = self.hamiltonian @ state
        k = self.tangent.vjp(image) - self.b * np.vdot(psi, image).imag
        g = self.tangent.vjp(state)
        return self._pulled(k), self._pulled(g)

    def matvec(self, v: ArrayLike) -> Array:
        """M v. Cost: `products`."""
        k, g = self.products(v)
        return np.asarray(2 * (k - (self.energy - self.shift) * g))

    def pullback(self, a: ArrayLike) -> RitzProducts:
        """A^T M A, by products again."""
        jacobian, before = np.asarray(a, dtype=float), self.coordinates
        return replace(self, coordinates=jacobian if before is None else before @ jacobian)

    def whole(self) -> Ritz:
        """The same as matrices. Cost: P times `products`."""
        pairs = [self.products(unit) for unit in np.eye(self.size)]
        k, g = (np.array(rows) for rows in zip(*pairs))
        return Ritz(
            self.energy, self._pulled(self.slopes), (k + k.T) / 2, (g + g.T) / 2, eps=self.eps
        )

    def dense(self) -> Array:
        """The matrix. Cost: `whole`."""
        return self.whole().dense()

    def diagonal(self) -> Array:
        """Its diagonal. Cost: `whole`."""
        return np.diag(self.dense())

    def spectrum(self) -> Array:
        """Its eigenvalues. Cost: `whole` and P^3."""
        return self.whole().spectrum()

    def eigen(self) -> Eigen:
        """Those of the matrix. Cost: `whole` and P^3."""
        return Whole.of(self.dense())

    def similar(self, matrix: Array, std_error: Array | None, noise: Noise | None = None) -> Dense:
        """A matrix, and no energies."""
        return Dense(matrix, std_error, noise=noise)

    def variance_of(self, v: ArrayLike, w: ArrayLike) -> float:
        """0: it is exact."""
        return variance_in(self, v, w)

    def length(self, v: ArrayLike) -> float:
        """sqrt(v^T g v), the angle between the states in radians. Cost: one forward sweep."""
        vector = np.asarray(v, dtype=float)
        u = vector if self.coordinates is None else self.coordinates @ vector
        state = self.tangent.jvp(u) - 1j * float(self.b @ u) * self.tangent.state
        return float(np.linalg.norm(state))

    def is_finite(self) -> bool:
        """Whether E, s and b are; the rest is not known."""
        return np.isfinite(self.energy) and all_finite(self.slopes) and all_finite(self.b)

    def _pulled(self, v: Array) -> Array:
        return v if self.coordinates is None else np.asarray(self.coordinates.T @ v)
