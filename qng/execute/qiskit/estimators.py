"""Expectation values from Qiskit's estimators, as their owner has made them.

    Expectation at points -> one PUB a circuit, one job a batch -> values, with the errors told

An estimator has no samples, so it serves energies and gradients by the shift rule, and no metric.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qng import checks
from qng.arrays import Array
from qng.circuit.pauli import PauliSum
from qng.errors import InputError, QngError
from qng.execute.qiskit.calibration import physical_qubits
from qng.execute.qiskit.devices import Pub, estimator_for, seeded
from qng.execute.qiskit.kept import Fresh
from qng.execute.qiskit.transpile import Measured, Transpiler, one_line, quiet
from qng.plan.deal import Dealing
from qng.plan.request import Expectation, Request, Result, Values


@dataclass(frozen=True, init=False, eq=False)
class Estimates:
    """An executor that answers expectation values: any EstimatorV2 of Qiskit.

    With shots an observable is asked for with the precision 1/sqrt(shots of its point), from which
    an estimator that counts bits makes its own number of shots for each of its bases; simulators
    take it for the standard error itself, whatever the observable. Without shots it is asked with
    the estimator's own precision. Standard errors are those that it tells; where it tells none, the
    precision.

    Equal seeds give equal values of a StatevectorEstimator and of Aer's, whatever seed they were
    made with, and no two points share their noise; others draw as they like. One with a seed of its
    own draws the same in every job, so that steps do not average it out: leave such a seed out.
    BackendEstimatorV2 adds up the errors of the words as if they were one, so that what it tells is
    too large.

    Args:
        device: A BaseEstimatorV2; its mitigation stays on.
        name: How it is called; its backend's or its own name by default.
        noise: What disturbs its states, in a few words, "" for nothing; known for Aer, fake
            backends and StatevectorEstimator.
        optimization_level: Of Qiskit's transpiler, 0 to 3; 1 without noise and 2 with noise by
            default.
        seed_transpiler: Of layout and routing.

    Raises:
        InputError: No estimator.

    Cost: one job a batch, of Aer's one a PUB; one PUB a request; a circuit is transpiled when it is
        first seen.

    Example:
        >>> import qng
        >>> from qiskit.primitives import StatevectorEstimator
        >>> estimator = StatevectorEstimator()
        >>> found = qng.energy("one-qubit", executor=estimator).value
        >>> abs(found - qng.energy("one-qubit").value) < 1e-12
        True
    """

    name: str
    noise: str
    device: Any = field(repr=False)
    transpiler: Transpiler = field(repr=False)

    answers: ClassVar[frozenset[type]] = frozenset({Expectation})
    dealing: ClassVar[Dealing] = Dealing(uniform=True, means=True)

    def __init__(
        self,
        device: Any,
        *,
        name: str = "",
        noise: str | None = None,
        optimization_level: int | None = None,
        seed_transpiler: int = 0,
    ) -> None:
        backend, found = estimator_for(device)
        words = found if noise is None else noise
        level = (2 if words else 1) if optimization_level is None else optimization_level
        if level not in (0, 1, 2, 3):
            raise InputError(f"optimization_level is 0, 1, 2 or 3, not {level!r}")
        checks.whole("seed_transpiler", seed_transpiler)
        called = name or getattr(backend, "name", "") or type(device).__name__
        object.__setattr__(self, "name", called)
        object.__setattr__(self, "noise", words)
        object.__setattr__(self, "device", device)
        object.__setattr__(self, "transpiler", Transpiler(backend, level, seed_transpiler))

    def run(self, requests: Sequence[Request], seed: int) -> list[Result]:
        """Values of a batch with their standard errors.

        Raises:
            InputError: A circuit that the device cannot do, or an observable that is not Hermitian.
            QngError: The device refused the job, or it failed.
        """
        for request in requests:
            if not _observable(request).is_hermitian:
                raise InputError("the observable is not Hermitian: a coefficient is not real")
        circuits = Fresh(self.transpiler).measured([(r.circuit, None) for r in requests])
        asked = [_asked(request, one) for request, one in zip(requests, circuits)]
        pubs = [pub for of_request in asked for pub in of_request]
        found = iter(self._answered(pubs, seed) if pubs else [])
        return [
            _values(request, [next(found) for _ in of_request])
            for request, of_request in zip(requests, asked)
        ]

    def _answered(self, pubs: list[Pub], seed: int) -> list[tuple[Array, Array]]:
        """(values, standard errors) of every PUB; the errors are 0 where they are exact."""
        jobs = seeded(self.device, pubs, seed)
        return [_read(result) for device, some in jobs for result in self._results(device, some)]

    def _results(self, device: Any, pubs: list[Pub]) -> list[Any]:
        """What one job gives, waited for."""
        try:
            with quiet():
                job = device.run(pubs)
        except Exception as error:
            raise QngError(f"{self.name} refused the batch: {one_line(error)}") from error
        try:
            with quiet():
                while _waits(job):
                    time.sleep(_SECONDS_BETWEEN_LOOKS)
                return list(job.result())
        except Exception as error:
            raise QngError(f"a job on {self.name} failed: {one_line(error)}") from error


_SECONDS_BETWEEN_LOOKS: Final = 1.0


def _asked(request: Request, measured: Measured) -> list[Pub]:
    """The PUBs of a request: none where the observable is a constant."""
    place = physical_qubits(measured.circuit)
    words = [
        ("".join(word.letter(q) for q in word.qubits), [place[q] for q in word.qubits], c.real)
        for word, c in _observable(request)
        if word.qubits
    ]
    if not words:
        return []
    circuit: QuantumCircuit = measured.circuit.remove_final_measurements(inplace=False)
    sums = SparsePauliOp.from_sparse_list(words, num_qubits=circuit.num_qubits)
    precision = None if request.shots is None else float(1 / np.sqrt(request.shots[0]))
    values = measured.values(request.angles)
    if not values.shape[1]:
        return [(circuit, sums, None, precision)] * len(values)
    return [(circuit, sums, {tuple(circuit.parameters): values}, precision)]


def _read(result: Any) -> tuple[Array, Array]:
    """Values and standard errors of a PUB."""
    values = np.atleast_1d(np.asarray(result.data.evs, dtype=float))
    told = np.asarray(getattr(result.data, "stds", 0.0), dtype=float)
    errors = np.broadcast_to(np.nan_to_num(told), values.shape)
    if not np.any(errors):
        # A StatevectorEstimator says 0, and draws with this.
        errors = np.full(values.shape, float(result.metadata.get("target_precision") or 0.0))
    return values, errors


def _values(request: Request, found: Sequence[tuple[Array, Array]]) -> Values:
    constant = sum(c.real for word, c in _observable(request) if not word.qubits)
    if not found:
        return Values(np.full(len(request.angles), constant))
    values = np.concatenate([value for value, _ in found]) + constant
    errors = np.concatenate([error for _, error in found])
    return Values(values, std_error=errors if np.any(errors) else None)


def _observable(request: Request) -> PauliSum:
    assert isinstance(request.measure, Expectation)
    return request.measure.observable


def _waits(job: Any) -> bool:
    """Whether a service has to be waited for, which is then asked again and again."""
    module = type(job).__module__
    return not module.startswith("qiskit.primitives.") and not job.in_final_state()
