r"""The Born distribution of a circuit as a statistical model.

    p(x) = |psi_x|^2,   s_i = 2 Re(d_i psi_x / psi_x),   I = sum_x d_i p d_j p / p <= 4 g

Outcomes with p below 1e-24 are impossible: they have no score, and their part of I is the exact
limit 4 Re(d_i psi_x^* d_j psi_x), which a sum over scores would lose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import special

from qng.arrays import Amplitudes, Array, Integers
from qng.circuit.ansatz import real_amplitudes
from qng.circuit.arrays import arrays_of
from qng.circuit.basis import with_basis
from qng.circuit.circuit import Circuit
from qng.errors import InputError, shown
from qng.models.problem import ModelProblem
from qng.models.states import evolved, ground, pushed
from qng.models.statistics.fitting import fit
from qng.problem.problem import Problem
from qng.seeds import generator

Mask = NDArray[np.bool_]

CUTOFF: Final = 1e-24
"""Below which a probability is rounding."""


@dataclass(frozen=True, eq=False)
class Born:
    """The outcomes 0, ..., 2^n - 1 of measuring all qubits; bit q of an outcome is qubit q.

    Args:
        circuit: n qubits, of at most 12; or a problem, whose circuit is meant.
        basis: "X", "Y" or "Z" for all qubits, or a Pauli word for some with Z on the rest.

    Raises:
        InputError: No circuit, a noisy or a larger one; no such basis.

    Example:
        >>> from qng.circuit.ansatz import real_amplitudes
        >>> Born(real_amplitudes(2, 1)).support(None).tolist()
        [0.0, 1.0, 2.0, 3.0]
    """

    circuit: Any
    basis: str = "Z"

    def __post_init__(self) -> None:
        given = self.circuit
        if isinstance(given, Problem):
            given = given.circuit
        if not isinstance(given, Circuit):
            raise InputError(
                f"the Born distribution is that of a circuit, not of {shown(self.circuit)}: make "
                "one with qng.Circuit.from_qiskit or from_pennylane"
            )
        if given.noisy:
            raise InputError("the Born distribution of a model is that of a circuit without noise")
        with_basis(given, self.basis)
        object.__setattr__(self, "circuit", given)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the circuit."""
        names: tuple[str, ...] = self.circuit.parameters
        return names

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Those of the circuit."""
        return arrays_of(self.circuit)

    def log_density(self, theta: Array, x: Array) -> Array:
        """ln p(x); -inf of what is impossible, or no outcome."""
        p = self.probabilities(theta)
        index, known = _among(x, len(p))
        with np.errstate(divide="ignore"):
            return np.where(known, np.log(p[index]), -np.inf)

    def sample(self, theta: Array, n: int, rng: Generator) -> Array:
        """Draws, shape (n,)."""
        p = self.probabilities(theta)
        return rng.choice(len(p), size=n, p=p / p.sum()).astype(float)

    def support(self, theta: Array) -> Array:
        """All outcomes."""
        return np.arange(2.0**self.circuit.n_qubits)

    def score(self, theta: Array, x: Array) -> Array:
        """The formula above, shape (N, P); nan of impossible outcomes, and of what is none."""
        psi, slopes = self._tangents(theta)
        index, known = _among(x, len(psi))
        seen = known & (np.abs(psi[index]) ** 2 > CUTOFF)
        with np.errstate(all="ignore"):
            s = 2 * np.real(slopes[:, index] / psi[index]).T
        return np.where(seen[:, None], s, np.nan)

    def fisher(self, theta: Array) -> Array:
        """The sum above with its limits, shape (P, P)."""
        psi, slopes = self._tangents(theta)
        seen = np.abs(psi) ** 2 > CUTOFF
        s = 2 * np.real(slopes[:, seen] * (psi[seen].conj() / np.abs(psi[seen])))
        at_zeros = np.ascontiguousarray(slopes[:, ~seen]).view(float)
        return np.asarray(s @ s.T + 4 * at_zeros @ at_zeros.T)

    def divergence(self, theta: Array, other: Array) -> float:
        """KL(p_theta || p_other), nats."""
        return float(np.sum(special.kl_div(self.probabilities(theta), self.probabilities(other))))

    def probabilities(self, theta: Array) -> Array:
        """p, shape (2^n,); 0 where it is below the cutoff."""
        circuit = with_basis(self.circuit, self.basis)
        angles = circuit.angles(np.asarray(theta, dtype=float))
        p = np.abs(evolved(circuit, ground(circuit, 1), angles)[0]) ** 2
        return np.where(p > CUTOFF, p, 0.0)

    def _tangents(self, theta: Array) -> tuple[Amplitudes, Amplitudes]:
        """psi and d_i psi, shapes (2^n,) and (P, 2^n)."""
        circuit = with_basis(self.circuit, self.basis)
        at = np.asarray(theta, dtype=float)
        psi, rows = pushed(circuit, ground(circuit, 1), circuit.angles(at))
        slopes: Amplitudes = circuit.jacobian(at).T @ rows[:, 0]
        return psi[0], slopes


def _among(x: Array, size: int) -> tuple[Integers, Mask]:
    """Outcomes as indices, 0 of what is none, and which are some."""
    index = np.asarray(x).astype(int)
    known = (index == x) & (index >= 0) & (index < size)
    return np.where(known, index, 0), known


def bars_and_stripes() -> ModelProblem:
    """The six pictures of bars and stripes on 2 x 2 pixels, by a circuit of four qubits."""
    circuit = real_amplitudes(4, 3)
    pictures = [0b0000, 0b0011, 0b0101, 0b1010, 0b1100, 0b1111]
    return fit(
        Born(circuit),
        pictures,
        generator(14).uniform(-1.0, 1.0, circuit.n_parameters),
        reference=math.log(len(pictures)),
        name="born-bars",
        title="Bars and stripes on 2 x 2 pixels as outcomes of a circuit",
        source="Benedetti et al., npj Quantum Information 5, 45 (2019)",
        accuracy=1e-2,
    )
