"""A circuit that classifies: data are written into a state, a variational circuit acts, Z is read.

    f_k(theta, x) = sum_z M_kz |<z|V(theta) E(x)|0>|^2

With M the indicators of classes these are the Born probabilities of the labels, with M the signs of
words means of observables. The derivatives are exact, df = 2 Re(psi^* M dpsi).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, shown
from qng.models.learning.labels import RARE, CategoricalLabels, Labels, labels_of
from qng.models.states import evolved, ground, pushed
from qng.problem.foreign import parts_of
from qng.seeds import Key, generator

_KEPT: Final = 16
"""The most sets of data whose states are kept."""


@dataclass(frozen=True, init=False, eq=False)
class CircuitClassifier:
    """Outputs of a circuit as functions of data x and parameters theta.

    Args:
        encoding: E, whose parameters are the features; n qubits. One of Qiskit will do.
        ansatz: V, on the same qubits; P parameters. Likewise.
        readout: M. "parity": two classes, the parity of all bits; "qubit": two, the bit of qubit 0;
            words such as ("Z0", "Z0 Z1"): their means; or M itself, shape (K, 2^n).
        likelihood: Of the labels given the outputs (`supervised`): "categorical" where outputs are
            probabilities of classes, "softmax" where they are scores, "gaussian" where they are
            values. None: "categorical" where the rows of M are indicators that sum to 1, else
            "softmax"; "gaussian" where there is one.

    Raises:
        InputError: Another number of qubits, or a readout that is none.

    Example:
        >>> from qng.circuit.ansatz import real_amplitudes
        >>> from qng.models.learning.encodings import angle_encoding
        >>> model = CircuitClassifier(angle_encoding(2), real_amplitudes(2, 1))
        >>> model.outputs(np.zeros(4), np.zeros((1, 2))).tolist()
        [[1.0, 0.0]]
    """

    encoding: Circuit
    ansatz: Circuit
    readout: Array
    likelihood: str | Labels

    def __init__(
        self,
        encoding: Circuit | Any,
        ansatz: Circuit | Any,
        readout: str | Sequence[str] | ArrayLike = "parity",
        likelihood: str | Labels | None = None,
    ) -> None:
        encoding, ansatz = (parts_of(circuit, None)[0] for circuit in (encoding, ansatz))
        if encoding.n_qubits != ansatz.n_qubits:
            raise InputError(
                f"the encoding has {encoding.n_qubits} qubits and the ansatz {ansatz.n_qubits}"
            )
        matrix = _readout(readout, ansatz.n_qubits)
        object.__setattr__(self, "encoding", encoding)
        object.__setattr__(self, "ansatz", ansatz)
        object.__setattr__(self, "readout", matrix)
        chosen = likelihood or _likelihood(matrix)
        labels_of(chosen)
        object.__setattr__(self, "likelihood", chosen)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Those of the ansatz."""
        return self.ansatz.parameters

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """(layers, n) where n divides P, else (P,)."""
        layers, rest = divmod(self.ansatz.n_parameters, self.ansatz.n_qubits)
        return ((layers, self.ansatz.n_qubits) if not rest else (self.ansatz.n_parameters,),)

    def start(self, seed: Key = 0) -> Array:
        """Angles from the whole range, shape (P,).

        Args:
            seed: Of the angles.
        """
        return generator(seed).uniform(0.0, 2.0 * np.pi, self.ansatz.n_parameters)

    def states(self, x: ArrayLike) -> Amplitudes:
        """E(x)|0>, shape (N, 2^n).

        Args:
            x: Features, shape (N, features).

        Raises:
            InputError: Another number of features.
        """
        data = checks.reals("x", x)
        if data.ndim != 2 or data.shape[1] != self.encoding.n_parameters:
            raise InputError(
                f"x has shape (inputs, {self.encoding.n_parameters}), not {data.shape}"
            )
        name = data.tobytes()
        if name not in self._encoded:
            if len(self._encoded) == _KEPT:
                self._encoded.clear()
            phi = self.encoding.angles(data)
            self._encoded[name] = evolved(self.encoding, ground(self.encoding, len(data)), phi)
        return self._encoded[name]

    @cached_property
    def _encoded(self) -> dict[bytes, Amplitudes]:
        """States of data that were asked for, by the data: they are the same at every theta."""
        return {}

    def outputs(self, theta: Array, x: ArrayLike) -> Array:
        """f, shape (N, K)."""
        psi = evolved(self.ansatz, self.states(x), self.ansatz.angles(theta))
        return self._read(psi)

    def jacobian(self, theta: Array, x: ArrayLike) -> Array:
        """df / d theta, shape (N, K, P). Cost: R states of min(N, 2^n) inputs, R N 4^n products."""
        return self._slopes(*self.tangents(theta, x))

    def tangents(self, theta: Array, x: ArrayLike) -> tuple[Amplitudes, Amplitudes]:
        """V E(x)|0> and its derivatives, shapes (N, 2^n) and (P, N, 2^n)."""
        inputs = self.states(x)
        phi, a = self.ansatz.angles(theta), self.ansatz.jacobian(theta)
        size = inputs.shape[1]
        # Many inputs see the same matrix, of which the derivatives are taken once.
        first = np.eye(size, dtype=complex) if len(inputs) > size else inputs
        psi, rows = pushed(self.ansatz, first, phi)
        by_parameter = np.tensordot(a.T, rows, axes=1)
        if first is inputs:
            return psi, by_parameter
        return inputs @ psi, inputs @ by_parameter

    def roots(self, theta: Array, x: ArrayLike) -> Array:
        """Rows X_n of the Fisher matrix of the labels, sum_n X_n^T X_n / N; shape (N, C, P).

        A class of probability 0 contributes 4 Re sum_z d psi_z^* d psi_z over its outcomes.
        """
        labels = labels_of(self.likelihood)
        if not isinstance(labels, CategoricalLabels):
            rows: Array = labels.fisher(self.outputs(theta, x)) @ self.jacobian(theta, x)
            return rows
        psi, tangents = self.tangents(theta, x)
        p, slopes = self._read(psi), self._slopes(psi, tangents)
        rare = p < RARE
        rows = slopes / np.sqrt(np.where(rare, 1.0, np.maximum(p, RARE)))[:, :, None]
        if not rare.any():
            return rows
        rows[rare] = 0.0
        # Outcomes of the classes that do not occur, as real and imaginary parts.
        seen = rare.astype(float) @ self.readout
        limit = 2.0 * np.moveaxis(tangents, 0, 2) * np.sqrt(seen)[:, :, None]
        return np.concatenate([rows, limit.real, limit.imag], axis=1)

    def fubini_rows(self, theta: Array, x: ArrayLike) -> Array:
        """Rows X_n of the Fubini-Study metrics g_n of the states of all data, g_n = X_n^T X_n.

        Returns:
            Shape (N, 2^(n+1), P): real and imaginary parts of d psi without its part along psi.
        """
        psi, tangents = self.tangents(theta, x)
        along = np.sum(psi.conj() * tangents, axis=2)
        across = np.moveaxis(tangents - along[:, :, None] * psi, 0, 2)
        return np.concatenate([across.real, across.imag], axis=1)

    def _read(self, psi: Amplitudes) -> Array:
        read: Array = (psi.real**2 + psi.imag**2) @ self.readout.T
        return read

    def _slopes(self, psi: Amplitudes, tangents: Amplitudes) -> Array:
        """2 Re(psi^* M dpsi), shape (N, K, P)."""
        weighted = 2.0 * self.readout * psi.conj()[:, None, :]
        slopes: Array = (weighted @ tangents.transpose(1, 2, 0)).real
        return slopes


