r"""The linear method from shots: K from Hadamard tests whose system is measured as well.

In the angles, with |r> the state in which P_r stands after rotation r, |d_r psi> = -(i/2) |r>, and

    G_rs = Re <s|r> / 4,        k_rs = Re <s|H|r> / 4,
    b_r  = -Re <psi|r> / 2,     h_r  = -Re <psi|H|r> / 2,       s_r = [E(+) - E(-)] / 4,
    g = G - b b^T,              K = k - b h^T - h b^T + E b b^T.

An ancilla in |+> controls P_r after rotation r, and where it does not, P_s stands after rotation s:
at the end of the circuit <X_a> is Re <s|r>, and <X_a W> is Re <s|W|r> for every word W that the
basis of the system has. (P_s stands in both branches where angle s is larger by pi, and in one of
them is taken away again.) Without P_s it is psi that stands for s. On the diagonal k_rr is E/4 at
phi_r + pi, and G_rr = 1/4. Products of two means of one circuit are too large by their covariance,
which is subtracted, so that E, s, K and g are unbiased. The constant of H is left out at first, and
its multiple of g added to K, so that it adds to no error.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array, Integers
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli, PauliSum
from qng.estimate.parts.shares import weights
from qng.estimate.parts.words import sums
from qng.estimate.ritz.errors import Products, TangentNoise
from qng.estimate.ritz.exact import checked
from qng.estimate.ritz.probes import Probe, Words, probes, with_ancilla
from qng.geometry import Metric, Ritz
from qng.plan.counts import Counts
from qng.plan.plan import Plan
from qng.plan.request import Expectation, Request, Result, Samples, Values

# Weights of circuits need |b| and the weight of slopes in w before they are known.
_TYPICAL = 0.25


def linear_method(circuit: Circuit, observable: PauliSum, theta: ArrayLike) -> Plan[Metric]:
    """M = 2 (K - w g) from Hadamard tests; E, s, K and g are unbiased.

    Args:
        circuit: The circuit, on n qubits; qubit n is the ancilla.
        observable: H, Hermitian.
        theta: Shape (P,), radians.

    Returns:
        A plan for M with its standard errors, w's among them. Directions whose length in g is
        within three standard errors of zero do not enter w. Noise lowers the lowest eigenvalue;
        what of that the errors explain to second order is added again. M follows w, which is no
        linear function of what is counted: where the error of w is a tenth of it, 1.96 standard
        errors hold some entries in 90 % of all cases only.

    Cost: R (R + 1)/2 circuits with an ancilla for every basis of H, and 3 R + 1 energies.

    Reference: Motta, Sung, Shee, arXiv:2408.01833; the circuits are ours.
    """
    return _plan(circuit, observable, theta, None)


def projected_inverse(
    circuit: Circuit, observable: PauliSum, theta: ArrayLike, eps: float = 1.0
) -> Plan[Metric]:
    """M = 2 (K - E g + g/eps) from Hadamard tests; E, K and g are unbiased.

    Args:
        circuit: The circuit, on n qubits; qubit n is the ancilla.
        observable: H, Hermitian.
        theta: Shape (P,), radians.
        eps: In units of 1/H, positive, infinity for no shift.

    Returns:
        A plan for M with its standard errors.

    Raises:
        InputError: eps is not positive.

    Cost: that of the linear method.

    Reference: Zhang et al., arXiv:2606.07825; the circuits are ours.
    """
    return _plan(circuit, observable, theta, checked(eps))


def _plan(
    circuit: Circuit, observable: PauliSum, theta: ArrayLike, eps: float | None
) -> Plan[Metric]:
    jacobian, phi, words = circuit.jacobian(theta), circuit.angles(theta), Words.of(observable)
    moving = np.flatnonzero(np.any(jacobian != 0, axis=1))
    turns = np.eye(len(phi))[moving] * np.pi
    points = np.concatenate([phi[None], phi + turns, phi + turns / 2, phi - turns / 2])
    asked = probes(circuit, tuple(moving.tolist()), words.bases)
    shares = _shares(asked, np.linalg.norm(jacobian, axis=1), moving, words.sizes)
    energies = Request(circuit, points, Expectation(observable), shares[: len(points)])
    tests = [
        Request(probe.circuit, probe.angles(phi), Samples(with_ancilla(circuit, basis)), share)
        for probe, basis, share in zip(
            asked, [words.bases[p.group] for p in asked], shares[len(points) :, None]
        )
    ]
    place = {r: k for k, r in enumerate(moving.tolist())}

    def reduce(results: Sequence[Result]) -> Metric:
        read = _Read(len(moving))
        seen = [_seen(group, circuit.n_qubits) for group in words.groups]
        for probe, share, (counts,) in zip(asked, shares[len(points) :], results[1:]):
            which = place[probe.first], place[probe.second]
            read.add(which, float(share), counts, seen[probe.group])
        exact = results[0].std_error is None or not np.any(results[0].std_error)
        exact = exact and all(counts.is_exact for (counts,) in results[1:])
        return _ritz(results[0], read.products(), jacobian[moving], eps, words, exact)

    return Plan((energies, *tests), reduce)


def _shares(asked: Sequence[Probe], norms: Array, moving: Integers, sizes: Array) -> Array:
    """Weights of all energies and of every probe, by what they contribute to M.

    Args:
        asked: The probes.
        norms: |a_r| of the rows of A, shape (R,).
        moving: The rotations that move something.
        sizes: Of the groups.
    """
    whole, own = float(np.linalg.norm(sizes)), norms[moving]
    slopes = _TYPICAL * whole * own / 2
    energies = np.concatenate([[_TYPICAL * whole], whole * own**2 / 2, slopes, slopes])
    others = float(np.linalg.norm(own))
    tests = [
        np.hypot(sizes[probe.group], whole / len(sizes))
        * norms[probe.first]
        * (2 * _TYPICAL * others if probe.first == probe.second else norms[probe.second] / 2)
        for probe in asked
    ]
    return weights(np.concatenate([energies, tests]))


Seen = tuple[list[Pauli], Array]
"""X_a and the words X_a W of a group, and the coefficients of <X_a> and of sum_W c_W <X_a W>."""


def _seen(group: tuple[tuple[Pauli, ...], Array], ancilla: int) -> Seen:
    words, coefficients = group
    x = Pauli(1 << ancilla, 0)
    both = np.zeros((2, 1 + len(words)))
    both[0, 0], both[1, 1:] = 1.0, coefficients
    return [x, *(Pauli(word.x | x.x, word.z) for word in words)], both


class _Read:
    """Gathers <X_a> and sum_W c_W <X_a W> of all pairs, with their covariances.

    Args:
        size: How many rotations there are.
    """

    def __init__(self, size: int) -> None:
        self.shares = np.zeros((size, size))
        self.values = np.zeros((2, size, size))
        self.covariances = np.zeros((2, 2, size, size))
        self.unbiased = np.zeros((2, 2, size, size))

    def add(self, which: tuple[int, int], share: float, counts: Counts, seen: Seen) -> None:
        """The counts of a pair (r, s) in the basis of a group; the groups share <X_a>."""
        found = sums(counts, *seen)
        scale = np.array([share, 1.0])
        squares = scale[:, None] * scale
        self.shares[which] += share
        self.values[:, *which] += scale * found.value
        self.covariances[:, :, *which] += squares * found.covariance
        self.unbiased[:, :, *which] += squares * found.unbiased

    def products(self) -> Products:
        """Re <s|r> and Re <s|H|r>: of the groups the mean of the first, and the sum."""
        mean = np.where(self.shares > 0, 1 / np.where(self.shares > 0, self.shares, 1), 0)
        both = np.array([mean, np.ones_like(mean)])
        squares = both[:, None] * both[None]
        return Products(both * self.values, squares * self.covariances, squares * self.unbiased)


def _ritz(
    energies: Values,
    products: Products,
    a: Array,
    eps: float | None,
    words: Words,
    exact: bool,
) -> Ritz:
    """E, s, K and g in the parameters.

    Args:
        energies: At phi, phi + pi e_r, phi + pi/2 e_r and phi - pi/2 e_r.
        products: Re <s|r> and Re <s|H|r>.
        a: The rows of A of moving rotations, shape (r, P).
        eps: As in `Ritz`.
        words: Of H.
        exact: Whether nothing has errors.
    """
    size = len(a)
    energy, flipped, plus, minus = _split(energies.value - words.constant, size)
    of_g, of_k = (np.triu(value, 1) / 4 for value in products.values)
    of_g, of_k = of_g + of_g.T, of_k + of_k.T
    np.fill_diagonal(of_g, 0.25)
    np.fill_diagonal(of_k, flipped / 4)
    b, h = (-np.diagonal(value) / 2 for value in products.values)
    (bb, bh), _ = (np.diagonal(row, axis1=-2, axis2=-1) / 4 for row in products.unbiased)
    squares = np.outer(b, b) - np.diag(bb)
    crossed = np.outer(b, h) - np.diag(bh)
    source = None
    if not exact:
        variances = _split(np.asarray(energies.std_error) ** 2, size)
        source = TangentNoise.of(variances, products, a, (b, h), energy, words.constant)
    g = a.T @ (of_g - squares) @ a
    return Ritz(
        energy=energy + words.constant,
        slopes=a.T @ ((plus - minus) / 4),
        curvature=a.T @ (of_k - crossed - crossed.T + energy * squares) @ a + words.constant * g,
        states=g,
        eps=eps,
        bound=words.bound,
        source=source,
    )


def _split(numbers: Array, size: int) -> tuple[float, Array, Array, Array]:
    flipped, plus, minus = np.split(numbers[1:], [size, 2 * size])
    return float(numbers[0]), flipped, plus, minus
