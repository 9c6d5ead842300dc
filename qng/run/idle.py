"""Circuits and observables as an executor runs them: without idle qubits, and with its noise.

A qubit on which no circuit acts is in |0>, where Z is 1: letters Z there are left out of words,
exactly, variances included. A qubit whose X or Y is asked for is kept, and on a noisy executor
every qubit that is asked for. There nothing is known of a circuit that has not been run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qng.circuit.circuit import Circuit
from qng.circuit.idle import restricted, used
from qng.circuit.pauli import Pauli, PauliSum, bits
from qng.errors import InputError, shown
from qng.estimate.observables.words import is_named, listed, numbered
from qng.plan.executor import Executor, Service
from qng.plan.quantities import By
from qng.problem.given import Ensemble


@dataclass(frozen=True)
class Kept:
    """The qubits of some circuits that are run, numbered in their order.

    Args:
        mask: Which.
        n_qubits: How many the circuits have.
        noisy: Whether they are run with noise.
    """

    mask: int
    n_qubits: int
    noisy: bool

    @staticmethod
    def of(
        ensemble: Ensemble, device: Executor | Service, observable: PauliSum | None = None
    ) -> Kept:
        """Those that circuits and observable need.

        Cost: one pass over the operations, the first time that a circuit is seen.
        """
        noisy = bool(device.noise)
        mask, n = 0, ensemble[0][0].n_qubits
        for circuit, _ in ensemble:
            mask |= used(circuit)
        if observable is not None:
            for word, _ in observable:
                mask |= word.support if noisy else word.x
        # A circuit has a qubit.
        return Kept(mask or 1, n, noisy)

    @property
    def are_all(self) -> bool:
        """Whether no qubit is idle."""
        return self.mask.bit_count() == self.n_qubits

    def ensemble(self, whole: Ensemble) -> Ensemble:
        """The circuits on these qubits."""
        return tuple((self.circuit(circuit), weight) for circuit, weight in whole)

    def circuit(self, whole: Circuit) -> Circuit:
        """A circuit on these qubits."""
        kept = whole if self.are_all else restricted(whole, self.mask)
        return kept.with_noise() if self.noisy else kept

    def observable(self, whole: PauliSum) -> PauliSum:
        """The same expectation values and variances on these qubits."""
        if self.are_all:
            return whole
        return PauliSum([(self._word(word), c) for word, c in whole])

    def by(self, whole: By) -> By:
        """An estimator whose measurement basis or words, if it has such, are on these qubits.

        Raises:
            InputError: A basis or words on qubits that the circuit does not have.
        """
        options = dict(whole.options)
        if self.are_all:
            return whole
        if not is_named(words := options.get("words")):
            return By(whole.estimator, **{**options, **self._weighed(listed(words), options)})
        basis = options.get("basis")
        if not isinstance(basis, str) or basis in ("X", "Y", "Z", ""):
            return whole
        word = Pauli.parse(basis)
        if word.support >> self.n_qubits:
            raise InputError(
                f"the basis {basis!r} names a qubit beyond the circuit's {self.n_qubits}"
            )
        return By(whole.estimator, **{**options, "basis": str(self._word(word))})

    def _weighed(self, given: PauliSum, options: Mapping[str, Any]) -> dict[str, Any]:
        """Words on these qubits, and their weights where these are numbers.

        Words that agree there have one mean, and their weights are added.

        Raises:
            InputError: Words that never say anything, beyond the circuit, or of other weights.
        """
        words = self._words(given)
        if not any(word.support for word, _ in words):
            raise InputError(
                "no operation of the circuit is on the qubits of these words, whose means are "
                f"always the same: {shown(given)}"
            )
        weight = options.get("weight", "")
        if isinstance(weight, str):
            return {"words": words}
        weights: dict[Pauli, float] = {}
        for word, number in numbered(given.hermitian(), weight).items():
            if not word.x & ~self.mask and (own := self._word(word)).support:
                weights[own] = weights.get(own, 0.0) + number
        listing = PauliSum([(word, 1.0) for word in weights])
        return {"words": listing, "weight": tuple(weights.values())}

    def _words(self, given: PauliSum) -> PauliSum:
        """Those that say anything: with an X or a Y on a qubit in |0> a word's mean is 0 for ever.

        Raises:
            InputError: A word on a qubit that the circuit does not have.
        """
        if given.n_qubits > self.n_qubits:
            raise InputError(
                f"the words act on {given.n_qubits} qubits, and the circuit has {self.n_qubits}"
            )
        return PauliSum([(self._word(word), c) for word, c in given if not word.x & ~self.mask])

    def _word(self, whole: Pauli) -> Pauli:
        places = {q: k for k, q in enumerate(bits(self.mask))}
        return Pauli(whole.x & self.mask, whole.z & self.mask).moved(places)