def _readout(given: Any, n: int) -> Array:
    """M, shape (K, 2^n)."""
    index = np.arange(2**n)
    if given in ("parity", "qubit") if isinstance(given, str) else False:
        odd = np.bitwise_count(index) & 1 if given == "parity" else index & 1
        return np.stack([1.0 - odd, odd]).astype(float)
    if isinstance(given, (str, PauliSum, Pauli, Mapping)):
        given = (given,)
    try:
        matrix = np.array([_row(one, n) for one in given])
    except (TypeError, ValueError) as error:
        raise InputError(f"a readout is a name, words of Z, or rows, not {shown(given)}") from error
    if matrix.ndim != 2 or matrix.shape[1] != 2**n:
        raise InputError(f"a readout has shape (outputs, {2**n}), not {matrix.shape}")
    return matrix


def _row(one: Any, n: int) -> Array:
    if isinstance(one, (str, Pauli, PauliSum, Mapping)):
        words = PauliSum({one: 1.0} if isinstance(one, (str, Pauli)) else one)
        if not words.is_diagonal:
            raise InputError(
                f"a readout is of words of Z, not {words}: let the ansatz end with the change of "
                "basis"
            )
        return np.asarray(words.matrix(n).diagonal().real, dtype=float)
    return checks.reals("a row of a readout", one)


def _likelihood(matrix: Array) -> str:
    indicators = np.isin(matrix, (0.0, 1.0)).all() and np.all(matrix.sum(axis=0) == 1.0)
    if indicators:
        return "categorical"
    return "softmax" if len(matrix) > 1 else "gaussian"
