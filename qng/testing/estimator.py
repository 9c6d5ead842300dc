"""Whether an estimator does what every estimator must do: its values, their limit, their errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import PauliSum
from qng.estimate.table import Chosen
from qng.execute.statevector import Statevector, apply, state
from qng.plan.estimator import Estimator
from qng.plan.lower import sampled
from qng.plan.plan import Plan
from qng.seeds import seed as seed_of
from qng.testing.subject import WIDTH, free, generic, points_of, require

_OBSERVABLE: Final = PauliSum({"Z0": 0.7, "X1": -0.4, "Z0 Z1": 0.5, "Y0 X1": 0.3})

# Of a central difference of the state: its error is about the square.
_STEP: Final = 1e-4


def check_estimator(
    estimator: Estimator[Any],
    *,
    shots: int = 4000,
    repetitions: int = 200,
    seed: int = 0,
    tolerance: float = 1e-6,
    **options: Any,
) -> None:
    """Run the tests that estimators of gradients, metrics and Hessians pass.

    On a circuit of two qubits whose rotations each have a parameter of their own: shapes, symmetry,
    the true value where the estimator says that it computes it (g and the gradient by differences
    of the state, inside the blocks of a metric), the limit of many shots, and the standard errors,
    whose squares must be the variance over repetitions within 5 standard deviations of it.

    Args:
        estimator: Of a gradient, a metric or a Hessian.
        shots: Of a batch, for those that count bits.
        repetitions: How often it is repeated for its errors.
        seed: Of everything that is drawn.
        tolerance: How far values may be from the true ones; the bias of a difference, for example.
        options: Of the estimator.

    Raises:
        AssertionError: What failed, in one line.

    Cost: `repetitions` batches of `shots`.

    Example:
        >>> from qng.estimate.table import METRICS
        >>> check_estimator(METRICS["blocks"], repetitions=50)
    """
    circuit = generic(2)
    theta = points_of(circuit, 1)[0]
    apart = free(circuit)
    phi = circuit.angles(theta)
    found: dict[bool, Array] = {}
    for counting in (False, True):
        function = estimator.variant(counting)
        if function is None:
            continue
        chosen = Chosen("mine", estimator, function, tuple(options.items()))
        plan = chosen(apart, phi, observable=_OBSERVABLE, seed=seed)
        require(isinstance(plan, Plan), f"an estimator returns a Plan, not {plan!r}")
        reduced = _limit(plan) if counting else plan.reduce(Statevector(1).run(plan.requests, 0))
        found[counting] = _checked(reduced, apart)
        if not estimator.random:
            _true(estimator, reduced, apart, phi, tolerance)
        if counting and not estimator.simulated:
            _errors(chosen, apart, phi, found[counting], shots, repetitions, seed)
    if len(found) == 2 and not estimator.random:
        off = float(np.abs(found[True] - found[False]).max(initial=0.0))
        require(
            off <= max(tolerance, 1e-9),
            f"with more and more shots it goes to something else: {off:.1e} apart",
        )


def _limit(plan: Plan[Any]) -> Any:
    """What the plan reduces to with infinitely many shots."""
    lowered = sampled(plan, 10**9)
    requests = [replace(request, shots=None, draws=None) for request in lowered.requests]
    return lowered.reduce(Statevector(1).run(requests, 0))


def _checked(found: Any, circuit: Circuit) -> Array:
    """The numbers: a gradient of shape (P,), or a symmetric matrix (P, P)."""
    size, error = circuit.n_parameters, found.std_error
    values = np.asarray(found.dense() if hasattr(found, "dense") else found.value)
    shape = (size, size) if hasattr(found, "dense") else (size,)
    require(values.shape == shape, f"its shape is {values.shape}, not {shape}")
    require(bool(np.all(np.isfinite(values))), "a value is not finite")
    if len(shape) == 2:
        require(np.allclose(values, values.T, rtol=0, atol=1e-12), "the matrix is not symmetric")
    if error is not None:
        require(error.shape == shape, f"its errors have shape {error.shape}, not {shape}")
        require(bool(np.all(error >= 0)), "a standard error is negative or not a number")
    return values


def _true(
    estimator: Estimator[Any], found: Any, circuit: Circuit, phi: Array, tolerance: float
) -> None:
    """g inside the blocks, or the gradient; a Fisher matrix is at most 4 g."""
    tolerance = max(tolerance, 10 * _STEP**2)
    slopes = [
        (state(circuit, phi + step) - state(circuit, phi - step)) / (2 * _STEP)
        for step in _STEP * np.eye(len(phi))
    ]
    psi, d = state(circuit, phi), np.array(slopes)
    along = d.conj() @ psi
    g = (d.conj() @ d.T - np.outer(along, along.conj())).real
    if estimator.of == "gradient":
        true = 2 * (d.conj() @ apply(_OBSERVABLE, psi)).real
        off = float(np.abs(found.value - true).max())
        require(off <= tolerance, f"the gradient is off by {off:.1e}")
    elif estimator.of == "fubini":
        for block in found.blocks:
            index = np.ix_(block, block)
            off = float(np.abs(found.dense()[index] - g[index]).max())
            require(off <= tolerance, f"the metric is off by {off:.1e} inside the block {block}")
    elif estimator.of == "fisher":
        room = 4 * np.diag(g) - np.diag(found.dense())
        require(bool(np.all(room >= -tolerance)), "a diagonal entry exceeds 4 g")


def _errors(
    chosen: Chosen[Any],
    circuit: Circuit,
    phi: Array,
    limit: Array,
    shots: int,
    repetitions: int,
    seed: int,
) -> None:
    """Mean and variance over repetitions against the limit and the errors that were claimed."""
    values, variances = [], []
    for k in range(repetitions):
        plan = chosen(circuit, phi, observable=_OBSERVABLE, seed=seed)
        lowered = sampled(plan, shots)
        found = lowered.reduce(Statevector(1).run(lowered.requests, seed_of(seed, k)))
        values.append(_checked(found, circuit))
        require(found.std_error is not None, "what was counted has no standard errors")
        variances.append(found.std_error**2)
    seen, claimed = np.var(values, axis=0, ddof=1), np.mean(variances, axis=0)
    # Of a sample variance about sqrt(2/n) of itself; entries that hardly vary are left to limits.
    moving = seen > 1e-3 * seen.max(initial=0.0)
    ratio = float(np.sum(seen[moving]) / np.sum(claimed[moving])) if moving.any() else 1.0
    room = WIDTH * np.sqrt(2 / repetitions)
    # What draws directions claims the scatter between them too, which one seed does not show.
    least = 0.0 if chosen.random else 1 / (1 + room) - 0.1
    require(
        least <= ratio <= 1 + room,
        f"over {repetitions} repetitions the variance is {ratio:.2f} of what the errors claim",
    )
    if not chosen.random:
        off = np.abs(np.mean(values, axis=0) - limit)
        spread = np.sqrt(seen / repetitions)
        require(
            bool(np.all(off <= WIDTH * spread + 0.5 * np.sqrt(claimed) + 1e-9)),
            f"the mean over {repetitions} repetitions is {np.max(off):.1e} off its limit",
        )
